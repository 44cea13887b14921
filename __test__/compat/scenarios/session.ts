// Owns what is compared of sessions as operations use them: what they add to commands, what they
// refuse. Their own members are client-session.ts's, transactions transaction.ts's.
/* eslint-disable @typescript-eslint/no-deprecated -- what is deprecated is compared like the rest */

import type { Timestamp } from 'bson';
import type { ClientSession, ClientSessionOptions } from 'mongodb';
import type { Context, Scenario, Scenarios } from '../both.ts';
import { seed } from './seed.ts';

/** What the driver keeps inside, and tests may still look at. */
interface Inside {
  transaction: {
    state: string;
    options: { readConcern?: { level: string } };
    isActive: boolean;
    isPinned: boolean;
  };
  snapshotTime?: Timestamp;
}

/** The numbers that sessions began with: server sessions have been used before. */
const first = new WeakMap<ClientSession, number>();

/** How many numbers a session has used since it was first asked. */
export function numbers(session: ClientSession): number {
  const { txnNumber } = session.serverSession;
  if (!first.has(session)) first.set(session, txnNumber);
  return txnNumber - first.get(session)!;
}

/** A session that ends after the scenario. */
export function within(
  run: (session: ClientSession, on: Context) => unknown,
  options?: ClientSessionOptions
): Scenario {
  return async on => {
    await seed(on.collection);
    const session = on.client.startSession(options);
    numbers(session);
    try {
      return await run(session, on);
    } finally {
      await session.endSession();
    }
  };
}

/** What users can see of a session, without what no two runs share. */
export function portrait(session: ClientSession): unknown {
  const { transaction, snapshotTime } = session as unknown as Inside;
  return {
    class: session.constructor.name,
    ended: session.hasEnded,
    explicit: session.explicit,
    supports: session.supports,
    snapshotEnabled: session.snapshotEnabled,
    times: [session.clusterTime, session.operationTime, snapshotTime].map(time => Boolean(time)),
    inTransaction: session.inTransaction(),
    pinned: [session.isPinned, transaction.isPinned],
    transaction: [transaction.state, transaction.isActive, settings(transaction.options)],
    numbers: numbers(session),
    dirty: session.serverSession.isDirty,
    id: [session.id?.id.sub_type, session.id?.id.length()]
  };
}

/** The driver adds times to the read concern that it was given. */
function settings(options: { readConcern?: { level: string } }): object {
  const { readConcern, ...rest } = options;
  return readConcern ? { ...rest, readConcern: readConcern.level } : rest;
}

/** Every operation, in a session. */
function operations(on: Context, session: ClientSession): Array<() => unknown> {
  const { collection, db } = on;
  const one = { _id: 10 };
  const set = { $set: { a: 1 } };
  return [
    () => collection.insertOne(one, { session }),
    () => collection.insertMany([{ _id: 11 }, { _id: 12 }], { session }),
    () => collection.updateOne(one, set, { session }),
    () => collection.updateMany({}, set, { session }),
    () => collection.replaceOne(one, { b: 1 }, { session }),
    () => collection.findOneAndUpdate(one, set, { session }),
    () => collection.findOneAndReplace(one, { c: 1 }, { session }),
    () => collection.findOneAndDelete({ _id: 11 }, { session }),
    () => collection.deleteOne({ _id: 12 }, { session }),
    () => collection.deleteMany({ _id: 10 }, { session }),
    () => collection.find({}, { session, batchSize: 3 }).toArray(),
    () => collection.find({}, { session }).count(),
    () => collection.find({}, { session }).explain('queryPlanner'),
    () => collection.findOne({ _id: 1 }, { session }),
    () => collection.aggregate([{ $match: { _id: 1 } }], { session }).toArray(),
    () => db.aggregate([{ $documents: [{ a: 1 }] }], { session }).toArray(),
    () => collection.aggregate([{ $out: `${collection.collectionName}y` }], { session }).toArray(),
    () => collection.countDocuments({}, { session }),
    () => collection.estimatedDocumentCount({ session }),
    () => collection.count({}, { session }),
    () => collection.distinct('n', {}, { session }),
    () => collection.createIndex({ n: 1 }, { session }),
    () => collection.listIndexes({ session }).toArray(),
    () => collection.indexes({ session }),
    () => collection.dropIndex('n_1', { session }),
    () => collection.dropIndexes({ session }),
    () => db.listCollections({ name: collection.collectionName }, { session }).toArray(),
    () => db.createCollection(`${collection.collectionName}x`, { session }),
    () => db.dropCollection(`${collection.collectionName}x`, { session }),
    () => db.dropCollection(`${collection.collectionName}y`, { session }),
    () => db.command({ ping: 1 }, { session }),
    () => db.stats({ session }).then(({ ok }) => ok as number),
    () => db.admin().ping({ session }),
    () =>
      db
        .admin()
        .listDatabases({ session })
        .then(({ ok }) => ok)
  ];
}

