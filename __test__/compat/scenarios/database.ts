// Owns what is compared of databases, their collections and indexes, and commands. Must not know how
// two outcomes are compared.
/* eslint-disable @typescript-eslint/no-deprecated -- what is deprecated is compared like the rest */

import { Int32, Long } from 'bson';
import type { Context, Scenarios } from '../both.ts';
import { NOT_DOCUMENTS, seed } from './seed.ts';

/** Names of this scenario's collections, among those of others. */
async function names(on: Context): Promise<unknown[]> {
  const name = new RegExp(`^${on.collection.collectionName}($|[a-z])`);
  const found = await on.db.listCollections({ name }, { nameOnly: true }).toArray();
  return found.sort((a, b) => (a.name < b.name ? -1 : 1));
}

const databases: Scenarios = {
  'Db.collection': {
    'gives a collection with its names, and refuses what is none': on =>
      on.all(
        () => {
          const { collectionName, dbName, namespace } = on.db.collection('a.b');
          return { collectionName, dbName, namespace };
        },
        ...NOT_DOCUMENTS.map(name => () => on.db.collection(name).collectionName),
        () => on.db.collection('a', (() => 1) as any)
      )
  },
  'Db.command': {
    'gives the reply, or the error': on =>
      on.all(
        () => on.db.command({ ping: 1 }),
        () => on.db.command(new Map([['ping', 1]])),
        () => on.db.command({ noSuchCommand: 1 }),
        () => on.db.command({ find: on.collection.collectionName, filter: 5 }),
        () => on.db.command({ find: on.collection.collectionName, filter: {} }),
        () => on.db.command({ drop: 'nothing' }),
        () => on.db.command({ insert: 'x', documents: [{}], nonsense: 1 }),
        () => on.db.command({ getMore: Long.fromNumber(5), collection: 'x' }),
        () => on.db.command({}),
        ...NOT_DOCUMENTS.map(command => () => on.db.command(command))
      ),
    'is aborted while it runs': async on => {
      const reason = new RangeError('mine');
      const controller = new AbortController();
      const sleep = { sleep: 1, millis: 2_000, lock: 'none' };
      const running = on.settled(() =>
        on.client.db('admin').command(sleep, { signal: controller.signal })
      );
      setTimeout(() => controller.abort(reason), 50);
      return [await running, await on.db.command({ ping: 1 })];
    },
    'throws for a write that is not as durable as asked for': on =>
      on.db.command({
        insert: on.collection.collectionName,
        documents: [{ _id: 1 }],
        writeConcern: { w: 9, wtimeout: 1 }
      }),
    'does not throw for write errors': async on => {
      const insert = {
        insert: on.collection.collectionName,
        documents: [{ _id: 1 }, { _id: 1 }, { _id: 2 }],
        ordered: false
      };
      return await on.db.command(insert);
    },
    'obeys the options': async on => {
      await seed(on.collection);
      const find = { find: on.collection.collectionName, filter: { _id: 1 } };
      return await on.all(
        () => on.db.command(find, { promoteValues: false }),
        () => on.db.command(find, { raw: true }),
        () => on.db.command(find, { readPreference: 'nearest' }),
        () => on.db.command(find, { readPreference: 'nonsense' as any }),
        () => on.db.command(find, { fieldsAsRaw: { cursor: true } }),
        () => on.db.command({ ...find, $comment: undefined }, { ignoreUndefined: true }),
        () => on.db.command({ ...find, limit: new Int32(1), comment: { a: 1 } }),
        () => on.db.command(find, { signal: AbortSignal.abort(new RangeError('mine')) })
      );
    }
  },
  'Db.aggregate': {
    'runs pipelines without a collection': on =>
      on.all(
        () => on.db.aggregate([{ $documents: [{ a: 1 }, { a: 2 }] }]).toArray(),
        () => on.db.aggregate([{ $documents: [{ a: 1 }, { a: 2 }] }], { batchSize: 1 }).toArray(),
        () => on.db.aggregate([{ $match: {} }]).toArray(),
        () => on.db.aggregate().toArray(),
        () => on.db.aggregate({} as any),
        () => on.db.aggregate([]).namespace.toString()
      )
  },
  'Db.createCollection': {
    'creates it with its options': async on => {
      const { collectionName: name } = on.collection;
      return await on.all(
        () => on.db.createCollection(name, { capped: true, size: 4_096, max: 5 }),
        () => on.db.createCollection(name),
        () => on.db.createCollection(name, { capped: true, size: 4_096, max: 5 }),
        () =>
          on.db.createCollection(`${name}v`, { viewOn: name, pipeline: [{ $match: { a: 1 } }] }),
        () =>
          on.db.createCollection(`${name}j`, {
            validator: { a: { $exists: true } },
            validationAction: 'warn'
          }),
        () =>
          on.db.createCollection(`${name}l`, {
            collation: { locale: 'de' },
            comment: 'why'
          }),
        () =>
          on.db.createCollection(`${name}t`, {
            timeseries: { timeField: 't' },
            expireAfterSeconds: 60
          }),
        () =>
          on.db.createCollection(`${name}w`, {
            writeConcern: { w: 'majority' },
            promoteLongs: false
          }),
        () => on.db.createCollection(`${name}x`, { nonsense: 1 } as any),
        () => on.db.createCollection(''),
        () => on.db.createCollection('$a'),
        () => on.db.createCollection(5 as any),
        () => names(on),
        () => on.db.collection(`${name}l`).findOne()
      );
    }
  },
  'Db.dropCollection': {
    'says whether there was one': async on => {
      await seed(on.collection);
      const { collectionName: name } = on.collection;
      return await on.all(
        () => on.db.dropCollection(name),
        () => on.db.dropCollection(name),
        () => on.db.dropCollection(''),
        () => on.db.dropCollection(name, { writeConcern: { w: 1 }, comment: 'why' })
      );
    }
  },
  'Db.listCollections': {
    'lists by filter and options': async on => {
      await seed(on.collection);
      const { collectionName: name } = on.collection;
      const pick = (list: any[]) => list.map(({ info: _, ...rest }) => rest as unknown);
      return await on.all(
        async () => pick(await on.db.listCollections({ name }).toArray()),
        () => on.db.listCollections({ name }, { nameOnly: true }).toArray(),
        () =>
          on.db
            .listCollections({ name }, { nameOnly: true, authorizedCollections: true })
            .toArray(),
        async () =>
          pick(await on.db.listCollections({ name }, { batchSize: 1, comment: 'why' }).toArray()),
        () => on.db.listCollections({ nonsense: 1 }).toArray(),
        () => on.db.listCollections(5 as any).toArray(),
        () => on.db.listCollections({ name: 'nothing' }).next()
      );
    }
  },
  'ListCollectionsCursor.clone': {
    'is another cursor': async on => {
      await seed(on.collection);
      const { collectionName: name } = on.collection;
      const cursor = on.db.listCollections({ name }, { nameOnly: true });
      await cursor.toArray();
      return await cursor.clone().toArray();
    }
  },
  'Db.collections': {
    'gives the collections': async on => {
      await seed(on.collection);
      const all = await on.db.collections();
      return all.filter(one => one.collectionName === on.collection.collectionName);
    }
  },
  'Db.dropDatabase': {
    'drops it, whether it is there or not': async on => {
      const db = on.client.db(`${on.db.databaseName}_drop`);
      await db.collection('c').insertOne({});
      return await on.all(
        () => db.dropDatabase(),
        () => db.dropDatabase({ writeConcern: { w: 1 } }),
        () => db.collection('c').countDocuments()
      );
    }
  },
  'Db.createIndex': {
    'gives its name': on =>
      on.all(
        () => on.db.createIndex(on.collection.collectionName, { a: 1 }),
        () => on.db.createIndex(on.collection.collectionName, 'b', { unique: true, name: 'mine' })
      )
  },
  'Db.stats': {
    'are those of the database': async on => {
      const db = on.client.db(`${on.db.databaseName}_stats`);
      const { ok, ...stats } = await db.stats({ scale: 1024 });
      return {
        ok,
        db: stats['db'],
        collections: stats['collections'],
        scale: stats['scaleFactor']
      };
    }
  },
  'Db.admin': {
    'runs commands': on =>
      on.all(
        () => on.db.admin().ping(),
        () => on.db.admin().command({ ping: 1 })
      )
  }
};

