/** Cursors as the server sees them: it keeps none that nobody reads, and sends what was asked for. */
import assert from 'node:assert/strict';
import { after, before, beforeEach, describe, it } from 'node:test';
import { PolyPool, type Collection, type FindCursor } from 'polypool';
import { sharedMongod, uniqueDatabase, type SharedMongod } from '../support/mongod.ts';

interface Item {
  _id: number;
  text?: string;
}

/** Milliseconds within which the server has to have noticed. */
const DEADLINE = 5_000;
const ITEMS = 35;

let mongod: SharedMongod;
let pool: PolyPool;
let items: Collection<Item>;

before(async () => {
  mongod = await sharedMongod();
  pool = new PolyPool(mongod.uri);
  items = pool.db(uniqueDatabase()).collection<Item>('items');
  await items.insertMany(Array.from({ length: ITEMS }, (_, _id) => ({ _id })));
});
after(async () => {
  await items.db.command({ profile: 0 });
  await items.db.dropDatabase();
  await pool.close();
  await mongod.stop();
});

/** Cursors that the server keeps for the collection, between their batches or in one. */
async function kept(): Promise<number> {
  const pipeline = [
    { $currentOp: { allUsers: true, idleCursors: true, localOps: true } },
    { $match: { ns: items.namespace, 'cursor.cursorId': { $exists: true } } }
  ];
  return (await pool.db('admin').aggregate(pipeline).toArray()).length;
}

async function until(what: string, holds: () => Promise<boolean>): Promise<void> {
  for (const deadline = Date.now() + DEADLINE; !(await holds());) {
    assert.ok(Date.now() < deadline, `${what} within ${DEADLINE} ms`);
  }
}

const noneKept = () => until('the server has closed the cursor', async () => (await kept()) === 0);

/** A cursor that has read one document and is open on the server. */
async function started(options: object = {}): Promise<FindCursor<Item>> {
  const cursor = items.find({}, { batchSize: 2, ...options }) as FindCursor<Item>;
  assert.deepEqual(await cursor.next(), { _id: 0 });
  assert.equal(await kept(), 1);
  return cursor;
}

describe('A cursor that is left before its end is closed on the server', () => {
  beforeEach(noneKept);

  it('by close', async () => {
    await (await started()).close();
    await noneKept();
  });

  it('by leaving for await', async () => {
    for await (const item of items.find({}, { batchSize: 2 })) {
      assert.equal(await kept(), 1);
      if (item._id === 3) break;
    }
    await noneKept();
  });

  it('by an error in for await', async () => {
    await assert.rejects(async () => {
      for await (const item of items.find({}, { batchSize: 2 })) throw new Error(`at ${item._id}`);
    }, /at 0/);
    await noneKept();
  });

  it('by false from forEach', async () => {
    await items.find({}, { batchSize: 2 }).forEach(() => false);
    await noneKept();
  });

  it('by an error in a transform', async () => {
    const failing = items.find({}, { batchSize: 2 }).map(() => {
      throw new Error('mine');
    });
    await assert.rejects(failing.toArray(), /mine/);
    await noneKept();
  });

  it('by destroying its stream, while a batch is on its way too', async () => {
    for (const last of [0, 1, 2, 3]) {
      for await (const item of items.find({}, { batchSize: 2 }).stream()) {
        if ((item as Item)._id === last) break;
      }
    }
    await noneKept();
  });

  it('by close, while a batch is on its way', async () => {
    const cursor = await started();
    const rest = Promise.allSettled([cursor.next(), cursor.next(), cursor.next()]);
    await cursor.close();
    await rest;
    await noneKept();
  });

  it('by close, while its first batch is on its way', async () => {
    const cursor = items.find({}, { batchSize: 2 });
    const first = Promise.allSettled([cursor.next()]);
    await cursor.close();
    await first;
    await noneKept();
  });

  it('by rewind', async () => {
    const cursor = await started();
    cursor.rewind();
    await noneKept();
    assert.equal((await cursor.toArray()).length, ITEMS);
  });

  it('by an aborted signal', async () => {
    const controller = new AbortController();
    const cursor = await started({ signal: controller.signal });
    controller.abort(new Error('changed my mind'));
    await assert.rejects(cursor.next(), /changed my mind/);
    await noneKept();
  });

  it('by having all that its limit wants', async () => {
    assert.equal((await items.find({}, { batchSize: 2, limit: 4 }).toArray()).length, 4);
    await noneKept();
  });

  it('by closing the pool', async () => {
    const other = new PolyPool(mongod.uri);
    const { dbName, collectionName } = items;
    await other.db(dbName).collection(collectionName).find({}, { batchSize: 2 }).next();
    assert.equal(await kept(), 1);
    await other.close();
    await noneKept();
  });

  const skip = global.gc === undefined && 'needs --expose-gc';
  it('by the garbage collector, when it was forgotten', { skip }, async () => {
    await started();
    await until('the collector has run', async () => {
      global.gc?.();
      await new Promise(setImmediate);
      return (await kept()) === 0;
    });
  });

  it('not while it is being read, however often the collector runs', { skip }, async () => {
    const cursor = await started();
    for (let i = 0; i < 5; i++) {
      global.gc?.();
      await new Promise(setImmediate);
    }
    assert.equal(await kept(), 1);
    assert.equal((await cursor.toArray()).length, ITEMS - 1);
  });
});

