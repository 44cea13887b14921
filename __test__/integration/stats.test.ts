/** `pool.stats()` tells the truth: it agrees with the server, with the process's sockets and with what runs. */
import assert from 'node:assert/strict';
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { after, afterEach, before, describe, it } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { inspect } from 'node:util';
import { MongoClient } from 'mongodb';
import { PolyPool, type PolyPoolOptions, type PoolStats } from 'polypool';
import { startMongod, uniqueDatabase, type Mongod } from '../support/mongod.ts';

/** Far above what a busy machine needs, in milliseconds. */
const DEADLINE_MS = 30_000;

/** Asks until the answers are equal; fails with the last ones. */
async function agree<T>(ask: () => Promise<[actual: T, expected: T]>): Promise<void> {
  const end = Date.now() + DEADLINE_MS;
  for (;;) {
    const [actual, expected] = await ask();
    if (inspect(actual) === inspect(expected)) return;
    if (Date.now() > end) assert.deepEqual(actual, expected);
    await delay(20);
  }
}

/** This process's open sockets to a port. */
function sockets(port: number): number {
  const own = new Set<string>();
  for (const fd of readdirSync('/proc/self/fd')) {
    try {
      own.add(readlinkSync(`/proc/self/fd/${fd}`));
    } catch {
      // Closed since it was listed.
    }
  }
  const hex = port.toString(16).toUpperCase().padStart(4, '0');
  const rows = readFileSync('/proc/self/net/tcp', 'utf8').trim().split('\n').slice(1);
  const columns = rows.map(row => row.trim().split(/\s+/));
  return columns.filter(
    ([, , remote, , , , , , , inode]) => remote!.endsWith(`:${hex}`) && own.has(`socket:[${inode}]`)
  ).length;
}

