// Owns what is compared of updates and replacements. Must not know how two outcomes are compared.
/* eslint-disable @typescript-eslint/no-deprecated -- what is deprecated is compared like the rest */

import { ObjectId } from 'bson';
import type { Context, Scenario, Scenarios } from '../both.ts';
import { contents, NOT_DOCUMENTS, seed } from './seed.ts';

const GIVEN = new ObjectId('5f0000000000000000000001');

/** The calls one after the other on the seven fruits, and what these are afterwards. */
function calls(...make: Array<(on: Context) => unknown>): Scenario {
  return async on => {
    await seed(on.collection);
    return await on.all(...make.map(run => () => run(on)), () => contents(on.collection));
  };
}

type Verb = 'updateOne' | 'updateMany';

/** What the two updates have in common. */
function updates(verb: Verb): Scenarios[string] {
  const run =
    (filter: any, update: any, options?: any) =>
    ({ collection }: Context) =>
      collection[verb](filter, update, options);
  return {
    'counts what it matched and changed': calls(
      run({ n: 5 }, { $set: { n: 6 } }),
      run({ n: 6 }, { $set: { n: 6 } }),
      run({ n: 99 }, { $set: { n: 6 } }),
      run({}, { $inc: { n: 1 }, $push: { tags: 'new' }, $unset: { grown: '' } })
    ),
    'upserts, with an id that is given or made': calls(
      run({ _id: 50 }, { $set: { a: 1 } }, { upsert: true }),
      run({ _id: GIVEN }, { $setOnInsert: { a: 1 } }, { upsert: true }),
      run({ n: 77 }, { $set: { a: 2 } }, { upsert: true }),
      run({ _id: 50 }, { $set: { a: 3 } }, { upsert: true }),
      run({ n: 99 }, { $set: { a: 1 } }, { upsert: false })
    ),
    'takes a pipeline': calls(
      run({ _id: 1 }, [{ $set: { total: { $add: ['$n', 1] } } }, { $unset: 'tags' }]),
      run({ n: 3 }, [{ $set: { twice: '$$factor' } }], { let: { factor: 2 } })
    ),
    'passes its options to the server': calls(
      run({}, { $set: { 'grown.years.$[y]': 0 } }, { arrayFilters: [{ y: { $gt: 3 } }] }),
      run({ name: 'banana' }, { $set: { c: 1 } }, { collation: { locale: 'en', strength: 1 } }),
      run({ n: 3 }, { $set: { h: 1 } }, { hint: 'n_1' }),
      run({ n: 3 }, { $set: { h: 2 } }, { hint: { n: 1 } }),
      run({ n: 3 }, { $set: { h: 3 } }, { hint: 'no such index' }),
      run({ $expr: { $eq: ['$n', '$$v'] } }, { $set: { l: 1 } }, { let: { v: 3 } }),
      run({ _id: 1 }, { $set: { m: 1 } }, { comment: 'why', maxTimeMS: 5_000 }),
      run({ _id: 1 }, { $set: { m: 2 } }, { bypassDocumentValidation: true }),
      run({ _id: 1 }, { $set: { m: 3 } }, { bypassDocumentValidation: false }),
      run({ _id: 1 }, { $set: { m: 4 } }, { ordered: false }),
      run({ _id: 1 }, { $set: { m: 5 } }, { writeConcern: { w: 'majority' } }),
      run({ _id: 1 }, { $set: { m: 6 } }, null)
    ),
    'obeys the BSON options': calls(
      run({ _id: 1 }, { $set: { u: undefined } }),
      run({ _id: 2 }, { $set: { u: undefined } }, { ignoreUndefined: true }),
      run({ _id: 3 }, { $set: undefined }, { ignoreUndefined: true }),
      run({ _id: undefined }, { $set: { a: 1 } }, { ignoreUndefined: true }),
      run({ _id: 2 }, { $set: { f: function f() {} } }, { serializeFunctions: true }),
      run({ _id: 1 }, { $set: { p: 1 } }, { promoteValues: false }),
      run({ n: 1234 }, { $set: { p: 1 } }, { upsert: true, promoteLongs: false }),
      run({ _id: 1 }, { $set: { p: 2 } }, { raw: true }),
      run({ _id: 1 }, { $set: { p: 3 } }, { useBigInt64: true })
    ),
    'is refused an update without operators': calls(
      run({}, {}),
      run({}, { a: 1 }),
      run({}, []),
      run({}, [{ a: 1 }]),
      run({}, { a: 1, $set: { a: 1 } }),
      run({}, { $set: { a: 1 }, b: 1 })
    ),
    'is refused by the server': calls(
      run({}, { $nonsense: { a: 1 } }),
      run({}, { $set: {} }),
      run({}, { $set: { _id: 9 } }),
      run({ _id: 1 }, { $inc: { name: 1 } }),
      run({ $nonsense: 1 }, { $set: { a: 1 } }),
      run({}, { $set: { 'a.$[x]': 1 } }),
      run({}, { $set: { a: 1, 'a.b': 1 } }),
      run({}, { $set: { a: 1 } }, { arrayFilters: [{ y: 1 }] }),
      run({}, { $set: { a: 1 } }, { arrayFilters: 'wrong' }),
      run({}, { $set: { a: 1 } }, { collation: { locale: 'nowhere' } })
    ),
    'is refused by a unique index': async on => {
      await on.collection.createIndex({ u: 1 }, { unique: true, sparse: true });
      await on.collection.insertMany([
        { _id: 1, u: 1 },
        { _id: 2, u: 2 }
      ]);
      await on.collection[verb]({ _id: 2 }, { $set: { u: 1 } });
    },
    'is refused arguments of the wrong type': calls(
      ...NOT_DOCUMENTS.map(value => run(value, { $set: { a: 1 } })),
      ...NOT_DOCUMENTS.map(value => run({}, value)),
      run({}, { $set: { a: 1 } }, { upsert: 'yes' }),
      run({}, { $set: { a: 1 } }, { sort: 'n' })
    ),
    explains: async on => {
      await seed(on.collection);
      const explained: any = await on.collection[verb](
        { n: 3 },
        { $set: { a: 1 } },
        { explain: 'queryPlanner' }
      );
      return { keys: Object.keys(explained), plan: explained.queryPlanner.winningPlan };
    }
  };
}

