/** Bulk writes on a collection: the commands, and what is made of the replies. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { serialize, type Document } from 'bson';
import type { AnyBulkWriteOperation, BulkWriteOptions, MongoBulkWriteError } from 'mongodb';
import type { Executor } from '../../../lib/operations/execute.ts';
import { internal } from '../../support/internal.ts';
import { answering } from './answering.ts';
import { BARE, elements, FULL } from './scope.ts';

const { OrderedBulkOperation } =
  internal<typeof import('../../../lib/bulk/ordered.ts')>('bulk/ordered');
const { UnorderedBulkOperation } =
  internal<typeof import('../../../lib/bulk/unordered.ts')>('bulk/unordered');

const LIMITS = { maxBsonObjectSize: 16 * 1024 * 1024, maxWriteBatchSize: 100_000 };

/** A bulk write as `bulkWrite` makes it of its arguments. */
function begin(
  on: Executor,
  operations: readonly Document[],
  options?: BulkWriteOptions,
  { scope = BARE, limits = LIMITS } = {}
) {
  const type = options?.ordered === false ? UnorderedBulkOperation : OrderedBulkOperation;
  const bulk = new type(on, scope, options, limits);
  for (const operation of operations) bulk.raw(operation as AnyBulkWriteOperation);
  return bulk;
}

async function failure(promise: Promise<unknown>): Promise<MongoBulkWriteError> {
  return await promise.then(
    () => assert.fail('it should have failed'),
    (error: unknown) => error as MongoBulkWriteError
  );
}

const ONE_OF_EACH: readonly Document[] = [
  { insertOne: { document: { _id: 1 } } },
  { updateMany: { filter: { a: 1 }, update: { $set: { b: 1 } }, upsert: true, hint: 'a_1' } },
  { deleteOne: { filter: { a: 1 }, collation: { locale: 'de' } } }
];