describe('pool.stats()', () => {
  const database = uniqueDatabase();
  const opened: PolyPool[] = [];
  let mongod: Mongod;
  /** A client of the driver's, which has two connections. */
  let observer: MongoClient;

  before(async () => {
    mongod = await startMongod();
    observer = new MongoClient(mongod.uri, { maxPoolSize: 1, serverMonitoringMode: 'poll' });
    await observer.connect();
    const documents = Array.from({ length: 500 }, (_, number) => ({ number }));
    await observer.db(database).collection('numbers').insertMany(documents);
  });
  afterEach(async () => {
    await Promise.all(opened.splice(0).map(pool => pool.close()));
  });
  after(async () => {
    await observer.close();
    await mongod.stop();
  });

  function open(options?: PolyPoolOptions): PolyPool {
    const pool = new PolyPool(mongod.uri, options);
    opened.push(pool);
    return pool;
  }

  async function serverConnections(): Promise<number> {
    const { connections } = await observer.db('admin').command({ serverStatus: 1 });
    return connections.current;
  }

  /** Connections that the figures say there are, the one that measures round trips included. */
  function claimed({ servers }: PoolStats): number {
    return servers.reduce(
      (sum, { size, monitors }) => sum + size + monitors.heartbeat + (monitors.roundTrip ?? 1),
      0
    );
  }

  it('is empty before the first operation and after close()', async () => {
    const pool = open();
    const before = pool.stats();
    assert.deepEqual(
      [before.state, before.generation, before.topology],
      ['disconnected', 0, 'Unknown']
    );
    assert.deepEqual(
      [before.servers.length, before.total.size, before.operations.total],
      [0, 0, 0]
    );
    assert.equal(before.total.waitMS, undefined, 'made up');
    assert.equal(before.waitQueue.histogram, undefined, 'made up');
    await pool.db(database).command({ ping: 1 });
    assert.equal(pool.stats().state, 'connected');
    await pool.close();
    const after = pool.stats();
    assert.deepEqual([after.state, after.total.size, after.servers.length], ['disconnected', 0, 0]);
  });

  it("agrees with the server's count and the process's sockets under load", async () => {
    // The driver's own monitor may still be connecting.
    await agree(async () => [sockets(mongod.ports[0]!), 2]);
    const others = (await serverConnections()) - 2;
    const pool = open({ maxPoolSize: 12, minPoolSize: 2 });
    const numbers = pool.db(database).collection('numbers');
    let running = true;
    const loops = Array.from({ length: 64 }, async (_, loop) => {
      while (running) await numbers.findOne({ number: loop });
    });
    try {
      await agree(async () => [pool.stats().total.size, 12]);
      await agree(async () => [sockets(mongod.ports[0]!) - 2, claimed(pool.stats())]);
      await agree(async () => [(await serverConnections()) - others - 2, claimed(pool.stats())]);
      const { total, servers, operations, waitQueue } = pool.stats();
      assert.equal(total.available + total.inUse + total.pending, total.size);
      assert.deepEqual([total.min, total.max, total.created], [2, 12, 12]);
      assert.equal(servers[0]!.type, 'RSPrimary');
      assert.ok(servers[0]!.roundTripTimeMS! > 0);
      assert.ok(operations.inFlight <= 64, `${operations.inFlight}`);
      // Between two ticks all may have been answered.
      await agree(() => Promise.resolve([pool.stats().operations.inFlight > 0, true]));
      assert.ok(waitQueue.size >= waitQueue.queued);
      const { count, p50, p90, p99, max } = total.waitMS!;
      assert.ok(count > 0 && p50 <= p90 && p90 <= p99 && p99 <= max);
    } finally {
      running = false;
      await Promise.all(loops);
    }
    await agree(async () => [pool.stats().total.inUse, 0]);
    assert.equal(pool.stats().operations.inFlight, 0);
    await pool.close();
    await agree(async () => [sockets(mongod.ports[0]!), 2]);
    await agree(async () => [(await serverConnections()) - others, 2]);
  });

  it('counts operations by database, and cursors, watches and sessions while they are open', async () => {
    const pool = open();
    const numbers = pool.db(database).collection('numbers');
    await numbers.findOne();
    await pool.db('admin').command({ ping: 1 });
    const cursor = numbers.find({}, { batchSize: 10 });
    await cursor.next();
    const stream = numbers.watch();
    await stream.tryNext();
    const session = pool.startSession();
    await numbers.findOne({}, { session });
    const during = pool.stats();
    assert.equal(during.operations.byDatabase.get('admin')!.total, 1);
    assert.equal(during.operations.byDatabase.get(database)!.inFlight, 0);
    assert.deepEqual([during.cursors.open, during.watches.open], [2, 1]);
    // Of each cursor one, and the user's.
    assert.deepEqual([during.sessions.inUse, during.held], [3, { cursors: 2, sessions: 1 }]);
    await session.endSession();
    await cursor.close();
    await stream.close();
    await agree(async () => {
      const { cursors, watches, sessions, held } = pool.stats();
      const open = [cursors.open, watches.open, sessions.inUse, held.cursors, held.sessions];
      return [open, [0, 0, 0, 0, 0]];
    });
    assert.deepEqual([pool.stats().cursors.opened, pool.stats().watches.opened], [2, 1]);
  });

  it('counts as failed what ended with an error, if only in the reply to a write that ran', async () => {
    const pool = open();
    const db = pool.db(database);
    const items = db.collection<{ _id: number; x?: number }>('unique');
    await items.insertOne({ _id: 1 });
    const insert = { insert: items.collectionName, documents: [{ _id: 1 }] };
    const update = { $set: { _id: 2 } } as object;
    const late = { writeConcern: { w: 2, wtimeout: 1 } };
    const failing: Array<[string, () => Promise<unknown>, number]> = [
      ['a duplicate', () => items.insertOne({ _id: 1 }), 1],
      ['some of many', () => items.insertMany([{ _id: 2 }, { _id: 1 }], { ordered: false }), 1],
      ['an update', () => items.updateOne({ _id: 1 }, update), 1],
      ['findAndModify', () => items.findOneAndUpdate({ _id: 1 }, update), 1],
      ['a bulk', () => items.bulkWrite([{ insertOne: { document: { _id: 1 } } }]), 1],
      ['durability', () => items.insertOne({ _id: 3 }, late), 1],
      ['none', () => items.insertOne({ _id: 4 }), 0],
      ["a caller's own command, which tells of it", () => db.command(insert), 0]
    ];
    for (const [what, run, expected] of failing) {
      const before = pool.stats().operations;
      const threw = await run().then(
        () => 0,
        () => 1
      );
      const { total, failed, byDatabase } = pool.stats().operations;
      const counted = [total - before.total, failed - before.failed, threw];
      assert.deepEqual(counted, [1, expected, expected], what);
      assert.equal(byDatabase.get(database)!.failed, failed, what);
    }
  });

  it('counts what waits for a place, retries, and connections by the reason of their end', async () => {
    const pool = open({ maxPoolSize: 1 });
    const admin = pool.db('admin');
    await admin.command({ ping: 1 });
    const failure = { failCommands: ['find'], closeConnection: true };
    await admin.command({ configureFailPoint: 'failCommand', mode: { times: 1 }, data: failure });
    await pool.db(database).collection('numbers').findOne();
    const { operations, total, servers } = pool.stats();
    assert.deepEqual([operations.retries, total.closed.error, servers[0]!.generation], [1, 1, 1]);
    const sleeping = admin.command({ sleep: 1, millis: 400, lock: 'none' });
    const queued = Array.from({ length: 5 }, () => admin.command({ ping: 1 }));
    await agree(async () => [pool.stats().waitQueue.queued, 5]);
    assert.equal(pool.stats().operations.inFlight, 6);
    const { byDatabase } = pool.stats().operations;
    assert.deepEqual([byDatabase.get('admin')!.waiting, byDatabase.get(database)!.waiting], [5, 0]);
    await Promise.all([sleeping, ...queued]);
    assert.equal(pool.stats().waitQueue.size, 0);
    assert.equal(pool.stats().operations.byDatabase.get('admin')!.waiting, 0);
    assert.ok(pool.stats().total.waitMS!.max >= 200, 'the wait for a place counts');
  });

  it('counts by its length every wait for a place, of those that gave it up, too', async () => {
    const pool = open({ maxPoolSize: 1, waitQueueTimeoutMS: 100 });
    const admin = pool.db('admin');
    await admin.command({ ping: 1 });
    const sleeping = admin.command({ sleep: 1, millis: 400, lock: 'none' });
    await agree(async () => [pool.stats().total.inUse, 1]);
    const refused = Array.from({ length: 3 }, () => admin.command({ ping: 1 }));
    const ends = await Promise.allSettled([...refused, sleeping]);
    assert.deepEqual(
      ends.map(({ status }) => status),
      ['rejected', 'rejected', 'rejected', 'fulfilled']
    );
    const { histogram, waited } = pool.stats().waitQueue;
    const { buckets, count, sumMS } = histogram!;
    assert.deepEqual([count, waited], [5, 3]);
    const up = (bound: number) => buckets.find(({ leMS }) => leMS === bound)!.count;
    assert.deepEqual([up(0.25), up(64), up(65_536), up(Infinity)], [2, 2, 5, 5]);
    assert.ok(sumMS >= 300 && sumMS < 3 * 65_536, String(sumMS));
    const bounds = buckets.map(({ leMS }) => leMS);
    assert.deepEqual(bounds, [...Array.from({ length: 19 }, (_, i) => 0.25 * 2 ** i), Infinity]);
    assert.ok(buckets.every((bucket, i) => i === 0 || bucket.count >= buckets[i - 1]!.count));
  });

  it('counts no cursor that was opened for an operation which had been taken back', async () => {
    const pool = open();
    await pool.connect();
    const numbers = pool.db(database).collection('numbers');
    // The first ones are taken back while their connections are being established.
    for (let round = 0; round < 20; round++) {
      const controller = new AbortController();
      const { signal } = controller;
      const reads = Array.from({ length: 4 }, () =>
        numbers.find({}, { batchSize: 2, signal }).next()
      );
      setTimeout(() => {
        controller.abort();
      }, round % 5);
      await Promise.allSettled(reads);
    }
    await agree(() => {
      const { cursors, sessions, operations } = pool.stats();
      const left = [cursors.open, sessions.inUse, operations.inFlight];
      return Promise.resolve([left, [0, 0, 0]]);
    });
  });

  it('says nothing of who is logged in', async () => {
    const secret = 'h4rd-to-gu3ss';
    const uri = mongod.uri.replace('mongodb://', `mongodb://somebody:${secret}@`);
    const pool = new PolyPool(uri, { serverSelectionTimeoutMS: 2_000 });
    opened.push(pool);
    await assert.rejects(pool.connect());
    const shown = inspect(pool.stats(), { depth: Infinity });
    assert.ok(!shown.includes(secret) && !shown.includes('somebody'), shown);
    assert.equal(pool.isConnected(), false);
  });
});
