// Owns what is compared of queries: filters, options, how documents are read. What cursors do once
// they run is cursor.ts's.

import { Binary, Decimal128, Long, ObjectId, UUID } from 'bson';
import type { Context, Scenario, Scenarios } from '../both.ts';
import { NOT_DOCUMENTS, seed } from './seed.ts';

type Query = readonly [filter?: any, options?: any];

/** The same queries by both methods, on the seven fruits. */
function queries(...given: Query[]): Record<'find' | 'findOne', Scenario> {
  return {
    find: async on => {
      await seed(on.collection);
      return await on.all(...given.map(query => () => all(on, query)));
    },
    findOne: async on => {
      await seed(on.collection);
      return await on.all(...given.map(query => () => on.collection.findOne(...query)));
    }
  };
}

async function all(on: Context, query: Query): Promise<unknown[]> {
  return await on.collection.find(...query).toArray();
}

const ID = new ObjectId('5f0000000000000000000001');
const collation = { locale: 'en', strength: 1 };
const kent = { 'grown.in': 'Kent' };

const QUERIES = {
  'filter the documents': queries(
    [],
    [{}],
    [{ n: 3 }],
    [{ n: { $gte: 3, $lt: 9 }, tags: 'brown' }],
    [kent],
    [{ $or: [{ _id: 1 }, { _id: 7 }] }],
    [{ name: /^a/ }],
    [{ name: { $regex: 'AN', $options: 'i' } }],
    [{ tags: { $elemMatch: { $in: ['red'] } } }],
    [{ _id: 99 }],
    [{ grown: undefined }],
    [{ grown: null }],
    [ID]
  ),
  'are refused filters that are none': queries(
    ...NOT_DOCUMENTS.map((filter): Query => [filter]),
    [{ $nonsense: 1 }],
    [{ n: { $nonsense: 1 } }],
    [{ _id: { $in: 5 } }],
    [Buffer.from('0500000000', 'hex')],
    [new Map([['_id', 2]])]
  ),
  project: queries(
    [{}, { projection: { name: 1 } }],
    [{}, { projection: { name: 1, _id: 0 } }],
    [{}, { projection: { tags: { $slice: 1 }, n: 0 } }],
    [{}, { projection: { total: { $add: ['$n', 1] } } }],
    [{}, { projection: ['name', 'n'] }],
    [{}, { projection: [] }],
    [{}, { projection: {} }],
    [{}, { projection: { a: 1, b: 0 } }],
    [{}, { projection: null }],
    [{}, { projection: 'name' }]
  ),
  sort: queries(
    [{}, { sort: { n: -1, _id: 1 } }],
    [{}, { sort: { n: 'asc', _id: 'descending' } }],
    [
      {},
      {
        sort: [
          ['n', -1],
          ['_id', 1]
        ]
      }
    ],
    [{}, { sort: ['n', '_id'] }],
    [{}, { sort: ['n', -1] }],
    [{}, { sort: 'name' }],
    [
      {},
      {
        sort: new Map<string, 1 | -1>([
          ['n', 1],
          ['_id', -1]
        ])
      }
    ],
    [{}, { sort: {} }],
    [{}, { sort: [] }],
    [{}, { sort: null }],
    [{}, { sort: { n: '1' } }],
    [{}, { sort: { n: 2 } }],
    [{}, { sort: { n: 'sideways' } }],
    [{}, { sort: 5 }],
    [{}, { sort: { n: { $meta: 'textScore' } } }]
  ),
  'limit and skip': queries(
    [{}, { limit: 2 }],
    [{}, { limit: 0 }],
    [{}, { limit: -2 }],
    [{}, { skip: 5 }],
    [{}, { skip: 2, limit: 2 }],
    [{}, { skip: -1 }],
    [{}, { limit: 'two' }],
    [{}, { limit: 1.5 }],
    [{}, { limit: 3, batchSize: 2 }],
    [{}, { limit: 3, batchSize: 3 }],
    [{}, { limit: 2, batchSize: 3 }],
    [{}, { batchSize: 2 }],
    [{}, { batchSize: 0 }],
    [{}, { batchSize: 1 }],
    [{}, { batchSize: -2 }],
    [{}, { limit: 4, batchSize: -2 }],
    [{}, { singleBatch: true, batchSize: 3 }],
    [{}, { singleBatch: true, limit: 3 }]
  ),
  'choose an index and its bounds': queries(
    [{ n: 3 }, { hint: 'n_1' }],
    [{ n: 3 }, { hint: { n: 1 } }],
    [{ n: 3 }, { hint: ['n'] }],
    [{ n: 3 }, { hint: new Map([['n', 1]]) }],
    [{ n: 3 }, { hint: 'no such index' }],
    [{}, { hint: { $natural: -1 } }],
    [{}, { hint: 'n_1', min: { n: 3 }, max: { n: 9 } }],
    [{}, { min: { n: 3 } }],
    [{}, { hint: 'n_1', returnKey: true }],
    [{}, { showRecordId: true }]
  ),
  'pass further options to the server': queries(
    [{ name: 'banana' }, { collation }],
    [{}, { collation, sort: { name: 1 } }],
    [{}, { collation: { locale: 'nowhere' } }],
    [{}, { comment: 'why' }],
    [{}, { comment: { a: [1] }, batchSize: 3 }],
    [{ $expr: { $eq: ['$n', '$$v'] } }, { let: { v: 3 } }],
    [{}, { maxTimeMS: 5_000 }],
    [{}, { maxTimeMS: 0 }],
    [{}, { allowDiskUse: true, sort: { n: 1 } }],
    [{}, { allowPartialResults: true }],
    [{}, { noCursorTimeout: true }],
    [{}, { timeout: false }],
    [{}, { oplogReplay: true }],
    [{}, { readConcern: 'majority' }],
    [{}, { readConcern: { level: 'local' } }],
    [{}, { readConcern: { level: 'nonsense' } }],
    [{}, { readPreference: 'primaryPreferred' }],
    [{}, { readPreference: 'nonsense' }],
    [{}, { tailable: true }],
    [{}, { noSuchOption: 1 }],
    [{}, 5],
    [{}, null]
  ),
  'stop at maxTimeMS': queries([{ $where: 'sleep(50) || true' }, { maxTimeMS: 10 }])
} satisfies Record<string, Record<'find' | 'findOne', Scenario>>;

