// Owns what is compared of what administrators do: users, profiles, names of collections, their
// options, and their state. Must not know how two outcomes are compared.

import type { Db } from 'mongodb';
import type { Context, Scenarios } from '../both.ts';
import { NOT_DOCUMENTS, seed } from './seed.ts';

/** Runs in a database beside the scenario's, whose profile and users are nobody else's. */
async function aside<T>(on: Context, run: (db: Db) => Promise<T>): Promise<T> {
  const db = on.client.db(`${on.db.databaseName}_aside`);
  try {
    return await run(db);
  } finally {
    await db.dropDatabase();
  }
}

/** A user that may do nothing. */
function createUser(db: Db, user: string): Promise<unknown> {
  return db.command({ createUser: user, pwd: 'secret', roles: [] });
}

const names: Scenarios = {
  'Collection.rename': {
    'gives the collection under its new name': async on => {
      await seed(on.collection);
      const { collectionName } = on.collection;
      const other = on.db.collection(`${collectionName}other`);
      await other.insertOne({ _id: 1 } as any);
      return await on.all(
        async () => (await on.collection.rename(`${collectionName}new`)).collectionName,
        () => on.collection.rename(`${collectionName}new`),
        () => other.rename(`${collectionName}new`),
        () => other.rename(`${collectionName}new`, { dropTarget: true, comment: 'why' }),
        () => other.rename(`${collectionName}new`, { dropTarget: true, maxTimeMS: 5_000 }),
        () => on.db.collection(`${collectionName}new`).countDocuments(),
        ...NOT_DOCUMENTS.slice(0, 3).map(name => () => on.collection.rename(name))
      );
    },
    'keeps its settings': async on => {
      await on.collection.insertOne({ _id: 1 });
      const name = on.collection.collectionName;
      const options = { readPreference: 'nearest', promoteLongs: false } as const;
      const renamed = await on.db.collection(name, options).rename(`${name}new`);
      const { promoteLongs } = renamed.bsonOptions;
      return [renamed.namespace, renamed.readPreference, promoteLongs];
    },
    'inherits no concern': async on => {
      await on.collection.insertOne({ _id: 1 });
      const writeConcern = { w: 1, journal: true };
      const name = on.collection.collectionName;
      const collection = on.db.collection(name, { writeConcern });
      await collection.rename(`${name}a`);
      return (await on.db.collection(`${name}a`).rename(`${name}b`, { writeConcern })).namespace;
    }
  },
  'Db.renameCollection': {
    'gives the collection under its new name': async on => {
      await seed(on.collection);
      const { collectionName } = on.collection;
      return await on.all(
        () => on.db.renameCollection(collectionName, `${collectionName}new`),
        () => on.db.renameCollection(collectionName, `${collectionName}new`),
        () => on.db.renameCollection(`${collectionName}new`, collectionName, { dropTarget: true })
      );
    }
  },
  'Collection.options': {
    'gives what it was created with': async on => {
      const { collectionName } = on.collection;
      await on.db.createCollection(collectionName, { capped: true, size: 4_096, max: 7 });
      return await on.all(
        () => on.collection.options(),
        () => on.collection.options({ promoteValues: false }),
        () => on.db.collection(`${collectionName}nothing`).options()
      );
    }
  },
  'Collection.isCapped': {
    'says whether it is': async on => {
      const { collectionName } = on.collection;
      await on.db.createCollection(collectionName, { capped: true, size: 4_096 });
      await on.db.createCollection(`${collectionName}plain`);
      return await on.all(
        () => on.collection.isCapped(),
        () => on.db.collection(`${collectionName}plain`).isCapped(),
        () => on.db.collection(`${collectionName}nothing`).isCapped()
      );
    }
  },
  'Collection.indexExists': {
    'says whether all of them do': async on => {
      await seed(on.collection);
      return await on.all(
        () => on.collection.indexExists('n_1'),
        () => on.collection.indexExists(['n_1', '_id_'], { batchSize: 1 }),
        () => on.collection.indexExists(['n_1', 'other']),
        () => on.collection.indexExists([]),
        () => on.db.collection('nothing').indexExists('n_1')
      );
    }
  },
  'Collection.indexInformation': {
    'gives the keys by name, or all of it': async on => {
      await seed(on.collection);
      return await on.all(
        () => on.collection.indexInformation(),
        () => on.collection.indexInformation({ full: false }),
        () => on.collection.indexInformation({ full: true }),
        () => on.db.collection('nothing').indexInformation()
      );
    }
  },
  'Db.indexInformation': {
    'gives the keys by name, or all of it': async on => {
      await seed(on.collection);
      const { collectionName } = on.collection;
      return await on.all(
        () => on.db.indexInformation(collectionName),
        () => on.db.indexInformation(collectionName, { full: true }),
        () => on.db.indexInformation('nothing')
      );
    }
  }
};

