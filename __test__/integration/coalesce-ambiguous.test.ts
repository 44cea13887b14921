/** `coalesce: true` where an `_id` is not unique: everybody gets what the driver gives, and nothing is read without bound. */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { MongoClient, type CommandSucceededEvent, type Db, type Document } from 'mongodb';
import { PolyPool } from 'polypool';
import { sharedMongod, uniqueDatabase, type SharedMongod } from '../support/mongod.ts';

/** Measurements of the time series, all of one `_id`. */
const MEASUREMENTS = 500;

describe('Coalesced reads of an _id that is not unique', () => {
  let mongod: SharedMongod;
  let pool: PolyPool;
  let driver: MongoClient;
  let db: Db;
  /** Documents that the server has sent. */
  let received = 0;

  before(async () => {
    mongod = await sharedMongod();
    const options: object = { coalesce: true };
    pool = new PolyPool(mongod.uri, { ...options, monitorCommands: true });
    pool.on('commandSucceeded', ({ reply }: CommandSucceededEvent) => {
      const { cursor } = reply as { cursor?: { firstBatch?: unknown[]; nextBatch?: unknown[] } };
      received += (cursor?.firstBatch ?? cursor?.nextBatch ?? []).length;
    });
    driver = new MongoClient(mongod.uri);
    db = driver.db(uniqueDatabase());
    const sources = db.collection<any>('sources');
    await sources.insertMany([
      ...[1, 2, 3].map(_id => ({ _id, parts: [3, 2, 1].map(x => ({ x })) })),
      { _id: 4, parts: { x: 0 } },
      { _id: 'b', parts: { x: 5 } },
      { _id: 'B', parts: { x: 6 } },
      { _id: 'c', parts: { x: 7 } },
      { _id: 6, parts: { x: 8 }, as: [5, 7] },
      { _id: 5, parts: { x: 9 } }
    ]);
    await db.createCollection('parts', { viewOn: 'sources', pipeline: [{ $unwind: '$parts' }] });
    await db.createCollection('folded', {
      viewOn: 'sources',
      pipeline: [{ $sort: { 'parts.x': -1 } }],
      collation: { locale: 'en', strength: 2 }
    });
    await db.createCollection('lists', {
      viewOn: 'sources',
      pipeline: [{ $set: { _id: { $ifNull: ['$as', '$_id'] } } }]
    });
    await db.createCollection('nameless', { viewOn: 'sources', pipeline: [{ $unset: '_id' }] });
    await db.createCollection('series', { timeseries: { timeField: 'at' } });
    await db.collection<any>('series').insertMany([
      ...Array.from({ length: MEASUREMENTS }, (_, i) => ({
        _id: 'dev1',
        at: new Date(i * 1e3),
        i
      })),
      { _id: 'dev2', at: new Date(0), i: -1 }
    ]);
  });
  after(async () => {
    await db.dropDatabase();
    await driver.close();
    await pool.close();
    await mongod.stop();
  });

  /** Reads the ids in a tick, and each by the driver. */
  async function both(name: string, ids: unknown[]): Promise<[Document[], Document[]]> {
    const joint = pool.db(db.databaseName).collection<any>(name);
    const alone = db.collection<any>(name);
    return [
      await Promise.all(ids.map(_id => joint.findOne({ _id }))),
      await Promise.all(ids.map(_id => alone.findOne({ _id })))
    ];
  }

  const cases: Array<[string, string, unknown[][]]> = [
    [
      'a view with $unwind',
      'parts',
      [[1], [1, 1], [1, 2], [1, 4], [4, 5], [1, 99], [99, 4, 1, 98, 97], [4, 1, 2, 3, 5]]
    ],
    ['a view with a collation of its own', 'folded', [['b'], ['B', 'c'], ['b', 'c'], ['C', 4]]],
    ['a view whose ids are lists', 'lists', [[5], [5, 7], [4, 7, 99], [99, 5, 'c']]],
    ['a view without ids', 'nameless', [[1], [1, 2]]],
    ['a time series', 'series', [['dev1'], ['dev1', 'dev2'], ['dev2', 'none'], ['dev1', 'dev1']]]
  ];
  for (const [what, name, lists] of cases) {
    it(`give what the driver gives of ${what}`, async () => {
      for (const ids of lists) {
        const [found, expected] = await both(name, ids);
        assert.deepEqual(found, expected, JSON.stringify(ids));
      }
    });
  }

  it('fetch no more documents than are asked for, one, and those that are read again', async () => {
    received = 0;
    await both('series', ['dev1']);
    assert.equal(received, 1);
    received = 0;
    await both('series', ['dev1', 'dev2']);
    assert.ok(received <= 5, `${received} documents`);
  });

  it('are counted: together, shared, repeated and excluded', async () => {
    const options: object = { coalesce: true };
    const counting = new PolyPool(mongod.uri, options);
    const { coalescing } = counting.stats();
    const none = { reads: 0, commands: 0, shared: 0, repeated: 0, excluded: 0 };
    assert.deepEqual(coalescing, none);
    const read = (name: string, ...filters: Document[]): Promise<unknown> => {
      const collection = counting.db(db.databaseName).collection<any>(name);
      return Promise.all(filters.map(filter => collection.findOne(filter)));
    };
    await read('sources', { _id: 1 }, { _id: 2 }, { _id: 2 }, { _id: 99 });
    assert.deepEqual(counting.stats().coalescing, { ...none, reads: 4, commands: 1, shared: 1 });
    await read('sources', { _id: 1 });
    assert.deepEqual(counting.stats().coalescing, { ...none, reads: 5, commands: 2, shared: 1 });
    await read('parts', { _id: 1 }, { _id: 1 }, { _id: 2 });
    const repeated = { reads: 8, commands: 3, shared: 2, repeated: 3, excluded: 0 };
    assert.deepEqual(counting.stats().coalescing, repeated);
    await read('sources', { _id: { $gt: 1 } }, { _id: 1, parts: 1 });
    assert.deepEqual(counting.stats().coalescing, { ...repeated, excluded: 2 });
    assert.deepEqual(coalescing, none, 'figures that were given before stay as they were');
    await counting.close();
    assert.deepEqual(counting.stats().coalescing, none);
  });
});
