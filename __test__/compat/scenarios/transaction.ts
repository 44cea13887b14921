// Owns what is compared of transactions: their states, their effects, what they refuse, and how
// `withTransaction` goes on after errors.
/* eslint-disable @typescript-eslint/no-deprecated -- what is deprecated is compared like the rest */

import {
  MongoServerError,
  ReadPreference,
  WriteConcern,
  type ClientSession,
  type TransactionOptions
} from 'mongodb';
import type { Context, Scenario, Scenarios } from '../both.ts';
import { seed } from './seed.ts';
import { numbers, portrait, within } from './session.ts';

/** Where a transaction stands. */
function state(session: ClientSession): unknown {
  return (session as unknown as { transaction: { state: unknown } }).transaction.state;
}

/** A transaction with options, and what its commands carry. */
function started(...given: Array<TransactionOptions | undefined>): Scenario {
  return within(async (session, on) => {
    const outcomes = await on.all(
      ...given.map((options, index) => async () => {
        session.startTransaction(options);
        const seen = [portrait(session)];
        await on.collection.insertOne({ _id: 100 + index }, { session });
        await on.collection.findOne({ _id: 1 }, { session });
        seen.push(portrait(session));
        await session.commitTransaction();
        return [...seen, portrait(session)];
      })
    );
    if (session.inTransaction()) await session.abortTransaction();
    return [outcomes, await on.collection.countDocuments()];
  });
}

const transient = new MongoServerError({
  errmsg: 'mine',
  errorLabels: ['TransientTransactionError']
});

/** Calls one after the other, and where the transaction stands after each. */
function steps(...names: Array<'start' | 'insert' | 'find' | 'commit' | 'abort'>): Scenario {
  return within(async (session, on) => {
    let id = 100;
    const calls = {
      start: () => session.startTransaction(),
      insert: () => on.collection.insertOne({ _id: id++ }, { session }),
      find: () => on.collection.findOne({ _id: 1 }, { session }),
      commit: () => session.commitTransaction(),
      abort: () => session.abortTransaction()
    };
    const seen: unknown[] = [];
    for (const name of names) {
      seen.push(name, await on.settled(calls[name]), state(session));
      seen.push(numbers(session));
    }
    return [seen, await on.collection.countDocuments({ _id: { $gte: 100 } })];
  });
}

