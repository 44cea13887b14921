/** Many documents: how they are split into commands, and what is made of the replies. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { calculateObjectSize, type Document } from 'bson';
import type { MongoBulkWriteError } from 'mongodb';
import { answering } from './answering.ts';
import { BARE } from './scope.ts';
import { internal } from '../../support/internal.ts';

const { insertMany } =
  internal<typeof import('../../../lib/operations/insert-many.ts')>('operations/insert-many');

const LIMITS = { maxBsonObjectSize: 16 * 1024 * 1024, maxWriteBatchSize: 100_000 };

const numbered = (count: number): Document[] =>
  Array.from({ length: count }, (_, _id) => ({ _id }));
const sizes = (commands: Document[]): number[] =>
  commands.map(command => (command['documents'] as unknown[]).length);

async function failure(promise: Promise<unknown>): Promise<MongoBulkWriteError> {
  return await promise.then(
    () => assert.fail('it should have failed'),
    (error: unknown) => error as MongoBulkWriteError
  );
}

describe('insertMany', () => {
  it('sends few documents in one command', async () => {
    const { on, commands } = answering();
    const result = await insertMany(on, BARE, numbered(3), undefined, LIMITS);
    assert.deepEqual(commands, [{ insert: 'c', ordered: true, documents: numbered(3) }]);
    assert.deepEqual(result, {
      acknowledged: true,
      insertedCount: 3,
      insertedIds: { 0: 0, 1: 1, 2: 2 }
    });
  });

  it('splits by number, one short of the limit, as the driver does', async () => {
    const { on, commands } = answering();
    await insertMany(on, BARE, numbered(9), undefined, { ...LIMITS, maxWriteBatchSize: 5 });
    assert.deepEqual(sizes(commands), [4, 4, 1]);
  });

  it('splits by bytes, counting the longest possible key of each document', async () => {
    const documents = numbered(10).map(document => ({ ...document, text: 'x'.repeat(80) }));
    const counted = calculateObjectSize(documents[0]!) + '99999'.length + 2;
    const limits = { ...LIMITS, maxBsonObjectSize: counted * 3 + 1 };
    const { on, commands } = answering();
    const result = await insertMany(on, BARE, documents, undefined, limits);
    assert.deepEqual(sizes(commands), [3, 3, 3, 1]);
    assert.equal(result.insertedCount, 10);
  });

  it('sends nothing when a document is too large', async () => {
    const { on, commands } = answering();
    const documents = [{ _id: 1 }, { text: 'x'.repeat(1_000) }];
    const error = await failure(
      insertMany(on, BARE, documents, undefined, { ...LIMITS, maxBsonObjectSize: 500 })
    );
    assert.equal(error.name, 'MongoInvalidArgumentError');
    assert.match(error.message, /^Document is larger than the maximum size 500 \(docs\[1\]\)$/);
    assert.equal(commands.length, 0);
  });

  const invalid: Array<[string, unknown, RegExp]> = [
    ['no array', {}, /^Argument "docs" must be an array of documents$/],
    ['no document', [], /^Invalid BulkOperation, Batch cannot be empty$/],
    ['null for a document', [{}, null], /docs\[1\]/],
    ['an array for a document', [[]], /docs\[0\]/],
    ['a string for a document', ['a'], /docs\[0\]/]
  ];
  for (const [what, documents, message] of invalid) {
    it(`refuses ${what}, and sends nothing`, async () => {
      const { on, commands } = answering();
      const error = await failure(insertMany(on, BARE, documents as [], undefined, LIMITS));
      assert.equal(error.name, 'MongoInvalidArgumentError');
      assert.match(error.message, message);
      assert.equal(commands.length, 0);
    });
  }

  it('stops at the first refusal when ordered', async () => {
    const writeErrors = [{ index: 1, code: 11000, errmsg: 'dup' }];
    const { on, commands } = answering({ ok: 1, n: 4 }, { ok: 1, n: 1, writeErrors });
    const limits = { ...LIMITS, maxWriteBatchSize: 5 };
    const error = await failure(insertMany(on, BARE, numbered(12), undefined, limits));
    assert.deepEqual(
      [error.name, error.code, error.message],
      ['MongoBulkWriteError', 11000, 'dup']
    );
    assert.equal(commands.length, 2);
    assert.deepEqual(
      [error.insertedCount, error.insertedIds],
      [5, { 0: 0, 1: 1, 2: 2, 3: 3, 4: 4 }]
    );
    const [writeError] = [error.writeErrors].flat();
    assert.deepEqual([writeError!.index, writeError!.getOperation()], [5, { _id: 5 }]);
  });

  it('goes on after a refusal when unordered', async () => {
    const refused = (index: number) => ({ index, code: 11000, errmsg: `dup ${index}` });
    const { on, commands } = answering(
      { ok: 1, n: 3, writeErrors: [refused(0)] },
      { ok: 1, n: 3, writeErrors: [refused(3)] }
    );
    const limits = { ...LIMITS, maxWriteBatchSize: 5 };
    const error = await failure(insertMany(on, BARE, numbered(9), { ordered: false }, limits));
    assert.equal(commands.length, 3);
    assert.equal(error.message, 'dup 0');
    assert.deepEqual(
      [error.writeErrors].flat().map(({ index }) => index),
      [0, 7]
    );
    assert.deepEqual(Object.keys(error.insertedIds), ['1', '2', '3', '4', '5', '6', '8']);
  });

  it('tells of a write concern that was not met, with what was inserted', async () => {
    const writeConcernError = { code: 64, errmsg: 'waiting timed out' };
    const { on } = answering({ ok: 1, n: 2, writeConcernError });
    const error = await failure(insertMany(on, BARE, numbered(2), undefined, LIMITS));
    assert.deepEqual(
      [error.name, error.code, error.message],
      ['MongoBulkWriteError', 64, 'waiting timed out']
    );
    assert.equal(error.insertedCount, 2);
  });
});