describe('A bulk write', () => {
  it('sends a command for each kind', async () => {
    const { on, commands } = answering();
    await begin(on, ONE_OF_EACH).execute();
    assert.deepEqual(commands, [
      { insert: 'c', ordered: true, documents: [{ _id: 1 }] },
      {
        update: 'c',
        ordered: true,
        updates: [{ q: { a: 1 }, u: { $set: { b: 1 } }, upsert: true, multi: true, hint: 'a_1' }]
      },
      {
        delete: 'c',
        ordered: true,
        deletes: [{ q: { a: 1 }, limit: 1, collation: { locale: 'de' } }]
      }
    ]);
  });

  it('gives each command the options that are its own, and all of them the others', async () => {
    const { on, commands } = answering();
    const options = { let: { x: 1 }, comment: 'why', maxTimeMS: 5, bypassDocumentValidation: true };
    await begin(on, ONE_OF_EACH, options, { scope: FULL }).execute();
    const all = ['writeConcern', 'maxTimeMS'];
    assert.deepEqual(commands.map(elements), [
      ['insert', 'ordered', 'bypassDocumentValidation', 'comment', ...all, 'documents'],
      ['update', 'ordered', 'bypassDocumentValidation', 'let', 'comment', ...all, 'updates'],
      ['delete', 'ordered', 'let', 'comment', ...all, 'deletes']
    ]);
    for (const { writeConcern } of commands) assert.deepEqual(writeConcern, FULL.writeConcern);
  });

  it('obeys options that come with its execution before its own', async () => {
    const { on, commands } = answering();
    const document = { _id: 1, a: undefined };
    const bulk = begin(on, [{ insertOne: { document } }], { ignoreUndefined: true, comment: 1 });
    await bulk.execute({ ignoreUndefined: false, comment: 2, writeConcern: { w: 3 } });
    assert.deepEqual(commands[0]!['documents'], [{ _id: 1, a: null }]);
    assert.deepEqual([commands[0]!['comment'], commands[0]!['writeConcern']], [2, { w: 3 }]);
    assert.equal(bulk.writeConcern?.w, 3);
  });

  it('adds up what the server says', async () => {
    const { on } = answering(
      { ok: 1, n: 1 },
      { ok: 1, n: 3, nModified: 2, upserted: [{ index: 0, _id: 'u' }] },
      { ok: 1, n: 1 }
    );
    const result = await begin(on, ONE_OF_EACH).execute();
    const { insertedCount, matchedCount, modifiedCount, deletedCount, upsertedCount } = result;
    assert.deepEqual(
      [insertedCount, matchedCount, modifiedCount, deletedCount, upsertedCount],
      [1, 2, 2, 1, 1]
    );
    assert.deepEqual([result.insertedIds, result.upsertedIds], [{ 0: 1 }, { 1: 'u' }]);
  });

  it('stops at a refusal when ordered, and tells what was written before', async () => {
    const refused = { index: 0, code: 11000, errmsg: 'dup', errInfo: { why: 1 } };
    const { on, commands } = answering({ ok: 1, n: 1 }, { ok: 1, n: 0, writeErrors: [refused] });
    const error = await failure(begin(on, ONE_OF_EACH).execute());
    assert.equal(commands.length, 2);
    assert.deepEqual(
      [error.name, error.code, error.message],
      ['MongoBulkWriteError', 11000, 'dup']
    );
    assert.equal(error.insertedCount, 1);
    const [writeError] = [error.writeErrors].flat();
    assert.deepEqual([writeError!.index, writeError!.errInfo], [1, { why: 1 }]);
    assert.deepEqual(writeError!.getOperation()['q'], { a: 1 });
  });

  it('runs all commands when unordered, and tells of all refusals', async () => {
    const refused = (index: number) => ({ index, code: index, errmsg: `dup ${index}` });
    const { on, commands } = answering(
      { ok: 1, n: 0, writeErrors: [refused(0)] },
      { ok: 1, n: 0, writeErrors: [refused(0)] }
    );
    const error = await failure(begin(on, ONE_OF_EACH, { ordered: false }).execute());
    assert.equal(commands.length, 3);
    assert.deepEqual(
      [error.writeErrors].flat().map(({ index }) => index),
      [0, 1]
    );
    assert.equal(error.deletedCount, 1);
  });

  it('ends with a command that fails as a whole, also when unordered', async () => {
    const { on, commands } = answering(
      { ok: 1, n: 1 },
      { class: 'MongoServerError', message: 'no', response: { ok: 0, code: 13, errmsg: 'no' } }
    );
    const error = await failure(begin(on, ONE_OF_EACH, { ordered: false }).execute());
    assert.equal(commands.length, 2);
    assert.deepEqual([error.name, error.code, error.message], ['MongoBulkWriteError', 13, 'no']);
    assert.deepEqual([error.insertedCount, error.result.insertedIds], [1, { 0: 1 }]);
  });

  it('tells of a write concern that was not met', async () => {
    const writeConcernError = { code: 64, errmsg: 'waiting timed out' };
    const { on, commands } = answering({ ok: 1, n: 1, writeConcernError });
    const error = await failure(begin(on, ONE_OF_EACH).execute());
    assert.equal(commands.length, 1);
    assert.deepEqual(
      [error.code, error.message, error.insertedCount],
      [64, 'waiting timed out', 1]
    );
    assert.equal(error.result.getWriteConcernError()?.code, 64);
  });

  it('knows nothing of what was written when it asks for no answer', async () => {
    const { on, commands } = answering();
    const result = await begin(on, ONE_OF_EACH, { writeConcern: { w: 0 } }).execute();
    assert.equal(commands.length, 3);
    assert.deepEqual([result.insertedCount, result.insertedIds], [0, { 0: 1 }]);
  });

  it('takes documents and updates that are bytes, with raw', async () => {
    const { on, commands } = answering();
    const operations = [
      { insertOne: { document: serialize({ a: 1 }) } },
      { insertOne: { document: serialize({ _id: 7 }) } },
      { updateOne: { filter: { _id: 7 }, update: serialize({ $set: { a: 2 } }), upsert: true } },
      { replaceOne: { filter: { _id: 8 }, replacement: serialize({ a: 3 }) } }
    ];
    const result = await begin(on, operations, { raw: true }).execute();
    const [inserts, updates] = commands as [Document, Document];
    const [first, second] = inserts['documents'] as [Document, Document];
    assert.deepEqual([String(first['_id']), first['a']], [String(result.insertedIds[0]), 1]);
    assert.deepEqual([second, result.insertedIds[1]], [{ _id: 7 }, 7]);
    assert.deepEqual(updates['updates'], [
      { q: { _id: 7 }, upsert: true, u: { $set: { a: 2 } } },
      { q: { _id: 8 }, u: { a: 3 } }
    ]);
  });

  it('refuses bytes that are no document, naming the operation', () => {
    const { on } = answering();
    const bulk = begin(on, ONE_OF_EACH, { raw: true });
    const broken = serialize({ a: 1 }).subarray(1);
    assert.throws(() => bulk.raw({ insertOne: { document: broken } }), {
      name: 'MongoInvalidArgumentError',
      message: /^operations\[3\] is not a BSON document/
    });
    const replacement = broken as Document;
    assert.throws(() => bulk.raw({ replaceOne: { filter: {}, replacement } }), {
      message: /^operations\[3\] is not a BSON document/
    });
    assert.equal(bulk.length, 3);
  });

  it('splits by number and keeps indexes across commands', async () => {
    const limits = { ...LIMITS, maxWriteBatchSize: 3 };
    const deletes = Array.from({ length: 5 }, (_, _id) => ({ deleteOne: { filter: { _id } } }));
    const refused = { index: 1, code: 1, errmsg: 'no' };
    const { on, commands } = answering({ ok: 1, n: 2 }, { ok: 1, n: 1, writeErrors: [refused] });
    const error = await failure(begin(on, deletes, {}, { limits }).execute());
    assert.deepEqual(
      commands.map(command => (command['deletes'] as unknown[]).length),
      [2, 2]
    );
    assert.deepEqual([error.deletedCount, [error.writeErrors].flat()[0]!.index], [3, 3]);
  });

  it('lets go of the bytes of what was sent', async () => {
    const { on } = answering();
    const bulk = begin(on, ONE_OF_EACH);
    await bulk.execute();
    for (const batch of bulk.batches) assert.deepEqual(batch.serializedOperations, []);
  });

  it('runs once', async () => {
    const { on, commands } = answering();
    const bulk = begin(on, ONE_OF_EACH);
    await bulk.execute();
    assert.equal((await failure(bulk.execute())).name, 'MongoBatchReExecutionError');
    assert.equal(commands.length, 3);
  });
});
