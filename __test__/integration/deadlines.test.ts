/** `timeoutMS`: one deadline from the call to the reply, wherever the time goes. */
import assert from 'node:assert/strict';
import { after, afterEach, before, describe, it } from 'node:test';
import { MongoOperationTimeoutError } from 'mongodb';
import {
  PolyPool,
  type Collection,
  type CommandStartedEvent,
  type PolyPoolOptions
} from 'polypool';
import { FailPoints } from '../support/fail-point.ts';
import { startMongod, uniqueDatabase, type Mongod } from '../support/mongod.ts';

const APP = 'deadlines';
/** Milliseconds: a limit, and a time that is far beyond it. */
const LIMIT_MS = 150;
const LONG_MS = 1_500;

interface Item {
  _id: number;
}

describe('timeoutMS', () => {
  let mongod: Mongod;
  let failPoints: FailPoints;
  const database = uniqueDatabase();
  const opened: PolyPool[] = [];

  before(async () => {
    mongod = await startMongod();
    failPoints = new FailPoints(mongod.uri, APP);
    const items = open({}).db(database).collection<Item>('items');
    await items.insertMany(Array.from({ length: 10 }, (_, _id) => ({ _id })));
  });
  afterEach(async () => {
    await failPoints.clear();
    for (const pool of opened.splice(0)) await pool.close();
  });
  after(async () => {
    await failPoints.close();
    await mongod.stop();
  });

  function open(options: PolyPoolOptions): PolyPool {
    const pool = new PolyPool(mongod.uri, { appName: APP, ...options });
    opened.push(pool);
    return pool;
  }

  function items(options: PolyPoolOptions = {}): Collection<Item> {
    return open(options).db(database).collection<Item>('items');
  }

  /** That something ends with the error of a deadline, and about when it has passed. */
  async function endsAtItsDeadline(run: () => Promise<unknown>): Promise<void> {
    const started = performance.now();
    await assert.rejects(run(), MongoOperationTimeoutError);
    const took = performance.now() - started;
    assert.ok(took < LONG_MS / 2, `took ${took.toFixed(0)} ms`);
  }

  async function slow(command: string, times = 1): Promise<void> {
    const data = { failCommands: [command], blockConnection: true, blockTimeMS: LONG_MS };
    await failPoints.failCommand(data, { times });
  }

  for (const [level, collection] of Object.entries({
    'an operation': () => items().find({}, { timeoutMS: LIMIT_MS }),
    'a collection': () =>
      open({}).db(database).collection<Item>('items', { timeoutMS: LIMIT_MS }).find({}),
    'a database': () =>
      open({}).db(database, { timeoutMS: LIMIT_MS }).collection<Item>('items').find({}),
    'a pool': () => items({ timeoutMS: LIMIT_MS }).find({})
  })) {
    it(`of ${level} ends what takes longer`, async () => {
      const cursor = collection();
      await slow('find');
      await endsAtItsDeadline(() => cursor.toArray());
    });
  }

  it('of 0 lifts an inherited limit', async () => {
    const collection = items({ timeoutMS: LIMIT_MS });
    const data = { failCommands: ['find'], blockConnection: true, blockTimeMS: 3 * LIMIT_MS };
    await failPoints.failCommand(data);
    assert.ok(await collection.findOne({}, { timeoutMS: 0 }));
  });

  it('is said when dropIndexes, which answers that it failed, comes too late', async () => {
    const collection = items();
    await slow('dropIndexes');
    await endsAtItsDeadline(() => collection.dropIndexes({ timeoutMS: LIMIT_MS }));
  });

  it('is refused when it is no time', async () => {
    await assert.rejects(async () => await items().findOne({}, { timeoutMS: -1 }), /timeoutMS/);
  });

  it('counts the wait for a place in the pool', async () => {
    const collection = items({ maxPoolSize: 1 });
    await collection.findOne();
    await slow('find');
    const first = collection.findOne();
    await endsAtItsDeadline(() => collection.findOne({}, { timeoutMS: LIMIT_MS }));
    assert.ok(await first, 'who has the place keeps it');
  });

  it('counts the wait for a server', async () => {
    const pool = new PolyPool('mongodb://127.0.0.1:1/', { serverSelectionTimeoutMS: LONG_MS });
    opened.push(pool);
    await endsAtItsDeadline(() => pool.db('x').command({ ping: 1 }, { timeoutMS: LIMIT_MS }));
  });

  it('counts all tries, of which there may be more than two', async () => {
    const collection = items();
    await collection.findOne();
    const notPrimary = { failCommands: ['find'], errorCode: 11602 };
    await failPoints.failCommand(notPrimary, { times: 4 });
    assert.ok(await collection.findOne({}, { timeoutMS: LONG_MS }));
    await failPoints.failCommand(notPrimary, { times: 4 });
    await assert.rejects(collection.findOne({}), { code: 11602 });
  });

  it('tells the server what is left of it', async () => {
    const pool = open({ monitorCommands: true });
    const limits: unknown[] = [];
    pool.on('commandStarted', ({ command }: CommandStartedEvent) => limits.push(command.maxTimeMS));
    const collection = pool.db(database).collection<Item>('items');
    await collection.findOne({}, { timeoutMS: LONG_MS });
    await collection.findOne({}, { timeoutMS: LONG_MS, maxTimeMS: 5 * LONG_MS });
    await collection.findOne({}, { timeoutMS: LONG_MS, maxTimeMS: 50 });
    await collection.findOne({});
    const [plain, beyond, within, none] = limits.map(Number);
    for (const limit of [plain!, beyond!]) {
      assert.ok(limit <= LONG_MS && limit > LONG_MS / 2, String(limit));
    }
    assert.equal(within, 50);
    assert.ok(Number.isNaN(none));
  });

  it('is what a server that gives up because of it failed with', async () => {
    await failPoints.failCommand({ failCommands: ['find'], errorCode: 50 });
    await endsAtItsDeadline(() => items().findOne({}, { timeoutMS: LONG_MS }));
  });

  it('does not give a connection back on which an answer is still to come', async () => {
    const collection = items({ maxPoolSize: 1, monitorCommands: true });
    await collection.findOne({ _id: 1 });
    await slow('find');
    await endsAtItsDeadline(() => collection.findOne({ _id: 2 }, { timeoutMS: LIMIT_MS }));
    const found = await Promise.all([3, 4, 5].map(_id => collection.findOne({ _id })));
    assert.deepEqual(
      found.map(item => item?._id),
      [3, 4, 5]
    );
  });

  it('of a cursor is for all its batches, or in the mode "iteration" for each', async () => {
    const data = { failCommands: ['getMore'], blockConnection: true, blockTimeMS: 150 };
    const options = { batchSize: 2, timeoutMS: 400 };
    await failPoints.failCommand(data, { times: 20 });
    await endsAtItsDeadline(() => items().find({}, options).toArray());
    const each = items().find({}, { ...options, timeoutMode: 'iteration' });
    assert.equal((await each.toArray()).length, 10);
  });

  it('of a bulk write is for all its commands', async () => {
    const data = { failCommands: ['insert', 'update'], blockConnection: true, blockTimeMS: 150 };
    await failPoints.failCommand(data, { times: 20 });
    const models = Array.from({ length: 10 }, (_, i) =>
      i % 2 === 0
        ? { insertOne: { document: { _id: 100 + i } } }
        : { updateOne: { filter: { _id: 1 }, update: { $set: { x: i } } } }
    );
    const started = performance.now();
    const error = await items()
      .bulkWrite(models, { timeoutMS: 500 })
      .then(
        () => undefined,
        (error: unknown) => error as Error
      );
    assert.ok(error);
    assert.ok(performance.now() - started < 1_400);
    await items().deleteMany({ _id: { $gte: 100 } });
  });

  it('of withTransaction is for all that its callback does, and the abort has its own', async () => {
    const pool = open({});
    const collection = pool.db(database).collection<Item>('items');
    await slow('insert');
    await pool.withSession(async session => {
      const run = session.withTransaction(
        async () => await collection.insertOne({ _id: 200 }, { session }),
        { timeoutMS: LIMIT_MS }
      );
      await endsAtItsDeadline(() => run);
    });
    await failPoints.clear();
    assert.equal(await collection.countDocuments({ _id: 200 }), 0);
  });

  it('leaves change streams alone once they are open', async () => {
    const collection = items({ timeoutMS: LIMIT_MS });
    await collection.findOne();
    const stream = collection.watch();
    try {
      const next = stream.next();
      await new Promise(resolve => setTimeout(resolve, 3 * LIMIT_MS));
      await items().insertOne({ _id: 300 });
      const event = await next;
      assert.equal(event.operationType, 'insert');
    } finally {
      await stream.close();
      await items().deleteOne({ _id: 300 });
    }
  });
});
