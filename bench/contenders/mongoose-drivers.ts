// Owns Mongoose on its own driver and Mongoose on polypool, as two instances of the one package.
// Must not know what they are asked for.

import type { Model, Mongoose, Types } from 'mongoose';
import { install } from 'polypool/mongoose';
import { itemId, type Item } from '../documents';
import { SUBJECT } from '../suite';
import { itemPaths } from './mongoose';

/** A document that refers to an item. */
export interface Order {
  item: unknown;
  count: number;
}

/** One instance, connected, with its models. */
export interface MongooseContender {
  readonly name: string;
  readonly mongoose: Mongoose;
  /** The `_id` of an item, of the class that this Mongoose has for it. */
  itemId(sequence: number): Types.ObjectId;
  /** A model of items in a collection. */
  items(collection: string): Model<Item>;
  /** A model of documents that refer to the items of a collection, in a collection. */
  orders(collection: string, items: string): Model<Order>;
  close(): Promise<void>;
}

/** Creating collections and indexes in the background would compete with what is measured. */
const CONNECTION = { autoIndex: false, autoCreate: false };

/** Connects both instances of a package; polypool's first, as it takes its turns first. */
export async function openBoth(
  packageName: string,
  uri: string,
  database: string
): Promise<MongooseContender[]> {
  const { Mongoose } = (await import(packageName)) as typeof import('mongoose');
  const opened: MongooseContender[] = [];
  try {
    // An instance has the driver that its package has for new ones.
    const stock = new Mongoose();
    const own = new Mongoose();
    const undo = install(own);
    opened.push(await open(SUBJECT, own, uri, database, undo));
    opened.push(await open('mongoose', stock, uri, database));
  } catch (error) {
    await closeBoth(opened);
    throw error;
  }
  return opened;
}

export async function closeBoth(opened: readonly MongooseContender[]): Promise<void> {
  await Promise.all(opened.map(one => one.close()));
}

async function open(
  name: string,
  mongoose: Mongoose,
  uri: string,
  database: string,
  undo?: () => void
): Promise<MongooseContender> {
  await mongoose.connect(uri, { ...CONNECTION, dbName: database });
  const items = (collection: string): Model<Item> =>
    (mongoose.models[collection] as Model<Item> | undefined) ??
    mongoose.model<Item>(collection, new mongoose.Schema<Item>(itemPaths), collection);
  return {
    name,
    mongoose,
    itemId: sequence => new mongoose.Types.ObjectId(itemId(sequence).id),
    items,
    orders: (collection, referred) => {
      const { modelName } = items(referred);
      const item = { type: mongoose.Schema.Types.ObjectId, ref: modelName };
      const schema = new mongoose.Schema<Order>({ item, count: Number });
      return mongoose.model<Order>(collection, schema, collection);
    },
    close: async () => {
      await mongoose.disconnect();
      undo?.();
    }
  };
}
