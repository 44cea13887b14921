/** The circuit of a pool: it opens when servers can't be reached, and closes when they can again. */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { MongoError } from 'mongodb';
import { PolyPool, type CircuitOpenError, type ClassifiedError } from 'polypool';
import { sharedMongod, uniqueDatabase, type SharedMongod } from '../support/mongod.ts';
import { Proxy } from '../support/proxy.ts';

const FAILURES = 3;
const OPEN_MS = 400;

describe('The circuit', () => {
  let mongod: SharedMongod;
  let proxy: Proxy;
  let pool: PolyPool;
  const database = uniqueDatabase();
  const events: string[] = [];

  before(async () => {
    mongod = await sharedMongod();
    proxy = await Proxy.before(Number(new URL(mongod.uri).port));
    pool = new PolyPool(`mongodb://127.0.0.1:${proxy.port}/?directConnection=true`, {
      breaker: { failures: FAILURES, openMS: OPEN_MS },
      serverSelectionTimeoutMS: 100,
      retryReads: false,
      heartbeatFrequencyMS: 500
    });
    for (const name of ['circuitOpened', 'circuitHalfOpened', 'circuitClosed'] as const) {
      pool.on(name, () => void events.push(name));
    }
    await pool.db(database).collection('c').insertOne({ x: 1 });
  });
  after(async () => {
    proxy.heal();
    await pool.close();
    await proxy.close();
    await mongod.stop();
  });

  const find = (): Promise<unknown> => pool.db(database).collection('c').findOne({});
  const failed = async (): Promise<Error | undefined> =>
    await find().then(
      () => undefined,
      (error: unknown) => error as Error
    );

  it('stays closed when the server refuses operations', async () => {
    for (let i = 0; i < 3 * FAILURES; i++) {
      await assert.rejects(pool.db(database).command({ noSuchCommand: 1 }), { code: 59 });
    }
    assert.ok(await find());
    assert.deepEqual(events, []);
  });

  it('opens after failures to reach a server, and then refuses at once', async () => {
    proxy.fault('up', { kind: 'reset' });
    for (let i = 0; i < FAILURES; i++) {
      const error = await failed();
      assert.match(error!.name, /MongoNetworkError|MongoServerSelectionError|MongoPoolCleared/);
    }
    const started = performance.now();
    const error = (await failed()) as CircuitOpenError & ClassifiedError;
    const took = performance.now() - started;
    assert.ok(error instanceof MongoError);
    assert.deepEqual([error.name, error.code], ['CircuitOpenError', 'POLYPOOL_CIRCUIT_OPEN']);
    assert.ok(error.retryAfterMS > 0 && error.retryAfterMS <= OPEN_MS, String(error.retryAfterMS));
    assert.equal(error.retryPolicy, 'overload');
    assert.ok(took < 50, `took ${took.toFixed(1)} ms`);
    assert.deepEqual(events, ['circuitOpened']);
    assert.deepEqual(pool.stats().circuit, { state: 'open', refused: 1, opened: 1 });
  });

  it('is tried after its pause, and closes when an operation gets through', async () => {
    proxy.heal();
    const deadline = performance.now() + 10_000;
    while ((await failed()) !== undefined) {
      assert.ok(performance.now() < deadline, 'it does not close');
      await new Promise(resolve => setTimeout(resolve, 20));
    }
    assert.equal(events.at(-1), 'circuitClosed');
    assert.ok(events.includes('circuitHalfOpened'));
  });

  it('opens, too, when deadlines pass before a server or a connection is found', async () => {
    const own = await Proxy.before(Number(new URL(mongod.uri).port));
    const limited = new PolyPool(`mongodb://127.0.0.1:${own.port}/?directConnection=true`, {
      breaker: { failures: FAILURES, openMS: 60_000 },
      timeoutMS: 150,
      heartbeatFrequencyMS: 500
    });
    try {
      const read = () => limited.db(database).collection('c').findOne({});
      const slow = { $where: 'sleep(1000) || true' };
      await read();
      for (let i = 0; i < FAILURES + 1; i++) {
        const late = limited.db(database).collection('c').findOne(slow);
        await assert.rejects(late, { name: 'MongoOperationTimeoutError' });
      }
      assert.equal(limited.stats().circuit?.opened, 0, 'a server that is slow is there');
      own.fault('up', { kind: 'blackHole' });
      const names: string[] = [];
      const until = performance.now() + 20_000;
      while (limited.stats().circuit?.opened === 0 && performance.now() < until) {
        names.push(await read().then(String, (error: Error) => error.name));
      }
      assert.equal(limited.stats().circuit?.state, 'open', names.join());
      await assert.rejects(read(), { name: 'CircuitOpenError' });
    } finally {
      own.heal();
      await limited.close();
      await own.close();
    }
  });
});
