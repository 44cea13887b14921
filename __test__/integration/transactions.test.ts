/** Transactions against a server that fails, competes and is left: what is done is done once. */
import assert from 'node:assert/strict';
import { after, afterEach, before, beforeEach, describe, it } from 'node:test';
import { MongoClient, type ClientSession, type MongoError } from 'mongodb';
import { PolyPool, type Collection } from 'polypool';
import { FailPoints } from '../support/fail-point.ts';
import { startMongod, uniqueDatabase, type Mongod } from '../support/mongod.ts';

interface Item {
  _id: number;
  n: number;
}

const APP = 'transactions';
const TRANSIENT = 'TransientTransactionError';
const UNKNOWN_RESULT = 'UnknownTransactionCommitResult';

let mongod: Mongod;
let failPoints: FailPoints;
/** Not polypool's: it looks on. */
let observer: MongoClient;
let pool: PolyPool;
let items: Collection<Item>;

before(async () => {
  mongod = await startMongod();
  failPoints = new FailPoints(mongod.uri, APP);
  observer = new MongoClient(mongod.uri);
  pool = new PolyPool(mongod.uri, { appName: APP });
  items = pool.db(uniqueDatabase()).collection<Item>('items');
});
beforeEach(async () => {
  await items.deleteMany({});
  await items.insertOne({ _id: 1, n: 0 });
});
afterEach(() => failPoints.clear());
after(async () => {
  await pool.close();
  await observer.close();
  await failPoints.close();
  await mongod.stop();
});

async function inSession<T>(run: (session: ClientSession) => Promise<T>): Promise<T> {
  return await pool.withSession(run);
}

function hasLabels(error: unknown, ...labels: string[]): true {
  const { errorLabels } = error as MongoError;
  assert.deepEqual([...errorLabels].sort(), labels);
  return true;
}

/** Transactions that the server holds open, and those it has aborted so far. */
async function transactions(): Promise<{ open: number; aborted: number }> {
  const { transactions } = await observer.db('admin').command({ serverStatus: 1 });
  return {
    open: Number((transactions as Counts)['currentOpen']),
    aborted: Number((transactions as Counts)['totalAborted'])
  };
}

type Counts = Record<string, unknown>;

describe('Transactions that meet', () => {
  it('fail with a label that says they may be run again', async () => {
    await inSession(async session => {
      const other = pool.startSession();
      session.startTransaction();
      other.startTransaction();
      await items.updateOne({ _id: 1 }, { $inc: { n: 1 } }, { session });
      await assert.rejects(
        items.updateOne({ _id: 1 }, { $inc: { n: 1 } }, { session: other }),
        error => hasLabels(error, TRANSIENT)
      );
      await session.commitTransaction();
      await other.endSession();
    });
    assert.deepEqual(await items.findOne(), { _id: 1, n: 1 });
  });

  it('are run again by withTransaction until each is done', async () => {
    let runs = 0;
    await Promise.all(
      Array.from({ length: 12 }, () =>
        inSession(session =>
          session.withTransaction(async () => {
            runs += 1;
            const { n } = (await items.findOne({ _id: 1 }, { session }))!;
            await items.updateOne({ _id: 1 }, { $set: { n: n + 1 } }, { session });
          })
        )
      )
    );
    assert.deepEqual(await items.findOne(), { _id: 1, n: 12 });
    assert.ok(runs >= 12);
  });
});

describe('withTransaction', () => {
  /** One run, and how often the function was called. */
  async function increment(): Promise<number> {
    let runs = 0;
    await inSession(session =>
      session.withTransaction(async () => {
        runs += 1;
        await items.updateOne({ _id: 1 }, { $inc: { n: 1 } }, { session });
        await items.insertOne({ _id: 100, n: 0 }, { session });
      })
    );
    assert.deepEqual(await items.find().sort({ _id: 1 }).toArray(), [
      { _id: 1, n: 1 },
      { _id: 100, n: 0 }
    ]);
    return runs;
  }

  it('runs the function again when the server gave the transaction up', async () => {
    await failPoints.failCommand(
      { failCommands: ['insert'], errorCode: 251, errorLabels: [TRANSIENT] },
      { times: 2 }
    );
    assert.equal(await increment(), 3);
  });

  it('runs the function again when the connection closes in the middle', async () => {
    await failPoints.failCommand({ failCommands: ['insert'], closeConnection: true });
    assert.equal(await increment(), 2);
  });

  it('commits again when the connection closes', async () => {
    await failPoints.failCommand(
      { failCommands: ['commitTransaction'], closeConnection: true },
      { times: 3 }
    );
    assert.equal(await increment(), 1);
  });

  it('commits again when the server steps down', async () => {
    await failPoints.failCommand(
      {
        failCommands: ['commitTransaction'],
        errorCode: 189,
        errorLabels: ['RetryableWriteError']
      },
      { times: 3 }
    );
    assert.equal(await increment(), 1);
  });

  it('commits again when the commit is not durable in time', async () => {
    await failPoints.failCommand(
      {
        failCommands: ['commitTransaction'],
        writeConcernError: { code: 64, errmsg: 'waiting for replication timed out' }
      },
      { times: 2 }
    );
    assert.equal(await increment(), 1);
  });

  it('runs the function again when the commit met a conflict', async () => {
    await failPoints.failCommand({
      failCommands: ['commitTransaction'],
      errorCode: 251,
      errorLabels: [TRANSIENT]
    });
    assert.equal(await increment(), 2);
  });
});

