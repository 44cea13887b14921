/** `pool.state`, `pool.isConnected()` and their events: what a pool says of losses, returns and elections. */
import assert from 'node:assert/strict';
import { after, afterEach, before, describe, it } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { PolyPool, type DisconnectedEvent, type PolyPoolOptions } from 'polypool';
import { startMongod, uniqueDatabase, type Mongod } from '../support/mongod.ts';

/** Far above what a busy machine needs, in milliseconds. */
const DEADLINE_MS = 60_000;

/** Waits until something is so. */
async function until(what: string, is: () => boolean): Promise<void> {
  const end = Date.now() + DEADLINE_MS;
  while (!is()) {
    assert.ok(Date.now() < end, `${what} did not come`);
    await delay(10);
  }
}

/** Notes what a pool says of itself. */
function listen(pool: PolyPool): string[] {
  const heard: string[] = [];
  pool.on('connected', () => heard.push('connected'));
  pool.on('disconnected', ({ closed }) => heard.push(closed ? 'closed' : 'disconnected'));
  pool.on('reconnected', ({ downMS }) => heard.push(downMS > 0 ? 'reconnected' : 'never gone'));
  pool.on('error', ({ name }) => heard.push(name));
  pool.on('close', () => heard.push('close'));
  return heard;
}

describe('pool.state', () => {
  const opened: PolyPool[] = [];
  let set: Mongod;

  before(async () => {
    set = await startMongod({ nodes: 3 });
  });
  afterEach(async () => {
    await Promise.all(opened.splice(0).map(pool => pool.close()));
  });
  after(() => set.stop());

  function open(uri: string, options?: PolyPoolOptions): PolyPool {
    const pool = new PolyPool(uri, { heartbeatFrequencyMS: 500, ...options });
    opened.push(pool);
    return pool;
  }

  it('goes from disconnected over connecting to connected, and back', async () => {
    const pool = open(set.uri);
    const heard = listen(pool);
    assert.deepEqual([pool.state, pool.isConnected()], ['disconnected', false]);
    const connecting = pool.connect();
    assert.equal(pool.state, 'connecting');
    await connecting;
    assert.deepEqual([pool.state, pool.isConnected()], ['connected', true]);
    const closing = pool.close();
    assert.equal(pool.state, 'disconnecting');
    await closing;
    assert.deepEqual([pool.state, pool.isConnected()], ['disconnected', false]);
    assert.deepEqual(heard, ['connected', 'closed', 'close']);
  });

  it('is connected with the first operation of a lazy pool', async () => {
    const pool = open(set.uri);
    const heard = listen(pool);
    await pool.db(uniqueDatabase()).command({ ping: 1 });
    assert.equal(pool.isConnected(), true);
    await until('connected', () => heard.length === 1);
    assert.deepEqual(heard, ['connected']);
  });

  it('tells an error when the first connect fails, and is not connected', async () => {
    const pool = open('mongodb://127.0.0.1:1', { serverSelectionTimeoutMS: 100 });
    const heard = listen(pool);
    await assert.rejects(pool.connect());
    assert.deepEqual([heard, pool.isConnected()], [['MongoServerSelectionError'], false]);
  });

  it('is connecting while somebody waits for a server, and not after that was in vain', async () => {
    const pool = open('mongodb://127.0.0.1:1', {
      serverSelectionTimeoutMS: 200,
      breaker: { failures: 2, openMS: DEADLINE_MS }
    });
    const failing = assert.rejects(pool.db('a').command({ ping: 1 }));
    await until('connecting', () => pool.state === 'connecting');
    await failing;
    assert.equal(pool.state, 'disconnected', 'an operation has failed');
    await assert.rejects(pool.connect());
    assert.equal(pool.state, 'disconnected', 'a connect has failed');
    assert.equal(pool.stats().circuit!.state, 'open');
    await assert.rejects(pool.db('a').command({ ping: 1 }));
    assert.equal(pool.state, 'disconnected', 'nobody is let through');
    assert.equal(
      (await pool.health({ level: 'connection' })).checks.database.connection,
      pool.state
    );
  });

  it('is not connecting when the only connect was taken back', async () => {
    const pool = open('mongodb://127.0.0.1:1');
    const connecting = pool.connect({ signal: AbortSignal.timeout(100) });
    assert.equal(pool.state, 'connecting');
    await assert.rejects(connecting, { name: 'TimeoutError' });
    await until('disconnected', () => pool.state === 'disconnected');
  });

  it('is found connected by a health check when the server came after a connect that failed', async () => {
    const uri = set.nodeUri(1);
    await set.kill(1);
    const pool = open(uri, { directConnection: true, serverSelectionTimeoutMS: 200 });
    await assert.rejects(pool.connect());
    await set.restart(1);
    for (const end = Date.now() + DEADLINE_MS; !pool.isConnected(); await pool.health()) {
      assert.ok(Date.now() < end);
    }
    assert.equal(pool.state, 'connected');
  });

  it('tells each holder of a shared pool, also one that comes late', async () => {
    const first = open(set.uri, { shared: true });
    await first.connect();
    const second = open(set.uri, { shared: true });
    const heard = listen(second);
    await second.connect();
    await until('connected', () => heard.includes('connected'));
    await second.close();
    assert.deepEqual(heard, ['connected', 'closed', 'close']);
    assert.equal(first.isConnected(), true);
  });

  it('stays connected through an election, and through the death of a primary', async () => {
    const pool = open(set.uri, { readPreference: 'secondaryPreferred' });
    const heard = listen(pool);
    await pool.connect();
    const primary = await set.waitForPrimary();
    const types = new Set<string>();
    pool.on('topologyDescriptionChanged', ({ newDescription }) => types.add(newDescription.type));
    await set.kill(primary);
    await until('the election', () => types.has('ReplicaSetNoPrimary'));
    assert.equal(pool.isConnected(), true);
    await until('a primary', () => types.has('ReplicaSetWithPrimary'));
    assert.deepEqual(heard, ['connected']);
    await set.restart(primary);
    await set.waitForPrimary();
  });

  it('is disconnected when no server answers, and says when it is back', async () => {
    const index = 0;
    const uri = set.nodeUri(index);
    const pool = open(uri, { directConnection: true });
    const heard = listen(pool);
    const why: DisconnectedEvent[] = [];
    pool.on('disconnected', event => why.push(event));
    await pool.connect();
    await set.kill(index);
    await until('disconnected', () => heard.includes('disconnected'));
    assert.deepEqual([pool.state, pool.isConnected()], ['disconnected', false]);
    assert.match(why[0]!.servers[0]!.message!, /./);
    await set.restart(index);
    await until('reconnected', () => heard.includes('reconnected'));
    assert.equal(pool.isConnected(), true);
    assert.deepEqual(heard, ['connected', 'disconnected', 'connected', 'reconnected']);
  });
});
