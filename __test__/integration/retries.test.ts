/** Commands that fail in passing are sent once more, and what they write is written once. */
import assert from 'node:assert/strict';
import { after, afterEach, before, beforeEach, describe, it } from 'node:test';
import { PolyPool, type Collection, type PolyPoolOptions } from 'polypool';
import { FailPoints } from '../support/fail-point.ts';
import { startMongod, uniqueDatabase, type Mongod } from '../support/mongod.ts';

interface Item {
  _id: number;
  n: number;
}

const APP = 'retries';
/** The server steps down; it says by itself that the write may come again. */
const PRIMARY_STEPPED_DOWN = 189;

let mongod: Mongod;
let failPoints: FailPoints;
let pool: PolyPool;
let items: Collection<Item>;

function collectionOf(options: PolyPoolOptions): { pool: PolyPool; items: Collection<Item> } {
  const other = new PolyPool(mongod.uri, { appName: APP, ...options });
  return { pool: other, items: other.db(items.dbName).collection<Item>('items') };
}

before(async () => {
  mongod = await startMongod();
  failPoints = new FailPoints(mongod.uri, APP);
  pool = new PolyPool(mongod.uri, { appName: APP });
  items = pool.db(uniqueDatabase()).collection<Item>('items');
});
beforeEach(async () => {
  await items.deleteMany({});
  await items.insertMany([
    { _id: 1, n: 0 },
    { _id: 2, n: 0 }
  ]);
});
afterEach(() => failPoints.clear());
after(async () => {
  await pool.close();
  await failPoints.close();
  await mongod.stop();
});

type Call = (items: Collection<Item>, options?: object) => Promise<unknown>;

/** Writes under one number, the commands they are, and what is left in the collection. */
const WRITES: Record<string, { command: string; call: Call; left: Item[] }> = {
  insertOne: {
    command: 'insert',
    call: (on, options) => on.insertOne({ _id: 3, n: 0 }, options),
    left: [
      { _id: 1, n: 0 },
      { _id: 2, n: 0 },
      { _id: 3, n: 0 }
    ]
  },
  insertMany: {
    command: 'insert',
    call: (on, options) => on.insertMany([{ _id: 3, n: 0 }], options),
    left: [
      { _id: 1, n: 0 },
      { _id: 2, n: 0 },
      { _id: 3, n: 0 }
    ]
  },
  bulkWrite: {
    command: 'update',
    call: (on, options) =>
      on.bulkWrite([{ updateOne: { filter: { _id: 1 }, update: { $inc: { n: 1 } } } }], options),
    left: [
      { _id: 1, n: 1 },
      { _id: 2, n: 0 }
    ]
  },
  updateOne: {
    command: 'update',
    call: (on, options) => on.updateOne({ _id: 1 }, { $inc: { n: 1 } }, options),
    left: [
      { _id: 1, n: 1 },
      { _id: 2, n: 0 }
    ]
  },
  replaceOne: {
    command: 'update',
    call: (on, options) => on.replaceOne({ _id: 1 }, { n: 9 }, options),
    left: [
      { _id: 1, n: 9 },
      { _id: 2, n: 0 }
    ]
  },
  deleteOne: {
    command: 'delete',
    call: (on, options) => on.deleteOne({}, options),
    left: [{ _id: 2, n: 0 }]
  },
  findOneAndUpdate: {
    command: 'findAndModify',
    call: (on, options) => on.findOneAndUpdate({ _id: 1 }, { $inc: { n: 1 } }, options),
    left: [
      { _id: 1, n: 1 },
      { _id: 2, n: 0 }
    ]
  },
  findOneAndDelete: {
    command: 'findAndModify',
    call: (on, options) => on.findOneAndDelete({}, options),
    left: [{ _id: 2, n: 0 }]
  }
};

describe('A write that may be sent again', () => {
  for (const [method, { command, call, left }] of Object.entries(WRITES)) {
    describe(method, () => {
      it('is done once when the connection closes before it', async () => {
        await failPoints.failCommand({ failCommands: [command], closeConnection: true });
        await call(items);
        assert.deepEqual(await items.find().sort({ _id: 1 }).toArray(), left);
      });

      it('is done once when the connection closes after it, in a session, too', async () => {
        await failPoints.closeAfterNumberedWrite();
        await call(items);
        assert.deepEqual(await items.find().sort({ _id: 1 }).toArray(), left);
        await items.deleteMany({});
        await items.insertMany([
          { _id: 1, n: 0 },
          { _id: 2, n: 0 }
        ]);
        await failPoints.closeAfterNumberedWrite();
        await pool.withSession(async session => await call(items, { session }));
        assert.deepEqual(await items.find().sort({ _id: 1 }).toArray(), left);
      });

      it('is done once when the server steps down', async () => {
        await failPoints.failCommand({
          failCommands: [command],
          errorCode: PRIMARY_STEPPED_DOWN,
          errorLabels: ['RetryableWriteError']
        });
        await call(items);
        assert.deepEqual(await items.find().sort({ _id: 1 }).toArray(), left);
      });
    });
  }

  it('leaves its session dirty, so that it is not used again', async () => {
    const session = pool.startSession();
    await failPoints.failCommand({ failCommands: ['insert'], closeConnection: true });
    await items.insertOne({ _id: 3, n: 0 }, { session });
    assert.equal(session.serverSession.isDirty, true);
    const { id } = session.id!;
    await session.endSession();
    assert.equal(session.serverSession.isDirty, true);
    const next = pool.startSession();
    assert.notEqual(next.id!.id.toString('hex'), id.toString('hex'));
    await next.endSession();
  });

  it('fails when it fails twice, by the second error', async () => {
    await failPoints.failCommand({ failCommands: ['insert'], closeConnection: true }, { times: 2 });
    await assert.rejects(items.insertOne({ _id: 3, n: 0 }), (error: Error & Labelled) => {
      assert.equal(error.name, 'MongoNetworkError');
      assert.ok(error.hasErrorLabel('RetryableWriteError'));
      return true;
    });
  });

  it('is not sent again after what is no passing error', async () => {
    await failPoints.failCommand({ failCommands: ['insert'], errorCode: 8000 });
    await assert.rejects(items.insertOne({ _id: 3, n: 0 }), { code: 8000 });
    assert.equal(await items.countDocuments(), 2);
  });

  it('is not sent again in a transaction', async () => {
    const session = pool.startSession();
    session.startTransaction();
    await items.insertOne({ _id: 3, n: 0 }, { session });
    await failPoints.failCommand({ failCommands: ['insert'], closeConnection: true });
    await assert.rejects(
      items.insertOne({ _id: 4, n: 0 }, { session }),
      (error: Error & Labelled) => {
        assert.deepEqual(
          ['TransientTransactionError', 'RetryableWriteError'].map(label =>
            error.hasErrorLabel(label)
          ),
          [true, false]
        );
        return true;
      }
    );
    await session.endSession();
    assert.equal(await items.countDocuments(), 2);
  });

  it('is sent once by a client with retryWrites: false', async () => {
    const other = collectionOf({ retryWrites: false });
    await failPoints.failCommand({ failCommands: ['insert'], closeConnection: true });
    await assert.rejects(other.items.insertOne({ _id: 3, n: 0 }), (error: Error & Labelled) => {
      assert.equal(error.name, 'MongoNetworkError');
      assert.equal(error.hasErrorLabel('RetryableWriteError'), false);
      return true;
    });
    await other.pool.close();
  });
});

