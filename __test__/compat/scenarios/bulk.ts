// Owns what is compared of `bulkWrite`. Must not know how two outcomes are compared.

import type { BulkWriteOptions, MongoBulkWriteError } from 'mongodb';
import type { Scenario, Scenarios } from '../both.ts';
import { ended, everything, GIVEN, refusals, told, type Operations } from './bulk-models.ts';
import { arrival, contents, seed } from './seed.ts';
import { portrait, within } from './session.ts';

const large = (mebibytes: number) => 'x'.repeat(mebibytes * 2 ** 20);

/** The same operations with both orders, each on documents of its own. */
const inBothOrders =
  (operations: () => Operations, options?: BulkWriteOptions): Scenario =>
  async on => {
    await seed(on.collection);
    const ordered = await ended(on, () => on.collection.bulkWrite(operations(), options));
    await on.collection.deleteMany({});
    await seed(on.collection);
    const without = { ...options, ordered: false };
    return [ordered, await ended(on, () => on.collection.bulkWrite(operations(), without))];
  };

const NOT_OPERATIONS: readonly any[] = [
  undefined,
  null,
  5,
  'x',
  [],
  {},
  { noSuchOne: {} },
  { insertOne: null },
  { insertOne: { document: 5 } },
  { insertOne: { document: [] } },
  { updateOne: null },
  { updateOne: {} },
  { updateOne: { filter: { _id: 1 } } },
  { updateOne: { filter: 5, update: { $set: { a: 1 } } } },
  { updateOne: { filter: { _id: 1 }, update: { a: 1 } } },
  { updateOne: { filter: { _id: 1 }, update: {} } },
  { updateOne: { filter: { _id: 1 }, update: [] } },
  { updateOne: { q: {}, u: { $set: { a: 1 } } } },
  { updateMany: { filter: { _id: 1 }, update: { a: 1 } } },
  { updateMany: { q: {}, u: { $set: { a: 1 } } } },
  { replaceOne: { filter: { _id: 1 }, replacement: { $set: { a: 1 } } } },
  { replaceOne: { filter: { _id: 1 } } },
  { replaceOne: { q: {}, u: {} } },
  { deleteOne: { q: {}, limit: 1 } },
  { deleteMany: { q: {}, limit: 0 } }
];

