/** `pool.health()`: what it finds, that it comes in time, what it costs, and when it tells of itself. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { after, afterEach, before, describe, it } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { inspect } from 'node:util';
import { connect, PolyPool, type Health, type PolyPoolOptions } from 'polypool';
import { startMongod, uniqueDatabase, type Mongod } from '../support/mongod.ts';

/** Limits that a busy machine does not reach. */
const CALM = { degradedMS: 20_000, unhealthyMS: 25_000, maxDelayMS: 20_000, timeoutMS: 30_000 };

/** Nanoseconds that the main thread has computed. */
function computed(): number {
  return Number(readFileSync(`/proc/self/task/${process.pid}/schedstat`, 'utf8').split(' ')[0]);
}

describe('pool.health()', () => {
  const opened: PolyPool[] = [];
  let mongod: Mongod;

  before(async () => {
    mongod = await startMongod({ nodes: 2 });
  });
  afterEach(async () => {
    await Promise.all(opened.splice(0).map(pool => pool.close()));
  });
  after(() => mongod.stop());

  function open(options?: PolyPoolOptions): PolyPool {
    const pool = new PolyPool(mongod.uri, options);
    opened.push(pool);
    return pool;
  }

  it('is healthy, in the shape that is promised', async () => {
    const pool = open();
    const health = await pool.health(CALM);
    assert.deepEqual(Object.keys(health), [
      ...['status', 'timestamp', 'uptime', 'checks', 'version', 'environment']
    ]);
    assert.equal(health.status, 'healthy', inspect(health, { depth: 5 }));
    assert.equal(new Date(health.timestamp).toISOString(), health.timestamp);
    const { database, memory, cpu, replicaSet } = health.checks;
    assert.equal(database.connection, 'connected');
    assert.ok(database.latencyMS! > 0);
    assert.deepEqual(Object.keys(database.pool), [
      ...['size', 'available', 'inUse', 'pending', 'waitQueue', 'max']
    ]);
    assert.equal(database.pool.max, 200, 'of two servers');
    assert.equal(replicaSet, undefined);
    assert.ok(memory.rssBytes > memory.heapUsedBytes && memory.heapLimitBytes > 0);
    assert.ok(cpu.percent >= 0 && cpu.eventLoopDelayMS >= 0 && cpu.loadAverage.length === 3);
    assert.match(health.version, /^\d+\.\d+\.\d+/);
    assert.equal((await pool.health({ ...CALM, version: '7.1.2' })).version, '7.1.2');
    JSON.stringify(health);
  });

  it('sends nothing at the level of the connection', async () => {
    const pool = open();
    const before = await pool.health({ ...CALM, level: 'connection' });
    assert.deepEqual(
      [before.status, before.checks.database.connection, pool.stats().generation],
      ['unhealthy', 'disconnected', 0]
    );
    await pool.connect();
    const total = pool.stats().operations.total;
    const after = await pool.health({ ...CALM, level: 'connection' });
    assert.deepEqual([after.status, after.checks.database.latencyMS], ['healthy', undefined]);
    assert.equal(pool.stats().operations.total, total);
  });

  it('writes a document and removes it', async () => {
    const pool = open();
    const database = uniqueDatabase();
    const health = await pool.health({ ...CALM, level: 'readwrite', database });
    assert.equal(health.status, 'healthy', inspect(health.checks.database));
    assert.ok(health.checks.database.readWriteMS! > 0);
    assert.equal(await pool.db(database).collection('polypool_health').countDocuments(), 0);
    const names = await pool.db(database).listCollections({}, { nameOnly: true }).toArray();
    assert.deepEqual(
      names.map(({ name }) => name),
      ['polypool_health']
    );
    const wrong = await pool.health({
      ...CALM,
      level: 'readwrite',
      database: 'local',
      collection: '$'
    });
    assert.equal(wrong.status, 'unhealthy');
    assert.match(wrong.checks.database.message, /written and removed/);
  });

  it('knows the members of a replica set', async () => {
    const pool = open();
    const { replicaSet } = (await pool.health({ ...CALM, level: 'replicaSet', maxLagMS: 60_000 }))
      .checks;
    assert.equal(replicaSet!.status, 'healthy', inspect(replicaSet));
    assert.equal(replicaSet!.members.length, 2);
    assert.equal(
      replicaSet!.primary,
      replicaSet!.members.find(m => m.state === 'PRIMARY')!.address
    );
    const secondary = replicaSet!.members.find(({ state }) => state === 'SECONDARY');
    assert.ok(secondary!.lagMS! >= 0);
    assert.ok(replicaSet!.oplogWindowMS! >= 0);
    const short = await pool.health({ ...CALM, level: 'replicaSet', minOplogWindowMS: 1e12 });
    assert.equal(short.checks.replicaSet!.status, 'degraded');
  });

  it('is degraded or unhealthy by the time that a ping takes', async () => {
    const pool = await open().connect();
    const late = await pool.health({ ...CALM, degradedMS: 0.000_1 });
    assert.equal(late.status, 'degraded');
    assert.match(late.checks.database.message, /The ping took \d+ ms/);
    const lost = await pool.health({ ...CALM, degradedMS: 0, unhealthyMS: 0 });
    assert.equal(lost.status, 'unhealthy');
  });

  it('takes a wait for a place in the pool for no fault of the database', async () => {
    const pool = await open({ maxPoolSize: 1, readPreference: 'primary' }).connect();
    const documents = pool.db(uniqueDatabase()).collection('c');
    await documents.insertOne({});
    const limits = { ...CALM, degradedMS: 100, unhealthyMS: 700 };
    const slow = documents.findOne({ $where: 'sleep(1500) || true' });
    const health = await pool.health(limits);
    const { status, latencyMS, waitMS, message } = health.checks.database;
    assert.equal(status, 'degraded', message);
    assert.match(message, /ms of which it waited for a place in the pool/);
    assert.ok(waitMS! > latencyMS!, `waited ${waitMS} ms, and then took ${latencyMS} ms`);
    const stuck = documents.findOne({ $where: 'sleep(1500) || true' });
    const late = await pool.health({ ...limits, timeoutMS: 500 });
    assert.equal(late.status, 'unhealthy');
    assert.match(late.checks.database.message, /while it waited for a place .* within 500 ms/);
    await Promise.all([slow, stuck]);
  });

  it('answers by its deadline when the server does not', async () => {
    const pool = await open().connect();
    mongod.pause(0);
    mongod.pause(1);
    try {
      const start = performance.now();
      const health = await pool.health({ level: 'replicaSet', timeoutMS: 300 });
      const took = performance.now() - start;
      assert.equal(health.status, 'unhealthy');
      assert.match(health.checks.database.message, /no answer within 300 ms/);
      assert.ok(took >= 290 && took < 5_000, `took ${took} ms`);
    } finally {
      mongod.resume(0);
      mongod.resume(1);
    }
  });

  it('never throws: not without a server, not after close(), not for a wrong level', async () => {
    const absent = new PolyPool('mongodb://user:s3cret@127.0.0.1:1');
    opened.push(absent);
    const health = await absent.health({ timeoutMS: 200 });
    assert.equal(health.status, 'unhealthy');
    assert.ok(!inspect(health, { depth: 9 }).includes('s3cret'));
    await absent.close();
    const closed = await absent.health({ timeoutMS: 200 });
    assert.deepEqual(
      [closed.status, closed.checks.database.connection],
      ['unhealthy', 'disconnected']
    );
    const wrong = await open().health({ level: 'all' as never, timeoutMS: 200 });
    assert.equal(wrong.status, 'unhealthy');
    assert.match(wrong.checks.database.message, /all/);
  });

  it('costs less than a millisecond of the JavaScript thread for each command that it sends', async t => {
    const pool = await open().connect();
    const commands = { connection: 0, ping: 1, readwrite: 3, replicaSet: 4 };
    for (const level of Object.keys(commands) as Array<keyof typeof commands>) {
      // Others on the machine make calls cost more: the cheapest is what it needs.
      const costs: number[] = [];
      for (let i = 0; i < 200; i++) {
        const start = computed();
        await pool.health({ level });
        costs.push((computed() - start) / 1e6);
      }
      costs.sort((a, b) => a - b);
      const [each, median] = [costs[0]!, costs[costs.length / 2]!];
      t.diagnostic(`${level}: ${each.toFixed(3)} ms, median ${median.toFixed(3)} ms`);
      assert.ok(each < Math.max(commands[level], 1), `${level} took ${each} ms`);
    }
  });

  it('looks after what connect() made by itself, and asks no server unless somebody listens', async () => {
    const interval = (pool: PolyPool): unknown =>
      (pool.options as { healthIntervalMS?: number }).healthIntervalMS;
    await using made = await connect(mongod.uri, { shared: false });
    await using without = await connect(mongod.uri, { shared: false, healthIntervalMS: 0 });
    assert.deepEqual([interval(made), interval(without)], [30_000, 0]);
    assert.equal(interval(open()) ?? 0, 0);
    const unheard = open({ healthIntervalMS: 5 });
    await unheard.connect();
    const asked = (): number => unheard.stats().operations.total;
    const before = asked();
    await delay(100);
    assert.equal(asked(), before);
    unheard.on('health', () => undefined);
    for (const end = Date.now() + 5_000; asked() === before;) {
      assert.ok(Date.now() < end, 'nothing is asked');
      await delay(5);
    }
  });

  it('tells of itself only when it has changed', async () => {
    const pool = open({ healthIntervalMS: 25, serverSelectionTimeoutMS: 500 });
    const told: Array<[Health['status'], Health['status'] | undefined]> = [];
    const healthy = new Promise<void>(resolve => {
      pool.on('health', (health, previous) => {
        told.push([health.status, previous]);
        resolve();
      });
    });
    // It connects no pool by itself.
    await delay(100);
    assert.deepEqual([told.length, pool.state], [0, 'disconnected']);
    await pool.connect();
    // Its timer would let the process end.
    const alive = setInterval(() => undefined, 1_000);
    try {
      await healthy;
      const checks = pool.stats().operations.byDatabase.get('admin')!.total;
      while (pool.stats().operations.byDatabase.get('admin')!.total < checks + 5) {
        await delay(10);
      }
    } finally {
      clearInterval(alive);
    }
    const statuses = told.map(([status]) => status);
    assert.equal(told[0]![1], undefined);
    assert.ok(
      statuses.every((status, i) => status !== statuses[i - 1]),
      statuses.join()
    );
  });
});
