/** A deployment that can't be selected, another that stands in, and the way back. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { after, afterEach, before, describe, it } from 'node:test';
import { PolyPool, type PolyPoolOptions } from 'polypool';
import {
  sharedMongod,
  startMongod,
  uniqueDatabase,
  type Mongod,
  type SharedMongod
} from '../support/mongod.ts';

/** How long a deployment may take to be selected, in milliseconds. */
const SELECTION_MS = 500;

/** How late a healthy deployment may answer on a busy machine, in milliseconds. */
const CALM = { degradedMS: 20_000, unhealthyMS: 25_000, maxDelayMS: 20_000, timeoutMS: 30_000 };

describe('A pool with a fallback', () => {
  const database = uniqueDatabase();
  let own: Mongod;
  let other: SharedMongod;
  const opened: PolyPool[] = [];

  before(async () => {
    [own, other] = await Promise.all([startMongod(), sharedMongod()]);
  });
  afterEach(async () => {
    await Promise.all(opened.splice(0).map(pool => pool.close()));
  });
  after(async () => {
    const cleaner = await PolyPool.connect(other.uri);
    await cleaner.db(database).dropDatabase();
    await cleaner.close();
    await Promise.all([own.stop(), other.stop()]);
  });

  function open(options?: PolyPoolOptions): PolyPool {
    const pool = new PolyPool(own.uri, {
      fallbackURIs: [other.uri],
      serverSelectionTimeoutMS: SELECTION_MS,
      heartbeatFrequencyMS: 500,
      ...options
    });
    opened.push(pool);
    return pool;
  }

  const collection = (pool: PolyPool) =>
    pool.db(database).collection<{ _id: string; at: string }>('c');

  it('uses the other while its own does not answer, and goes back', async () => {
    const pool = open();
    const documents = collection(pool);
    await documents.insertOne({ _id: 'where', at: 'own' });
    assert.equal(pool.degraded, false);
    const started = once(pool, 'fallbackStarted');
    const ended = once(pool, 'fallbackEnded');
    const session = pool.startSession();
    session.startTransaction();
    await documents.findOne({}, { session });

    const heard: string[] = [];
    pool.on('disconnected', () => heard.push('disconnected'));
    pool.on('reconnected', () => heard.push('reconnected'));
    assert.equal((await pool.health(CALM)).status, 'healthy');

    await own.kill(0);
    await documents.insertOne({ _id: 'where', at: 'other' });
    assert.equal(pool.degraded, true);
    assert.deepEqual(heard, ['disconnected', 'reconnected']);
    assert.equal(pool.state, 'connected');
    assert.equal((await pool.health(CALM)).status, 'degraded');
    const [event] = (await started) as [{ hosts: string[]; error: Error }];
    assert.deepEqual(event.hosts, [new URL(other.uri).host]);
    assert.equal(event.error.name, 'MongoServerSelectionError');
    assert.equal((await documents.findOne({ _id: 'where' }))?.at, 'other');
    // What began on the first is not continued on the second.
    await assert.rejects(documents.findOne({}, { session }));
    await session.endSession();

    await own.restart(0);
    await ended;
    assert.equal(pool.degraded, false);
    assert.equal(pool.state, 'connected');
    assert.equal((await documents.findOne({ _id: 'where' }))?.at, 'own');
  });

  it('begins with the other when its own is not there', async () => {
    await own.kill(0);
    try {
      const pool = open();
      await pool.connect();
      assert.equal(pool.degraded, true);
      assert.equal(pool.state, 'connected');
    } finally {
      await own.restart(0);
      await own.waitForPrimary();
    }
  });

  it('uses the other also when operations give up sooner than the selection', async () => {
    await own.kill(0);
    try {
      const pool = open({ timeoutMS: SELECTION_MS / 5 });
      const documents = collection(pool);
      const until = performance.now() + 20_000;
      const errors = new Set<string>();
      while (!pool.degraded && performance.now() < until) {
        await documents.findOne({}).catch((error: Error) => errors.add(error.name));
      }
      assert.equal(pool.degraded, true);
      assert.deepEqual([...errors], ['MongoOperationTimeoutError']);
      await documents.findOne({}, { timeoutMS: 10_000 });
    } finally {
      await own.restart(0);
      await own.waitForPrimary();
    }
  });

  it('fails when none answers, with what its own said', async () => {
    const nowhere = 'mongodb://127.0.0.1:1';
    const pool = new PolyPool(nowhere, {
      fallbackURIs: ['mongodb://127.0.0.1:2'],
      serverSelectionTimeoutMS: 100
    });
    opened.push(pool);
    const calls = Array.from({ length: 5 }, () => pool.db('admin').command({ ping: 1 }));
    const outcomes = await Promise.allSettled(calls);
    for (const outcome of outcomes) {
      assert.equal(outcome.status, 'rejected');
      assert.match(String(outcome.reason), /127\.0\.0\.1:1\b/);
    }
    assert.equal(pool.degraded, false);
  });

  it('shows no secret of the other', () => {
    const pool = open({ fallbackURIs: ['mongodb://user:s3cret@other:27018/?authSource=admin'] });
    const { fallbackURIs } = pool.options as unknown as PolyPoolOptions;
    assert.deepEqual(fallbackURIs, ['mongodb://<credentials>@other:27018']);
  });

  it('says which of the connection strings is wrong', () => {
    for (const [fallbackURIs, message] of [
      [['mongodb://a', 'nonsense'], /options\.fallbackURIs\[1\]/],
      ['mongodb://a' as never, /options\.fallbackURIs must be an array/]
    ] as const) {
      assert.throws(() => open({ fallbackURIs }), { message });
    }
  });
});
