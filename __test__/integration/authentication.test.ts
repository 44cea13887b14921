/** A server that asks who is there: the right answer, the wrong one, none; and who hears the secret. */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { inspect } from 'node:util';
import { MongoServerError } from 'mongodb';
import { connect, createPool, PolyPool, type PolyPoolOptions } from 'polypool';
import { startMongod, uniqueDatabase, type Mongod } from '../support/mongod.ts';

/** Nothing else contains it, and it has what a URI must escape. */
const SECRET = 'wr0ng:s3cret/@pass word';
/** What it looks like escaped, and its parts that need no escape. */
const TRACES = [SECRET, encodeURIComponent(SECRET), 'wr0ng', 's3cret', 'pass word', 'pass%20word'];
/** A refused login must not take longer, in milliseconds, on any machine. */
const FAST_MS = 2_000;

interface ServerStatus {
  security: {
    authentication: { mechanisms: Record<string, { authenticate: { received: number } }> };
  };
}

/** Everything that a person or a log would see of a value. */
function visible(value: unknown): string {
  const shown = [inspect(value, { depth: 10, showHidden: true }), String(value)];
  if (value instanceof Error) shown.push(value.message, value.stack ?? '');
  for (let cause = value; cause instanceof Error; cause = cause.cause) shown.push(cause.message);
  shown.push(json(value));
  return shown.join('\n');
}

/** What a logger would write; it says each object once, so that cycles end. */
function json(value: unknown): string {
  const seen = new Set<unknown>();
  const once = (_key: string, inner: unknown): unknown => {
    if (typeof inner === 'bigint') return String(inner);
    if (typeof inner !== 'object' || inner === null) return inner;
    if (seen.has(inner)) return undefined;
    seen.add(inner);
    return inner;
  };
  return JSON.stringify({ value }, once);
}

function assertSilent(value: unknown, where: string): void {
  const text = visible(value);
  for (const trace of TRACES) {
    assert.ok(!text.includes(trace), `${where} shows ${JSON.stringify(trace)}:\n${text}`);
  }
}

