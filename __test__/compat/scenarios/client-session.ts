// Owns what is compared of the members of a session, but for transactions, which are
// transaction.ts's.
/* eslint-disable @typescript-eslint/no-deprecated -- what is deprecated is compared like the rest */

import { Binary, Long, Timestamp } from 'bson';
import { ReadConcern } from 'mongodb';
import type { Scenarios } from '../both.ts';
import { numbers, portrait, within } from './session.ts';

/** A cluster time, right or wrong. */
const TIME = new Timestamp({ t: 1, i: 1 });
const CLUSTER_TIMES: readonly unknown[] = [
  undefined,
  null,
  5,
  'x',
  {},
  { clusterTime: 5 },
  { clusterTime: TIME },
  { clusterTime: TIME, signature: {} },
  { clusterTime: TIME, signature: { hash: new Binary(), keyId: 'x' } },
  { clusterTime: TIME, signature: { hash: 'x', keyId: 0 } },
  { clusterTime: TIME, signature: { hash: new Binary(), keyId: 0 } },
  { clusterTime: TIME, signature: { hash: new Binary(), keyId: Long.ZERO } },
  { clusterTime: TIME, signature: { hash: new Binary(), keyId: 0n } }
];

export const CLIENT_SESSIONS: Scenarios = {
  'ClientSession.id': {
    'is a UUID of its own': within((session, on) => {
      const other = on.client.startSession();
      const different = session.id?.id.toString('hex') !== other.id?.id.toString('hex');
      void other.endSession();
      return [different, Object.keys(session.id ?? {}), session.id?.id.constructor.name];
    })
  },
  'ClientSession.serverSession': {
    'counts numbers and notes uses': within(async (session, on) => {
      const { serverSession: server } = session;
      const before = server.lastUse;
      const used = [numbers(session)];
      await on.collection.insertOne({ _id: 40 }, { session });
      used.push(numbers(session));
      await on.collection.updateMany({}, { $set: { a: 1 } }, { session });
      used.push(numbers(session));
      const later = session.serverSession.lastUse >= before;
      return [server.constructor.name, used, later, server.isDirty, server.hasTimedOut(30)];
    })
  },
  'ClientSession.clientOptions': {
    'are those of the client': within(session => {
      const { retryWrites, readPreference, appName } = session.clientOptions;
      return { retryWrites, readPreference, appName };
    })
  },
  'ClientSession.loadBalanced': { 'is false': within(session => session.loadBalanced) },
  'ClientSession.isPinned': { 'is false': within(session => session.isPinned) },
  'ClientSession.timeoutMS': { 'has no effect': within(session => session.timeoutMS) },
  'ClientSession.endSession': {
    'says so, once': async on => {
      const session = on.client.startSession();
      const ended: boolean[] = [];
      session.on('ended', one => ended.push(one === session));
      const ending = session.endSession();
      const atOnce = session.hasEnded;
      await ending;
      await session.endSession({ force: true });
      return [atOnce, ended, session.listenerCount('error')];
    },
    'is done by the client when it closes': async on => {
      const client = on.open({});
      await client.connect();
      const sessions = [client.startSession(), client.startSession()];
      const ended: unknown[] = [];
      for (const session of sessions) session.on('ended', () => ended.push('ended'));
      sessions[0]!.startTransaction();
      await client.db(on.db.databaseName).collection('x').insertOne({}, { session: sessions[0]! });
      await client.close();
      return [ended, sessions.map(session => session.hasEnded)];
    }
  },
  'ClientSession.[Symbol.asyncDispose]': {
    'ends it': async on => {
      const session = on.client.startSession();
      session.startTransaction();
      await on.collection.insertOne({ _id: 1 }, { session });
      await session[Symbol.asyncDispose]();
      return [portrait(session), await on.collection.countDocuments()];
    }
  },
  'ClientSession.advanceOperationTime': {
    'takes the later time': within(session => {
      const seen: unknown[] = [];
      for (const seconds of [2, 1, 3]) {
        session.advanceOperationTime(new Timestamp({ t: seconds, i: 1 }));
        seen.push(session.operationTime?.t);
      }
      return seen;
    }),
    'makes a session read what another one wrote': within(async (session, on) => {
      await on.collection.insertOne({ _id: 60 }, { session });
      const other = on.client.startSession();
      other.advanceOperationTime(session.operationTime!);
      other.advanceClusterTime(session.clusterTime!);
      const found = await on.collection.findOne({ _id: 60 }, { session: other });
      await other.endSession();
      return found;
    })
  },
  'ClientSession.advanceClusterTime': {
    'takes signed times': within((session, on) =>
      on.all(
        ...CLUSTER_TIMES.map(time => () => {
          session.advanceClusterTime(time as never);
          return session.clusterTime !== undefined;
        })
      )
    )
  },
  'ClientSession.equals': {
    'tells sessions apart': within((session, on) => {
      const other = on.client.startSession();
      const results = [session, other, undefined, {}].map(one => session.equals(one as never));
      void other.endSession();
      return results;
    })
  },
  'ClientSession.incrementTransactionNumber': {
    'skips a number': within(async (session, on) => {
      session.incrementTransactionNumber();
      session.incrementTransactionNumber();
      const before = numbers(session);
      await on.collection.insertOne({ _id: 70 }, { session });
      return [before, numbers(session)];
    })
  },
  'ClientSession.toBSON': {
    'keeps it out of documents': within((session, on) =>
      on.all(
        () => session.toBSON(),
        () => on.collection.insertOne({ session }),
        () => on.collection.findOne({ session })
      )
    )
  },
  'ClientSession.inTransaction': {
    'follows the transaction': within(async (session, on) => {
      const seen = [session.inTransaction()];
      session.startTransaction({ readConcern: new ReadConcern('local') });
      seen.push(session.inTransaction());
      await on.collection.insertOne({ _id: 80 }, { session });
      seen.push(session.inTransaction());
      await session.commitTransaction();
      seen.push(session.inTransaction());
      return seen;
    })
  }
};
