/** What is left behind is found: `leakMS`, `pool.leaks()` and the event `leak`. */
import assert from 'node:assert/strict';
import { after, afterEach, before, describe, it } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { PolyPool, type Leak, type PolyPoolOptions } from 'polypool';
import { sharedMongod, uniqueDatabase, type SharedMongod } from '../support/mongod.ts';

/** Far above what a busy machine needs, in milliseconds. */
const DEADLINE_MS = 30_000;

describe('leaks', () => {
  const database = uniqueDatabase();
  const opened: PolyPool[] = [];
  let mongod: SharedMongod;

  before(async () => {
    mongod = await sharedMongod();
    const pool = open();
    await pool
      .db(database)
      .collection('numbers')
      .insertMany(Array.from({ length: 300 }, (_, number) => ({ number })));
  });
  afterEach(async () => {
    await Promise.all(opened.splice(0).map(pool => pool.close()));
  });
  after(async () => {
    const pool = new PolyPool(mongod.uri);
    await pool.db(database).dropDatabase();
    await pool.close();
    await mongod.stop();
  });

  function open(options?: PolyPoolOptions): PolyPool {
    const pool = new PolyPool(mongod.uri, options);
    opened.push(pool);
    return pool;
  }

  /** Opens cursors of a pool, and keeps none of them. */
  async function dropCursors(pool: PolyPool, count: number): Promise<void> {
    for (let i = 0; i < count; i++) {
      await pool.db(database).collection('numbers').find({}, { batchSize: 2 }).next();
    }
  }

  /** Cursors that the server has open with this comment, whether they are being read or not. */
  async function openCursors(pool: PolyPool, comment: string): Promise<number> {
    const pipeline = [
      { $currentOp: { idleCursors: true, allUsers: true } },
      { $match: { 'cursor.originatingCommand.comment': comment } }
    ];
    return (await pool.db('admin').aggregate(pipeline).toArray()).length;
  }

  /** Collects garbage until a pool has told of a leak for which `is` holds. */
  async function leak(pool: PolyPool, is: (leak: Leak) => boolean): Promise<Leak> {
    const told: Leak[] = [];
    pool.on('leak', one => void told.push(one));
    const end = Date.now() + DEADLINE_MS;
    while (Date.now() < end) {
      await delay(20);
      globalThis.gc?.();
      const found = told.find(is);
      if (found) return found;
    }
    throw new assert.AssertionError({ message: 'No such leak was found', actual: told });
  }

  it('finds nothing without the option, and notes no stack', async () => {
    const pool = open();
    await dropCursors(pool, 1);
    assert.deepEqual(pool.leaks(), []);
    assert.equal((pool as unknown as { leakWatch: unknown }).leakWatch, undefined);
  });

  it('tells of a cursor that nobody reads on, where it was made', async () => {
    const pool = open({ leakMS: 60 });
    const cursor = pool.db(database).collection('numbers').find({}, { batchSize: 2 });
    await cursor.next();
    const found = await leak(pool, ({ kind }) => kind === 'cursor');
    assert.deepEqual([found.reason, found.namespace], ['idle', `${database}.numbers`]);
    assert.ok(found.idleMS! >= 60 && found.ageMS >= found.idleMS! - 1);
    assert.match(found.stack ?? '', /^ +at .*leaks\.test\.ts/);
    assert.deepEqual(
      pool.leaks().map(({ kind }) => kind),
      ['cursor']
    );
    await cursor.close();
    assert.deepEqual(pool.leaks(), []);
  });

  it('tells of each leak once', async () => {
    const pool = open({ leakMS: 50 });
    const told: Leak[] = [];
    pool.on('leak', one => void told.push(one));
    const session = pool.startSession();
    await leak(pool, ({ kind }) => kind === 'session');
    const looks = performance.now();
    // Some looks later.
    while (performance.now() - looks < 300) await delay(20);
    assert.equal(told.length, 1);
    await session.endSession();
  });

  it('tells of sessions and cursors that became garbage', async t => {
    if (globalThis.gc === undefined) {
      t.skip('needs --expose-gc');
      return;
    }
    const pool = open({ leakMS: 3_600_000 });
    await dropCursors(pool, 3);
    const cursor = await leak(pool, ({ kind }) => kind === 'cursor');
    assert.deepEqual([cursor.reason, cursor.namespace], ['garbage', `${database}.numbers`]);
    (() => void pool.startSession())();
    const session = await leak(pool, ({ kind }) => kind === 'session');
    assert.equal(session.reason, 'garbage');
    assert.match(session.stack ?? '', /leaks\.test\.ts/);
    assert.ok(pool.leaks().some(({ kind }) => kind === 'session'));
  });

  it('tells of a change stream that became garbage, and has its cursor ended', async t => {
    if (globalThis.gc === undefined) {
      t.skip('needs --expose-gc');
      return;
    }
    const pool = open({ leakMS: 3_600_000 });
    const comment = `${database} garbage`;
    const left = pool.db(database).collection('left');
    await (async () => assert.equal(await left.watch([], { comment }).tryNext(), null))();
    assert.equal(await openCursors(pool, comment), 1);
    const found = await leak(pool, ({ kind }) => kind === 'changeStream');
    assert.deepEqual([found.reason, found.namespace], ['garbage', `${database}.left`]);
    assert.match(found.stack ?? '', /leaks\.test\.ts/);
    assert.ok(pool.leaks().some(({ kind }) => kind === 'changeStream'));
    for (const end = Date.now() + DEADLINE_MS; (await openCursors(pool, comment)) > 0;) {
      assert.ok(Date.now() < end, 'the server still has its cursor');
      await delay(20);
      globalThis.gc();
    }
  });

  it('takes a listener of a shared change stream that reads for none, and one that does not for one', async () => {
    const pool = open({ leakMS: 150 });
    const numbers = pool.db(database).collection('numbers');
    const watch = () => numbers.watch([], { shared: true });
    const read = watch();
    const pending = read.next().catch(() => undefined);
    const left = watch();
    await left.tryNext();
    const found = await leak(pool, ({ kind }) => kind === 'changeStream');
    assert.deepEqual([found.reason, found.namespace], ['idle', `${database}.numbers`]);
    assert.ok(found.idleMS! >= 150);
    assert.match(found.stack ?? '', /leaks\.test\.ts/);
    assert.equal(pool.leaks().filter(({ kind }) => kind === 'changeStream').length, 1);
    await left.close();
    const streams = pool.leaks().filter(({ kind }) => kind === 'changeStream');
    assert.deepEqual(streams, []);
    await read.close();
    await pending;
  });

  it('takes a cursor that was read to its end or closed for none', async t => {
    if (globalThis.gc === undefined) {
      t.skip('needs --expose-gc');
      return;
    }
    const pool = open({ leakMS: 50 });
    const numbers = pool.db(database).collection('numbers');
    assert.equal((await numbers.find({}, { batchSize: 100 }).toArray()).length, 300);
    const cursor = numbers.find({}, { batchSize: 2 });
    await cursor.next();
    await cursor.close();
    const stream = numbers.watch();
    await stream.tryNext();
    await stream.close();
    await pool.withSession(session => numbers.findOne({}, { session }));
    await delay(150);
    globalThis.gc();
    await delay(50);
    assert.deepEqual(pool.leaks(), []);
  });

  it('takes a change stream that is being read for none, and one that is not for one', async () => {
    const pool = open({ leakMS: 150 });
    const numbers = pool.db(database).collection('numbers');
    const read = numbers.watch([], { maxAwaitTimeMS: 1_000 });
    const pending = read.next().catch(() => undefined);
    const left = pool.db(database).watch();
    await left.tryNext();
    const found = await leak(pool, ({ kind }) => kind === 'changeStream');
    assert.deepEqual([found.reason, found.namespace], ['idle', database]);
    assert.match(found.stack ?? '', /leaks\.test\.ts/);
    assert.equal(pool.leaks().filter(({ kind }) => kind === 'changeStream').length, 1);
    await left.close();
    await read.close();
    await pending;
  });

  it('tells of an operation that takes too long, and of the connection that it has', async () => {
    const pool = open({ leakMS: 60 });
    const numbers = pool.db(database).collection('numbers');
    const slow = numbers.findOne({ $where: 'sleep(1500) || true' });
    const operation = await leak(pool, ({ kind }) => kind === 'operation');
    assert.deepEqual(
      [operation.reason, operation.namespace, operation.command],
      ['overdue', database, 'find']
    );
    const kinds = new Set(pool.leaks().map(({ kind }) => kind));
    assert.ok(kinds.has('connection'), [...kinds].join());
    await slow;
    assert.deepEqual(
      pool.leaks().filter(({ reason }) => reason === 'overdue'),
      []
    );
  });
});
