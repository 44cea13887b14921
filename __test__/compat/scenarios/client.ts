// Owns what is compared of the client itself: its getters, its life, and what its end does to cursors.
// Must not know how two outcomes are compared.
/* eslint-disable @typescript-eslint/no-deprecated -- what is deprecated is compared like the rest */

import type { AbstractCursor, MongoClient } from 'mongodb';
import type { Context, Scenario, Scenarios } from '../both.ts';
import { seedNumbers } from './seed.ts';

/** What a cursor says of itself; not its id, which is each client's own. */
function state(cursor: AbstractCursor): object {
  const { closed, killed, id } = cursor;
  const open = id === undefined ? 'not yet' : !id.isZero();
  return { closed, killed, open, buffered: cursor.bufferedCount() };
}

/** A scenario on a client of its own, and seven documents in its database. */
function ending(run: (client: MongoClient, on: Context) => unknown): Scenario {
  return async on => {
    await seedNumbers(on.collection, 7);
    const client = on.open({});
    await client.connect();
    return await run(client, on);
  };
}

/** A cursor of `client` over the scenario's collection, two documents a batch. */
function cursorOf(client: MongoClient, on: Context): AbstractCursor {
  const { databaseName } = on.db;
  const { collectionName } = on.collection;
  return client.db(databaseName).collection(collectionName).find({}, { batchSize: 2 });
}

/** What is left of a cursor, by every way to read it. */
async function rest(cursor: AbstractCursor, on: Context): Promise<unknown> {
  return [
    state(cursor),
    await on.all(
      () => cursor.hasNext(),
      () => cursor.next(),
      () => cursor.tryNext(),
      () => cursor.toArray(),
      () => cursor.close()
    ),
    state(cursor)
  ];
}

const closing: Scenarios = {
  'MongoClient.close': {
    'ends cursors that have started': ending(async (client, on) => {
      const cursor = cursorOf(client, on);
      let closes = 0;
      cursor.on('close', () => (closes += 1));
      await cursor.next();
      await client.close();
      return [closes, await rest(cursor, on)];
    }),
    'ends cursors that have not': ending(async (client, on) => {
      const cursor = cursorOf(client, on);
      await client.close();
      return await rest(cursor, on);
    }),
    'leaves cursors what has arrived, if nothing more was to come': ending(async (client, on) => {
      const cursor = cursorOf(client, on).batchSize(100);
      await cursor.next();
      await client.close();
      return [state(cursor), await cursor.next(), await cursor.toArray(), state(cursor)];
    }),
    'rejects what is under way': ending(async (client, on) => {
      const sleep = { sleep: 1, millis: 2_000, lock: 'none' };
      const waiting = on.settled(() => client.db('admin').command(sleep));
      await new Promise(resolve => setTimeout(resolve, 100));
      await client.close();
      return await waiting;
    }),
    'refuses what comes after it, cursors among it': ending(async (client, on) => {
      await client.close();
      const cursor = cursorOf(client, on);
      return await on.all(
        () => client.db().command({ ping: 1 }),
        () => cursor.next(),
        () => state(cursor),
        () => client.close()
      );
    }),
    'may be followed by another connect': ending(async (client, on) => {
      const before = cursorOf(client, on);
      await client.close();
      await client.connect();
      const after = cursorOf(client, on);
      const seen = [await rest(before, on), (await after.toArray()).length];
      before.rewind();
      return [...seen, (await before.toArray()).length];
    })
  },
  'MongoClient.connect': {
    'gives the client, however often': async on => {
      const client = on.open({});
      const given = await Promise.all([client.connect(), client.connect()]);
      return [given.every(one => one === client), (await client.connect()) === client];
    }
  },
  'MongoClient.[Symbol.asyncDispose]': {
    closes: async on => {
      const client = on.open({});
      await client.connect();
      await (client as any)[Symbol.asyncDispose]();
      return await on.settled(() => client.db().command({ ping: 1 }));
    }
  }
};

const getters: Scenarios = {
  'MongoClient.db': {
    'defaults to the name in the connection string': on => [
      on.client.db().databaseName,
      on.client.db('x').databaseName,
      on.client.db('').databaseName
    ],
    'refuses names with dots': on => on.settled(() => on.client.db('a.b'))
  },
  'MongoClient.options': {
    'hold what was given and the defaults': on => {
      const { maxPoolSize, retryWrites, dbName, appName, loadBalanced } = on.open({
        maxPoolSize: 7,
        appName: 'mine'
      }).options;
      return { maxPoolSize, retryWrites, dbName, appName, loadBalanced };
    }
  },
  'MongoClient.serverApi': {
    'is undefined or what was given': on => [
      on.client.serverApi,
      on.open({ serverApi: '1' }).serverApi,
      on.open({ serverApi: { version: '1', strict: true } }).serverApi,
      Object.isFrozen(on.open({ serverApi: '1' }).serverApi)
    ]
  },
  'MongoClient.readConcern': {
    'is undefined or what was given': on => [
      on.client.readConcern,
      on.open({ readConcernLevel: 'majority' }).readConcern,
      on.open({ readConcern: { level: 'local' } }).readConcern
    ]
  },
  'MongoClient.writeConcern': {
    'is undefined or what was given': on => [
      on.client.writeConcern,
      on.open({ w: 'majority', wtimeoutMS: 7 }).writeConcern
    ]
  },
  'MongoClient.readPreference': {
    'is the primary or what was given': on => [
      on.client.readPreference,
      on.open({ readPreference: 'nearest' }).readPreference
    ]
  },
  'MongoClient.bsonOptions': {
    'hold what is given': on => on.open({ promoteLongs: false }).bsonOptions.promoteLongs
  },
  'MongoClient.timeoutMS': { 'is undefined': on => on.client.timeoutMS },
  'MongoClient.appendMetadata': {
    'tells the server with new connections': async on => {
      const client = on.open({ driverInfo: { name: 'first', version: '1' } });
      client.appendMetadata({ name: 'second', version: '2', platform: 'here' });
      client.appendMetadata({ name: 'second', version: '2', platform: 'here' });
      client.appendMetadata({ name: 'first', version: '1' });
      client.appendMetadata({ name: 'third' });
      const [own] = await client
        .db('admin')
        .aggregate([
          { $currentOp: { allUsers: true, idleConnections: true } },
          { $match: { 'clientMetadata.driver.name': /\|first\|/, active: true } },
          { $match: { 'cursor.originatingCommand.comment': { $exists: false } } }
        ])
        .toArray();
      const { name, version } = own!['clientMetadata'].driver as Record<string, string>;
      return [name!.replace(/^.*(?=\|first)/, ''), version!.replace(/^.*(?=\|1\|)/, '')];
    }
  }
};

export const CLIENTS: Scenarios = { ...closing, ...getters };
