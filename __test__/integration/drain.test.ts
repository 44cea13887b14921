/** `close({ drainMS })`: what runs goes on, what is late is told so, and the driver's `close()` stays as it is. */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { PolyPool } from 'polypool';
import { sharedMongod, uniqueDatabase, type SharedMongod } from '../support/mongod.ts';

const slow = (milliseconds: number) => ({ $where: `sleep(${milliseconds}) || true` });

/** Whether an error is that of an operation which a closed pool interrupts. */
const isClosed = { name: 'MongoClientClosedError' };

/** What a close may take that has nothing to wait for; the core gives up waiting after twice as long. */
const SOON_MS = 1_000;

let mongod: SharedMongod;
const database = uniqueDatabase();

before(async () => {
  mongod = await sharedMongod();
  await using pool = await PolyPool.connect(mongod.uri);
  await pool.db(database).collection('c').insertOne({});
});
after(async () => {
  await using pool = await PolyPool.connect(mongod.uri);
  await pool.db(database).dropDatabase();
  await mongod.stop();
});

describe('close()', () => {
  async function closesSoon(pool: PolyPool, running: Promise<unknown>): Promise<void> {
    const settled = Promise.allSettled([running]);
    const begun = performance.now();
    await pool.close();
    await settled;
    const took = performance.now() - begun;
    assert.ok(took < SOON_MS, `it took ${took} ms`);
  }

  it('does not wait for the session of an operation that it interrupts', async () => {
    const pool = await PolyPool.connect(mongod.uri);
    const documents = pool.db(database).collection('c');
    // Its session has a number then, and rests when it is given back.
    await documents.insertOne({});
    const running = documents.findOne(slow(3_000));
    await new Promise(resolve => setTimeout(resolve, 100));
    await closesSoon(pool, running);
  });

  it('does not wait for the session of an operation that ends while it closes', async () => {
    const pool = await PolyPool.connect(mongod.uri);
    await closesSoon(pool, pool.db('admin').command({ ping: 1 }));
  });

  it('does not wait for an operation that it interrupts before that has its connection', async () => {
    const pool = await PolyPool.connect(mongod.uri, { maxPoolSize: 4 });
    const documents = pool.db(database).collection('c');
    const all = [1, 2, 3, 4].map(() => documents.findOne(slow(3_000)));
    await closesSoon(pool, Promise.allSettled(all));
  });
});