describe('A cursor asks the server', () => {
  before(async () => {
    await items.db.command({ profile: 2 });
  });
  after(async () => {
    await items.db.command({ profile: 0 });
  });

  /** Documents that each command with this comment gave, as the server counts. */
  async function batches(comment: string): Promise<unknown[]> {
    const profile = items.db.collection('system.profile');
    const filter = {
      $or: [{ 'command.comment': comment }, { 'originatingCommand.comment': comment }]
    };
    const entries = await profile.find(filter).sort({ $natural: 1 }).toArray();
    return entries.map(entry => entry['nreturned'] as unknown);
  }

  it('for batches of the size that was set', async () => {
    const comment = 'size';
    await items.find({}, { batchSize: 10, comment }).toArray();
    assert.deepEqual(await batches(comment), [10, 10, 10, 5]);
  });

  it('for what is left of a limit', async () => {
    const comment = 'limit';
    await items.find({}, { batchSize: 10, limit: 25, comment }).toArray();
    assert.deepEqual(await batches(comment), [10, 10, 5]);
  });

  it('for one batch only when the size is below zero', async () => {
    const comment = 'negative';
    assert.equal((await items.find({}, { batchSize: -3, comment }).toArray()).length, 3);
    assert.deepEqual(await batches(comment), [3]);
  });

  it('for no more than has been read', async () => {
    const comment = 'lazy';
    const cursor = items.find({}, { batchSize: 4, comment });
    for (let i = 0; i < 4; i++) await cursor.next();
    assert.deepEqual(await batches(comment), [4]);
    assert.equal(await cursor.hasNext(), true);
    assert.deepEqual(await batches(comment), [4, 4]);
    await cursor.close();
  });
});

describe('A cursor read by several at once', () => {
  it('gives each a document of its own, across batches', async () => {
    const cursor = items.find({}, { batchSize: 3 }).sort({ _id: 1 });
    const calls = Array.from({ length: ITEMS + 2 }, () => cursor.next());
    const found = (await Promise.all(calls)).map(item => item?._id);
    assert.deepEqual(
      found.filter(id => id !== undefined).sort((a, b) => a - b),
      Array.from({ length: ITEMS }, (_, id) => id)
    );
    assert.equal(found.filter(id => id === undefined).length, 2);
  });
});

describe('A tailable cursor', () => {
  it('that awaits data gets a document as soon as it is there', async () => {
    const log = await items.db.createCollection<Item>('log', { capped: true, size: 4_096 });
    await log.insertOne({ _id: 0 });
    const cursor = log.find({}, { tailable: true, awaitData: true, maxAwaitTimeMS: DEADLINE });
    assert.deepEqual(await cursor.next(), { _id: 0 });
    const waiting = cursor.next();
    const asked = performance.now();
    await log.insertOne({ _id: 1 });
    assert.deepEqual(await waiting, { _id: 1 });
    assert.ok(performance.now() - asked < DEADLINE / 2);
    await cursor.close();
  });

  it('that awaits data is interrupted by its close(), and its stream ends', async () => {
    const log = await items.db.createCollection<Item>('long', { capped: true, size: 4_096 });
    await log.insertOne({ _id: 0 });
    const options = { tailable: true, awaitData: true, maxAwaitTimeMS: 10 * DEADLINE };
    const cursor = log.find({}, options);
    await cursor.next();
    const { total, failed } = pool.stats().operations;
    const waiting = assert.rejects(cursor.next(), { name: 'MongoCursorExhaustedError' });
    await until('it is asked', async () => {
      await new Promise(setImmediate);
      return pool.stats().operations.total > total;
    });
    const began = performance.now();
    await cursor.close();
    await waiting;
    assert.deepEqual([cursor.closed, cursor.killed], [true, true]);
    const source = log.find({}, options);
    const stream = source.stream();
    const ended = new Promise((resolve, reject) => stream.on('end', resolve).on('error', reject));
    await new Promise(resolve => stream.once('data', resolve));
    await source.close();
    await ended;
    assert.ok(performance.now() - began < DEADLINE);
    assert.equal(pool.stats().operations.failed, failed, 'to be taken back is no failure');
    await noneKept();
  });

  it('that does not wait gives null when there is nothing', async () => {
    const log = await items.db.createCollection<Item>('quiet', { capped: true, size: 4_096 });
    await log.insertOne({ _id: 0 });
    const cursor = log.find({}, { tailable: true });
    assert.deepEqual([await cursor.tryNext(), await cursor.tryNext()], [{ _id: 0 }, null]);
    await cursor.close();
  });
});
