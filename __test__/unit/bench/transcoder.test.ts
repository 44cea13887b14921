/** The pure JavaScript rival: what it writes must be what the driver's documents are as JSON. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { BSON, type Document } from 'mongodb';
import { Transcoder } from '../../../bench/contenders/transcoder.ts';
import { item } from '../../../bench/documents.ts';

const { Binary, Decimal128, Double, Int32, Long, ObjectId, Timestamp } = BSON;

function expected(bytes: Uint8Array): string {
  return JSON.stringify(BSON.deserialize(bytes));
}

function same(transcoder: Transcoder, document: Document): void {
  const bytes = BSON.serialize(document);
  assert.equal(transcoder.document(bytes), expected(bytes));
}

describe('Transcoder', () => {
  it('writes what the bench reads as JSON.stringify does', () => {
    const items = Array.from({ length: 50 }, (_, sequence) => item(sequence));
    const json = new Transcoder().array(items.map(each => BSON.serialize(each)));
    assert.equal(json, JSON.stringify(items));
  });

  it('writes every common type', () => {
    same(new Transcoder(), {
      _id: new ObjectId(),
      double: new Double(1),
      fraction: 0.1,
      large: 1e300,
      nothing: null,
      notANumber: NaN,
      infinite: -Infinity,
      int: new Int32(-5),
      long: Long.fromNumber(2 ** 40),
      yes: true,
      no: false,
      date: new Date(0),
      early: new Date(-1e14),
      noDate: new Date(8.64e15 + 1),
      empty: {},
      list: [],
      nested: { list: [1, 'two', [3, { four: 4 }]], again: { list: [] } }
    });
  });

  it('escapes strings and keys', () => {
    const strings = [
      '',
      '"',
      '\\',
      '\n',
      '\u0000',
      'å',
      '\u2028',
      '😀',
      'x'.repeat(40),
      `"${'y'.repeat(40)}`
    ];
    same(new Transcoder(), { strings, 'a "key"': 1, schlüssel: 2 });
  });

  it('forgets nothing and invents nothing when documents differ from the ones before', () => {
    const transcoder = new Transcoder();
    const documents = [
      { a: 1, b: { c: 2, d: 3 }, e: 4 },
      { a: 1, b: { d: 3 }, e: 4 },
      { ab: 1 },
      { a: { a: { a: 1 } } },
      { b: { c: 2 }, a: 1 },
      {}
    ];
    for (const document of [...documents, ...documents]) same(transcoder, document);
  });

  it('leaves rare types to js-bson', () => {
    const transcoder = new Transcoder();
    same(transcoder, { a: new Binary(Buffer.from('x')), b: 1 });
    same(transcoder, { a: Decimal128.fromString('1.5'), b: new Timestamp({ t: 1, i: 2 }) });
    same(transcoder, { a: Long.MAX_VALUE, b: /x/ });
    same(transcoder, { a: 1, b: 2 });
  });
});
