/**
 * Bulk writes against a server: more than fits one command, bytes, and the driver's own classes; and
 * those of a client, where the server has them.
 */
import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
import { after, before, beforeEach, describe, it } from 'node:test';
import { calculateObjectSize, serialize } from 'bson';
import type {
  AnyBulkWriteOperation,
  BulkWriteResult,
  ClientBulkWriteModel,
  MongoBulkWriteError,
  MongoClientBulkWriteError
} from 'mongodb';
import { MongoBulkWriteError as BulkWriteErrorClass } from 'mongodb';
import { OrderedBulkOperation, PolyPool, UnorderedBulkOperation, type Collection } from 'polypool';
import { sharedMongod, uniqueDatabase, type SharedMongod } from '../support/mongod.ts';

interface Item {
  _id: number;
  n?: number;
  text?: string;
}

type Operation = AnyBulkWriteOperation<Item>;

/** What Mongoose takes from the driver's files. */
const { BulkWriteResult: BulkWriteResultClass } = createRequire(import.meta.url)(
  'mongodb/lib/bulk/common'
) as { BulkWriteResult: new (result: object, ordered: boolean) => BulkWriteResult };

const LARGEST = 16 * 2 ** 20;

let mongod: SharedMongod;
let pool: PolyPool;
let items: Collection<Item>;

before(async () => {
  mongod = await sharedMongod();
  pool = new PolyPool(mongod.uri);
  items = pool.db(uniqueDatabase()).collection<Item>('items');
});
beforeEach(async () => {
  await items.drop();
});
after(async () => {
  await items.db.dropDatabase();
  await pool.close();
  await mongod.stop();
});

function inserts(count: number): Operation[] {
  return Array.from({ length: count }, (_, _id) => ({ insertOne: { document: { _id, n: 0 } } }));
}

/** A document of `bytes` bytes. */
function sized(_id: number, bytes: number): Item {
  const text = 'x'.repeat(bytes - calculateObjectSize({ _id, text: '' }));
  return { _id, text };
}

describe('A bulk write of more than one command takes', () => {
  it('a hundred thousand statements of every kind, out of order', async () => {
    await items.insertMany(Array.from({ length: 10_000 }, (_, i) => ({ _id: -1 - i, n: 0 })));
    const operations = Array.from({ length: 10_000 }, (_, i): Operation[] => [
      { updateOne: { filter: { _id: -1 - i }, update: { $inc: { n: 1 } } } },
      { deleteOne: { filter: { _id: -1 - i, n: 0 } } }
    ]);
    const result = await items.bulkWrite([...operations.flat(), ...inserts(100_001)], {
      ordered: false
    });
    const { insertedCount, matchedCount, modifiedCount, deletedCount } = result;
    // Updates go before deletes, so none of these is left to delete.
    assert.deepEqual(
      [insertedCount, matchedCount, modifiedCount, deletedCount],
      [100_001, 10_000, 10_000, 0]
    );
    assert.equal(result.insertedIds[20_000], 0);
    assert.equal(await items.countDocuments(), 110_001);
  });

  it('documents of the largest size, each in a command of its own', async () => {
    const largest = LARGEST - 1;
    const { insertedCount } = await items.bulkWrite(
      [1, 2].map(_id => ({ insertOne: { document: sized(_id, largest) } }))
    );
    assert.equal(insertedCount, 2);
    // The filter takes its part of what an update may be.
    const replacement = sized(1, LARGEST - 100);
    const { modifiedCount } = await items.bulkWrite([
      { replaceOne: { filter: { _id: 1 }, replacement } }
    ]);
    assert.equal(modifiedCount, 1);
    const [found] = await items
      .aggregate([{ $match: { _id: 1 } }, { $project: { size: { $bsonSize: '$$ROOT' } } }])
      .toArray();
    assert.deepEqual(found, { _id: 1, size: LARGEST - 100 });
  });

  it('one that is too large for any not at all', async () => {
    const operations = [...inserts(2), { insertOne: { document: sized(3, LARGEST) } }];
    await assert.rejects(items.bulkWrite(operations), {
      name: 'MongoInvalidArgumentError',
      message: /operations\[2\]/
    });
    assert.equal(await items.countDocuments(), 0);
  });

  it('refusals in the third of them, in order', async () => {
    await items.insertOne({ _id: 200_001 });
    const error = await items.bulkWrite(inserts(200_010)).then(
      () => assert.fail('it should have failed'),
      (refused: unknown) => refused as MongoBulkWriteError
    );
    assert.equal(error.insertedCount, 200_001);
    assert.equal(Object.keys(error.insertedIds).length, 200_001);
    const [writeError] = [error.writeErrors].flat();
    assert.deepEqual(
      [writeError!.index, writeError!.getOperation()],
      [200_001, { _id: 200_001, n: 0 }]
    );
    assert.equal(await items.countDocuments(), 200_002);
  });
});

