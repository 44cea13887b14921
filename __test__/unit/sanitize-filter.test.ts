/** Filters from outside hold values, and no operators but those that the program trusts. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { ObjectId } from 'bson';
import { internal } from '../support/internal.ts';

const { sanitizeFilter, trusted } =
  internal<typeof import('../../lib/sanitize-filter.ts')>('sanitize-filter');
const { validateDatabaseName } =
  internal<typeof import('../../lib/database-name.ts')>('database-name');

const refused = { name: 'MongoInvalidArgumentError' };

describe('sanitizeFilter', () => {
  const cases: Array<[given: object, expected: object]> = [
    [
      { name: 'x', n: 1, none: null },
      { name: 'x', n: 1, none: null }
    ],
    [{ password: { $ne: null } }, { password: { $eq: { $ne: null } } }],
    [{ a: { $gt: '', b: 1 } }, { a: { $eq: { $gt: '', b: 1 } } }],
    [{ a: { $eq: { $gt: 1 } } }, { a: { $eq: { $gt: 1 } } }],
    [{ a: { b: { $gt: 1 } } }, { a: { b: { $gt: 1 } } }],
    [{ a: [{ $gt: 1 }] }, { a: [{ $gt: 1 }] }],
    [{ $or: [{ a: { $in: [1] } }, { b: 1 }] }, { $or: [{ a: { $eq: { $in: [1] } } }, { b: 1 }] }],
    [{ $and: [{ $nor: [{ a: { $ne: 1 } }] }] }, { $and: [{ $nor: [{ a: { $eq: { $ne: 1 } } }] }] }]
  ];
  for (const [given, expected] of cases) {
    it(`makes of ${JSON.stringify(given)} what compares values`, () => {
      const before = structuredClone(given);
      assert.deepEqual(sanitizeFilter(given), expected);
      assert.deepEqual(given, before, 'what was given is as it was');
    });
  }

  it('makes a value of a map with operators, whose entries would be fields', () => {
    const map = new Map([['$ne', null]]);
    assert.deepEqual(sanitizeFilter({ password: map }), { password: { $eq: map } });
    const plain = new Map([['ne', null]]);
    assert.equal(sanitizeFilter({ password: plain })['password'], plain);
  });

  it('refuses what would lose its fields, and then find everything', () => {
    const values = [
      new Map([['a', 1]]),
      new Set([1]),
      new Date(),
      /x/,
      Buffer.from('a'),
      new ObjectId()
    ];
    for (const value of values) {
      assert.throws(() => sanitizeFilter(value), refused);
      assert.throws(() => sanitizeFilter({ $or: [value] }), refused);
    }
  });

  it('takes objects of a class of the application', () => {
    class Wanted {
      name = 'x';
    }
    assert.deepEqual(sanitizeFilter(new Wanted()), { name: 'x' });
  });

  it('leaves values of BSON, dates and regular expressions', () => {
    const filter = { _id: new ObjectId(), at: new Date(), like: /x/ };
    const sanitized = sanitizeFilter(filter);
    assert.equal(sanitized['_id'], filter._id);
    assert.deepEqual(sanitized, filter);
  });

  it('leaves what the program trusts', () => {
    const recent = trusted({ $gt: new Date(0) });
    assert.deepEqual(sanitizeFilter({ at: recent, by: { $ne: 1 } }), {
      at: recent,
      by: { $eq: { $ne: 1 } }
    });
  });

  it('refuses operators that are no part of a field', () => {
    for (const name of ['$where', '$expr', '$text', '$jsonSchema', '$comment', '$anything']) {
      assert.throws(() => sanitizeFilter({ [name]: 'sleep(1000)' }), refused, name);
      assert.throws(() => sanitizeFilter({ $or: [{ [name]: 1 }] }), refused, name);
    }
  });

  it('refuses what is no filter, also within one', () => {
    for (const filter of [null, undefined, 'a', 1, [], { $or: { a: 1 } }, { $and: [null] }]) {
      assert.throws(() => sanitizeFilter(filter), refused, JSON.stringify(filter));
    }
  });

  it('refuses a filter that is too deep to be meant', () => {
    let filter: object = { a: 1 };
    for (let depth = 0; depth < 50_000; depth++) filter = { $or: [filter] };
    assert.throws(() => sanitizeFilter(filter), refused);
  });

  it('keeps a field named __proto__ a field', () => {
    const sanitized = sanitizeFilter(JSON.parse('{"__proto__": {"$gt": 1}}') as object);
    assert.equal(Object.getPrototypeOf(sanitized), Object.prototype);
    assert.deepEqual(Object.keys(sanitized), ['__proto__']);
  });
});

describe('validateDatabaseName', () => {
  it('returns a name that every server takes', () => {
    for (const name of ['a', 'tenant_1', 'größe', 'a'.repeat(63), 'Administration']) {
      assert.equal(validateDatabaseName(name), name);
    }
  });

  it('refuses what some server would', () => {
    const names = [
      '',
      'a.b',
      'a b',
      'a$b',
      'a/b',
      'a\\b',
      'a"b',
      'a\0b',
      'a*',
      'a<',
      'a:b',
      'a|b',
      'a?'
    ];
    const others = ['a'.repeat(64), 'ö'.repeat(32), '\n', '\ud800', 1, null, undefined, {}, ['a']];
    for (const name of [...names, ...others]) {
      assert.throws(() => validateDatabaseName(name), refused, JSON.stringify(name));
    }
  });

  it('refuses the names of the server itself, in any case, unless they are allowed', () => {
    for (const name of ['admin', 'local', 'config', 'Admin', 'LOCAL']) {
      assert.throws(() => validateDatabaseName(name), refused, name);
      assert.equal(validateDatabaseName(name, { allowReserved: true }), name);
    }
  });

  it('does not repeat the name it refuses', () => {
    const name = `${'x'.repeat(100)}.secret`;
    assert.throws(
      () => validateDatabaseName(name),
      (error: Error) => !error.message.includes('xxx')
    );
  });
});
