/** A first connect that fails: what is tried again, when, and who is told; and what is not. */
import assert from 'node:assert/strict';
import { createServer, type AddressInfo } from 'node:net';
import { after, afterEach, before, describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import {
  connect,
  createPool,
  PolyPool,
  type ConnectAttemptFailedEvent,
  type ConnectRetryOptions,
  type PolyPoolOptions
} from 'polypool';
import { sharedMongod, startMongod, type Mongod, type SharedMongod } from '../support/mongod.ts';

/** How long the server is away at the start, in milliseconds. */
const ABSENCE_MS = 3_000;
/** How long a connect may take once its server is there, in milliseconds. */
const ARRIVAL_MS = 5_000;
/** What a refusal may take, in milliseconds. */
const REFUSAL_MS = 1_000;

/** Attempts that follow one another quickly. */
const QUICK = { serverSelectionTimeoutMS: 100, connectRetry: { attempts: 3, baseMS: 20 } };

describe('A connect that is tried again', () => {
  let mongod: SharedMongod;
  const opened: PolyPool[] = [];

  before(async () => {
    mongod = await sharedMongod();
  });
  afterEach(async () => {
    await Promise.all(opened.splice(0).map(pool => pool.close()));
  });
  after(() => mongod.stop());

  function keep(pool: PolyPool): PolyPool {
    opened.push(pool);
    return pool;
  }

  /** The address of a server that is not there. */
  async function nowhere(): Promise<string> {
    const server = createServer().listen(0, '127.0.0.1');
    await new Promise(resolve => server.once('listening', resolve));
    const { port } = server.address() as AddressInfo;
    await new Promise(resolve => server.close(resolve));
    return `mongodb://127.0.0.1:${port}`;
  }

  /** What a pool tells of its attempts. */
  function attemptsOf(pool: PolyPool) {
    const failed: ConnectAttemptFailedEvent[] = [];
    const told: string[] = [];
    pool.on('connectAttemptStarted', ({ attempt }) => told.push(`${attempt} started`));
    pool.on('connectAttemptSucceeded', ({ attempt }) => told.push(`${attempt} succeeded`));
    pool.on('connectAttemptFailed', event => {
      failed.push(event);
      told.push(`${event.attempt} failed`);
    });
    return { failed, told };
  }

  /** Connects in vain; what was told of it, and how long it took. */
  async function refused(uri: string, options: PolyPoolOptions) {
    const pool = keep(createPool(uri, { connectRetry: true, ...options }));
    const attempts = attemptsOf(pool);
    const started = performance.now();
    const error = await pool.connect().then(
      () => assert.fail('It connected'),
      (error: unknown) => error as Error
    );
    const took = performance.now() - started;
    return { ...attempts, error, took };
  }

  it('ends soon after the server has come', async t => {
    const own = await startMongod();
    try {
      await own.kill(0);
      const uri = `${own.uri}&serverSelectionTimeoutMS=400`;
      const retry = { attempts: Infinity, baseMS: 100, maxMS: 1_000 };
      const connecting = connect(uri, { shared: false, connectRetry: retry });
      await sleep(ABSENCE_MS);
      await own.restart(0);
      const arrived = performance.now();
      const pool = keep(await connecting);
      const took = performance.now() - arrived;
      t.diagnostic(`connected ${took.toFixed()} ms after its server listened`);
      assert.ok(took < ARRIVAL_MS, `took ${took} ms`);
      assert.equal((await pool.db('admin').command({ ping: 1 }))['ok'], 1);
    } finally {
      await own.stop();
    }
  });

  it('gives up after the last attempt and tells of each', async () => {
    const { failed, told, error } = await refused(await nowhere(), QUICK);
    assert.equal(error.name, 'MongoServerSelectionError');
    const rounds = [1, 2, 3].flatMap(attempt => [`${attempt} started`, `${attempt} failed`]);
    assert.deepEqual(told, rounds);
    for (const event of failed) {
      assert.equal(event.attempts, 3);
      assert.equal(event.fatal, false);
      assert.equal(event.error.name, 'MongoServerSelectionError');
    }
    const [first, second, last] = failed as [
      ConnectAttemptFailedEvent,
      ConnectAttemptFailedEvent,
      ConnectAttemptFailedEvent
    ];
    assert.ok(first.delayMS! >= 10 && first.delayMS! <= 20, String(first.delayMS));
    assert.ok(second.delayMS! >= 20 && second.delayMS! <= 40, String(second.delayMS));
    assert.ok(first.nextAttemptAt instanceof Date);
    assert.equal(last.delayMS, undefined);
    assert.equal(last.nextAttemptAt, undefined);
  });

  it('tells of the attempt that succeeds', async () => {
    const pool = keep(new PolyPool(mongod.uri, { connectRetry: true }));
    const { told } = attemptsOf(pool);
    await pool.connect();
    assert.deepEqual(told, ['1 started', '1 succeeded']);
  });

  it('tells who has no pool yet of each attempt that fails', async () => {
    const uri = await nowhere();
    for (const open of [
      (connectRetry: ConnectRetryOptions) => connect(uri, { ...QUICK, connectRetry }),
      (connectRetry: ConnectRetryOptions) =>
        connect(uri, { ...QUICK, shared: false, connectRetry }),
      (connectRetry: ConnectRetryOptions) =>
        keep(createPool(uri, { ...QUICK, connectRetry })).connect()
    ]) {
      const failed: ConnectAttemptFailedEvent[] = [];
      const onAttemptFailed = (event: ConnectAttemptFailedEvent): void => void failed.push(event);
      const error = await open({ ...QUICK.connectRetry, onAttemptFailed }).catch(
        (error: unknown) => error as Error
      );
      assert.equal((error as Error).name, 'MongoServerSelectionError');
      assert.deepEqual(
        failed.map(({ attempt, attempts, fatal }) => [attempt, attempts, fatal]),
        [1, 2, 3].map(attempt => [attempt, 3, false])
      );
      assert.equal(failed[0]!.error.name, 'MongoServerSelectionError');
      assert.ok(failed[0]!.delayMS! > 0 && failed[0]!.nextAttemptAt instanceof Date);
      assert.equal(failed[2]!.nextAttemptAt, undefined);
    }
  });

  it('tells all who wait for one connect, and gives them the same pool', async () => {
    const own = await startMongod();
    try {
      await own.kill(0);
      const uri = `${own.uri}&serverSelectionTimeoutMS=200`;
      const retry = { attempts: Infinity, baseMS: 50, maxMS: 50 };
      const attempts: number[][] = [[], []];
      const connecting = attempts.map(heard => {
        const onAttemptFailed = ({ attempt }: ConnectAttemptFailedEvent) => heard.push(attempt);
        return connect(uri, { connectRetry: { ...retry, onAttemptFailed } });
      });
      while (attempts[0]!.length < 2) await sleep(10);
      await own.restart(0);
      const [one, other] = await Promise.all(connecting);
      keep(one!);
      assert.equal(one, other);
      assert.deepEqual(attempts[0], attempts[1]);
      assert.equal(one!.listenerCount('connectAttemptFailed'), 0, 'they have their pool now');
    } finally {
      await own.stop();
    }
  });

  it('happens only where it is asked for, but for the function `connect`', async () => {
    const uri = await nowhere();
    const quick = { serverSelectionTimeoutMS: QUICK.serverSelectionTimeoutMS };
    const once = keep(new PolyPool(uri, quick));
    const { told } = attemptsOf(once);
    await assert.rejects(once.connect(), { name: 'MongoServerSelectionError' });
    assert.deepEqual(told, []);
    const started = performance.now();
    await assert.rejects(connect(uri, { ...quick, connectRetry: false }));
    assert.ok(performance.now() - started < 1_000, 'it was tried again');
  });

  it('shows the option with its defaults', async () => {
    const pool = keep(new PolyPool(mongod.uri, { connectRetry: { attempts: Infinity } }));
    const { connectRetry } = pool.options as unknown as PolyPoolOptions;
    assert.deepEqual(connectRetry, {
      attempts: Infinity,
      baseMS: 1_000,
      maxMS: 30_000,
      jitter: 0.5
    });
  });

  it('names the field that is wrong', async () => {
    const open = (connectRetry: object) => () => new PolyPool(mongod.uri, { connectRetry });
    for (const [options, message] of [
      [{ attempts: 0 }, /options\.connectRetry\.attempts must be a whole number/],
      [{ attempts: 1.5 }, /options\.connectRetry\.attempts/],
      [{ baseMS: -1 }, /options\.connectRetry\.baseMS/],
      [{ maxMS: 'long' }, /options\.connectRetry\.maxMS/],
      [{ onAttemptFailed: 1 }, /options\.connectRetry\.onAttemptFailed must be a function/],
      [{ jitter: 2 }, /options\.connectRetry\.jitter must be a number from 0 to 1/],
      [{ tries: 1 }, /options\.connectRetry has no field tries/]
    ] as const) {
      assert.throws(open(options), { name: 'MongoInvalidArgumentError', message });
    }
    const connectRetry = { onAttemptFailed: 1 as never };
    await assert.rejects(connect(mongod.uri, { connectRetry }), {
      name: 'MongoInvalidArgumentError'
    });
  });

  it('shares its connections with pools that try otherwise', async () => {
    const uri = `${mongod.uri}&appName=connect-retry`;
    const eager = keep(createPool(uri, { connectRetry: { attempts: 2 } }));
    const lazy = keep(createPool(uri));
    await Promise.all([eager.connect(), lazy.connect()]);
    const pipeline = [
      { $currentOp: { allUsers: true, idleConnections: true } },
      { $match: { appName: 'connect-retry', 'clientMetadata.driver': { $exists: true } } }
    ];
    const connections = async () => (await eager.db('admin').aggregate(pipeline).toArray()).length;
    const before = await connections();
    await lazy.close();
    assert.equal(await connections(), before);
  });

  describe('that can never succeed', () => {
    it('fails at once for a replica set of another name', async () => {
      const { host } = new URL(mongod.uri);
      for (const uri of [
        `mongodb://${host}/?replicaSet=another`,
        `mongodb://${host}/?replicaSet=another&directConnection=true`
      ]) {
        const { told, took, error, failed } = await refused(uri, {});
        assert.deepEqual(told, ['1 started', '1 failed']);
        assert.equal(error.name, 'MongoServerSelectionError');
        assert.match(error.message, /another/);
        assert.equal(failed[0]!.fatal, true);
        assert.ok(took < REFUSAL_MS, `took ${took} ms`);
      }
    });

    it('fails at once for a wrong password', async t => {
      const own = await startMongod({ auth: true });
      try {
        const wrong = new URL(own.uri);
        wrong.password = 'wrong';
        const { told, took, error } = await refused(wrong.href, {});
        t.diagnostic(`refused after ${took.toFixed()} ms`);
        assert.deepEqual(told, ['1 started', '1 failed']);
        assert.equal((error as { code?: number }).code, 18);
        assert.ok(took < REFUSAL_MS, `took ${took} ms`);
      } finally {
        await own.stop();
      }
    });

    it('fails at once for a certificate that nobody vouches for', async () => {
      const own: Mongod = await startMongod({ tls: true });
      try {
        const uri = `mongodb://127.0.0.1:${own.ports[0]!}/?replicaSet=polypool&tls=true`;
        const { told, took, error } = await refused(uri, {});
        assert.deepEqual(told, ['1 started', '1 failed']);
        assert.match(error.message, /certificate/);
        assert.ok(took < REFUSAL_MS, `took ${took} ms`);
      } finally {
        await own.stop();
      }
    });
  });

  describe('and a signal', () => {
    it('ends it', async () => {
      const controller = new AbortController();
      const reason = new Error('enough');
      const { signal } = controller;
      const connecting = connect(await nowhere(), { signal, connectRetry: { attempts: Infinity } });
      setImmediate(() => controller.abort(reason));
      await assert.rejects(connecting, error => error === reason);
    });

    it('does not even begin when it is aborted already', async () => {
      const reason = new Error('no');
      const signal = AbortSignal.abort(reason);
      await assert.rejects(connect(mongod.uri, { signal }), error => error === reason);
    });

    it('leaves the others alone who wait for the same connect', async () => {
      const uri = await nowhere();
      const controller = new AbortController();
      const one = connect(uri, { ...QUICK, signal: controller.signal });
      const other = connect(uri, QUICK);
      controller.abort();
      await assert.rejects(one, { name: 'AbortError' });
      await assert.rejects(other, { name: 'MongoServerSelectionError' });
    });

    it('lets the pool be connected again afterwards', async () => {
      const pool = keep(new PolyPool(await nowhere(), QUICK));
      const controller = new AbortController();
      const left = pool.connect({ signal: controller.signal });
      controller.abort();
      await assert.rejects(left, { name: 'AbortError' });
      await assert.rejects(pool.connect(), { name: 'MongoServerSelectionError' });
    });
  });
});
