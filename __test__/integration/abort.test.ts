/** An aborted signal takes the operation back where it is: in the queue, at the server, in a cursor. */
import assert from 'node:assert/strict';
import { getEventListeners } from 'node:events';
import { after, afterEach, before, describe, it } from 'node:test';
import { PolyPool, type Collection, type Db, type FindOptions } from 'polypool';
import { sharedMongod, uniqueDatabase, type SharedMongod } from '../support/mongod.ts';

/** Milliseconds within which something has to have happened that should happen at once. */
const DEADLINE = 5_000;
/** Milliseconds that nothing here is meant to wait for. */
const LONG = 60_000;

let mongod: SharedMongod;
/** Looks on. */
let observer: PolyPool;
/** Has one connection. */
let pool: PolyPool;
let db: Db;
let collection: Collection<{ _id: number }>;
const name = uniqueDatabase();

before(async () => {
  mongod = await sharedMongod();
  observer = new PolyPool(mongod.uri);
  pool = new PolyPool(mongod.uri, { maxPoolSize: 1 });
  await pool.connect();
  db = pool.db(name);
  collection = db.collection('c');
});
after(async () => {
  await observer.db(name).dropDatabase();
  await Promise.all([pool.close(), observer.close()]);
  await mongod.stop();
});

const reason = new RangeError('changed my mind');
let controller = new AbortController();
afterEach(() => {
  assert.deepEqual(getEventListeners(controller.signal, 'abort'), [], 'listeners are left');
  controller = new AbortController();
});

async function until(what: string, holds: () => Promise<boolean>): Promise<void> {
  for (const deadline = Date.now() + DEADLINE; !(await holds());) {
    assert.ok(Date.now() < deadline, `${what} within ${DEADLINE} ms`);
  }
}

/** Whether the server is running a command with this comment. */
async function runs(comment: string): Promise<boolean> {
  const pipeline = [
    { $currentOp: { allUsers: true } },
    { $match: { 'command.comment': comment, 'command.aggregate': { $exists: false } } }
  ];
  return (await observer.db('admin').aggregate(pipeline).toArray()).length > 0;
}

/** Keeps the pool's connection; nobody waits for it. */
async function occupy(millis: number, signal?: AbortSignal): Promise<{ ended: Promise<unknown> }> {
  const comment = `${name} ${Math.random()}`;
  const command = { sleep: 1, millis, lock: 'none', comment };
  const ended = pool
    .db('admin')
    .command(command, { signal })
    .catch((error: unknown) => error);
  await until('the server sleeps', () => runs(comment));
  return { ended };
}

describe('An aborted signal', () => {
  it('gives the connection up that the operation was waiting for an answer on', async () => {
    const { ended } = await occupy(LONG, controller.signal);
    const next = collection.findOne({});
    controller.abort(reason);
    assert.equal(await ended, reason);
    const late = new Promise((_, reject) => {
      setTimeout(reject, DEADLINE, new Error('The connection is still kept')).unref();
    });
    assert.equal(await Promise.race([next, late]), null);
  });

  it('keeps an operation in the queue from ever running', async () => {
    const { ended } = await occupy(500);
    const options = { signal: controller.signal };
    const insert = db.command({ insert: 'c', documents: [{ _id: 1 }] }, options);
    setImmediate(() => controller.abort(reason));
    await assert.rejects(insert, reason);
    await ended;
    assert.equal(await collection.countDocuments(), 0);
  });

  it('that was aborted before keeps it from being sent', async () => {
    controller.abort(reason);
    const options = { signal: controller.signal };
    const insert = { insert: 'c', documents: [{ _id: 2 }] };
    await assert.rejects(db.command(insert, options), reason);
    await assert.rejects(collection.findOne({}, options), reason);
    assert.equal(await collection.countDocuments(), 0);
  });

  it('takes back every operation that has it, and no other', async () => {
    const { ended } = await occupy(500);
    const others = [collection.findOne({}), collection.findOne({})];
    const options = { signal: controller.signal };
    const mine = [1, 2, 3].map(_id => collection.findOne({ _id }, options));
    controller.abort(reason);
    const outcomes = await Promise.allSettled(mine);
    assert.ok(
      outcomes.every(outcome => outcome.status === 'rejected' && outcome.reason === reason)
    );
    await ended;
    assert.deepEqual(await Promise.all(others), [null, null]);
  });

  it('comes too late for an operation that has ended', async () => {
    assert.equal(await collection.findOne({}, { signal: controller.signal }), null);
    controller.abort(reason);
    assert.equal(await collection.findOne({}), null);
  });

  it('ends a cursor that waits, on the server too', async () => {
    const log = await db.createCollection<{ _id: number }>('log', { capped: true, size: 4_096 });
    await log.insertOne({ _id: 1 });
    const options: FindOptions & { signal: AbortSignal } = {
      tailable: true,
      awaitData: true,
      signal: controller.signal
    };
    const cursor = log.find({}, options);
    assert.deepEqual(await cursor.next(), { _id: 1 });
    const waiting = cursor.next();
    setImmediate(() => controller.abort(reason));
    await assert.rejects(waiting, reason);
    await until('the server has closed the cursor', async () => {
      const pipeline = [
        { $currentOp: { allUsers: true, idleCursors: true, localOps: true } },
        { $match: { ns: log.namespace, 'cursor.cursorId': { $exists: true } } }
      ];
      return (await observer.db('admin').aggregate(pipeline).toArray()).length === 0;
    });
  });
});