const SOME: Record<string, Scenario> = {
  'say what they are': on => {
    const given: Array<ClientSessionOptions | undefined> = [
      undefined,
      {},
      { causalConsistency: false },
      { causalConsistency: true },
      { snapshot: true },
      { snapshot: false, causalConsistency: undefined as never },
      { snapshot: true, causalConsistency: false },
      { snapshot: true, causalConsistency: true },
      { defaultTransactionOptions: { maxCommitTimeMS: 5 } }
    ];
    return on.all(
      ...given.map(options => async () => {
        const session = on.client.startSession(options);
        const seen = [portrait(session), session.defaultTransactionOptions, session.timeoutMS];
        await session.endSession();
        return [...seen, portrait(session)];
      })
    );
  },
  'are there before the client is connected, and after it is closed': async on => {
    const client = on.open({});
    const early = client.startSession();
    const found = await client.db(on.db.databaseName).command({ ping: 1 }, { session: early });
    await client.close();
    const late = client.startSession();
    const refused = await on.all(
      () => client.db('x').command({ ping: 1 }, { session: early }),
      () => client.db('x').command({ ping: 1 }, { session: late })
    );
    await late.endSession();
    return [found['ok'], early.hasEnded, late.hasEnded, refused];
  },
  'are passed to every operation': within(
    async (session, on) => await on.all(...operations(on, session))
  ),
  'are passed to every operation, without causal consistency': within(
    async (session, on) => await on.all(...operations(on, session)),
    { causalConsistency: false }
  ),
  'read a snapshot, and write nothing': within(
    async (session, on) => {
      const results = await on.all(...operations(on, session));
      return [results, portrait(session)];
    },
    { snapshot: true }
  ),
  'read what was there at the first read': within(
    async (session, on) => {
      const { collection } = on;
      const count = (): Promise<number> => collection.countDocuments({}, { session });
      const seen = [await count()];
      await collection.insertOne({ _id: 50 });
      seen.push(await count(), await collection.countDocuments());
      const distinct = await collection.distinct('_id', {}, { session });
      return [seen, distinct, portrait(session)];
    },
    { snapshot: true }
  ),
  'keep the read concern beside the time of their last operation': within(async (session, on) => {
    const { collection } = on;
    const { collectionName } = collection;
    const strict = on.db.collection<any>(collectionName, { readConcern: 'majority' });
    await collection.insertOne({ _id: 20 }, { session });
    return await on.all(
      () => strict.findOne({ _id: 20 }, { session }),
      () => strict.find({ _id: 20 }, { session, readConcern: 'local' }).toArray(),
      () => strict.updateOne({ _id: 20 }, { $set: { a: 1 } }, { session }),
      () => on.db.command({ count: collection.collectionName }, { session }),
      () =>
        on.db.command(
          { count: collection.collectionName, readConcern: { level: 'local' } },
          { session }
        ),
      () => on.db.command({ dbStats: 1, scale: 1 }, { session }).then(({ ok }) => ok as number)
    );
  }),
  'are none for operations of another client': within(async (session, on) => {
    const other = on.open({});
    const db = other.db(on.db.databaseName);
    return await on.all(
      () => db.command({ ping: 1 }, { session }),
      () => db.collection('a').insertOne({}, { session }),
      () => db.collection('a').find({}, { session }).toArray(),
      () => db.collection('a').insertMany([{}], { session })
    );
  }),
  'are none once they have ended': async on => {
    await seed(on.collection);
    const session = on.client.startSession();
    const cursor = on.collection.find({}, { session, batchSize: 2 });
    const first = await cursor.next();
    await session.endSession();
    return [
      first,
      await on.all(
        () => on.collection.findOne({}, { session }),
        () => on.collection.insertOne({}, { session }),
        () => cursor.toArray(),
        () =>
          session.withTransaction(async one => await on.collection.findOne({}, { session: one }))
      ),
      portrait(session)
    ];
  },
  'are refused for writes that ask for no answer': within(async (session, on) => {
    const options = { session, writeConcern: { w: 0 } } as const;
    const { collection } = on;
    const silent = on.db.collection(collection.collectionName, { writeConcern: { w: 0 } });
    return await on.all(
      () => collection.insertOne({ _id: 30 }, options),
      () => collection.insertMany([{ _id: 31 }] as object[], options),
      () => collection.updateMany({}, { $set: { a: 1 } }, options),
      () => silent.deleteOne({ _id: 1 } as object, { session }),
      () => silent.findOne({ _id: 1 } as object, { session }),
      () => collection.find({}).toArray()
    );
  }),
  'may be null': async on => {
    await seed(on.collection);
    const session = null as never;
    return await on.all(...operations(on, session));
  }
};

const AROUND: Record<string, Scenario> = {
  'gives what the function gives, and ends the session': async on => {
    let session: ClientSession | undefined;
    const result = await on.client.withSession(async one => {
      session = one;
      await on.collection.insertOne({ _id: 1 }, { session: one });
      return 'result';
    });
    return [result, portrait(session!)];
  },
  'ends the session when the function fails': async on => {
    const sessions: ClientSession[] = [];
    const outcomes = await on.all(
      () =>
        on.client.withSession({ causalConsistency: false }, session => {
          sessions.push(session);
          throw new Error('mine');
        }),
      () => on.client.withSession({ snapshot: true }, async session => sessions.push(session)),
      () => on.client.withSession(undefined as never),
      () => on.client.withSession({} as never)
    );
    return [outcomes, sessions.map(portrait)];
  },
  'aborts a transaction that the function leaves open': async on => {
    await on.collection.insertOne({ _id: 0 });
    await on.client.withSession(async session => {
      session.startTransaction();
      await on.collection.insertOne({ _id: 1 }, { session });
    });
    return await on.collection.find().toArray();
  }
};

export const SESSIONS: Scenarios = {
  'MongoClient.startSession': SOME,
  'MongoClient.withSession': AROUND
};