const bulkWrite: Scenarios[string] = {
  'runs one of every kind': inBothOrders(everything),
  'tells of refusals of every kind': inBothOrders(refusals),
  'stops at a duplicate in the middle of inserts': inBothOrders(() =>
    [10, 11, 1, 12, 11].map(_id => ({ insertOne: { document: { _id } } }))
  ),
  'tells of upserts that are refused': inBothOrders(() =>
    [10, 1, 11].map(_id => ({
      updateOne: {
        filter: { _id: { $in: [-_id] }, n: _id },
        update: { $set: { _id } },
        upsert: true
      }
    }))
  ),
  'keeps the index of each upsert': inBothOrders(() =>
    [10, 1, 11, 2, 12].map(_id => ({
      updateOne: { filter: { _id }, update: { $set: { up: true } }, upsert: true }
    }))
  ),
  'gives the id that the server made': async on =>
    await ended(on, () =>
      on.collection.bulkWrite([
        { updateOne: { filter: { made: true }, update: { $set: { a: 1 } }, upsert: true } }
      ])
    ),
  'passes the options of each operation': inBothOrders(() => [
    {
      updateOne: {
        filter: { name: 'APPLE' },
        update: { $set: { a: 1 } },
        collation: { locale: 'en', strength: 2 },
        hint: { _id: 1 }
      }
    },
    {
      updateMany: {
        filter: { 'grown.years': { $exists: true } },
        update: { $set: { 'grown.years.$[old]': 0 } },
        arrayFilters: [{ old: { $lt: 4 } }],
        hint: '_id_'
      }
    },
    {
      replaceOne: {
        filter: { name: 'ÉLAN' },
        replacement: { b: 1 },
        collation: { locale: 'fr', strength: 2 },
        hint: { n: 1 },
        upsert: false
      }
    },
    {
      deleteOne: { filter: { name: 'FIG' }, collation: { locale: 'en', strength: 2 }, hint: 'n_1' }
    },
    { deleteMany: { filter: { n: 1 }, hint: { n: 1 } } },
    { deleteMany: { filter: { n: 1 }, hint: 'no_such_index' } }
  ]),
  'passes a sort, which this server refuses': inBothOrders(() => [
    { updateOne: { filter: {}, update: { $set: { a: 1 } }, sort: { n: -1 } } },
    { replaceOne: { filter: {}, replacement: { a: 1 }, sort: [['n', 1]] } }
  ]),
  'passes its options to the server': async on => {
    const one = (_id: number): Operations => [
      { insertOne: { document: { _id } } },
      { updateOne: { filter: { $expr: { $eq: ['$_id', '$$x'] } }, update: { $set: { a: 1 } } } },
      { deleteOne: { filter: { $expr: { $eq: ['$_id', '$$x'] } } } }
    ];
    const options: any[] = [
      { let: { x: 1 }, comment: { why: 'test' }, maxTimeMS: 5_000 },
      { let: { x: 2 }, comment: '', maxTimeMS: '5' },
      { let: { x: 3 }, bypassDocumentValidation: true },
      { let: { x: 4 }, bypassDocumentValidation: false },
      { let: { x: 5 }, writeConcern: { w: 1, j: true } },
      { let: { x: 6 }, w: 1, timeoutMS: 1_000 },
      { let: { x: 7 }, collation: { locale: 'de' } },
      { let: { x: 8 }, explain: true },
      { let: { x: 9 }, noSuchOption: 1, ordered: undefined },
      {},
      null
    ];
    return await on.all(
      ...options.map((option, i) => () => on.collection.bulkWrite(one(i), option)),
      () => contents(on.collection)
    );
  },
  'is refused a write concern that cannot be met, with what was written': async on => {
    await seed(on.collection);
    const writeConcern = { w: 7, wtimeout: 100 };
    return await on.all(
      () => ended(on, () => on.collection.bulkWrite(everything(), { writeConcern })),
      () => ended(on, () => on.collection.bulkWrite(refusals(), { writeConcern, ordered: false })),
      () => ended(on, () => on.collection.insertMany([{ _id: 50 }], { writeConcern }) as any)
    );
  },
  'asks for no answer': async on => {
    await seed(on.collection);
    const unanswered = { writeConcern: { w: 0 } } as const;
    const { collection } = on;
    return await on.all(
      async () => told(await collection.bulkWrite(everything(), unanswered)),
      () => arrival(on, 10),
      async () => told(await collection.bulkWrite(refusals(), { ...unanswered, ordered: false })),
      () => arrival(on, 12)
    );
  },
  'runs in a session, where only writes of one document each have a number': within(
    async (session, on) => {
      const ordered = await ended(on, () => on.collection.bulkWrite(everything(), { session }));
      const unordered = { session, ordered: false };
      const seen = [ordered, portrait(session)];
      seen.push(await ended(on, () => on.collection.bulkWrite(refusals(), unordered)));
      return [...seen, portrait(session)];
    }
  ),
  'is part of a transaction': within(async (session, on) => {
    const { collection } = on;
    session.startTransaction();
    const first = told(await collection.bulkWrite(everything(), { session }));
    const outside = await collection.countDocuments();
    const inside = await collection.countDocuments({}, { session });
    await session.commitTransaction();
    session.startTransaction();
    const refused = await on.settled(() => collection.bulkWrite(refusals(), { session }));
    const after = portrait(session);
    await session.abortTransaction();
    return [first, outside, inside, refused, after, await contents(collection)];
  }),
  'takes no write concern in a transaction, and asks for an answer in a session': within(
    async (session, on) => {
      const { collection } = on;
      const one = (_id: number): Operations => [{ insertOne: { document: { _id } } }];
      const unanswered = { session, writeConcern: { w: 0 } } as const;
      const outside = await on.settled(() => collection.bulkWrite(one(100), unanswered));
      session.startTransaction();
      const outcomes = await on.all(
        () => collection.bulkWrite(one(101), { session, writeConcern: { w: 'majority' } }),
        () => collection.bulkWrite(one(102), unanswered)
      );
      await session.abortTransaction();
      return [outside, outcomes, await contents(collection)];
    }
  ),
  'is refused a session that has ended, or is none': async on => {
    const session = on.client.startSession();
    await session.endSession();
    const operations = () => [{ insertOne: { document: {} } }];
    return await on.all(
      () => on.collection.bulkWrite(operations(), { session }),
      () => on.collection.initializeOrderedBulkOp({ session }).insert({}).execute(),
      () => on.collection.insertMany([{}], { session })
    );
  },
  'is refused what is no list, and an empty one': on =>
    on.all(
      ...[undefined, null, 5, 'text', { insertOne: { document: {} } }].map(
        value => () => on.collection.bulkWrite(value as any)
      ),
      () => on.collection.bulkWrite([]),
      () => on.collection.bulkWrite([], { ordered: false })
    ),
  'is refused what is no operation, and sends nothing': on =>
    on.all(
      ...NOT_OPERATIONS.flatMap(value => [
        () => on.collection.bulkWrite([{ insertOne: { document: {} } }, value]),
        () => on.collection.bulkWrite([value], { ordered: false })
      ]),
      () => contents(on.collection)
    ),
  'takes a document without the word': async on => {
    const document = { a: 1 };
    const operations = [{ insertOne: document }, { insertOne: { document: null, b: 2 } }] as any;
    return { came: await ended(on, () => on.collection.bulkWrite(operations)), document };
  },
  'puts made ids into the documents': async on => {
    const documents: any[] = [{ a: 1 }, { _id: null, a: 2 }, { _id: undefined }, { _id: 0 }];
    const operations = documents.map(document => ({ insertOne: { document } }));
    return { came: await ended(on, () => on.collection.bulkWrite(operations)), documents };
  },
  'leaves ids to the server, or asks a factory for them': async on => {
    let next = 100;
    const { collectionName: name } = on.collection;
    const inherited = on.client.db(on.db.databaseName, { forceServerObjectId: true });
    const made = on.open({ pkFactory: { createPk: () => next++ } }).db(on.db.databaseName);
    const one = (): Operations => [{ insertOne: { document: { a: 1 } } }];
    return await on.all(
      () => on.collection.bulkWrite(one(), { forceServerObjectId: true }),
      () => inherited.collection(name).bulkWrite(one()),
      () => inherited.collection(name).bulkWrite(one(), { forceServerObjectId: false }),
      () => made.collection(name).bulkWrite(one()),
      () => on.collection.countDocuments()
    );
  },
  'obeys the BSON options': async on => {
    const odd = { a: undefined, f: function add() {} };
    const both = (_id: number): Operations => [
      { insertOne: { document: { _id, ...odd } } },
      { updateOne: { filter: { _id }, update: { $set: { b: odd, c: undefined } } } }
    ];
    const { collection } = on;
    const ignoring = on.db.collection<any>(collection.collectionName, { ignoreUndefined: true });
    return await on.all(
      () => collection.bulkWrite(both(1)),
      () => collection.bulkWrite(both(2), { ignoreUndefined: true }),
      () => collection.bulkWrite(both(3), { serializeFunctions: true }),
      () => ignoring.bulkWrite(both(4)),
      () =>
        collection.bulkWrite([{ insertOne: { document: { _id: 5, $a: 1 } } }], { checkKeys: true }),
      () => collection.bulkWrite(both(6), { checkKeys: true }),
      () => ignoring.bulkWrite([{ updateOne: { filter: {}, update: { $set: undefined as any } } }]),
      () => collection.bulkWrite(both(7), { useBigInt64: true, bsonRegExp: true }),
      () => contents(collection)
    );
  },
  'is refused a cycle and a number that no type holds': on => {
    const cycle: Record<string, unknown> = { _id: 1 };
    cycle['list'] = [{ cycle }];
    return on.all(
      () => on.collection.bulkWrite([{ insertOne: { document: cycle } }]),
      () => on.collection.bulkWrite([{ insertOne: { document: { _id: 2, n: 2n ** 70n } } }])
    );
  },
  'is refused by a validator, which it may bypass': async on => {
    const validator = {
      $jsonSchema: { required: ['name'], properties: { n: { bsonType: 'int' } } }
    };
    await on.db.createCollection(on.collection.collectionName, { validator });
    const operations = (): Operations => [
      { insertOne: { document: { _id: 1, n: 'text' } } },
      { insertOne: { document: { _id: 2, name: '' } } },
      { updateOne: { filter: { _id: 2 }, update: { $set: { n: 'text' } } } }
    ];
    return await on.all(
      () => ended(on, () => on.collection.bulkWrite(operations())),
      () => ended(on, () => on.collection.bulkWrite(operations(), { ordered: false })),
      () =>
        ended(on, () =>
          on.collection.bulkWrite(operations(), { ordered: false, bypassDocumentValidation: true })
        )
    );
  },
  'is refused by a unique index, with its details': async on => {
    await on.collection.createIndex({ 'a.b': 1, c: -1 }, { unique: true }, {});
    const document = () => ({ a: { b: 'x' }, c: GIVEN });
    return await ended(on, () =>
      on.collection.bulkWrite([
        { insertOne: { document: document() } },
        { insertOne: { document: document() } }
      ])
    );
  },
  'is refused by a collection whose name is none': on =>
    on.all(
      () => on.db.collection('$a').bulkWrite([{ insertOne: { document: {} } }]),
      () => on.db.collection('').bulkWrite([{ deleteOne: { filter: {} } }])
    ),
  'is refused a statement above the size limit': on =>
    on.all(
      () => on.collection.bulkWrite([{ insertOne: { document: { _id: 1, text: large(16) } } }]),
      () =>
        on.collection.bulkWrite([
          { insertOne: { document: { _id: 2 } } },
          { updateOne: { filter: {}, update: { $set: { text: large(16) } } } }
        ]),
      () => contents(on.collection)
    ),
  'splits more than 16 MB into commands, each error at its own index': async on => {
    const text = large(6);
    const operations = [1, 2, 3, 4, 3].map(_id => ({ insertOne: { document: { _id, text } } }));
    const updates = [1, 2, 3, 4].map(_id => ({
      replaceOne: { filter: { _id }, replacement: { text }, upsert: true }
    }));
    const { collection } = on;
    const refusal = await collection
      .bulkWrite(operations, { ordered: false })
      .catch((error: unknown) => {
        // Not the texts: nobody wants them in a failure's diff.
        const { writeErrors, insertedIds, insertedCount } = error as MongoBulkWriteError;
        const indexes = [writeErrors].flat().map(one => one.index);
        return { insertedIds, indexes, insertedCount };
      });
    return { refusal, result: told(await collection.bulkWrite(updates)) };
  },
  'splits more than 100,000 statements into commands': async on => {
    const inserts = Array.from({ length: 100_001 }, (_, _id) => ({
      insertOne: { document: { _id } }
    }));
    const { insertedCount, insertedIds } = await on.collection.bulkWrite(inserts);
    return { insertedCount, ids: Object.keys(insertedIds).length };
  }
};

const client: Scenarios[string] = {
  'is refused no models, and what takes an answer without one': on => {
    const namespace = `${on.db.databaseName}.${on.collection.collectionName}`;
    const models = [{ name: 'insertOne', namespace, document: {} }] as const;
    const writeConcern = { w: 0 };
    return on.all(
      () => on.client.bulkWrite([]),
      () => on.client.bulkWrite([], { ordered: false, verboseResults: true }),
      () => on.client.bulkWrite(models, { writeConcern }),
      () => on.client.bulkWrite(models, { writeConcern, verboseResults: true }),
      () => on.client.bulkWrite(models, { writeConcern, verboseResults: true, ordered: false }),
      () => on.open({ writeConcern }).bulkWrite(models)
    );
  }
};

export const BULKS: Scenarios = {
  'Collection.bulkWrite': bulkWrite,
  'MongoClient.bulkWrite': client
};
