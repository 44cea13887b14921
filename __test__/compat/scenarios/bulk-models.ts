// Owns the operations of the bulk scenarios and what is told of their outcomes. Must not know how two
// outcomes are compared.

import { ObjectId } from 'bson';
import type {
  AnyBulkWriteOperation,
  BulkWriteResult,
  MongoBulkWriteError,
  WriteError
} from 'mongodb';
import type { Context } from '../both.ts';
import { contents } from './seed.ts';

export type Operations = AnyBulkWriteOperation<any>[];

export const GIVEN = new ObjectId('5f0000000000000000000001');

/** Everything that a result tells, by its methods and by what is not enumerable. */
export function told(result: BulkWriteResult): unknown {
  const first = result.getWriteErrorAt(0);
  return {
    result,
    raw: result.getRawResponse(),
    ok: [result.ok, result.isOk(), result.hasWriteErrors(), result.getWriteErrorCount()],
    errors: [first, result.getWriteErrorAt(9), result.getWriteErrors()],
    upserted: [result.getUpsertedIdAt(0), result.getUpsertedIdAt(9)],
    concern: result.getWriteConcernError(),
    text: typeof result.toString()
  };
}

/** Everything that an error tells. */
function confessed(error: MongoBulkWriteError): unknown {
  const errors = [error.writeErrors].flat();
  const { insertedCount, matchedCount, modifiedCount, deletedCount, upsertedCount } = error;
  const counts = { insertedCount, matchedCount, modifiedCount, deletedCount, upsertedCount };
  const ids = [error.insertedIds, error.upsertedIds];
  return { error, counts, ids, told: told(error.result), errors: errors.map(described) };
}

/** A write error, its getters and its own property, which users change in place. */
function described(error: WriteError): unknown {
  const { index, code, errmsg, errInfo, err } = error;
  const before = { index, code, errmsg, errInfo, json: error.toJSON(), op: error.getOperation() };
  const keys = Object.keys(error);
  err.index = 77;
  return {
    before,
    keys,
    after: error.index,
    copied: Object.assign({}, error),
    text: error.toString().slice(0, 30)
  };
}

/** What came of a bulk write, and what is in the collection then. */
export async function ended(
  on: Context,
  written: () => Promise<BulkWriteResult>
): Promise<unknown> {
  const came = await written().then(told, (error: unknown) =>
    (error as Error).name === 'MongoBulkWriteError'
      ? confessed(error as MongoBulkWriteError)
      : { error }
  );
  return { came, left: await contents(on.collection) };
}

/** One of every kind. */
export const everything = (): Operations => [
  { insertOne: { document: { _id: 20, n: 20 } } },
  { insertOne: { document: { n: 21 } } },
  { updateOne: { filter: { _id: 1 }, update: { $set: { seen: true } } } },
  { updateMany: { filter: { n: 3 }, update: { $inc: { n: 100 } } } },
  { updateOne: { filter: { _id: 1 }, update: [{ $set: { twice: { $multiply: ['$n', 2] } } }] } },
  { replaceOne: { filter: { _id: 4 }, replacement: { replaced: true } } },
  { updateOne: { filter: { _id: 30 }, update: { $set: { n: 1 } }, upsert: true } },
  { deleteOne: { filter: { name: 'apple' } } },
  { replaceOne: { filter: { _id: 31 }, replacement: { n: 31 }, upsert: true } },
  { deleteMany: { filter: { n: { $gt: 100 } } } },
  { insertOne: { document: { _id: GIVEN } } },
  { updateMany: { filter: { no: 'body' }, update: { $set: { a: 1 } } } },
  { updateOne: { filter: { _id: 'made' }, update: { $set: { a: 1 } }, upsert: true } }
];

/** Refusals of every kind among what works. */
export const refusals = (): Operations => [
  { insertOne: { document: { _id: 20 } } },
  { insertOne: { document: { _id: 1 } } },
  { updateOne: { filter: { _id: 2 }, update: { $set: { seen: true } } } },
  { updateOne: { filter: { _id: 3 }, update: { $set: { _id: 4 } } } },
  { insertOne: { document: { _id: 20, again: true } } },
  { updateOne: { filter: { _id: 40 }, update: { $set: { a: 1 } }, upsert: true } },
  { updateOne: { filter: { _id: 2 }, update: { $inc: { name: 1 } } } },
  { deleteOne: { filter: { $nonsense: 1 } } },
  { deleteMany: { filter: { _id: 7 } } },
  { insertOne: { document: { _id: 21 } } }
];
