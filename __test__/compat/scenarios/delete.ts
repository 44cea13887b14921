// Owns what is compared of deletes and of finding and changing at once. Must not know how two
// outcomes are compared.

import type { Context, Scenario, Scenarios } from '../both.ts';
import { contents, NOT_DOCUMENTS, seed } from './seed.ts';

type Call = (on: Context) => unknown;

/** The calls one after the other on the seven fruits, and what these are afterwards. */
function calls(...make: Call[]): Scenario {
  return async on => {
    await seed(on.collection);
    return await on.all(...make.map(run => () => run(on)), () => contents(on.collection));
  };
}

/** What the two deletes have in common. */
function deletes(run: (filter?: any, options?: any) => Call): Scenarios[string] {
  return {
    'counts what it deleted': calls(run({ n: 5 }), run({ n: 99 }), run({ n: 3 })),
    'deletes by an empty filter when it is left out': calls(run()),
    'passes its options to the server': calls(
      run({ name: 'banana' }, { collation: { locale: 'en', strength: 1 } }),
      run({ n: 3 }, { hint: 'n_1' }),
      run({ n: 3 }, { hint: { n: 1 } }),
      run({ n: 3 }, { hint: 'no such index' }),
      run({ $expr: { $eq: ['$n', '$$v'] } }, { let: { v: 9 } }),
      run({ _id: 99 }, { comment: { a: 1 }, maxTimeMS: 5_000, ordered: false }),
      run({ _id: 99 }, { writeConcern: { w: 1, wtimeoutMS: 100 } }),
      run({ _id: undefined }, { ignoreUndefined: true }),
      run({ _id: 99 }, { promoteValues: false }),
      run({ _id: 99 }, null)
    ),
    'is refused a filter that is none': calls(
      run({ $nonsense: 1 }),
      ...NOT_DOCUMENTS.map(value => run(value)),
      run({}, { collation: { locale: 'nowhere' } })
    ),
    explains: async on => {
      await seed(on.collection);
      const explained: any = await run({ n: 3 }, { explain: 'queryPlanner' })(on);
      return { keys: Object.keys(explained), plan: explained.queryPlanner.winningPlan };
    }
  };
}

/** What finding and changing at once have in common, whatever the change. */
function changes(run: (filter: any, options?: any) => Call): Scenarios[string] {
  return {
    'gives the document or null': calls(run({ n: 3 }), run({ n: 99 })),
    'gives the whole reply when asked': calls(
      run({ n: 3 }, { includeResultMetadata: true }),
      run({ n: 99 }, { includeResultMetadata: true }),
      run({ n: 3 }, { includeResultMetadata: false })
    ),
    'chooses by sort': calls(
      run({ n: 3 }, { sort: { _id: -1 } }),
      run(
        {},
        {
          sort: [
            ['n', 'desc'],
            ['_id', 1]
          ]
        }
      ),
      run({}, { sort: 'n' }),
      run({}, { sort: ['n', 'name'] }),
      run({}, { sort: new Map([['n', -1]]) }),
      run({}, { sort: {} }),
      run({}, { sort: { n: 'sideways' } }),
      run({}, { sort: 5 })
    ),
    'passes its options to the server': calls(
      run({ _id: 1 }, { projection: { name: 1, _id: 0 } }),
      run({ name: 'FIG' }, { collation: { locale: 'en', strength: 2 } }),
      run({ n: 3 }, { hint: 'n_1' }),
      run({ n: 3 }, { hint: 'no such index' }),
      run({ $expr: { $eq: ['$n', '$$v'] } }, { let: { v: 9 } }),
      run({ _id: 5 }, { comment: 'why', maxTimeMS: 5_000, writeConcern: { w: 1 } }),
      run({ _id: 5 }, { upsert: true }),
      run({ _id: undefined }, { ignoreUndefined: true }),
      run({ _id: 5 }, null)
    ),
    'obeys the BSON options': calls(
      run({ _id: 1 }, { promoteValues: false }),
      run({ _id: 2 }, { raw: true }),
      run({ _id: 3 }, { raw: true, includeResultMetadata: true }),
      run({ _id: 4 }, { promoteValues: false, includeResultMetadata: true }),
      run({ _id: 5 }, { fieldsAsRaw: { value: true } })
    ),
    'is refused arguments of the wrong type': calls(
      ...NOT_DOCUMENTS.map(value => run(value)),
      run({ $nonsense: 1 })
    ),
    explains: async on => {
      await seed(on.collection);
      const explained: any = await run({ n: 3 }, { explain: 'queryPlanner' })(on);
      return explained === null ? null : Object.keys(explained);
    }
  };
}

