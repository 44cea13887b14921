/** Write concerns that are not fulfilled, or ask for no answer: what was done, and who hears of it. */
import assert from 'node:assert/strict';
import { after, before, beforeEach, describe, it } from 'node:test';
import { PolyPool, type Collection } from 'polypool';
import { sharedMongod, uniqueDatabase, type SharedMongod } from '../support/mongod.ts';

interface Item {
  _id: number;
}

/** More nodes than the set has. */
const impossible = { writeConcern: { w: 9, wtimeoutMS: 50 } };
const unacknowledged = { writeConcern: { w: 0 } } as const;

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
  await items.insertOne({ _id: 1 });
});
after(async () => {
  await items.db.dropDatabase();
  await pool.close();
  await mongod.stop();
});

describe('A write that is not as durable as asked for', () => {
  const failed = { name: 'MongoWriteConcernError', code: 100 };

  it('rejects, though it was done', async () => {
    await assert.rejects(items.insertOne({ _id: 2 }, impossible), failed);
    await assert.rejects(items.deleteOne({ _id: 1 }, impossible), failed);
    assert.deepEqual(await items.find().toArray(), [{ _id: 2 }]);
  });

  it('rejects for a collection that inherits the concern', async () => {
    const strict = items.db.collection<Item>('items', { writeConcern: { w: 9, wtimeoutMS: 50 } });
    await assert.rejects(strict.insertOne({ _id: 3 }), failed);
    assert.equal((await strict.insertOne({ _id: 4 }, { writeConcern: { w: 1 } })).insertedId, 4);
  });

  it('tells how many of many were inserted', async () => {
    await assert.rejects(items.insertMany([{ _id: 5 }, { _id: 6 }], impossible), error => {
      const { name, code, insertedCount } = error as Error & Record<string, unknown>;
      assert.deepEqual(
        { name, code, insertedCount },
        { name: 'MongoBulkWriteError', code: 100, insertedCount: 2 }
      );
      return true;
    });
  });
});

describe('A write that nobody acknowledges', () => {
  it('resolves, refused or not', async () => {
    const [done, refused] = await Promise.all([
      items.insertOne({ _id: 2 }, unacknowledged),
      items.insertOne({ _id: 1 }, unacknowledged)
    ]);
    assert.equal(done.acknowledged, false);
    assert.equal(refused.acknowledged, false);
  });

  it('still rejects on a pool that was closed', async () => {
    const closed = new PolyPool(mongod.uri);
    await closed.close();
    const write = closed.db(items.dbName).collection('items').insertOne({}, unacknowledged);
    await assert.rejects(write, { name: 'MongoNotConnectedError', code: 'POLYPOOL_CLOSED' });
  });
});

describe('A read with a concern', () => {
  it('sees what a majority write did before it', async () => {
    await items.insertOne({ _id: 2 }, { writeConcern: { w: 'majority' } });
    const found = await items.find({}, { readConcern: { level: 'majority' } }).toArray();
    assert.equal(found.length, 2);
    assert.equal((await items.findOne({ _id: 2 }, { readConcern: 'linearizable' }))?._id, 2);
  });
});
