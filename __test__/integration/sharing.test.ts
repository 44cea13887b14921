/**
 * Sharers of one pool: what they have in common are connections and their limit; operations,
 * cursors, listeners and `close()` are each one's own.
 */
import assert from 'node:assert/strict';
import { after, afterEach, before, describe, it } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { createPool, PolyPool, type PolyPoolOptions } from 'polypool';
import { sharedMongod, uniqueDatabase, type SharedMongod } from '../support/mongod.ts';

/** Monitors of one client to one server: the heartbeat's and the round trip time's. */
const MONITORS = 2;
/** Far above what the server needs to notice a change, in milliseconds. */
const DEADLINE_MS = 10_000;

interface Connection {
  appName: string;
  /** It runs a command right now. */
  active: boolean;
}

describe('Sharers of a pool', () => {
  const database = uniqueDatabase();
  let mongod: SharedMongod;
  let observer: PolyPool;
  const opened: PolyPool[] = [];

  before(async () => {
    mongod = await sharedMongod();
    observer = await PolyPool.connect(mongod.uri);
    const documents = Array.from({ length: 20 }, (_, _id) => ({ _id }));
    await observer.db(database).collection<{ _id: number }>('c').insertMany(documents);
  });
  afterEach(async () => {
    await Promise.all(opened.splice(0).map(pool => pool.close()));
  });
  after(async () => {
    await observer.db(database).dropDatabase();
    await observer.close();
    await mongod.stop();
  });

  function open(appName: string, options?: PolyPoolOptions): PolyPool {
    const pool = createPool(`${mongod.uri}&appName=${appName}`, options);
    opened.push(pool);
    return pool;
  }

  async function connections(appName: string): Promise<Connection[]> {
    const pipeline = [
      { $currentOp: { allUsers: true, idleConnections: true } },
      { $match: { appName } },
      { $project: { appName: 1, active: 1 } }
    ];
    return await observer.db('admin').aggregate<Connection>(pipeline).toArray();
  }

  async function until(what: string, look: () => Promise<boolean>): Promise<void> {
    const deadline = Date.now() + DEADLINE_MS;
    while (!(await look())) {
      assert.ok(Date.now() < deadline, `${what}: not within ${DEADLINE_MS} ms`);
      await delay(20);
    }
  }

  async function openCursors(comment: string): Promise<number> {
    const pipeline = [
      { $currentOp: { idleCursors: true, allUsers: true } },
      { $match: { 'cursor.originatingCommand.comment': comment } }
    ];
    return (await observer.db('admin').aggregate(pipeline).toArray()).length;
  }

  const ping = (pool: PolyPool) => pool.db('admin').command({ ping: 1 });
  const slow = (pool: PolyPool, ms: number) =>
    pool
      .db(database)
      .collection('c')
      .findOne({ $where: `sleep(${ms}) || true` });

  it('keep to maxPoolSize together', async () => {
    const appName = 'sharing-limit';
    const sharers = Array.from({ length: 5 }, () => open(appName, { maxPoolSize: 3 }));
    const busy = sharers.flatMap(pool => Array.from({ length: 4 }, () => slow(pool, 30)));
    let most = 0;
    let done = false;
    const all = Promise.all(busy).finally(() => (done = true));
    while (!done) most = Math.max(most, (await connections(appName)).length);
    assert.ok((await all).every(document => document !== null));
    assert.ok(most > MONITORS + 1, `only ${most} connections were seen`);
    assert.ok(most <= MONITORS + 3, `${most} connections were seen`);
  });

  it('share whatever the order of their options', async () => {
    const appName = 'sharing-order';
    const first = open(appName, { maxPoolSize: 4, retryReads: false });
    const second = open(appName, { retryReads: false, maxPoolSize: 4 });
    await Promise.all([ping(first), ping(second)]);
    await until('two pings left one client', async () => {
      const seen = (await connections(appName)).length;
      assert.ok(seen <= MONITORS + 2, `${seen} connections`);
      return seen > 0;
    });
    await first.close();
    const left = (await connections(appName)).length;
    await ping(second);
    assert.ok((await connections(appName)).length <= left, 'the second one had to connect');
  });

  it('do not share with other options', async () => {
    const appName = 'sharing-others';
    const first = open(appName, { maxPoolSize: 1 });
    const second = open(appName, { maxPoolSize: 2 });
    const busy = [slow(first, 300), slow(second, 300), slow(second, 300)];
    await until('three operations run at once', async () => {
      return (await connections(appName)).filter(({ active }) => active).length >= 3;
    });
    await Promise.all(busy);
  });

  it('share though what stays in JavaScript differs, and each gets its own way', async () => {
    const appName = 'sharing-local';
    const promoting = open(appName, { maxPoolSize: 1 });
    const raw = open(appName, { maxPoolSize: 1, raw: true });
    await promoting.db(database).collection<{ _id: number }>('c').findOne({ _id: 1 });
    const before = (await connections(appName)).length;
    const bytes = await raw.db(database).collection<{ _id: number }>('c').findOne({ _id: 1 });
    assert.ok(Buffer.isBuffer(bytes));
    assert.equal((await connections(appName)).length, before);
    const document = await promoting.db(database).collection<any>('c').findOne({ _id: 1 });
    assert.deepEqual(document, { _id: 1 });
  });

  it('close without ending what others have under way', async () => {
    const appName = 'sharing-close';
    const [leaving, staying] = [open(appName), open(appName)];
    const interrupted = assert.rejects(slow(leaving, 2_000), { name: 'MongoClientClosedError' });
    const answered = slow(staying, 400);
    await until('both run', async () => {
      return (await connections(appName)).filter(({ active }) => active).length >= 2;
    });
    await leaving.close();
    await interrupted;
    assert.notEqual(await answered, null);
    await assert.rejects(ping(leaving), { code: 'POLYPOOL_CLOSED' });
    assert.equal((await ping(staying))['ok'], 1);
  });

  it('close their own cursors and leave the others open', async () => {
    const [leaving, staying] = [open('sharing-cursors'), open('sharing-cursors')];
    const find = (pool: PolyPool, comment: string) =>
      pool
        .db(database)
        .collection<{ _id: number }>('c')
        .find({}, { batchSize: 2, comment })
        .sort({ _id: 1 });
    const left = find(leaving, 'left');
    const kept = find(staying, 'kept');
    await Promise.all([left.next(), kept.next()]);
    assert.deepEqual([await openCursors('left'), await openCursors('kept')], [1, 1]);
    await leaving.close();
    await until('the cursor is gone', async () => (await openCursors('left')) === 0);
    assert.equal(await openCursors('kept'), 1);
    assert.equal((await kept.toArray()).length, 19);
  });

  it('hear of their own close only', async () => {
    const [leaving, staying] = [open('sharing-events'), open('sharing-events')];
    const heard: string[] = [];
    leaving.on('close', () => heard.push('leaving'));
    staying.on('close', () => heard.push('staying'));
    await Promise.all([ping(leaving), ping(staying)]);
    await leaving.close();
    assert.deepEqual(heard, ['leaving']);
  });

  it('hear of their own commands only, those that end their cursors included', async () => {
    const appName = 'sharing-commands';
    const [first, second] = [0, 1].map(() => open(appName, { monitorCommands: true }));
    const heard: string[] = [];
    for (const [name, pool] of Object.entries({ first, second })) {
      for (const event of ['commandStarted', 'commandSucceeded', 'commandFailed'] as const) {
        pool!.on(event, ({ commandName }: { commandName: string }) =>
          heard.push(`${name} ${event} ${commandName}`)
        );
      }
    }
    await ping(first!);
    await assert.rejects(second!.db(database).command({ nothing: 1 }));
    const cursor = first!.db(database).collection<{ _id: number }>('c').find({}, { batchSize: 2 });
    await cursor.next();
    await cursor.close();
    await until('the cursor was ended', async () => {
      return heard.includes('first commandSucceeded killCursors');
    });
    assert.deepEqual(heard, [
      'first commandStarted ping',
      'first commandSucceeded ping',
      'second commandStarted nothing',
      'second commandFailed nothing',
      'first commandStarted find',
      'first commandSucceeded find',
      'first commandStarted killCursors',
      'first commandSucceeded killCursors'
    ]);
  });

  it('leave no connection behind when all of them, hundreds, have been closed', async () => {
    const appName = 'sharing-hundreds';
    const sharers = Array.from({ length: 300 }, () => open(appName));
    await Promise.all(sharers.map(ping));
    assert.ok((await connections(appName)).length > 0);
    await Promise.all(sharers.map(pool => pool.close()));
    await until('no connection is left', async () => (await connections(appName)).length === 0);
  });
});