const findOneAndUpdate: Scenarios[string] = {
  'gives the document before or after': calls(
    on => on.collection.findOneAndUpdate({ _id: 1 }, { $inc: { n: 1 } }),
    on =>
      on.collection.findOneAndUpdate({ _id: 1 }, { $inc: { n: 1 } }, { returnDocument: 'after' }),
    on =>
      on.collection.findOneAndUpdate({ _id: 1 }, { $inc: { n: 1 } }, { returnDocument: 'before' }),
    on =>
      on.collection.findOneAndUpdate({ _id: 1 }, [{ $set: { p: '$n' } }], {
        returnDocument: 'after'
      })
  ),
  upserts: calls(
    on => on.collection.findOneAndUpdate({ _id: 50 }, { $set: { a: 1 } }, { upsert: true }),
    on =>
      on.collection.findOneAndUpdate(
        { x: 1 },
        { $set: { a: 1 } },
        { upsert: true, returnDocument: 'after', includeResultMetadata: true }
      )
  ),
  'takes array filters': calls(
    on =>
      on.collection.findOneAndUpdate(
        { _id: 6 },
        { $set: { 'grown.years.$[y]': 0 } },
        { arrayFilters: [{ y: { $gt: 4 } }], returnDocument: 'after' }
      ),
    on => on.collection.findOneAndUpdate({}, { $set: { a: 1 } }, { bypassDocumentValidation: true })
  ),
  'is refused an update that is none': calls(
    ...[
      ...NOT_DOCUMENTS,
      {},
      { a: 1 },
      [{ a: 1 }],
      { $set: {} },
      { $nonsense: 1 },
      { $set: { _id: 9 } }
    ].map(
      (update): Call =>
        on =>
          on.collection.findOneAndUpdate({ _id: 1 }, update)
    ),
    on => on.collection.findOneAndUpdate({ _id: 1 }, { $set: undefined }, { ignoreUndefined: true })
  )
};

const findOneAndReplace: Scenarios[string] = {
  'gives the document before or after': calls(
    on => on.collection.findOneAndReplace({ _id: 1 }, { a: 1 }),
    on => on.collection.findOneAndReplace({ _id: 1 }, { a: 2 }, { returnDocument: 'after' }),
    on =>
      on.collection.findOneAndReplace(
        { _id: 60 },
        { a: 2 },
        { upsert: true, returnDocument: 'after' }
      )
  ),
  'is refused a replacement that is none': calls(
    ...[
      ...NOT_DOCUMENTS,
      { $set: { a: 1 } },
      { a: 1, $set: 1 },
      { _id: 2 },
      [{ $set: { a: 1 } }]
    ].map(
      (replacement): Call =>
        on =>
          on.collection.findOneAndReplace({ _id: 1 }, replacement)
    )
  )
};

export const DELETES: Scenarios = {
  'Collection.deleteOne': deletes(
    (...given) =>
      on =>
        on.collection.deleteOne(...given)
  ),
  'Collection.deleteMany': deletes(
    (...given) =>
      on =>
        on.collection.deleteMany(...given)
  ),
  'Collection.findOneAndDelete': changes(
    (...given) =>
      on =>
        on.collection.findOneAndDelete(...given)
  ),
  'Collection.findOneAndUpdate': {
    ...changes(
      (filter, options) => on => on.collection.findOneAndUpdate(filter, { $set: { c: 1 } }, options)
    ),
    ...findOneAndUpdate
  },
  'Collection.findOneAndReplace': {
    ...changes(
      (filter, options) => on => on.collection.findOneAndReplace(filter, { c: 1 }, options)
    ),
    ...findOneAndReplace
  }
};