describe('A commit', () => {
  it('is sent once more by itself, and done once', async () => {
    await inSession(async session => {
      session.startTransaction();
      await items.updateOne({ _id: 1 }, { $inc: { n: 1 } }, { session });
      await failPoints.failCommand({ failCommands: ['commitTransaction'], closeConnection: true });
      await session.commitTransaction();
    });
    assert.deepEqual(await items.findOne(), { _id: 1, n: 1 });
  });

  it('leaves its outcome open when that fails, too, and can be repeated', async () => {
    await inSession(async session => {
      session.startTransaction();
      await items.updateOne({ _id: 1 }, { $inc: { n: 1 } }, { session });
      await failPoints.failCommand(
        { failCommands: ['commitTransaction'], closeConnection: true },
        { times: 2 }
      );
      await assert.rejects(session.commitTransaction(), error =>
        hasLabels(error, 'RetryableWriteError', UNKNOWN_RESULT)
      );
      await session.commitTransaction();
    });
    assert.deepEqual(await items.findOne(), { _id: 1, n: 1 });
  });
});

describe('A transaction', () => {
  it('is aborted when it is left, whatever becomes of the command that says so', async () => {
    const { aborted } = await transactions();
    await failPoints.failCommand(
      { failCommands: ['abortTransaction'], closeConnection: true },
      { times: 1 }
    );
    await inSession(async session => {
      session.startTransaction();
      await items.insertOne({ _id: 5, n: 0 }, { session });
    });
    assert.deepEqual(await transactions(), { open: 0, aborted: aborted + 1 });
    assert.equal(await items.countDocuments(), 1);
  });

  it('has cursors of several batches, which see what it did', async () => {
    await inSession(async session => {
      session.startTransaction();
      const documents = Array.from({ length: 50 }, (_, i) => ({ _id: 10 + i, n: i }));
      await items.insertMany(documents, { session });
      const seen: number[] = [];
      for await (const { _id } of items.find({}, { session, batchSize: 7 }).sort({ _id: 1 })) {
        seen.push(_id);
        // Between two batches, as in the driver.
        if (seen.length === 20) await items.updateOne({ _id: 1 }, { $inc: { n: 1 } }, { session });
      }
      assert.equal(seen.length, 51);
      assert.equal(await items.countDocuments(), 1);
      await session.abortTransaction();
    });
    assert.deepEqual(await items.find().toArray(), [{ _id: 1, n: 0 }]);
  });

  it('takes operations that are started at once, one after the other', async () => {
    await inSession(async session => {
      session.startTransaction();
      await Promise.all(
        Array.from({ length: 20 }, (_, i) => items.insertOne({ _id: 10 + i, n: i }, { session }))
      );
      await session.commitTransaction();
    });
    assert.equal(await items.countDocuments(), 21);
  });

  it('goes to another server session after a connection broke under it', async () => {
    const first = pool.startSession();
    const { id } = first.id!;
    first.startTransaction();
    await failPoints.failCommand({ failCommands: ['insert'], closeConnection: true });
    await assert.rejects(items.insertOne({ _id: 6, n: 0 }, { session: first }), error =>
      hasLabels(error, TRANSIENT)
    );
    assert.equal(first.serverSession.isDirty, true);
    await first.endSession();
    const later = pool.startSession();
    assert.notEqual(later.id!.id.toString('hex'), id.toString('hex'));
    await later.endSession();
  });
});

describe('A closing pool', () => {
  it('aborts the transactions that are open', async () => {
    const other = new PolyPool(mongod.uri);
    const collection = other.db(items.dbName).collection<Item>('items');
    const sessions = [other.startSession(), other.startSession(), other.startSession()];
    const { aborted } = await transactions();
    for (const [index, session] of sessions.slice(0, 2).entries()) {
      session.startTransaction();
      await collection.insertOne({ _id: 50 + index, n: 0 }, { session });
    }
    await other.close();
    assert.deepEqual(await transactions(), { open: 0, aborted: aborted + 2 });
    assert.deepEqual(
      sessions.map(({ hasEnded }) => hasEnded),
      [true, true, true]
    );
  });

  it('aborts a transaction whose first operation is under way', async () => {
    const other = new PolyPool(mongod.uri, { appName: APP });
    const session = other.startSession();
    await other.connect();
    await failPoints.failCommand({
      failCommands: ['insert'],
      blockConnection: true,
      blockTimeMS: 300
    });
    session.startTransaction();
    const { aborted } = await transactions();
    const insert = other
      .db(items.dbName)
      .collection<Item>('items')
      .insertOne({ _id: 60, n: 0 }, { session });
    const settled = insert.then(
      () => 'done',
      () => 'failed'
    );
    await other.close();
    await settled;
    assert.deepEqual(await transactions(), { open: 0, aborted: aborted + 1 });
  });

  it('does not wait for a server that does not answer', async () => {
    const other = new PolyPool(mongod.uri);
    const session = other.startSession();
    session.startTransaction();
    await other
      .db(items.dbName)
      .collection<Item>('items')
      .insertOne({ _id: 70, n: 0 }, { session });
    mongod.pause(0);
    try {
      const started = performance.now();
      await other.close();
      assert.ok(performance.now() - started < 15_000);
      assert.equal(session.hasEnded, true);
    } finally {
      mongod.resume(0);
    }
  });
});