const getters: Scenarios = {
  'Db.databaseName': { 'is its name': on => on.db.databaseName },
  'Db.namespace': { 'is its name': on => on.db.namespace },
  'Db.options': {
    'are those given': on => {
      const options = {
        readPreference: 'nearest',
        promoteLongs: false,
        retryWrites: true
      } as const;
      const { readPreference, promoteLongs, retryWrites } = on.client.db('x', options)
        .options as any;
      return { readPreference, promoteLongs, retryWrites };
    }
  },
  'Db.secondaryOk': {
    'follows the read preference': on => [
      on.db.secondaryOk,
      on.client.db('x', { readPreference: 'nearest' }).secondaryOk
    ]
  },
  'Db.readConcern': {
    'is inherited or given': on => [
      on.db.readConcern,
      on.client.db('x', { readConcern: { level: 'majority' } as any }).readConcern,
      on.open({ readConcernLevel: 'local' }).db('x').readConcern
    ]
  },
  'Db.readPreference': {
    'is inherited or given': on => [
      on.db.readPreference,
      on.client.db('x', { readPreference: 'nearest' }).readPreference,
      on.open({ readPreference: 'secondaryPreferred', maxStalenessSeconds: 120 }).db('x')
        .readPreference
    ]
  },
  'Db.writeConcern': {
    'is inherited or given': on => [
      on.db.writeConcern,
      on.client.db('x', { writeConcern: { w: 2, wtimeoutMS: 5, journal: true } }).writeConcern,
      on.open({ w: 'majority', wtimeoutMS: 7 }).db('x').writeConcern
    ]
  },
  'Db.bsonOptions': {
    'hold what is given': on => {
      const { promoteLongs, bsonRegExp } = on.client.db('x', { promoteLongs: false }).bsonOptions;
      return { promoteLongs, bsonRegExp: bsonRegExp ?? false };
    }
  },
  'Db.timeoutMS': { 'is undefined': on => on.db.timeoutMS },
  'Collection.dbName': { 'is its name': on => on.collection.dbName },
  'Collection.collectionName': { 'is its name': on => on.collection.collectionName },
  'Collection.namespace': { 'is both names': on => on.collection.namespace },
  'Collection.fullNamespace': {
    'is both names, in parts': ({ collection }) => {
      const { fullNamespace } = collection as any;
      return [fullNamespace, `${fullNamespace}`, fullNamespace.withCollection('other')];
    }
  },
  'Collection.readConcern': {
    'is inherited or given': on => [
      on.collection.readConcern,
      on.db.collection('x', { readConcern: { level: 'majority' } }).readConcern
    ]
  },
  'Collection.readPreference': {
    'is inherited or given': on => [
      on.collection.readPreference,
      on.db.collection('x', { readPreference: 'nearest' }).readPreference
    ]
  },
  'Collection.writeConcern': {
    'is inherited or given': on => [
      on.collection.writeConcern,
      on.db.collection('x', { writeConcern: { w: 2 } }).writeConcern
    ]
  },
  'Collection.bsonOptions': {
    'hold what is given': on =>
      on.db.collection('x', { promoteLongs: false }).bsonOptions.promoteLongs
  },
  'Collection.timeoutMS': { 'is undefined': on => on.collection.timeoutMS },
  'Collection.hint': {
    'is kept in the form commands have': on => {
      const seen: unknown[] = [on.collection.hint];
      for (const hint of ['n_1', { n: 1 }, ['n', 'name'], undefined]) {
        on.collection.hint = hint;
        seen.push(on.collection.hint);
      }
      return seen;
    }
  }
};

