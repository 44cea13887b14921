/** Documents given as BSON bytes: written as they are, or refused before anything is sent. */
import assert from 'node:assert/strict';
import { after, before, beforeEach, describe, it } from 'node:test';
import { serialize } from 'bson';
import { ObjectId, PolyPool, type Collection } from 'polypool';
import { sharedMongod, uniqueDatabase, type SharedMongod } from '../support/mongod.ts';

interface Item {
  _id: string | number | ObjectId;
  a?: unknown;
}

const raw = { raw: true };

describe('With raw', () => {
  let mongod: SharedMongod;
  let pool: PolyPool;
  let items: Collection<Item>;

  before(async () => {
    mongod = await sharedMongod();
    pool = new PolyPool(mongod.uri);
    items = pool.db(uniqueDatabase()).collection<Item>('items');
  });
  beforeEach(async () => {
    await items.deleteMany({});
  });
  after(async () => {
    await items.db.dropDatabase();
    await pool.close();
    await mongod.stop();
  });

  it('insertOne writes bytes as they are and names their _id', async () => {
    const result = await items.insertOne(serialize({ a: { b: [1] }, _id: 'x' }), raw);
    assert.deepEqual(result, { acknowledged: true, insertedId: 'x' });
    assert.deepEqual(await items.findOne({ _id: 'x' }), { _id: 'x', a: { b: [1] } });
  });

  it('insertOne gives bytes without an _id one', async () => {
    const { insertedId } = await items.insertOne(serialize({ a: 1 }), raw);
    assert.ok(insertedId instanceof ObjectId);
    assert.deepEqual(await items.findOne(), { _id: insertedId, a: 1 });
  });

  it('insertMany takes bytes and objects together, a megabyte of bytes among them', async () => {
    const large = 'x'.repeat(1 << 20);
    const documents = [serialize({ _id: 1 }), { _id: 2 }, serialize({ _id: 3, a: large })];
    const { insertedCount, insertedIds } = await items.insertMany(documents, raw);
    assert.deepEqual([insertedCount, insertedIds], [3, { 0: 1, 1: 2, 2: 3 }]);
    assert.equal((await items.findOne({ _id: 3 }))?.a, large);
  });

  it('updates and replacements may be bytes', async () => {
    await items.insertOne({ _id: 1 });
    await items.updateOne({ _id: 1 }, serialize({ $set: { a: 1 } }), raw);
    assert.deepEqual(await items.findOne(), { _id: 1, a: 1 });
    await items.replaceOne({ _id: 1 }, serialize({ a: 2 }), raw);
    assert.deepEqual(await items.findOne(), { _id: 1, a: 2 });
    const { upsertedId } = await items.updateMany({ _id: 9 }, serialize({ $set: { a: 3 } }), {
      ...raw,
      upsert: true
    });
    assert.equal(upsertedId, 9);
  });

  it('results are bytes', async () => {
    await items.insertOne({ _id: 1, a: 'b' });
    const bytes = Buffer.from(serialize({ _id: 1, a: 'b' }));
    assert.deepEqual(await items.findOne({}, raw), bytes);
    assert.deepEqual(await items.find({}, raw).toArray(), [bytes]);
  });

  const corrupted = Buffer.from(serialize({ a: { b: 1 } }));
  corrupted[7] = 200;
  const refused: Array<[what: string, attempt: () => Promise<unknown>, message: RegExp]> = [
    ['truncated bytes', () => items.insertOne(corrupted.subarray(0, 8), raw), /^doc is not a BSON/],
    ['corrupted bytes', () => items.insertOne(corrupted, raw), /^doc is not a BSON document: .*a/],
    [
      'one corrupted document of many',
      () => items.insertMany([{ _id: 1 }, corrupted], raw),
      /^docs\[1\] is not a BSON document/
    ],
    ['a corrupted update', () => items.updateOne({}, corrupted, raw), /^update is not a BSON/],
    ['a corrupted replacement', () => items.replaceOne({}, corrupted, raw), /^replacement is not/],
    [
      'an update without operators',
      () => items.updateOne({}, serialize({ a: 1 }), raw),
      /^Update document requires atomic operators$/
    ],
    [
      'a replacement with operators',
      () => items.replaceOne({}, serialize({ $set: { a: 1 } }), raw),
      /^Replacement document must not contain atomic operators$/
    ],
    [
      'an update that is to be explained',
      () => items.updateOne({}, serialize({ $set: { a: 1 } }), { ...raw, explain: true }),
      /^options\.explain/
    ]
  ];
  for (const [what, attempt, message] of refused) {
    it(`${what} is refused, and nothing is sent`, async () => {
      await assert.rejects(attempt(), { name: 'MongoInvalidArgumentError', message });
      assert.equal(await items.countDocuments(), 0);
    });
  }
});