const typed = {
  _id: ID,
  int: 7,
  long: Long.fromString('9007199254740993'),
  short: Long.fromNumber(5),
  double: 1.5,
  decimal: Decimal128.fromString('1.20'),
  binary: new Binary(Buffer.from('abc')),
  uuid: new UUID('8f2f8a0b-6a3a-4c3f-9d5f-0d8f2b0c1a11'),
  regexp: /a/i,
  date: new Date(0),
  list: [Long.fromNumber(5), new Binary(Buffer.from('d')), { deep: [1] }],
  nested: { long: Long.fromNumber(6), text: 'grüße' }
};

/** Every BSON option that changes how documents are read. */
const READ_OPTIONS: readonly any[] = [
  { promoteLongs: false },
  { promoteValues: false },
  { promoteBuffers: true },
  { promoteValues: false, promoteBuffers: true },
  { useBigInt64: true },
  { useBigInt64: true, promoteLongs: false },
  { bsonRegExp: true },
  { raw: true },
  { raw: true, projection: { int: 1 } },
  { fieldsAsRaw: { nested: true } },
  { fieldsAsRaw: { list: true, nested: true }, promoteValues: false },
  { enableUtf8Validation: false },
  { enableUtf8Validation: true }
];

const findReads: Scenarios[string] = {
  'reads documents by the BSON options of the call': async on => {
    await on.collection.insertOne({ ...typed });
    return await on.all(...READ_OPTIONS.map(options => () => all(on, [{}, options])));
  },
  'reads documents by the BSON options of the collection, the database and the client':
    async on => {
      await on.collection.insertOne({ ...typed });
      const { collectionName: name } = on.collection;
      const client = on.open({ promoteLongs: false });
      const db = client.db(on.db.databaseName, { bsonRegExp: true });
      return await on.all(
        ...READ_OPTIONS.map(options => () => on.db.collection(name, options).find({}).toArray()),
        () => db.collection(name).find({}).toArray(),
        () => db.collection(name, { promoteBuffers: true }).find({}).toArray(),
        () => db.collection(name).find({}, { promoteLongs: true }).toArray(),
        () => db.collection(name, { raw: true }).find({}, { raw: false }).toArray()
      );
    },
  'reads later batches by the same options': async on => {
    await on.collection.insertMany([1, 2, 3].map(_id => ({ ...typed, _id })));
    return await on.collection.find({}, { batchSize: 1, promoteValues: false }).toArray();
  },
  'is refused by a view that cannot be': async on => {
    const { collectionName: name } = on.collection;
    await on.db.createCollection(name, { viewOn: 'nothing', pipeline: [{ $match: { n: 3 } }] });
    return await on.all(
      () => on.collection.find({}).toArray(),
      () => on.collection.insertOne({}),
      () => on.collection.find({}, { hint: { $natural: 1 } }).toArray()
    );
  }
};

const findOneReads: Scenarios[string] = {
  'reads the document by the BSON options': async on => {
    await on.collection.insertOne({ ...typed });
    return await on.all(...READ_OPTIONS.map(options => () => on.collection.findOne({}, options)));
  },
  'refuses a text that is not UTF-8, unless told not to look': async on => {
    const bytes = Buffer.from('0f0000000273000300000062ff0000', 'hex');
    bytes.writeInt32LE(bytes.length);
    await on.client.db(on.db.databaseName).command({
      insert: on.collection.collectionName,
      documents: [{ _id: 1, b: new Binary(bytes) }]
    });
    return await on.all(
      () => on.collection.findOne({}, { enableUtf8Validation: true }),
      () => on.collection.findOne({}, { enableUtf8Validation: false })
    );
  },
  'gives null on a collection that is not there': on => on.collection.findOne(),
  explains: async on => {
    await seed(on.collection);
    const options = { explain: 'queryPlanner' } as const;
    return await on.all(async () => {
      const explained = await on.collection.findOne<any>({ n: 3 }, options);
      return { keys: Object.keys(explained), plan: explained.queryPlanner.winningPlan };
    });
  },
  'is aborted by a signal': async on => {
    const reason = new Error('changed my mind');
    return await on.all(
      () => on.collection.findOne({}, { signal: AbortSignal.abort(reason) }),
      () => on.collection.find({}, { signal: AbortSignal.abort(reason) }).toArray()
    );
  }
};

function by(method: 'find' | 'findOne'): Scenarios[string] {
  return Object.fromEntries(Object.entries(QUERIES).map(([name, query]) => [name, query[method]]));
}

export const QUERIED: Scenarios = {
  'Collection.find': { ...by('find'), ...findReads },
  'Collection.findOne': { ...by('findOne'), ...findOneReads }
};
