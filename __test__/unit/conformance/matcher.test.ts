/** How expected and actual values are compared in the unified test format. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { BSON, type Document } from 'mongodb';
import { Fault, Mismatch } from '../../../conformance/fault.ts';
import { Matcher } from '../../../conformance/unified/matcher.ts';

const { Binary, DBRef, Decimal128, Double, Int32, Long, ObjectId, Timestamp, UUID } = BSON;

const LSID = { id: new UUID('00112233-4455-4677-8899-aabbccddeeff').toBinary() };

const matcher = new Matcher({
  value(name) {
    if (name === 'id') return new ObjectId('0123456789abcdef01234567');
    if (name === 'documents') return [{ x: 1 }];
    throw new Fault(`There is no entity ${name}`);
  },
  lsid: () => LSID
});

function matches(actual: unknown, expected: unknown): void {
  matcher.match(actual, expected, 'value');
}

function differs(actual: unknown, expected: unknown, message?: RegExp): void {
  const thrown = (error: unknown): boolean => {
    assert(error instanceof Mismatch, String(error));
    if (message) assert.match(error.message, message);
    return true;
  };
  assert.throws(() => matches(actual, expected), thrown);
}

describe('documents', () => {
  it('may have more fields at the root, and not below it', () => {
    matches({ a: 1, b: 2 }, { a: 1 });
    differs({ a: { b: 1, c: 2 } }, { a: { b: 1 } }, /value\.a has more than expected: c/);
  });

  it('have no less fields than expected', () => {
    differs({ a: 1 }, { a: 1, b: 2 }, /value\.b/);
  });

  it('have no extra field in one that is undefined, which is not sent', () => {
    matches({ a: { b: 1, c: undefined } }, { a: { b: 1 } });
  });

  it('have their fields in any order', () => {
    matches({ a: { b: 1, c: 2 } }, { a: { c: 2, b: 1 } });
  });

  it('can be maps, of whatever keys', () => {
    matches({ sort: new Map([['a', 1]]) }, { sort: { a: 1 } });
    matches({ results: new Map([[0, { n: 1 }]]) }, { results: { 0: { n: 1 } } });
    differs({ sort: new Map([['a', 1]]) }, { sort: { b: 1 } });
  });

  it('can be references', () => {
    matches(
      { at: new DBRef('c', new ObjectId(), 'd') },
      { at: { $ref: 'c', $id: { $$type: 'objectId' }, $db: 'd' } }
    );
  });

  it('are neither values nor lists', () => {
    differs({ a: 1 }, { a: {} }, /not a document/);
    differs({ a: [] }, { a: {} }, /not a document/);
    differs({ a: new ObjectId() }, { a: {} }, /not a document/);
    differs(null, {}, /not a document/);
  });
});

describe('lists', () => {
  it('have as many items as expected', () => {
    matches({ a: [1, 2] }, { a: [1, 2] });
    differs({ a: [1, 2] }, { a: [1] }, /has 2 items, not 1/);
    differs({ a: [1] }, { a: [1, 2] });
  });

  it('hold documents that are not at the root', () => {
    differs({ a: [{ b: 1, c: 2 }] }, { a: [{ b: 1 }] }, /value\.a\[0\] has more/);
  });

  it('hold whole documents where these came one by one', () => {
    matcher.matchAll([{ b: 1, c: 2 }], [{ b: 1 }], 'value');
    assert.throws(() => {
      matcher.matchAll([{ b: 1 }, { b: 2 }], [{ b: 1 }], 'value');
    }, Mismatch);
  });
});

describe('numbers', () => {
  it('are equal by value, however wide they are', () => {
    for (const one of [1, 1n, new Int32(1), new Double(1), Long.fromNumber(1)]) {
      for (const other of [1, new Int32(1), new Double(1), Long.fromNumber(1)]) matches(one, other);
    }
    differs(1.5, 1);
    differs(Long.fromString('9007199254740993'), 9007199254740992);
  });

  it('are equal when they are not numbers', () => {
    matches(Number.NaN, new Double(Number.NaN));
  });

  it('are neither decimal numbers, nor texts, nor timestamps', () => {
    differs(Decimal128.fromString('1'), 1);
    differs('1', 1);
    differs(new Timestamp(1n), 1);
  });
});

describe('other values', () => {
  it('are equal by type and value', () => {
    matches(new ObjectId('0123456789abcdef01234567'), new ObjectId('0123456789abcdef01234567'));
    differs(new ObjectId(), new ObjectId());
    matches(new Date(5), new Date(5));
    differs(new Date(5), 5);
    matches(Buffer.from('ab'), new Binary(Buffer.from('ab')));
    differs(new Binary(Buffer.from('ab'), 0), new Binary(Buffer.from('ab'), 4));
    matches(/a/i, new BSON.BSONRegExp('a', 'i'));
    matches(null, null);
    differs(undefined, null);
    differs({ a: undefined }, { a: null });
  });
});

describe('$$exists', () => {
  it('asks for the key, whatever its value', () => {
    matches({ a: null }, { a: { $$exists: true } });
    differs({}, { a: { $$exists: true } });
    matches({}, { a: { $$exists: false } });
    matches({ a: { b: 1 } }, { a: { b: 1, c: { $$exists: false } } });
    differs({ a: null }, { a: { $$exists: false } });
  });
});

describe('$$type', () => {
  it('takes one alias or several', () => {
    matches({ a: 'x' }, { a: { $$type: 'string' } });
    matches({ a: Long.fromNumber(1) }, { a: { $$type: ['int', 'long'] } });
    differs({ a: 'x' }, { a: { $$type: ['int', 'long'] } }, /not of type int or long/);
    matches({ a: 1.5 }, { a: { $$type: 'number' } });
    matches({ a: [] }, { a: { $$type: 'array' } });
    matches({ a: new Binary() }, { a: { $$type: 'binData' } });
  });

  it('fails where there is nothing', () => {
    differs({}, { a: { $$type: 'string' } });
  });

  it('knows its aliases', () => {
    assert.throws(() => matches({ a: 1 }, { a: { $$type: 'integer' } }), Fault);
  });
});

describe('$$unsetOrMatches', () => {
  it('takes what is not there', () => {
    matches({}, { a: { $$unsetOrMatches: 1 } });
    matches(undefined, { $$unsetOrMatches: { a: 1 } });
    differs({ a: 2 }, { a: { $$unsetOrMatches: 1 } });
  });

  it('leaves the root the root', () => {
    matches({ a: 1, b: 2 }, { $$unsetOrMatches: { a: 1 } });
    differs({ a: { b: 1, c: 1 } }, { a: { $$unsetOrMatches: { b: 1 } } });
  });
});

describe('other operators', () => {
  it('compare with an entity', () => {
    const id = new ObjectId('0123456789abcdef01234567');
    matches({ _id: id }, { _id: { $$matchesEntity: 'id' } });
    matches({ list: [{ x: 1 }] }, { list: { $$matchesEntity: 'documents' } });
    differs({ _id: new ObjectId() }, { _id: { $$matchesEntity: 'id' } });
    assert.throws(() => matches({ a: 1 }, { a: { $$matchesEntity: 'nothing' } }), Fault);
  });

  it('compare with a session', () => {
    matches({ lsid: LSID }, { lsid: { $$sessionLsid: 'session0' } });
    differs({ lsid: { id: new UUID().toBinary() } }, { lsid: { $$sessionLsid: 'session0' } });
  });

  it('compare bytes', () => {
    matches(Buffer.from([0x12, 0xab]), { $$matchesHexBytes: '12AB' });
    matches(Buffer.alloc(0), { $$matchesHexBytes: '' });
    differs(Buffer.from([0x12]), { $$matchesHexBytes: '12AB' });
    assert.throws(() => matches(Buffer.alloc(0), { $$matchesHexBytes: '1' }), Fault);
  });

  it('compare sizes', () => {
    matches({ a: 5 }, { a: { $$lte: 5 } });
    matches({ a: Long.fromNumber(4) }, { a: { $$lte: 5 } });
    differs({ a: 5.1 }, { a: { $$lte: 5 } });
    differs({ a: 'x' }, { a: { $$lte: 5 } });
  });

  it('read JSON texts, of which nothing may be left over', () => {
    const json = '{"a":{"$numberInt":"1"},"b":{"$oid":"0123456789abcdef01234567"}}';
    matches(json, { $$matchAsDocument: { a: 1, b: { $$type: 'objectId' } } });
    differs(json, { $$matchAsDocument: { a: 1 } }, /more than expected: b/);
    matches(json, { $$matchAsDocument: { $$matchAsRoot: { a: 1 } } });
    differs('no JSON', { $$matchAsDocument: {} }, /is not JSON/);
    differs({ a: 1 }, { $$matchAsDocument: { a: 1 } }, /not JSON text/);
  });

  it('make a document within a whole one', () => {
    matches({ a: { b: 1, c: 2 } }, { a: { $$matchAsRoot: { b: 1 } } });
    differs({ a: 1 }, { a: { $$matchAsRoot: { b: 1 } } });
  });

  it('are known', () => {
    assert.throws(() => matches({ a: 1 }, { a: { $$unknown: 1 } }), Fault);
  });

  it('are alone in their object', () => {
    const command: Document = { $$exists: true, other: 1 };
    matches({ a: command }, { a: command });
  });
});