const users: Scenarios = {
  'Db.removeUser': {
    'removes one, once': on =>
      aside(on, async db => {
        await createUser(db, 'anna');
        return await on.all(
          () => db.removeUser('anna', { comment: 'why', maxTimeMS: 5_000 }),
          () => db.removeUser('anna'),
          () => db.removeUser(5 as any)
        );
      }),
    'removes one of another database': on =>
      aside(on, async db => {
        await createUser(db, 'anna');
        return await on.all(
          () => on.db.removeUser('anna', { dbName: db.databaseName }),
          () => on.db.removeUser('anna', { authdb: db.databaseName })
        );
      })
  },
  'Admin.removeUser': {
    'removes one of admin': async on => {
      const name = on.db.databaseName;
      await createUser(on.client.db('admin'), name);
      return await on.all(
        () => on.db.admin().removeUser(name),
        () => on.db.admin().removeUser(name)
      );
    }
  }
};

const states: Scenarios = {
  'Db.setProfilingLevel': {
    'takes the three levels': on =>
      aside(on, async db =>
        on.all(
          () => db.setProfilingLevel('all', { maxTimeMS: 5_000 }),
          () => db.profilingLevel(),
          () => db.setProfilingLevel('slow_only'),
          () => db.setProfilingLevel('off'),
          () => db.setProfilingLevel('everything' as any),
          () => db.setProfilingLevel(undefined as any),
          () => db.setProfilingLevel('off', { explain: true })
        )
      )
  },
  'Db.profilingLevel': {
    'is off at first': on => aside(on, async db => [await db.profilingLevel()]),
    'takes no explanation': on => on.settled(() => on.db.profilingLevel({ explain: true }))
  },
  'Admin.validateCollection': {
    'checks a collection of the database it came from': async on => {
      await seed(on.collection);
      const { collectionName } = on.collection;
      const admin = on.db.admin();
      // The driver gives an object of its own works.
      const picked = async (options?: object): Promise<unknown> => {
        const reply: any = await admin.validateCollection(collectionName, options);
        const { ns, nrecords, valid, ok } = reply.toObject?.() ?? reply;
        return { ns, nrecords, valid, ok };
      };
      return await on.all(
        () => picked(),
        () => picked({ background: true }),
        () => picked({ full: true }),
        () => admin.validateCollection('nothing'),
        () => admin.validateCollection(collectionName, { explain: true })
      );
    }
  },
  'Admin.replSetGetStatus': {
    'gives the reply': async on => {
      const { set, myState, ok } = await on.db.admin().replSetGetStatus();
      return { set, myState, ok };
    }
  }
};

const searching: Scenarios = {
  'Collection.createSearchIndex': {
    'is sent as it is': on =>
      on.all(
        () => on.collection.createSearchIndex({ name: 'a', definition: { mappings: {} } }),
        () => on.collection.createSearchIndex({ definition: {}, type: 'vectorSearch' })
      )
  },
  'Collection.createSearchIndexes': {
    'are sent as they are': on =>
      on.all(
        () => on.collection.createSearchIndexes([{ name: 'a', definition: {} }]),
        () => on.collection.createSearchIndexes([])
      )
  },
  'Collection.updateSearchIndex': {
    'is sent as it is': on => on.settled(() => on.collection.updateSearchIndex('a', { b: 1 }))
  },
  'Collection.dropSearchIndex': {
    'is sent as it is': on =>
      on.all(
        () => on.collection.dropSearchIndex('a'),
        () => on.collection.dropSearchIndex(5 as any)
      )
  },
  'Collection.listSearchIndexes': {
    'is an aggregation with a stage of its own': on => {
      const { collection } = on;
      return on.all(
        () => collection.listSearchIndexes().pipeline,
        () => collection.listSearchIndexes('a').pipeline,
        () => collection.listSearchIndexes({ batchSize: 3 }).pipeline,
        () => collection.listSearchIndexes('a', { comment: 'why' }).toArray(),
        () => collection.listSearchIndexes({ batchSize: 3, comment: 'why' }).toArray(),
        () => collection.listSearchIndexes().clone().pipeline
      );
    },
    'inherits nothing': async on => {
      const options = { readConcern: { level: 'majority' }, readPreference: 'nearest' } as const;
      const collection = on.db.collection(on.collection.collectionName, options);
      return await on.settled(() => collection.listSearchIndexes().toArray());
    }
  }
};

export const ADMINISTRATION: Scenarios = { ...names, ...users, ...states, ...searching };
