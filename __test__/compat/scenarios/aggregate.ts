// Owns what is compared of counting, distinct values and pipelines. Must not know how two outcomes
// are compared.
/* eslint-disable @typescript-eslint/no-deprecated -- what is deprecated is compared like the rest */

import type { Context, Scenario, Scenarios } from '../both.ts';
import { contents, NOT_DOCUMENTS, seed, seedNumbers } from './seed.ts';

type Call = (on: Context) => unknown;

/** The calls one after the other on the seven fruits. */
function calls(...make: Call[]): Scenario {
  return async on => {
    await seed(on.collection);
    return await on.all(...make.map(run => () => run(on)));
  };
}

const collation = { locale: 'en', strength: 1 };

/** Filters and options that counting and distinct share. */
function filtered(run: (filter?: any, options?: any) => Call): Scenarios[string] {
  return {
    'obeys its filter and options': calls(
      run(),
      run({ n: 3 }),
      run({ n: 99 }),
      run({ name: 'banana' }, { collation }),
      run({ n: 3 }, { hint: 'n_1' }),
      run({ n: 3 }, { hint: { n: 1 } }),
      run({ n: 3 }, { hint: 'no such index' }),
      run({}, { skip: 2 }),
      run({}, { limit: 3 }),
      run({}, { skip: 5, limit: 3 }),
      run({}, { skip: 'two' }),
      run({}, { maxTimeMS: 5_000, comment: 'why' }),
      run({}, { readConcern: { level: 'majority' } }),
      run({}, { readPreference: 'nearest' }),
      run({}, { promoteValues: false }),
      run({}, { promoteLongs: false }),
      run({}, { useBigInt64: true }),
      run({}, { raw: true }),
      run({}, null)
    ),
    'is refused what is no filter': calls(
      ...NOT_DOCUMENTS.map(value => run(value)),
      run({ $nonsense: 1 }),
      run({ $where: 'sleep(50) || true' }, { maxTimeMS: 10 })
    )
  };
}

const explain = async (explaining: unknown) => Object.keys((await explaining) as object);

const count: Scenarios = {
  'Collection.countDocuments': {
    ...filtered(
      (...given) =>
        on =>
          on.collection.countDocuments(...given)
    ),
    'is 0 for a collection that is not there': on => on.collection.countDocuments(),
    'is 0 when it is to be explained': async on => {
      await on.collection.insertOne({ a: 1 });
      return on.collection.countDocuments({}, { explain: true });
    }
  },
  'Collection.count': {
    ...filtered(
      (...given) =>
        on =>
          on.collection.count(...given)
    ),
    'is 0 for a collection that is not there': on => on.collection.count({ a: 1 })
  },
  'Collection.estimatedDocumentCount': {
    'counts, by its options': calls(
      on => on.collection.estimatedDocumentCount(),
      on => on.collection.estimatedDocumentCount({ maxTimeMS: 5_000, comment: 'why' }),
      on => on.collection.estimatedDocumentCount({ readConcern: 'local', promoteValues: false }),
      on => on.collection.estimatedDocumentCount({ raw: true }),
      on => on.collection.estimatedDocumentCount({ explain: true })
    ),
    'is 0 for a collection that is not there': on => on.collection.estimatedDocumentCount()
  },
  'Collection.distinct': {
    ...filtered(
      (...given) =>
        on =>
          on.collection.distinct('name', ...given)
    ),
    'reads the values of a key': calls(
      on => on.collection.distinct('tags'),
      on => on.collection.distinct('grown.years', { n: 5 }),
      on => on.collection.distinct('nothing'),
      on => on.collection.distinct('grown'),
      on => on.collection.distinct('n', {}, { promoteValues: false }),
      on => on.collection.distinct(undefined as any),
      on => on.collection.distinct(5 as any),
      on => explain(on.collection.distinct('n', {}, { explain: 'queryPlanner' })),
      on =>
        explain(
          on.collection.distinct(
            'n',
            {},
            { explain: { verbosity: 'queryPlanner', maxTimeMS: 500 } }
          )
        )
    )
  }
};

const N_BY_NAME = [{ $group: { _id: '$name', n: { $sum: '$n' } } }, { $sort: { _id: 1 } }];

const run =
  (pipeline?: any, options?: any): Call =>
  on =>
    on.collection.aggregate(pipeline, options).toArray();

