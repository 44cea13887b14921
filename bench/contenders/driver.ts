// Owns how a client with the official driver's methods takes part: the same calls, whoever made it.
// Must not know which package the client comes from.

import type { ObjectId } from 'mongodb';
import type { Item, NewItem } from '../documents';
import type { Contender } from './contender';

/** As much of `MongoClient` as the suites use. */
export interface DriverClient {
  connect(): Promise<unknown>;
  db(name: string): { collection(name: string): unknown };
  close(): Promise<void>;
}

interface DriverCollection {
  findOne(filter: { _id: ObjectId }): Promise<Item | null>;
  find(filter: object): { toArray(): Promise<Item[]> };
  insertMany(items: NewItem[]): Promise<{ insertedCount: number }>;
}

/** Connects the client and offers its operations under `name`. */
export async function openDriver(
  name: string,
  client: DriverClient,
  database: string
): Promise<Contender> {
  await client.connect();
  const db = client.db(database);
  return {
    name,
    collection: collectionName => {
      const collection = db.collection(collectionName) as DriverCollection;
      return {
        findOne: id => collection.findOne({ _id: id }),
        findAll: () => collection.find({}).toArray(),
        insertMany: async items => (await collection.insertMany(items)).insertedCount
      };
    },
    close: () => client.close()
  };
}