describe('close({ drainMS })', () => {
  it('lets operations end, and takes new ones while they do', async () => {
    const pool = await PolyPool.connect(mongod.uri);
    const documents = pool.db(database).collection('c');
    const running = documents.findOne(slow(300));
    const closing = pool.close({ drainMS: 10_000 });
    assert.ok(await documents.findOne({}), 'begun while the pool drained');
    assert.ok(await running);
    await closing;
    await assert.rejects(documents.findOne({}), { code: 'POLYPOOL_CLOSED' });
  });

  it('takes a process that is busy with something else for no sign that all is done', async () => {
    const pool = await PolyPool.connect(mongod.uri);
    const documents = pool.db(database).collection('c');
    const first = documents.findOne({});
    const closing = pool.close({ drainMS: 10_000 });
    for (let round = 0; round < 3; round++) {
      // Longer than nothing may be under way, and nothing is sent before it is over.
      for (const end = performance.now() + 200; performance.now() < end;);
      assert.ok(await documents.findOne({}));
    }
    assert.ok(await first);
    await closing;
  });

  it('shows that it is closing while operations still go on', async () => {
    const pool = await PolyPool.connect(mongod.uri);
    const running = pool.db(database).collection('c').findOne(slow(300));
    const closing = pool.close({ drainMS: 10_000 });
    assert.deepEqual([pool.state, pool.isConnected()], ['disconnecting', true]);
    assert.equal(pool.stats().state, 'disconnecting');
    for (const level of ['connection', 'ping'] as const) {
      const { status, checks } = await pool.health({ level });
      assert.deepEqual([status, checks.database.connection], ['degraded', 'disconnecting']);
      assert.match(checks.database.message, /is being closed/);
    }
    assert.ok(await running);
    assert.equal(pool.state, 'disconnecting', 'nothing has been under way for too short a time');
    await closing;
    assert.deepEqual([pool.state, pool.isConnected()], ['disconnected', false]);
    assert.equal((await pool.health({ level: 'connection' })).status, 'unhealthy');
    await pool.connect();
    assert.deepEqual([pool.state, pool.isConnected()], ['connected', true], 'opened again');
    await pool.close();
  });

  it('waits for a transaction between its operations', async () => {
    const pool = await PolyPool.connect(mongod.uri);
    const documents = pool.db(database).collection<{ _id: string }>('c');
    let begin = (): void => undefined;
    const begun = new Promise<void>(resolve => (begin = resolve));
    const transaction = pool.withSession(session =>
      session.withTransaction(async () => {
        await documents.insertOne({ _id: 'first' }, { session });
        begin();
        await new Promise(resolve => setTimeout(resolve, 300));
        await documents.insertOne({ _id: 'second' }, { session });
      })
    );
    await begun;
    await pool.close({ drainMS: 10_000 });
    await transaction;
    await using other = await PolyPool.connect(mongod.uri);
    const found = other.db(database).collection<{ _id: string }>('c');
    assert.equal(await found.countDocuments({ _id: { $in: ['first', 'second'] } }), 2);
  });

  it('fails with ShutdownTimeoutError what has not ended by then', async () => {
    const pool = await PolyPool.connect(mongod.uri);
    const late = pool.db(database).collection('c').findOne(slow(3_000));
    const told = assert.rejects(late, (error: Error & { code?: unknown }) => {
      assert.equal(error.name, 'ShutdownTimeoutError');
      assert.equal(error.code, 'POLYPOOL_SHUTDOWN_TIMEOUT');
      assert.match(error.message, /within the 200 ms/);
      return true;
    });
    await pool.close({ drainMS: 200 });
    await told;
  });

  it('is cut short by a close() without it, which interrupts as the driver does', async () => {
    const pool = await PolyPool.connect(mongod.uri);
    const running = pool.db(database).collection('c').findOne(slow(3_000));
    const told = assert.rejects(running, { name: 'MongoClientClosedError' });
    const draining = pool.close({ drainMS: 60_000 });
    await pool.close(true);
    await Promise.all([told, draining]);
  });

  it('waits for no longer than the close() that gives it the least time', async () => {
    const pool = await PolyPool.connect(mongod.uri);
    const running = pool.db(database).collection('c').findOne(slow(20_000));
    const told = assert.rejects(running, { name: 'ShutdownTimeoutError', message: /the 200 ms/ });
    const begun = performance.now();
    const drains = [60_000, 200, 30_000].map(drainMS => pool.close({ drainMS }));
    await Promise.all([told, ...drains]);
    assert.ok(performance.now() - begun < 10_000);
  });

  it('ends with the pool that it was for, which may be open again', async () => {
    const pool = await PolyPool.connect(mongod.uri);
    const documents = pool.db(database).collection('c');
    const session = pool.startSession();
    session.startTransaction();
    await documents.findOne({}, { session });
    // The transaction keeps it from ending by itself.
    const draining = pool.close({ drainMS: 60_000 });
    await pool.close({ drainMS: 0 });
    await pool.connect();
    await draining;
    assert.equal(pool.state, 'connected');
    assert.ok(await documents.findOne({}));
    await pool.close();
  });

  it('does not wait for a cursor that waits for what is yet to come', async () => {
    const pool = await PolyPool.connect(mongod.uri);
    const stream = pool.db(database).collection('c').watch();
    const pending = assert.rejects(stream.next());
    const begun = performance.now();
    await pool.close({ drainMS: 30_000 });
    await pending;
    assert.ok(performance.now() - begun < 10_000);
  });

  it('does not wait for a connect(), which only waits for servers', async () => {
    const options = { serverSelectionTimeoutMS: 60_000, connectRetry: { attempts: Infinity } };
    const pool = new PolyPool('mongodb://127.0.0.1:1', options);
    const connecting = assert.rejects(pool.connect());
    const begun = performance.now();
    await pool.close({ drainMS: 30_000 });
    await connecting;
    assert.ok(performance.now() - begun < 10_000);
  });

  it('does not wait for a cursor that tails a collection and awaits data', async () => {
    const pool = await PolyPool.connect(mongod.uri);
    const log = await pool.db(database).createCollection('log', { capped: true, size: 4_096 });
    await log.insertOne({});
    const tailing = { tailable: true, awaitData: true } as const;
    const cursors = [
      log.find({}, { ...tailing, maxAwaitTimeMS: 60_000 }),
      pool
        .db(database)
        .runCursorCommand({ find: 'log', ...tailing })
        .setMaxTimeMS(60_000)
    ];
    for (const cursor of cursors) await cursor.next();
    const pending = cursors.map(cursor => assert.rejects(cursor.next(), isClosed));
    const begun = performance.now();
    await pool.close({ drainMS: 30_000 });
    await Promise.all(pending);
    assert.ok(performance.now() - begun < 10_000);
  });

  it('does nothing to a pool that is closed', async () => {
    const pool = await PolyPool.connect(mongod.uri);
    await pool.close();
    await pool.close({ drainMS: 60_000 });
  });

  it('refuses a time that is none', async () => {
    await using pool = new PolyPool(mongod.uri);
    for (const drainMS of [-1, NaN, '5' as never]) {
      await assert.rejects(pool.close({ drainMS }), { name: 'MongoInvalidArgumentError' });
    }
  });
});