describe('A bulk write', () => {
  it('takes documents, updates and replacements that are bytes', async () => {
    const filter = { _id: 1 };
    const result = await items.bulkWrite(
      [
        { insertOne: { document: serialize({ _id: 1, n: 1 }) as unknown as Item } },
        { updateOne: { filter, update: serialize({ $inc: { n: 1 } }) } },
        {
          replaceOne: {
            filter: { _id: 2 },
            replacement: serialize({ n: 9 }) as object,
            upsert: true
          }
        }
      ],
      { raw: true }
    );
    assert.deepEqual([result.insertedIds, result.upsertedIds], [{ 0: 1 }, { 2: 2 }]);
    assert.deepEqual(await items.find().toArray(), [
      { _id: 1, n: 2 },
      { _id: 2, n: 9 }
    ]);
  });

  it("gives the driver's own result and error", async () => {
    const result = await items.bulkWrite(inserts(1));
    assert.ok(result instanceof BulkWriteResultClass);
    assert.deepEqual(Object.keys(result), [
      'insertedCount',
      'matchedCount',
      'modifiedCount',
      'deletedCount',
      'upsertedCount',
      'upsertedIds',
      'insertedIds'
    ]);
    // Mongoose writes to both.
    Object.assign(result, { mongoose: {}, result: {} });
    const error: unknown = await items.bulkWrite(inserts(1)).catch((refused: unknown) => refused);
    assert.ok(error instanceof BulkWriteErrorClass);
    const { code, errorResponse, result: partial } = error;
    assert.deepEqual(
      [code, errorResponse.code, partial instanceof BulkWriteResultClass],
      [11000, 11000, true]
    );
  });

  it('is begun without a connection', async () => {
    const unconnected = new PolyPool(mongod.uri);
    try {
      const collection = unconnected.db(items.dbName).collection<Item>('items');
      const bulk = collection.initializeUnorderedBulkOp();
      assert.ok(bulk instanceof UnorderedBulkOperation);
      bulk
        .insert({ _id: 5 })
        .find({ _id: 5 })
        .updateOne({ $set: { n: 1 } });
      assert.equal((await bulk.execute()).modifiedCount, 1);
    } finally {
      await unconnected.close();
    }
  });

  it('says that the pool is closed', async () => {
    const closed = new PolyPool(mongod.uri);
    const collection = closed.db(items.dbName).collection<Item>('items');
    const bulk = collection.initializeOrderedBulkOp();
    assert.ok(bulk instanceof OrderedBulkOperation);
    bulk.insert({ _id: 1 });
    await closed.close();
    await assert.rejects(bulk.execute(), { name: 'MongoNotConnectedError' });
    await assert.rejects(collection.bulkWrite(inserts(1)), { name: 'MongoNotConnectedError' });
    assert.throws(() => collection.initializeOrderedBulkOp(), { name: 'MongoNotConnectedError' });
  });
});

describe('A bulk write on a client', () => {
  const models = (): ClientBulkWriteModel[] => {
    const [namespace, other] = [items.namespace, `${items.namespace}2`];
    return [
      { name: 'insertOne', namespace, document: { _id: 1 as any } },
      { name: 'insertOne', namespace: other, document: { a: 1 } },
      { name: 'updateOne', namespace, filter: { n: 1 }, update: { $set: { a: 1 } }, upsert: true },
      { name: 'replaceOne', namespace: other, filter: { a: 1 }, replacement: { a: 2 } },
      { name: 'insertOne', namespace, document: { _id: 1 as any } },
      { name: 'deleteMany', namespace: other, filter: { a: 2 } }
    ];
  };
  let hasCommand: boolean;
  before(async () => {
    const { versionArray } = (await pool.db().admin().buildInfo()) as { versionArray: number[] };
    hasCommand = versionArray[0]! >= 8;
  });

  it('is refused by a server that has none', async t => {
    if (hasCommand) {
      t.skip('this server is MongoDB 8.0 or later');
      return;
    }
    const writeConcern = { w: 0 };
    for (const options of [undefined, { ordered: false, writeConcern }]) {
      await assert.rejects(pool.bulkWrite(models(), options), {
        name: 'MongoCompatibilityError',
        message: 'A bulk write on a client requires MongoDB 8.0 or later'
      });
    }
    assert.equal(await items.countDocuments(), 0);
  });

  it('says that the pool is closed, and leaves it so', async () => {
    const closed = new PolyPool(mongod.uri);
    await closed.close();
    const refusal = { name: 'MongoNotConnectedError' };
    await assert.rejects(closed.bulkWrite(models()), refusal);
    await assert.rejects(closed.db().command({ ping: 1 }), refusal);
  });

  it('writes to several collections', async t => {
    if (!hasCommand) {
      t.skip('this server is older than MongoDB 8.0');
      return;
    }
    const error = await pool.bulkWrite(models(), { ordered: false, verboseResults: true }).then(
      () => assert.fail('it should have failed'),
      (refused: unknown) => refused as MongoClientBulkWriteError
    );
    assert.equal(error.writeErrors.get(4)?.code, 11000);
    const { insertedCount, upsertedCount, modifiedCount, deletedCount, insertResults } =
      error.partialResult!;
    assert.deepEqual([insertedCount, upsertedCount, modifiedCount, deletedCount], [2, 1, 1, 1]);
    assert.deepEqual([...insertResults!.keys()], [0, 1]);
    assert.equal(await items.countDocuments(), 2);
  });

  it('reads results that take more than one batch', async t => {
    if (!hasCommand) {
      t.skip('this server is older than MongoDB 8.0');
      return;
    }
    const half = 'x'.repeat(LARGEST / 2);
    const upserts = ['a', 'b'].map((letter): ClientBulkWriteModel => ({
      name: 'updateOne',
      namespace: items.namespace,
      filter: { _id: (letter + half) as any },
      update: { $set: { x: 1 } },
      upsert: true
    }));
    const result = await pool.bulkWrite(upserts, { verboseResults: true });
    assert.deepEqual([result.upsertedCount, result.updateResults?.size], [2, 2]);
  });
});
