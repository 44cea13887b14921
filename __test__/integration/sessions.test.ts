/** Sessions over time and over servers: causal consistency on a set of three, and no leaks. */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { setImmediate as tick } from 'node:timers/promises';
import { PolyPool, type Collection } from 'polypool';
import {
  sharedMongod,
  startMongod,
  uniqueDatabase,
  type Mongod,
  type SharedMongod
} from '../support/mongod.ts';

interface Item {
  _id: number;
}

describe('A causally consistent session', () => {
  let mongod: Mongod;
  let pool: PolyPool;
  let items: Collection<Item>;

  before(async () => {
    mongod = await startMongod({ nodes: 3 });
    pool = new PolyPool(mongod.uri, { readPreference: 'secondary', w: 1 });
    items = pool.db(uniqueDatabase()).collection<Item>('items');
    await items.insertOne({ _id: -1 }, { writeConcern: { w: 3 } });
  });
  after(async () => {
    await pool.close();
    await mongod.stop();
  });

  it('reads on secondaries what it has written', async () => {
    await pool.withSession(async session => {
      for (let _id = 0; _id < 60; _id++) {
        await items.insertOne({ _id }, { session });
        assert.deepEqual(await items.findOne({ _id }, { session }), { _id });
      }
    });
  });

  it('reads on secondaries what another one has written, when it is told of its times', async () => {
    for (let _id = 100; _id < 130; _id++) {
      const [writer, reader] = [pool.startSession(), pool.startSession()];
      await items.insertOne({ _id }, { session: writer });
      reader.advanceClusterTime(writer.clusterTime!);
      reader.advanceOperationTime(writer.operationTime!);
      assert.equal(await items.countDocuments({ _id }, { session: reader }), 1);
      await Promise.all([writer.endSession(), reader.endSession()]);
    }
  });
});

describe('Sessions', () => {
  let mongod: SharedMongod;
  let pool: PolyPool;
  let items: Collection<Item>;

  before(async () => {
    mongod = await sharedMongod();
    pool = new PolyPool(mongod.uri);
    items = pool.db(uniqueDatabase()).collection<Item>('items');
    await items.insertMany(Array.from({ length: 20 }, (_, _id) => ({ _id })));
  });
  after(async () => {
    await items.db.dropDatabase();
    await pool.close();
    await mongod.stop();
  });

  const SESSIONS = 1_000;

  /** Opens and uses sessions, and gives their ids. */
  async function open(end: boolean): Promise<Set<string>> {
    const ids = new Set<string>();
    for (let i = 0; i < SESSIONS; i++) {
      const session = pool.startSession();
      await items.findOne({ _id: 1 }, { session });
      ids.add(session.id!.id.toString('hex'));
      if (end) await session.endSession();
    }
    return ids;
  }

  it('use one server session when they follow one another', async () => {
    assert.ok((await open(true)).size <= 2);
  });

  it('give back what they were lent when they are dropped', async () => {
    const lent = new Set<string>();
    for (let round = 0; round < 3; round++) {
      for (const id of await open(false)) lent.add(id);
      for (let i = 0; i < 10; i++) {
        globalThis.gc!();
        await tick();
      }
    }
    // Three times as many were opened. Some are lent while others wait for the garbage collector.
    assert.ok(lent.size <= SESSIONS * 1.5, `${lent.size} server sessions`);
  });

  it('keep their server session until their cursors have ended', async () => {
    const session = pool.startSession();
    const cursor = items.find({}, { session, batchSize: 2 });
    await cursor.next();
    await session.endSession();
    await assert.rejects(cursor.toArray(), { name: 'MongoExpiredSessionError' });
    assert.equal(cursor.closed, true);
  });

  it('read one point in time, over several batches', async () => {
    await pool.withSession({ snapshot: true }, async session => {
      const cursor = items.find({}, { session, batchSize: 5 }).sort({ _id: 1 });
      const first = await cursor.next();
      await items.deleteMany({ _id: { $gte: 10 } });
      assert.deepEqual(first, { _id: 0 });
      assert.equal((await cursor.toArray()).length, 19);
      assert.equal(await items.countDocuments({}, { session }), 20);
    });
    assert.equal(await items.countDocuments(), 10);
  });
});

describe('A session behind a load balancer', () => {
  it('refuses a transaction before anything is sent', async () => {
    const pool = new PolyPool('mongodb://127.0.0.1:1/?loadBalanced=true');
    const session = pool.startSession();
    assert.throws(() => session.startTransaction(), { name: 'MongoCompatibilityError' });
    await pool.close();
  });
});