interface Labelled {
  hasErrorLabel(label: string): boolean;
}

const MANY: Record<string, Call> = {
  updateMany: on => on.updateMany({}, { $inc: { n: 1 } }),
  deleteMany: on => on.deleteMany({})
};

describe('A write of many documents', () => {
  for (const [method, call] of Object.entries(MANY)) {
    it(`is sent once: ${method}`, async () => {
      const failCommands = ['update', 'delete'];
      await failPoints.failCommand({ failCommands, closeConnection: true });
      await assert.rejects(call(items), { name: 'MongoNetworkError' });
      assert.equal(await items.countDocuments({ n: 0 }), 2);
    });
  }

  it('is sent once with the others of its kind in a bulk write, which may be sent again', async () => {
    await failPoints.failCommand({ failCommands: ['delete'], closeConnection: true });
    const operations = [
      { deleteOne: { filter: { _id: 1 } } },
      { deleteMany: { filter: { _id: 2 } } }
    ];
    await assert.rejects(items.bulkWrite(operations), { name: 'MongoBulkWriteError' });
    assert.equal(await items.countDocuments(), 2);
    await failPoints.failCommand({ failCommands: ['delete'], closeConnection: true });
    await items.bulkWrite(operations.slice(0, 1));
    assert.equal(await items.countDocuments(), 1);
  });
});

const READS: Record<string, { command: string; call: Call }> = {
  find: { command: 'find', call: on => on.find().toArray() },
  findOne: { command: 'find', call: on => on.findOne() },
  aggregate: { command: 'aggregate', call: on => on.aggregate([]).toArray() },
  countDocuments: { command: 'aggregate', call: on => on.countDocuments() },
  estimatedDocumentCount: { command: 'count', call: on => on.estimatedDocumentCount() },
  distinct: { command: 'distinct', call: on => on.distinct('n') },
  listIndexes: { command: 'listIndexes', call: on => on.listIndexes().toArray() },
  listCollections: { command: 'listCollections', call: on => on.db.listCollections().toArray() },
  listDatabases: { command: 'listDatabases', call: on => on.db.admin().listDatabases() }
};

describe('A read', () => {
  for (const [method, { command, call }] of Object.entries(READS)) {
    it(`is sent again: ${method}`, async () => {
      await failPoints.failCommand({ failCommands: [command], closeConnection: true });
      await call(items);
      await failPoints.failCommand({
        failCommands: [command],
        errorCode: PRIMARY_STEPPED_DOWN
      });
      await call(items);
    });

    it(`is sent once by a client with retryReads: false: ${method}`, async () => {
      const other = collectionOf({ retryReads: false });
      await failPoints.failCommand({ failCommands: [command], closeConnection: true });
      await assert.rejects(call(other.items), { name: 'MongoNetworkError' });
      await other.pool.close();
    });
  }

  it('is sent again in a session outside of a transaction', async () => {
    await pool.withSession(async session => {
      await failPoints.failCommand({ failCommands: ['find'], closeConnection: true });
      assert.equal((await items.find({}, { session }).toArray()).length, 2);
    });
  });

  it('fails when it fails twice', async () => {
    await failPoints.failCommand({ failCommands: ['find'], closeConnection: true }, { times: 2 });
    await assert.rejects(items.findOne(), { name: 'MongoNetworkError' });
  });

  it('is sent once when it writes what it reads', async () => {
    await failPoints.failCommand({ failCommands: ['aggregate'], closeConnection: true });
    await assert.rejects(items.aggregate([{ $out: 'copy' }]).toArray(), {
      name: 'MongoNetworkError'
    });
  });

  it('is not continued by a second getMore', async () => {
    await failPoints.failCommand({ failCommands: ['getMore'], closeConnection: true });
    await assert.rejects(items.find({}, { batchSize: 1 }).toArray(), {
      name: 'MongoNetworkError'
    });
  });
});
