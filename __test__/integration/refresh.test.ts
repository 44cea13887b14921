/** Connections that are replaced while they are in use: nobody notices but the listeners. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { after, afterEach, before, describe, it, mock } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { PolyPool, type ChangeStreamDocument, type PolyPoolOptions } from 'polypool';
import {
  sharedMongod,
  startMongod,
  uniqueDatabase,
  type Mongod,
  type SharedMongod
} from '../support/mongod.ts';
import { Proxy } from '../support/proxy.ts';

/** The document that was inserted. */
function idOf(event: ChangeStreamDocument<{ _id: number }>): number {
  assert.equal(event.operationType, 'insert');
  return event.documentKey._id;
}

async function until(holds: () => boolean): Promise<void> {
  for (const end = Date.now() + 10_000; !holds();) {
    assert.ok(Date.now() < end, 'in time');
    await delay(10);
  }
}

describe('A refresh', () => {
  const database = uniqueDatabase();
  let mongod: SharedMongod;
  let observer: PolyPool;
  const opened: PolyPool[] = [];

  before(async () => {
    mongod = await sharedMongod();
    observer = await PolyPool.connect(mongod.uri);
  });
  afterEach(async () => {
    await Promise.all(opened.splice(0).map(pool => pool.close()));
  });
  after(async () => {
    await observer.db(database).dropDatabase();
    await observer.close();
    await mongod.stop();
  });

  function open(appName: string, options?: PolyPoolOptions): PolyPool {
    const uri = `${mongod.uri}&appName=${appName}&serverMonitoringMode=poll`;
    const pool = new PolyPool(uri, options);
    opened.push(pool);
    return pool;
  }

  const ping = (pool: PolyPool) => pool.db('admin').command({ ping: 1 });

  /** The server's numbers of the connections of clients with this name. */
  async function connections(appName: string): Promise<Set<number>> {
    const pipeline = [
      { $currentOp: { allUsers: true, idleConnections: true } },
      { $match: { appName } }
    ];
    const found = await observer.db('admin').aggregate(pipeline).toArray();
    return new Set(found.map(({ connectionId }) => connectionId as number));
  }

  /** Waits until none of these connections is left. */
  async function gone(appName: string, before: Set<number>): Promise<void> {
    for (const deadline = Date.now() + 5_000; ;) {
      const left = [...(await connections(appName))].filter(id => before.has(id));
      if (left.length === 0) return;
      assert.ok(Date.now() < deadline, `${left.length} connections are left`);
    }
  }

  it('replaces every connection', async () => {
    const pool = open('refresh-all');
    await ping(pool);
    const before = await connections('refresh-all');
    const told = once(pool, 'refreshed');
    await pool.refresh();
    assert.deepEqual(await told, [{ reason: 'request' }]);
    await gone('refresh-all', before);
    assert.equal((await ping(pool))['ok'], 1);
    assert.ok((await connections('refresh-all')).size > 0);
  });

  it('fails and delays no operation', async () => {
    const pool = open('refresh-load', { maxPoolSize: 8 });
    const documents = pool.db(database).collection<{ _id: number }>('load');
    await documents.insertOne({ _id: -1 });
    let next = 0;
    let done = false;
    const work = async (): Promise<void> => {
      while (!done) {
        const _id = next++;
        await documents.insertOne({ _id });
        assert.deepEqual(await documents.findOne({ _id }), { _id });
      }
    };
    const workers = Array.from({ length: 24 }, work);
    for (let i = 0; i < 5; i++) await pool.refresh();
    done = true;
    await Promise.all(workers);
    assert.equal(await documents.countDocuments(), next + 1);
  });

  it('leaves cursors, sessions and transactions where they began', async () => {
    const pool = open('refresh-begun');
    const documents = pool.db(database).collection<{ _id: number }>('begun');
    await documents.insertMany(Array.from({ length: 30 }, (_, _id) => ({ _id })));
    const cursor = documents.find({}, { batchSize: 5, sort: { _id: 1 } });
    assert.deepEqual(await cursor.next(), { _id: 0 });
    const session = pool.startSession();
    session.startTransaction();
    await documents.insertOne({ _id: 100 }, { session });
    const before = await connections('refresh-begun');
    const disconnected = mock.fn();
    pool.on('disconnected', disconnected);
    await pool.refresh();
    assert.deepEqual([pool.state, disconnected.mock.callCount()], ['connected', 0]);
    const { held, sessions, cursors, generation } = pool.stats();
    // The cursor has one, too.
    assert.deepEqual([held.sessions, sessions.inUse, cursors.open, generation], [1, 2, 1, 2]);
    await documents.insertOne({ _id: 101 }, { session });
    await session.commitTransaction();
    await session.endSession();
    assert.equal((await cursor.toArray()).length >= 29, true);
    await gone('refresh-begun', before);
    assert.equal(await documents.countDocuments({ _id: { $gte: 100 } }), 2);
  });

  it('has change streams go on with the new connections, and misses nothing', async () => {
    const pool = open('refresh-watch');
    const documents = pool.db(database).collection<{ _id: number }>('watched');
    await documents.insertOne({ _id: -1 });
    const read = documents.watch();
    const heard = documents.watch();
    const [readIds, heardIds]: [number[], number[]] = [[], []];
    heard.on('change', event => {
      if (event.operationType === 'insert') heardIds.push(event.documentKey._id);
    });
    const opened = (): boolean => pool.watches().length === 2;
    const reading = read.next();
    await until(opened);
    let next = 0;
    for (let i = 0; i < 3; i++) {
      const before = await connections('refresh-watch');
      await documents.insertOne({ _id: next++ });
      const refreshing = pool.refresh();
      await documents.insertOne({ _id: next++ });
      await refreshing;
      await documents.insertOne({ _id: next++ });
      if (i === 0) readIds.push(idOf(await reading));
      while (readIds.length < next) readIds.push(idOf(await read.next()));
      const waiting = read.next();
      await gone('refresh-watch', before);
      await documents.insertOne({ _id: next++ });
      readIds.push(idOf(await waiting));
    }
    const all = Array.from({ length: next }, (_, id) => id);
    await until(() => heardIds.length >= next);
    assert.deepEqual([readIds, heardIds], [all, all]);
    assert.ok(pool.watches().every(({ resumes }) => resumes >= 1));
    await Promise.all([read.close(), heard.close()]);
  });

  it('is refused while what was replaced is still in use many times over', async () => {
    const pool = open('refresh-held');
    const documents = pool.db(database).collection('held');
    await ping(pool);
    const sessions = [];
    for (let i = 0; i < 8; i++) {
      const session = pool.startSession();
      await documents.findOne({}, { session });
      sessions.push(session);
      await pool.refresh();
    }
    const failed = once(pool, 'refreshFailed');
    await assert.rejects(pool.refresh(), { name: 'MongoRuntimeError', message: /still in use/ });
    const [event] = (await failed) as [{ reason: string }];
    assert.equal(event.reason, 'request');
    await sessions[3]!.endSession();
    await pool.refresh();
    for (const session of sessions) await session.endSession();
  });

  it('is one for all who ask at the same time', async () => {
    const pool = open('refresh-shared');
    await ping(pool);
    let count = 0;
    pool.on('refreshed', () => (count += 1));
    await Promise.all([pool.refresh(), pool.refresh(), pool.refresh()]);
    await ping(pool);
    assert.equal(count, 1);
  });

  it('connects a pool that has not been used', async () => {
    const pool = open('refresh-first');
    await pool.refresh();
    assert.equal((await ping(pool))['ok'], 1);
  });

  it('is no news of servers, and its connections count on', async () => {
    const pool = open('refresh-events');
    await ping(pool);
    const told: string[] = [];
    for (const name of [
      'topologyOpening',
      'topologyClosed',
      'serverOpening',
      'serverClosed',
      'connectionPoolCreated',
      'connectionPoolClosed'
    ] as const) {
      pool.on(name, () => told.push(name));
    }
    const created: number[] = [];
    const closed = new Set<number | '<monitor>'>();
    pool.on('connectionCreated', ({ connectionId }) => created.push(connectionId as number));
    pool.on('connectionClosed', ({ connectionId }) => closed.add(connectionId));
    const before = await connections('refresh-events');
    await pool.refresh();
    await ping(pool);
    await gone('refresh-events', before);
    assert.deepEqual(told, []);
    assert.ok(
      created.every(id => id > 1_000_000),
      String(created)
    );
    assert.ok(!created.some(id => closed.has(id)));
    assert.equal(pool.topology?.description.type, 'ReplicaSetWithPrimary');
    await pool.close();
    assert.equal(told.filter(name => name === 'connectionPoolClosed').length, 1);
    assert.equal(told.filter(name => name === 'topologyClosed').length, 1);
  });

  it('comes by itself as often as it should', async () => {
    const pool = open('refresh-interval', { refreshIntervalMS: 1_000 });
    await ping(pool);
    const reasons: string[] = [];
    pool.on('refreshed', ({ reason }) => reasons.push(reason));
    while (reasons.length < 2) await ping(pool);
    assert.deepEqual(reasons.slice(0, 2), ['interval', 'interval']);
  });

  describe('of a pool that is stuck', () => {
    let own: Mongod;
    let proxy: Proxy;

    before(async () => {
      own = await startMongod();
      proxy = await Proxy.before(own.ports[0]!);
    });
    after(async () => {
      await proxy.close();
      await own.stop();
    });

    it('lets what waits for a connection go on with the next client', async () => {
      const uri = `mongodb://127.0.0.1:${proxy.port}/?directConnection=true`;
      const options = { connectTimeoutMS: 300, heartbeatFrequencyMS: 600_000, maxConnecting: 2 };
      const pool = new PolyPool(uri, options);
      opened.push(pool);
      await pool.db(database).collection<{ _id: number }>('stuck').insertOne({ _id: 0 });
      proxy.swallows = true;
      const documents = pool.db(database).collection<{ _id: number }>('stuck');
      const slow = documents.findOne({ $where: 'sleep(500) || true' });
      const waiting = Array.from({ length: 6 }, (_, i) => documents.insertOne({ _id: i + 1 }));
      while (proxy.swallowed < 2) await new Promise(setImmediate);
      proxy.swallows = false;
      const refreshed = once(pool, 'refreshed');
      await Promise.all([slow, ...waiting]);
      assert.deepEqual(await refreshed, [{ reason: 'stalled' }]);
      assert.equal(await documents.countDocuments(), 7);
    });
  });

  it('says why the new connections could not be made, and keeps the old ones', async () => {
    const own = await startMongod();
    const proxy = await Proxy.before(own.ports[0]!);
    const uri = `mongodb://127.0.0.1:${proxy.port}/?directConnection=true`;
    const pool = new PolyPool(uri, { serverSelectionTimeoutMS: 300 });
    opened.push(pool);
    try {
      await ping(pool);
      proxy.swallows = true;
      const failed = once(pool, 'refreshFailed');
      await assert.rejects(pool.refresh(), { name: 'MongoServerSelectionError' });
      const [event] = (await failed) as [{ reason: string; error: Error }];
      assert.equal(event.reason, 'request');
      assert.equal(event.error.name, 'MongoServerSelectionError');
      assert.equal((await ping(pool))['ok'], 1);
    } finally {
      await pool.close();
      await proxy.close();
      await own.stop();
    }
  });
});

describe('A warm pool', () => {
  it('has its connections when connect() is done', async () => {
    const mongod = await sharedMongod();
    const ready: number[] = [];
    const pool = new PolyPool(mongod.uri, { minPoolSize: 7, warm: true });
    pool.on('connectionReady', ({ connectionId }) => ready.push(connectionId as number));
    try {
      await pool.connect();
      assert.ok(ready.length >= 7, `${ready.length} were ready`);
    } finally {
      await pool.close();
      await mongod.stop();
    }
  });
});
