// Owns what is compared of read and write concerns and read preferences at every level. Must not know
// how two outcomes are compared.
/* eslint-disable @typescript-eslint/no-deprecated -- what is deprecated is compared like the rest */

import { ReadConcern, type MongoClientOptions } from 'mongodb';
import type { Scenario, Scenarios } from '../both.ts';
import { arrival, contents, seed } from './seed.ts';

/** More nodes than there are. */
const IMPOSSIBLE = { writeConcern: { w: 9, wtimeoutMS: 50 } };

/** Every write, with the same options. */
function writes(options: object): Scenario {
  return async on => {
    await seed(on.collection);
    const { collection } = on;
    return await on.all(
      () => collection.insertOne({ _id: 10 }, options),
      () => collection.insertOne({ _id: 10 }, options),
      () => collection.insertMany([{ _id: 11 }, { _id: 12 }], options),
      () => collection.insertMany([{ _id: 13 }, { _id: 11 }, { _id: 14 }], options),
      () => collection.insertMany([{ _id: 13 }, { _id: 15 }], { ...options, ordered: false }),
      () => collection.updateOne({ _id: 10 }, { $set: { a: 1 } }, options),
      () => collection.updateMany({ _id: 10 }, { $set: { b: 1 } }, options),
      () => collection.replaceOne({ _id: 10 }, { c: 1 }, options),
      () => collection.deleteOne({ _id: 1 }, options),
      () => collection.deleteMany({ _id: 2 }, options),
      () => collection.findOneAndUpdate({ _id: 10 }, { $set: { d: 1 } }, options),
      () => collection.findOneAndReplace({ _id: 10 }, { e: 1 }, options),
      () => collection.findOneAndDelete({ _id: 3 }, options),
      () => collection.createIndex({ a: 1 }, options),
      () => on.db.createCollection(`${collection.collectionName}x`, options),
      () => on.db.dropCollection(`${collection.collectionName}x`, options),
      () => collection.dropIndex('a_1', options),
      () => contents(collection)
    );
  };
}

/** A read and a write through a client, a database and a collection with options. */
function inherited(options: MongoClientOptions): Scenario {
  return async on => {
    await seed(on.collection);
    const { collectionName: name } = on.collection;
    const { databaseName } = on.db;
    const client = on.open(options);
    const collections = [
      client.db(databaseName).collection<any>(name),
      on.client.db(databaseName, options as any).collection<any>(name),
      on.db.collection<any>(name, options)
    ];
    return await on.all(
      ...collections.flatMap((collection, i) => [
        () => collection.find({ _id: 1 }).toArray(),
        () => collection.findOne({ _id: 1 }),
        () => collection.aggregate([{ $match: { _id: 1 } }]).toArray(),
        () => collection.countDocuments(),
        () => collection.distinct('n'),
        () => collection.insertOne({ _id: 100 + i }),
        () => collection.insertMany([{ _id: 200 + i }]),
        () => collection.updateOne({ _id: 1 }, { $set: { i } }),
        () => collection.deleteOne({ _id: 100 + i }),
        () => collection.findOneAndUpdate({ _id: 1 }, { $set: { i: -i } }),
        () => collection.listIndexes().toArray(),
        () => collection.createIndex({ i: 1 })
      ])
    );
  };
}

export const CONCERNS: Scenarios = {
  'Collection write concern': {
    'is w: 1': writes({ writeConcern: { w: 1 } }),
    'is majority with a journal': writes({ writeConcern: { w: 'majority', journal: true } }),
    'is in the old form': writes({ w: 1, wtimeout: 500, j: true }),
    'cannot be fulfilled': writes(IMPOSSIBLE),
    'is a tag that is not there': writes({ writeConcern: { w: 'nonsense' } }),
    'is not acknowledged': async on => {
      await seed(on.collection);
      const unacknowledged = { writeConcern: { w: 0 } } as const;
      const { collection } = on;
      return await on.all(
        () => collection.insertOne({ _id: 10 }, unacknowledged),
        () => arrival(on, 8),
        () => collection.insertOne({ _id: 10 }, unacknowledged),
        () => collection.insertMany([{ _id: 11 }, { _id: 12 }], unacknowledged),
        () => arrival(on, 10),
        () => collection.updateOne({ _id: 1 }, { $set: { a: 1 } }, unacknowledged),
        () => collection.updateMany({ _id: 1 }, { $set: { a: 1 } }, unacknowledged),
        () => collection.replaceOne({ _id: 1 }, { a: 1 }, unacknowledged),
        () => collection.deleteOne({ _id: 2 }, unacknowledged),
        () => arrival(on, 9),
        () => collection.deleteMany({ _id: 3 }, unacknowledged),
        () => arrival(on, 8)
      );
    }
  },
  'Collection read concern': {
    'is inherited': inherited({ readConcern: new ReadConcern('majority') }),
    'is inherited by its level': inherited({ readConcernLevel: 'local' }),
    'is one that the server does not know': inherited({
      readConcern: new ReadConcern('nonsense' as any)
    })
  },
  'Collection concerns': {
    'are inherited by reads and writes alike': inherited({
      readConcern: { level: 'local' },
      writeConcern: { w: 1, journal: true },
      readPreference: 'primaryPreferred'
    })
  }
};