const STARTS: Record<string, Scenario> = {
  'goes through the states': steps('start', 'insert', 'find', 'commit', 'find', 'insert'),
  'is refused twice': steps('start', 'start', 'insert', 'start', 'commit', 'start', 'insert'),
  'has concerns of its own': started(
    undefined,
    {},
    { readConcern: { level: 'snapshot' } },
    { readConcern: 'majority' },
    { writeConcern: new WriteConcern('majority', 1_000, true) },
    { writeConcern: { w: 1 }, maxCommitTimeMS: 5_000 },
    { readPreference: ReadPreference.primary },
    { readPreference: 'primary' },
    { readPreference: 'secondary' }
  ),
  'refuses a write concern without answers': started({ writeConcern: { w: 0 } }, undefined),
  'is not for snapshot sessions': within(
    (session, on) => on.settled(() => session.startTransaction()),
    { snapshot: true }
  ),
  "has the session's defaults": within(
    async (session, on) => {
      session.startTransaction();
      await on.collection.findOne({}, { session });
      const seen = [portrait(session)];
      await session.commitTransaction();
      session.startTransaction({ readConcern: 'local' });
      await on.collection.findOne({}, { session });
      return [...seen, portrait(session)];
    },
    { defaultTransactionOptions: { readConcern: { level: 'majority' }, maxCommitTimeMS: 9_000 } }
  ),
  "has the client's concerns": async on => {
    await seed(on.collection);
    const client = on.open({ readConcernLevel: 'majority', w: 'majority', wtimeoutMS: 3_000 });
    const collection = client.db(on.db.databaseName).collection<any>(on.collection.collectionName);
    const session = client.startSession();
    session.startTransaction();
    const found = await collection.findOne({ _id: 1 }, { session });
    await collection.insertOne({ _id: 9 }, { session });
    await session.commitTransaction();
    return [found, portrait(session)];
  },
  'leaves out the concerns of operations and of collections': within(async (session, on) => {
    const concerns = { readConcern: 'majority', writeConcern: { w: 1 } } as const;
    const own = on.db.collection<any>(on.collection.collectionName, concerns);
    session.startTransaction();
    const outcomes = await on.all(
      () => own.insertOne({ _id: 100 }, { session }),
      () => own.insertOne({ _id: 101 }, { session, writeConcern: { w: 'majority' } }),
      () => own.findOne({ _id: 100 }, { session }),
      () => own.find({ _id: 101 }, { session, readConcern: 'local' }).toArray(),
      () => own.updateMany({ _id: { $gt: 99 } }, { $set: { a: 1 } }, { session }),
      () => own.insertOne({ _id: 102 }, { session, writeConcern: { w: 0 } })
    );
    await session.commitTransaction();
    return [outcomes, await own.countDocuments({ a: 1 })];
  }),
  'reads from the primary alone': within(async (session, on) => {
    const { collection, db } = on;
    const readPreference = 'secondaryPreferred';
    const far = db.collection<any>(collection.collectionName, { readPreference });
    session.startTransaction();
    const outcomes = await on.all(
      () => far.findOne({ _id: 1 }, { session }),
      () => far.insertOne({ _id: 100 }, { session }),
      () => collection.findOne({ _id: 1 }, { session, readPreference }),
      () => collection.find({ _id: 1 }, { session, readPreference }).toArray(),
      () => collection.aggregate([], { session, readPreference }).toArray(),
      () => collection.distinct('n', {}, { session, readPreference }),
      () => db.command({ ping: 1 }, { session, readPreference }),
      () => collection.updateMany({}, { $set: { a: 1 } }, { session })
    );
    await session.abortTransaction();
    return outcomes;
  }),
  'has cursors over several batches': within(async (session, on) => {
    session.startTransaction();
    await on.collection.insertMany([{ _id: 100 }, { _id: 101 }], { session });
    const found: unknown[] = [];
    for await (const document of on.collection.find({}, { session, batchSize: 2 })) {
      found.push(document);
    }
    const cursor = on.collection.aggregate([{ $sort: { _id: 1 } }], { session, batchSize: 2 });
    found.push(await cursor.next());
    await cursor.close();
    await session.commitTransaction();
    return [found, portrait(session)];
  }),
  'goes on after a document was refused by nothing': within(async (session, on) => {
    session.startTransaction();
    const outcomes = await on.all(
      () => on.collection.insertOne({ _id: 1 }, { session }),
      () => on.collection.insertOne({ _id: 200 }, { session }),
      () => session.commitTransaction()
    );
    return [outcomes, state(session), await on.collection.countDocuments({ _id: 200 })];
  }),
  'creates collections and indexes': within(async (session, on) => {
    const name = `${on.collection.collectionName}x`;
    session.startTransaction();
    const outcomes = await on.all(
      () => on.db.createCollection(name, { session }),
      () => on.db.collection(name).createIndex({ a: 1 }, { session }),
      () => on.db.collection(name).insertOne({ _id: 1 } as object, { session }),
      () => session.commitTransaction()
    );
    return [outcomes, await on.db.collection(name).countDocuments()];
  }),
  'is refused commands that no transaction may have': within(async (session, on) => {
    const refused: unknown[] = [];
    for (const run of [
      () => on.collection.aggregate([{ $out: 'x' }], { session }).toArray(),
      () => on.collection.estimatedDocumentCount({ session }),
      () => on.db.listCollections({}, { session }).toArray(),
      () => on.db.command({ dbStats: 1 }, { session })
    ]) {
      session.startTransaction();
      refused.push(await on.settled(run), state(session));
      await session.abortTransaction();
    }
    return refused;
  })
};

const COMMITS: Record<string, Scenario> = {
  'is refused without a transaction': steps('commit', 'find', 'commit'),
  'does nothing for a transaction without operations': steps(
    ...([
      'start',
      'commit',
      'commit',
      'insert',
      'start',
      'commit',
      'start',
      'insert',
      'commit'
    ] as const)
  ),
  'may come again': steps('start', 'insert', 'commit', 'commit', 'insert', 'commit'),
  'is refused after an abort': steps(
    'start',
    'insert',
    'abort',
    'commit',
    'start',
    'abort',
    'commit'
  ),
  'makes visible what was done': within(async (session, on) => {
    const { collection } = on;
    session.startTransaction();
    await collection.insertOne({ _id: 100 }, { session });
    await collection.deleteOne({ _id: 1 }, { session });
    const inside = await collection.countDocuments({}, { session });
    const outside = await collection.countDocuments();
    await session.commitTransaction();
    return [inside, outside, await collection.find().sort({ _id: 1 }).toArray()];
  }),
  'fails when the write concern is not met': within(async (session, on) => {
    session.startTransaction({ writeConcern: new WriteConcern(9, 100) });
    await on.collection.insertOne({ _id: 100 }, { session });
    const outcome = await on.settled(() => session.commitTransaction());
    return [outcome, state(session), await on.collection.countDocuments({ _id: 100 })];
  })
};