const aggregate: Scenarios[string] = {
  'runs pipelines': calls(
    run(),
    run([]),
    run(N_BY_NAME),
    run([{ $unwind: '$tags' }, { $sortByCount: '$tags' }, { $sort: { _id: 1 } }]),
    run([{ $facet: { a: [{ $match: { n: 3 } }], b: [{ $count: 'n' }] } }]),
    run([{ $indexStats: {} }, { $project: { name: 1 } }, { $sort: { name: 1 } }]),
    run([{ $collStats: { count: {} } }, { $project: { count: 1 } }])
  ),
  'passes its options to the server': calls(
    run([{ $match: { name: 'banana' } }], { collation }),
    run([{ $match: { n: 3 } }], { hint: 'n_1' }),
    run([{ $match: { n: 3 } }], { hint: 'no such index' }),
    run([{ $match: { $expr: { $eq: ['$n', '$$v'] } } }], { let: { v: 3 } }),
    run([], { batchSize: 2 }),
    run([], { cursor: { batchSize: 3 } }),
    run([], { cursor: 5 }),
    run([], { batchSize: 0 }),
    run([], { allowDiskUse: true, comment: { a: 1 }, maxTimeMS: 5_000 }),
    run([], { allowDiskUse: false, bypassDocumentValidation: true }),
    run([], { readConcern: 'majority', readPreference: 'primaryPreferred' }),
    run([], { raw: true }),
    run([], { promoteValues: false, batchSize: 3 }),
    run([], { maxAwaitTimeMS: 100 }),
    run([], null)
  ),
  'is refused what is no pipeline': calls(
    run({ $match: {} }),
    run('text'),
    run(null),
    run([5]),
    run([{}]),
    run([{ $nonsense: 1 }]),
    run([{ $match: {}, $limit: 1 }]),
    run([{ $limit: -1 }]),
    run([{ $match: { $where: 'sleep(50)' } }], { maxTimeMS: 10 }),
    run([{ $project: { x: { $divide: [1, { $subtract: ['$n', '$n'] }] } } }])
  ),
  'writes its result to a collection': async on => {
    await seed(on.collection);
    const out = `${on.collection.collectionName}out`;
    const into = (pipeline: any[], options?: any) => () =>
      on.collection.aggregate(pipeline, options).toArray();
    return await on.all(
      into([{ $match: { n: 3 } }, { $out: out }]),
      () => contents(on.db.collection(out)),
      into([{ $match: { n: 5 } }, { $out: { db: on.db.databaseName, coll: out } }], {
        batchSize: 1
      }),
      () => contents(on.db.collection(out)),
      into([{ $match: { n: 1 } }], { out }),
      () => contents(on.db.collection(out)),
      into([{ $merge: { into: out, on: '_id' } }], { writeConcern: { w: 1 } }),
      () => contents(on.db.collection(out)),
      into([{ $out: out }, { $match: {} }]),
      into([{ $merge: { into: out, whenMatched: 'fail' } }]),
      into([{ $out: out }], { readConcern: 'majority', bypassDocumentValidation: true })
    );
  },
  explains: calls(
    on => explain(on.collection.aggregate(N_BY_NAME).explain()),
    on => explain(on.collection.aggregate(N_BY_NAME).explain('queryPlanner')),
    on => explain(on.collection.aggregate(N_BY_NAME, { explain: true }).next()),
    on => explain(on.collection.aggregate([{ $nonsense: 1 }]).explain())
  ),
  'gives the server its pipeline as it was when read': async on => {
    await seedNumbers(on.collection, 5);
    const pipeline: any[] = [{ $match: { _id: { $gt: 1 } } }];
    const cursor = on.collection.aggregate(pipeline);
    pipeline.push({ $sort: { _id: -1 } });
    return { pipeline: cursor.pipeline === pipeline, documents: await cursor.toArray() };
  }
};

/** The stages of an AggregationCursor, each by its own method. */
const stages: Scenarios = {
  'AggregationCursor.match': {
    'adds a stage': calls(on => on.collection.aggregate().match({ n: 3 }).toArray())
  },
  'AggregationCursor.group': {
    'adds a stage': calls(on =>
      on.collection
        .aggregate()
        .group({ _id: '$n', c: { $sum: 1 } })
        .sort({ _id: 1 })
        .toArray()
    )
  },
  'AggregationCursor.limit': {
    'adds a stage': calls(on => on.collection.aggregate().limit(2).toArray())
  },
  'AggregationCursor.skip': {
    'adds a stage': calls(on => on.collection.aggregate().skip(5).toArray())
  },
  'AggregationCursor.sort': {
    'adds a stage as it is': calls(
      on => on.collection.aggregate().sort({ n: -1, _id: 1 }).toArray(),
      on => on.collection.aggregate().sort('n').toArray()
    )
  },
  'AggregationCursor.project': {
    'adds a stage': calls(on => on.collection.aggregate().project({ n: 1 }).toArray())
  },
  'AggregationCursor.unwind': {
    'adds a stage': calls(
      on => on.collection.aggregate().unwind('$tags').toArray(),
      on => on.collection.aggregate().unwind({ path: '$tags', includeArrayIndex: 'i' }).toArray()
    )
  },
  'AggregationCursor.redact': {
    'adds a stage': calls(on =>
      on.collection
        .aggregate()
        .redact({ $cond: [{ $eq: ['$n', 3] }, '$$KEEP', '$$PRUNE'] })
        .toArray()
    )
  },
  'AggregationCursor.lookup': {
    'adds a stage': calls(on =>
      on.collection
        .aggregate()
        .lookup({
          from: on.collection.collectionName,
          localField: 'n',
          foreignField: '_id',
          as: 'l'
        })
        .toArray()
    )
  },
  'AggregationCursor.geoNear': {
    'adds a stage': async on => {
      await on.collection.createIndex({ at: '2dsphere' });
      await on.collection.insertOne({ _id: 1, at: { type: 'Point', coordinates: [1, 2] } });
      const near = { type: 'Point', coordinates: [1, 2] } as const;
      return await on.collection.aggregate().geoNear({ near, distanceField: 'd' }).toArray();
    }
  },
  'AggregationCursor.out': {
    'adds a stage': calls(
      on =>
        on.collection.aggregate().match({ n: 3 }).out(`${on.collection.collectionName}o`).toArray(),
      on => contents(on.db.collection(`${on.collection.collectionName}o`))
    )
  },
  'AggregationCursor.addStage': {
    'adds a stage, until the cursor has started': calls(
      on => on.collection.aggregate().addStage({ $count: 'n' }).toArray(),
      async on => {
        const cursor = on.collection.aggregate([], { batchSize: 2 });
        await cursor.next();
        try {
          cursor.addStage({ $limit: 1 });
        } finally {
          await cursor.close();
        }
      }
    )
  },
  'AggregationCursor.pipeline': {
    'is the list of stages': calls(
      on => on.collection.aggregate([{ $match: {} }]).limit(2).pipeline
    )
  }
};

export const AGGREGATES: Scenarios = { ...count, 'Collection.aggregate': aggregate, ...stages };