describe('A server that requires authentication', () => {
  const database = uniqueDatabase();
  let mongod: Mongod;
  let admin: PolyPool;

  before(async () => {
    mongod = await startMongod({ auth: true });
    admin = await PolyPool.connect(mongod.uri);
  });
  after(async () => {
    await admin.close();
    await mongod.stop();
  });

  /** The connection string for another user, or for none. */
  function uri(user?: string, password = ''): string {
    const login = user === undefined ? '' : `${user}:${encodeURIComponent(password)}@`;
    const source = user === undefined ? '' : '&authSource=admin';
    return `mongodb://${login}127.0.0.1:${mongod.ports[0]!}/?replicaSet=polypool${source}`;
  }

  async function withPool<T>(pool: PolyPool, use: (pool: PolyPool) => Promise<T>): Promise<T> {
    try {
      return await use(pool);
    } finally {
      await pool.close();
    }
  }

  it('lets the user of a deployment of its own in, who is none of the options', async () => {
    const other = { user: 'archivist', pwd: 'archive' };
    await admin.db('admin').command({ createUser: other.user, pwd: other.pwd, roles: [] });
    const { username, password } = new URL(mongod.uri);
    const pool = new PolyPool(uri(), {
      auth: { username: decodeURIComponent(username), password: decodeURIComponent(password) },
      authSource: 'admin',
      dbSpecific: [{ dbName: database, mongoURI: uri(other.user, other.pwd) }]
    });
    const names = await withPool(pool, () =>
      Promise.all(
        [database, 'admin'].map(async name => {
          const { authInfo } = await pool.db(name).command({ connectionStatus: 1 });
          return (authInfo as { authenticatedUsers: Array<{ user: string }> }).authenticatedUsers[0]
            ?.user;
        })
      )
    );
    assert.deepEqual(names, [other.user, username]);
  });

  /** Logins that the server has seen begin. */
  async function logins(): Promise<number> {
    const status = (await admin
      .db('admin')
      .command({ serverStatus: 1 })) as unknown as ServerStatus;
    const { mechanisms } = status.security.authentication;
    return Object.values(mechanisms).reduce((sum, each) => sum + each.authenticate.received, 0);
  }

  /** What an operation fails with, and how long that takes, in milliseconds. */
  async function failure(operation: Promise<unknown>): Promise<{ error: Error; ms: number }> {
    const started = performance.now();
    try {
      await operation;
    } catch (error) {
      return { error: error as Error, ms: performance.now() - started };
    }
    return assert.fail('It succeeded');
  }

  const isPoolCleared = ({ error }: { error: Error }): boolean =>
    error.name === 'MongoPoolClearedError';

  function partition<T>(all: readonly T[], belongs: (one: T) => boolean): [T[], T[]] {
    return [all.filter(belongs), all.filter(one => !belongs(one))];
  }

  function assertRefused({ error, ms }: { error: Error; ms: number }): void {
    assert.ok(error instanceof MongoServerError, `${error.name}: ${error.message}`);
    assert.equal(error.code, 18);
    assert.equal(error.codeName, 'AuthenticationFailed');
    assert.equal(error.message, 'Authentication failed.');
    assert.ok(ms < FAST_MS, `took ${ms.toFixed()} ms`);
  }

  describe('lets in who has the password', () => {
    it('in the connection string', async () => {
      const documents = admin.db(database).collection<{ _id: number }>('c');
      await documents.insertOne({ _id: 1 });
      assert.deepEqual(await documents.findOne({}), { _id: 1 });
    });

    it('in options.auth', async () => {
      const auth = { username: 'admin', password: 'polypool' };
      const pool = new PolyPool(uri(), { auth, authSource: 'admin' });
      await withPool(pool, async pool => {
        assert.notEqual(await pool.db(database).collection('c').findOne({}), null);
      });
    });

    it('by either mechanism of the server', async () => {
      for (const authMechanism of ['SCRAM-SHA-256', 'SCRAM-SHA-1'] as const) {
        await withPool(new PolyPool(mongod.uri, { authMechanism }), async pool => {
          const { authInfo } = await pool.db('admin').command({ connectionStatus: 1 });
          assert.deepEqual(authInfo.authenticatedUsers, [{ user: 'admin', db: 'admin' }]);
        });
      }
    });

    it('with characters that a URI must escape', async () => {
      const user = 'j/o@e';
      const roles = [{ role: 'readWrite', db: database }];
      await admin.db('admin').command({ createUser: user, pwd: SECRET, roles });
      const address = uri(encodeURIComponent(user), SECRET);
      await withPool(new PolyPool(address), async pool => {
        assert.notEqual(await pool.db(database).collection('c').findOne({}), null);
        const denied = await failure(
          pool
            .db('admin')
            .command({ listDatabases: 1 })
            .then(() => pool.db('another').collection('c').insertOne({}))
        );
        assert.ok(denied.error instanceof MongoServerError);
        assert.equal(denied.error.code, 13);
        assertSilent(denied.error, 'the error');
        assertSilent(pool, 'the pool');
      });
    });
  });

  describe('refuses a wrong password', () => {
    it('at once when the pool connects', async () => {
      assertRefused(await failure(connect(uri('admin', SECRET))));
      assertRefused(await failure(new PolyPool(uri('admin', SECRET)).connect()));
    });

    it('at once when a lazy pool runs its first operations, and each later one', async () => {
      await withPool(createPool(uri('admin', SECRET)), async pool => {
        const find = () => failure(pool.db(database).collection('c').findOne({}));
        const failures = await Promise.all(Array.from({ length: 8 }, find));
        // As in the driver, a refused login clears the pool, which fails those that queue for it.
        const [cleared, refused] = partition(failures, isPoolCleared);
        assert.ok(refused.length > 0, 'none was refused');
        for (const failed of refused) assertRefused(failed);
        for (const { error, ms } of cleared) {
          assert.match(
            error.message,
            /^Connection pool for \S+ .*: "[^"]*Authentication failed\."$/
          );
          assert.ok(ms < FAST_MS, `took ${ms.toFixed()} ms`);
        }
        assertRefused(await find());
      });
    });

    it('at once for an unknown user, and for a database that does not know the user', async () => {
      assertRefused(await failure(new PolyPool(uri('nobody', SECRET)).connect()));
      const elsewhere = mongod.uri.replace('authSource=admin', 'authSource=elsewhere');
      assertRefused(await failure(new PolyPool(elsewhere).connect()));
    });

    it('and is not asked again by itself', async () => {
      await withPool(new PolyPool(uri('admin', SECRET)), async pool => {
        const before = await logins();
        assertRefused(await failure(pool.connect()));
        const once = (await logins()) - before;
        assert.ok(once >= 1 && once <= 3, `${once} logins for one operation`);
        // Two heartbeats of the server's; whoever tries again by itself has done so by then.
        await admin
          .db('admin')
          .command({ hello: 1, topologyVersion: await version(), maxAwaitTimeMS: 1_000 });
        assert.equal((await logins()) - before, once);
      });
    });

    it('without telling it to whoever reads the error or the pool', async () => {
      const options: PolyPoolOptions[] = [{}, { auth: { username: 'admin', password: SECRET } }];
      for (const given of options) {
        const address = given.auth ? uri() : uri('admin', SECRET);
        await withPool(new PolyPool(address, given), async pool => {
          assertSilent(pool, 'the pool before it connects');
          const { error } = await failure(pool.connect());
          assertSilent(error, 'the error');
          assertSilent(pool, 'the pool');
          assertSilent(pool.db('d').collection('c'), 'a collection');
          assertSilent(pool.db('d').collection('c').find({}), 'a cursor');
        });
      }
    });

    async function version(): Promise<unknown> {
      return (await admin.db('admin').command({ hello: 1 }, { promoteLongs: false }))[
        'topologyVersion'
      ];
    }
  });

  it('lets nobody do anything without a login but say hello', async () => {
    await withPool(await PolyPool.connect(uri()), async pool => {
      assert.equal((await pool.db('admin').command({ hello: 1 }))['ok'], 1);
      const operations = [
        pool.db(database).collection('c').findOne({}),
        pool.db(database).collection('c').insertOne({}),
        pool.db(database).collection('c').find({}).toArray(),
        pool.db('admin').command({ serverStatus: 1 })
      ];
      for (const operation of await Promise.all(operations.map(failure))) {
        assert.ok(operation.error instanceof MongoServerError);
        assert.equal(operation.error.code, 13);
        assert.match(operation.error.message, /requires authentication/);
      }
    });
  });
});