/** Curried by verb, so that each call's source names the method it is about. */
const sortedUpdates: Scenarios[string] = {
  'sends its sort, which this server may not know': calls(
    ({ collection }) => collection.updateOne({}, { $set: { s: 1 } }, { sort: { n: -1 } }),
    ({ collection }) => collection.updateOne({}, { $set: { s: 1 } }, { sort: null as any })
  )
};

const manyUpdates: Scenarios[string] = {
  'changes every document that matches': calls(({ collection }) =>
    collection.updateMany({ n: { $gt: 2 } }, { $mul: { n: 10 } })
  )
};

const replaceOne: Scenarios[string] = {
  'replaces the document and keeps its _id': calls(
    ({ collection }) => collection.replaceOne({ n: 5 }, { only: 'this' }),
    ({ collection }) => collection.replaceOne({ _id: 2 }, { _id: 2, only: 'that' } as any),
    ({ collection }) => collection.replaceOne({ _id: 3 }, {}),
    ({ collection }) => collection.replaceOne({ _id: 99 }, { a: 1 })
  ),
  upserts: calls(
    ({ collection }) => collection.replaceOne({ _id: 50 }, { a: 1 }, { upsert: true }),
    ({ collection }) => collection.replaceOne({ x: 1 }, { a: 1 }, { upsert: true }),
    ({ collection }) => collection.replaceOne({ _id: 50 }, { a: 2 }, { upsert: true })
  ),
  'passes its options to the server': calls(
    ({ collection }) => collection.replaceOne({ n: 3 }, { h: 1 }, { hint: 'n_1', comment: 1 }),
    ({ collection }) =>
      collection.replaceOne(
        { name: 'FIG' },
        { c: 1 },
        { collation: { locale: 'en', strength: 2 } }
      ),
    ({ collection }) =>
      collection.replaceOne({ $expr: { $eq: ['$n', '$$v'] } }, { l: 1 }, { let: { v: 9 } }),
    ({ collection }) => collection.replaceOne({ _id: 1 }, { s: 1 }, { sort: { n: 1 } }),
    ({ collection }) =>
      collection.replaceOne({ _id: 1 }, { b: 1 }, { bypassDocumentValidation: true }),
    ({ collection }) =>
      collection.replaceOne({ _id: 1 }, { u: undefined }, { ignoreUndefined: true }),
    ({ collection }) => collection.replaceOne({ _id: 1 }, {}, { explain: true })
  ),
  'is refused operators, another _id and what is not a document': calls(
    ({ collection }) => collection.replaceOne({ _id: 1 }, { $set: { a: 1 } }),
    ({ collection }) => collection.replaceOne({ _id: 1 }, { a: 1, $set: 1 }),
    ({ collection }) => collection.replaceOne({ _id: 1 }, { _id: 2 } as any),
    ({ collection }) => collection.replaceOne({ _id: 1 }, [{ $set: { a: 1 } }] as any),
    ...NOT_DOCUMENTS.map(
      value =>
        ({ collection }: Context) =>
          collection.replaceOne({ _id: 1 }, value)
    ),
    ...NOT_DOCUMENTS.map(
      value =>
        ({ collection }: Context) =>
          collection.replaceOne(value, { a: 1 })
    )
  )
};

export const UPDATES: Scenarios = {
  'Collection.updateOne': { ...updates('updateOne'), ...sortedUpdates },
  'Collection.updateMany': { ...updates('updateMany'), ...manyUpdates },
  'Collection.replaceOne': replaceOne
};