const admin: Scenarios = {
  'Admin.command': { 'gives the reply': on => on.db.admin().command({ ping: 1 }) },
  'Admin.ping': { 'gives the reply': on => on.db.admin().ping() },
  'Admin.buildInfo': {
    'gives the reply': async on => (await on.db.admin().buildInfo())['version']
  },
  'Admin.serverInfo': {
    'gives the reply': async on => (await on.db.admin().serverInfo())['version']
  },
  'Admin.serverStatus': {
    'gives the reply': async on => (await on.db.admin().serverStatus())['process']
  },
  'Admin.listDatabases': {
    'lists by filter': async on => {
      await seed(on.collection);
      const filter = { name: on.db.databaseName };
      const options = { filter, nameOnly: true } as const;
      return await on.all(
        () => on.db.admin().listDatabases(options),
        () => on.db.admin().listDatabases({ ...options, authorizedDatabases: true })
      );
    }
  }
};

const indexes: Scenarios = {
  'Collection.createIndex': {
    'takes every form and gives the name': on => {
      const { collection } = on;
      return on.all(
        () => collection.createIndex('a'),
        () => collection.createIndex({ a: 1, b: -1 }),
        () => collection.createIndex(['a', 'c']),
        () =>
          collection.createIndex([
            ['a', 1],
            ['d', -1]
          ] as any),
        () => collection.createIndex(['e', -1] as any),
        () => collection.createIndex([{ f: 1 }, { g: -1 }]),
        () =>
          collection.createIndex(
            new Map<string, any>([
              ['h', 1],
              ['i', 'hashed']
            ])
          ),
        () =>
          collection.createIndex({ t: 'text' }, { weights: { t: 3 }, default_language: 'german' }),
        () => collection.createIndex({ p: '2dsphere' }),
        () => collection.createIndex({ 'w.$**': 1 }, { name: 'wild' }),
        () => collection.createIndex({ u: 1 }, { unique: true, sparse: true, hidden: true }),
        () => collection.createIndex({ x: 1 }, { expireAfterSeconds: 60, background: true }),
        () => collection.createIndex({ y: 1 }, { partialFilterExpression: { y: { $gt: 5 } } }),
        () =>
          collection.createIndex(
            { z: 1 },
            { collation: { locale: 'de' }, maxTimeMS: 5_000, comment: 1 }
          ),
        () => collection.createIndex({ v: 1 }, { version: 2, commitQuorum: 'majority' }),
        () => collection.createIndex({ a: 1 }, { name: 'other name' }),
        () => collection.createIndex({ a: 1 }, { unique: true }),
        () => collection.createIndex({ q: 'nonsense' as any }),
        () => collection.createIndex({}),
        () => collection.createIndex({ k: 1 }, { nonsense: 1 } as any),
        ...NOT_DOCUMENTS.map(keys => () => collection.createIndex(keys)),
        () => collection.indexes()
      );
    },
    'is refused where documents have the same key': async on => {
      await seed(on.collection);
      await on.collection.createIndex({ name: 1 }, { unique: true });
    }
  },
  'Collection.createIndexes': {
    'gives the names': on =>
      on.all(
        () =>
          on.collection.createIndexes([
            { key: { a: 1 } },
            { key: { b: -1 }, name: 'mine', unique: true }
          ]),
        () => on.collection.createIndexes([{ key: new Map([['c', 1 as const]]), sparse: true }]),
        () => on.collection.createIndexes([]),
        () => on.collection.createIndexes([{}] as any),
        () => on.collection.createIndexes({ key: { a: 1 } } as any),
        () =>
          on.collection.createIndexes([{ key: { d: 1 } }], {
            commitQuorum: 1,
            maxTimeMS: 5_000,
            comment: 1
          }),
        () => on.collection.indexes({ full: false })
      )
  },
  'Collection.dropIndex': {
    'drops by name': async on => {
      await seed(on.collection);
      return await on.all(
        () => on.collection.dropIndex('n_1', { comment: 'why' }),
        () => on.collection.dropIndex('n_1'),
        () => on.collection.dropIndex('_id_'),
        () => on.collection.dropIndex('*'),
        () => on.db.collection('nothing').dropIndex('n_1')
      );
    }
  },
  'Collection.dropIndexes': {
    'says whether it worked': async on => {
      await seed(on.collection);
      return await on.all(
        () => on.collection.dropIndexes(),
        () => on.db.collection('nothing').dropIndexes(),
        () => on.collection.indexes()
      );
    }
  },
  'Collection.listIndexes': {
    lists: async on => {
      await seed(on.collection);
      return await on.all(
        () => on.collection.listIndexes().toArray(),
        () =>
          on.collection
            .listIndexes({ batchSize: 1, comment: 'why', promoteValues: false })
            .toArray(),
        () => on.db.collection('nothing').listIndexes().toArray()
      );
    }
  },
  'ListIndexesCursor.clone': {
    'is another cursor': async on => {
      await seed(on.collection);
      const cursor = on.collection.listIndexes();
      await cursor.toArray();
      return await cursor.clone().next();
    }
  },
  'Collection.indexes': {
    'lists in full or by name': async on => {
      await seed(on.collection);
      return await on.all(
        () => on.collection.indexes(),
        () => on.collection.indexes({ full: true }),
        () => on.collection.indexes({ full: false }),
        () => on.db.collection('nothing').indexes()
      );
    }
  },
  'Collection.drop': {
    'says whether there was one': async on => {
      await seed(on.collection);
      return await on.all(
        () => on.collection.drop(),
        () => on.collection.drop({ comment: 'why' })
      );
    }
  }
};

export const DATABASES: Scenarios = { ...databases, ...getters, ...admin, ...indexes };
