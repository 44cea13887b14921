// Owns the documents scenarios start from. Must not know what is done to them.
/* eslint-disable @typescript-eslint/no-deprecated -- what is deprecated is compared like the rest */

import type { Collection } from 'mongodb';
import type { Context } from '../both.ts';

export interface Fruit {
  _id: number;
  name: string;
  n: number;
  tags: string[];
  grown?: { in: string; years: number[] };
}

const FRUITS: readonly Fruit[] = [
  { _id: 1, name: 'apple', n: 5, tags: ['red', 'sweet'], grown: { in: 'Kent', years: [1, 2] } },
  { _id: 2, name: 'Banana', n: 3, tags: ['yellow'], grown: { in: 'Goa', years: [3] } },
  { _id: 3, name: 'cherry', n: 5, tags: [] },
  { _id: 4, name: 'date', n: 1, tags: ['brown', 'sweet'] },
  { _id: 5, name: 'Élan', n: 9, tags: ['red'] },
  { _id: 6, name: 'fig', n: 3, tags: ['brown'], grown: { in: 'Kent', years: [4, 5, 6] } },
  { _id: 7, name: 'apple', n: 2, tags: ['green', 'sour'] }
];

/** Seven documents, with an index on `n`. */
export async function seed(collection: Collection<any>): Promise<void> {
  // First the index: on a collection with documents its build takes the server 100 ms.
  await collection.createIndex({ n: 1 });
  await collection.insertMany(structuredClone(FRUITS) as Fruit[]);
}

/** `count` documents that hold nothing but their number. */
export async function seedNumbers(collection: Collection<any>, count: number): Promise<void> {
  await collection.insertMany(Array.from({ length: count }, (_, _id) => ({ _id })));
}

/** Everything in a collection, by `_id`. */
export async function contents(collection: Collection<any>): Promise<unknown[]> {
  return await collection.find({}).sort({ _id: 1 }).toArray();
}

/** Waits for a write that nobody acknowledges. */
export async function arrival(on: Context, count: number): Promise<unknown> {
  const reader = on.client.db(on.db.databaseName).collection(on.collection.collectionName);
  for (const deadline = Date.now() + 5_000; Date.now() < deadline;) {
    const found = await reader.estimatedDocumentCount();
    if (found === count) return found;
  }
  return 'never';
}

/** What a caller in JavaScript might pass where a document is due. */
export const NOT_DOCUMENTS: readonly any[] = [undefined, null, 5, 'x', true, () => 1, [], [1]];