const ABORTS: Record<string, Scenario> = {
  'is refused without a transaction': steps('abort', 'insert', 'abort'),
  'does nothing for a transaction without operations': steps('start', 'abort', 'insert', 'abort'),
  'is refused twice, and after a commit': steps(
    ...(['start', 'insert', 'abort', 'abort', 'start', 'insert', 'commit', 'abort'] as const)
  ),
  'undoes what was done': within(async (session, on) => {
    session.startTransaction();
    await on.collection.deleteMany({}, { session });
    const inside = await on.collection.countDocuments({}, { session });
    await session.abortTransaction();
    return [inside, await on.collection.countDocuments({}, { session }), portrait(session)];
  }),
  'happens by itself when two transactions meet': within(async (session, on) => {
    const other = on.client.startSession();
    session.startTransaction();
    other.startTransaction();
    const update = { $inc: { n: 1 } };
    const outcomes = await on.all(
      () => on.collection.updateOne({ _id: 1 }, update, { session }),
      () => on.collection.updateOne({ _id: 1 }, update, { session: other }),
      () => other.commitTransaction(),
      () => session.commitTransaction()
    );
    const states = [state(session), state(other)];
    await other.endSession();
    return [outcomes, states, await on.collection.findOne({ _id: 1 })];
  })
};

/** Runs a function by `withTransaction`, and what became of it. */
function running(
  callback: (session: ClientSession, on: Context, run: number) => Promise<unknown>,
  options?: TransactionOptions
): Scenario {
  return within(async (session, on) => {
    let runs = 0;
    const outcome = await on.settled(() =>
      session.withTransaction(one => callback(one, on, ++runs), options)
    );
    const left = await on.collection.find({ _id: { $gte: 100 } }).toArray();
    return [outcome, runs, state(session), numbers(session), left];
  });
}

const RUNS: Record<string, Scenario> = {
  'commits and gives what the function gave': running(async (session, on) => {
    await on.collection.insertOne({ _id: 100 }, { session });
    return ['result', await on.collection.countDocuments({}, { session })];
  }),
  'commits nothing when nothing was done': running(async () => 'nothing'),
  'obeys options': running(
    async (session, on) => await on.collection.insertOne({ _id: 100 }, { session }),
    { readConcern: 'majority', writeConcern: new WriteConcern(1), maxCommitTimeMS: 5_000 }
  ),
  'runs again after errors that pass': running(async (session, on, run) => {
    await on.collection.insertOne({ _id: 100, run }, { session });
    if (run < 3) throw transient;
    return run;
  }),
  'throws errors of the function': running(async (session, on) => {
    await on.collection.insertOne({ _id: 100 }, { session });
    throw new Error('mine');
  }),
  "throws the server's errors": running(async (session, on) => {
    await on.collection.insertOne({ _id: 100 }, { session });
    await on.collection.insertOne({ _id: 100 }, { session });
  }),
  'throws an unknown outcome that the function reports': running(async () => {
    throw new MongoServerError({
      errmsg: 'mine',
      errorLabels: ['UnknownTransactionCommitResult']
    });
  }),
  'takes a function that commits': running(async (session, on) => {
    await on.collection.insertOne({ _id: 100 }, { session });
    await session.commitTransaction();
    return 'committed';
  }),
  'takes a function that aborts': running(async (session, on) => {
    await on.collection.insertOne({ _id: 100 }, { session });
    await session.abortTransaction();
    return 'aborted';
  }),
  'complains of a function that commits and then fails': running(async (session, on) => {
    await on.collection.insertOne({ _id: 100 }, { session });
    await session.commitTransaction();
    throw new Error('mine');
  }),
  'refuses a function that gives no promise': running((() => 5) as never),
  'is refused within a transaction': within(async (session, on) => {
    session.startTransaction();
    return await on.settled(() => session.withTransaction(async () => undefined));
  }),
  'is not for snapshot sessions': within(
    async (session, on) => await on.settled(() => session.withTransaction(async () => undefined)),
    { snapshot: true }
  )
};

export const TRANSACTIONS: Scenarios = {
  'ClientSession.startTransaction': STARTS,
  'ClientSession.commitTransaction': COMMITS,
  'ClientSession.abortTransaction': ABORTS,
  'ClientSession.withTransaction': RUNS
};
