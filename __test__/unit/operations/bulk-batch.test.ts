/** Batches: where one ends and the next begins, in order and out of it. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { internal } from '../../support/internal.ts';

const { BatchList } =
  internal<typeof import('../../../lib/operations/bulk-batch.ts')>('operations/bulk-batch');
const { BatchType } =
  internal<typeof import('../../../lib/driver/constants.ts')>('driver/constants');

const { INSERT, UPDATE, DELETE } = BatchType;
const LIMITS = { maxBsonObjectSize: 1_000, maxWriteBatchSize: 100 };
/** Bytes that a statement is counted with beyond its own: a type, `99`, and a zero. */
const KEY = 4;

/** Batches of statements given as a type each, of `bytes` bytes, by type and indexes. */
function cut(
  ordered: boolean,
  types: ReadonlyArray<1 | 2 | 3>,
  bytes = 10,
  limits = LIMITS
): Array<[type: number, ...indexes: number[]]> {
  const list = new BatchList(ordered, limits, 'operations');
  for (const type of types) list.add(type, {}, new Uint8Array(bytes));
  return list.batches.map(({ batchType, originalIndexes }) => [batchType, ...originalIndexes]);
}

describe('BatchList', () => {
  const mixed = [INSERT, INSERT, UPDATE, INSERT, DELETE, DELETE, UPDATE];

  it('begins a batch whenever the kind changes, in order', () => {
    assert.deepEqual(cut(true, mixed), [
      [INSERT, 0, 1],
      [UPDATE, 2],
      [INSERT, 3],
      [DELETE, 4, 5],
      [UPDATE, 6]
    ]);
  });

  it('gathers by kind out of order: inserts, updates, deletes', () => {
    assert.deepEqual(cut(false, mixed.toReversed()), [
      [INSERT, 3, 5, 6],
      [UPDATE, 0, 4],
      [DELETE, 1, 2]
    ]);
  });

  it('stays one short of the largest number', () => {
    const four = { ...LIMITS, maxWriteBatchSize: 4 };
    assert.deepEqual(cut(true, Array(7).fill(DELETE), 10, four), [
      [DELETE, 0, 1, 2],
      [DELETE, 3, 4, 5],
      [DELETE, 6]
    ]);
  });

  it('sends full batches before those that are not, out of order', () => {
    const three = { ...LIMITS, maxWriteBatchSize: 3 };
    assert.deepEqual(cut(false, [DELETE, DELETE, DELETE, INSERT], 10, three), [
      [DELETE, 0, 1],
      [INSERT, 3],
      [DELETE, 2]
    ]);
  });

  it('stays below the largest number of bytes, keys included', () => {
    const fits = LIMITS.maxBsonObjectSize / 2 - KEY - 1;
    assert.deepEqual(cut(true, [INSERT, INSERT], fits), [[INSERT, 0, 1]]);
    assert.deepEqual(cut(true, [INSERT, INSERT], fits + 1), [
      [INSERT, 0],
      [INSERT, 1]
    ]);
  });

  it('gives a statement that fits nothing else a batch of its own', () => {
    const whole = LIMITS.maxBsonObjectSize - 1;
    assert.deepEqual(cut(false, [UPDATE, UPDATE], whole), [
      [UPDATE, 0],
      [UPDATE, 1]
    ]);
  });

  it('refuses a statement above the largest size, and keeps nothing of it', () => {
    const list = new BatchList(true, LIMITS, 'operations');
    list.add(DELETE, {}, new Uint8Array(10));
    assert.throws(() => list.addInsert({}, new Uint8Array(LIMITS.maxBsonObjectSize), 1), {
      name: 'MongoInvalidArgumentError',
      message: 'Document is larger than the maximum size 1000 (operations[1])'
    });
    assert.deepEqual([list.length, list.batches.length, list.insertedIds], [1, 1, []]);
  });

  it('knows the place of each inserted id', () => {
    const list = new BatchList(false, LIMITS, 'operations');
    list.addInsert({}, new Uint8Array(5), 'a');
    list.add(DELETE, {}, new Uint8Array(5));
    list.addInsert({}, new Uint8Array(5), undefined);
    assert.deepEqual(list.insertedIds, [
      { index: 0, _id: 'a' },
      { index: 2, _id: undefined }
    ]);
  });

  it('counts statements and bytes of a batch', () => {
    const list = new BatchList(true, LIMITS, 'operations');
    for (let i = 0; i < 3; i++) list.add(UPDATE, { i }, new Uint8Array(10 + i));
    const [batch] = list.batches;
    assert.deepEqual([batch!.size, batch!.sizeBytes], [3, 33 + 3 * KEY]);
    assert.deepEqual(batch!.operations, [{ i: 0 }, { i: 1 }, { i: 2 }]);
    assert.deepEqual(
      batch!.serializedOperations.map(({ length }) => length),
      [10, 11, 12]
    );
  });
});
