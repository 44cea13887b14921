// Owns how Mongoose takes part, twice: with hydrated documents and with `lean` ones.
// Must not know the suites.

import { Schema, createConnection } from 'mongoose';
import type { Connection, Model } from 'mongoose';
import type { Item } from '../documents';
import type { Contender, ContenderCollection, OpenContender } from './contender';

/** Every path is stated, as applications write schemas. */
export const itemPaths = {
  sequence: { type: Number, required: true },
  name: { type: String, required: true },
  email: { type: String, required: true },
  active: Boolean,
  score: Number,
  quantity: Number,
  createdAt: Date,
  updatedAt: Date,
  tags: [String],
  address: { street: String, city: String, country: String, postcode: String, floor: Number },
  note: String
} as const;

export const itemSchema = new Schema<Item>(itemPaths);

/** Queries give hydrated documents; inserts hydrate and validate. */
export const openMongoose: OpenContender = (uri, database) =>
  openConnection('mongoose', uri, database, model => ({
    findOne: id => model.findOne({ _id: id }).exec(),
    findAll: () => model.find({}).exec(),
    insertMany: async items => (await model.insertMany(items)).length
  }));

/** Queries give plain objects; inserts neither hydrate nor validate. */
export const openMongooseLean: OpenContender = (uri, database) =>
  openConnection('mongoose lean', uri, database, model => ({
    findOne: id => model.findOne({ _id: id }).lean().exec(),
    findAll: () => model.find({}).lean().exec(),
    insertMany: async items => (await model.insertMany(items, { lean: true })).length
  }));

async function openConnection(
  name: string,
  uri: string,
  database: string,
  operations: (model: Model<Item>) => ContenderCollection
): Promise<Contender> {
  // Creating collections and indexes in the background would compete with what is measured.
  const options = { dbName: database, autoIndex: false, autoCreate: false };
  const connection: Connection = await createConnection(uri, options).asPromise();
  return {
    name,
    collection: collectionName =>
      operations(connection.model<Item>(collectionName, itemSchema, collectionName)),
    close: () => connection.close()
  };
}
