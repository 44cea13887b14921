/** What a wrong password costs: one attempt to log in, by the server's count, and how long until that is told. Prints its figures. */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { PolyPool, type ConnectAttemptFailedEvent } from 'polypool';
import { startMongod, type Mongod } from '../support/mongod.ts';

/** Many times what a refusal takes, far below the time until a second attempt, in milliseconds. */
const AT_ONCE_MS = 10_000;
const RETRY = { attempts: 5, baseMS: 60_000, maxMS: 60_000, jitter: 0 };

interface ServerStatus {
  security: {
    authentication: {
      mechanisms: Record<string, { authenticate: { received: number; successful: number } }>;
    };
  };
}

/** Logins that a server has seen begin, and those that went well. */
interface Logins {
  received: number;
  successful: number;
}

describe('A wrong password', () => {
  let mongod: Mongod;
  /** Has one connection, which is logged in: it adds nothing to the count. */
  let admin: PolyPool;

  before(async () => {
    mongod = await startMongod({ auth: true });
    admin = await PolyPool.connect(mongod.uri, { maxPoolSize: 1 });
    await logins();
  });
  after(async () => {
    await admin.close();
    await mongod.stop();
  });

  async function logins(): Promise<Logins> {
    const reply = await admin.db('admin').command({ serverStatus: 1 });
    const { mechanisms } = (reply as unknown as ServerStatus).security.authentication;
    const all = Object.values(mechanisms).map(({ authenticate }) => authenticate);
    return {
      received: all.reduce((sum, { received }) => sum + received, 0),
      successful: all.reduce((sum, { successful }) => sum + successful, 0)
    };
  }

  it('is tried once by connect(), and told at once', async t => {
    const uri = `mongodb://admin:wrong@127.0.0.1:${mongod.ports[0]!}/?replicaSet=polypool&authSource=admin`;
    const pool = new PolyPool(uri, { connectRetry: RETRY });
    const failed: ConnectAttemptFailedEvent[] = [];
    pool.on('connectAttemptFailed', event => failed.push(event));
    const before = await logins();
    const began = performance.now();
    try {
      await assert.rejects(pool.connect(), { name: 'MongoServerError', code: 18 });
    } finally {
      await pool.close();
    }
    const took = performance.now() - began;
    const since = await logins();
    const received = since.received - before.received;
    t.diagnostic(`attempts by the server's count: ${received}; told after ${took.toFixed(0)} ms`);
    assert.equal(received, 1);
    assert.equal(since.successful, before.successful);
    assert.deepEqual(
      failed.map(({ attempt, fatal, delayMS }) => [attempt, fatal, delayMS]),
      [[1, true, undefined]]
    );
    assert.ok(took < AT_ONCE_MS, `took ${took.toFixed(0)} ms`);
  });
});
