// Owns the scenarios about events and the topology: the same classes, names, fields and stable values,
// in the same order. Between the three families (commands, connections, servers) the order is nobody's
// promise.

import type { CommandStartedEvent, Document, MongoClient } from 'mongodb';
import type { Context, Scenarios } from '../both.ts';

/** Values that differ from run to run or from connection to connection; their types are compared. */
const VOLATILE: ReadonlySet<string> = new Set([
  'time',
  'connectionId',
  'serverConnectionId',
  'requestId',
  'topologyId',
  'duration',
  'durationMS',
  // The driver says so of a hello that is not, when the next one will be.
  'awaited'
]);

/** Fields of commands and replies that no two runs share, or that a session adds. */
const GOSSIP: ReadonlySet<string> = new Set([
  'lsid',
  'txnNumber',
  '$clusterTime',
  'operationTime',
  '$readPreference',
  'localTime',
  'lastWrite',
  'topologyVersion',
  'electionId',
  'connectionId'
]);

/** Fields of descriptions that differ from moment to moment. */
const MEASURED: ReadonlySet<string> = new Set([
  'roundTripTime',
  'minRoundTripTime',
  'lastUpdateTime',
  'lastWriteDate',
  '$clusterTime',
  'topologyVersion',
  'electionId',
  'maxElectionId'
]);

type Heard = Array<Record<string, unknown>>;

/** What is heard from now on of these events. */
function listen(client: MongoClient, names: readonly string[]): Heard {
  const heard: Heard = [];
  for (const name of names) client.on(name as 'open', event => heard.push(picture(event)));
  return heard;
}

function picture(event: object): Record<string, unknown> {
  const fields = Object.entries(event).map(([name, value]) => [name, field(name, value)] as const);
  const { databaseName: database, ...rest } = sorted(fields);
  return { class: event.constructor.name, database, ...rest };
}

function field(name: string, value: unknown): unknown {
  if (VOLATILE.has(name)) return value instanceof Date ? 'Date' : typeof value;
  if (name === 'command' || name === 'reply') return document(value as Document);
  if (name.endsWith('Description')) return description(value as object);
  return value;
}

/** A command or a reply without what no two runs share; cursors have numbers of their own. */
function document(value: Document): object {
  const elements = Object.entries(value).filter(([name]) => !GOSSIP.has(name));
  return sorted(
    elements.map(([name, element]): [string, unknown] => {
      if (name === 'getMore') return [name, 'a cursor'];
      if (name !== 'cursor') return [name, element];
      return [name, { ...(element as object), id: Number((element as { id: unknown }).id) !== 0 }];
    })
  );
}

/** A description of a server or a topology: its fields, and what its getters make of them. */
function description(value: object): unknown {
  const { hasKnownServers, hasDataBearingServers, isDataBearing, isWritable, host, port } =
    value as Record<string, unknown>;
  const fields = Object.entries(value).map(([name, element]): [string, unknown] => {
    if (MEASURED.has(name)) return [name, element === null];
    if (!(element instanceof Map)) return [name, element];
    return [name, new Map([...element].map(([key, one]) => [key, description(one as object)]))];
  });
  return {
    class: value.constructor.name,
    getters: [hasKnownServers, hasDataBearingServers, isDataBearing, isWritable, host, port],
    ...sorted(fields)
  };
}

/** Nobody reads an event by the order of its fields. */
function sorted(fields: Iterable<readonly [string, unknown]>): Record<string, unknown> {
  return Object.fromEntries([...fields].sort(([a], [b]) => (a < b ? -1 : 1)));
}

/** Which of the requests an event is about, counted from 0. */
function requests(client: MongoClient): unknown[] {
  const pairs: unknown[] = [];
  const seen: number[] = [];
  for (const name of ['commandStarted', 'commandSucceeded', 'commandFailed'] as const) {
    client.on(name, ({ requestId, commandName }: CommandStartedEvent) => {
      if (!seen.includes(requestId)) seen.push(requestId);
      pairs.push([name, commandName, seen.indexOf(requestId)]);
    });
  }
  return pairs;
}

const COMMANDS = ['commandStarted', 'commandSucceeded', 'commandFailed'] as const;

/** A client that reports commands, and the collection of the scenario through it. */
function monitored(on: Context, options = {}) {
  const client = on.open({ monitorCommands: true, ...options });
  const db = client.db(on.db.databaseName);
  return { client, db, collection: db.collection<any>(on.collection.collectionName) };
}

export const EVENTS: Scenarios = {
  'MongoClient command events': {
    'come of reads and writes': async on => {
      const { client, collection } = monitored(on);
      await client.connect();
      const heard = listen(client, COMMANDS);
      await collection.insertOne({ _id: 1, a: new Date(0) });
      await collection.insertMany([{ _id: 2 }, { _id: 3 }]);
      await collection.updateOne({ _id: 1 }, { $set: { b: 'x' } });
      await collection.findOne({ _id: 1 });
      await collection.find({}, { batchSize: 2, sort: { _id: 1 } }).toArray();
      await collection.aggregate([{ $match: { _id: 1 } }]).toArray();
      await collection.countDocuments();
      await collection.deleteOne({ _id: 1 });
      return heard;
    },
    'come in pairs': async on => {
      const { client, collection, db } = monitored(on);
      const pairs = requests(client);
      await on.all(
        () => collection.insertOne({ _id: 1 }),
        () => collection.findOne({}),
        () => db.command({ nonsense: 1 }),
        () => collection.insertOne({ _id: 1 }),
        () => db.admin().ping()
      );
      return pairs;
    },
    'come of failures': async on => {
      const { client, db, collection } = monitored(on);
      await client.connect();
      const heard = listen(client, COMMANDS);
      await on.all(
        () => db.command({ nonsense: 1 }),
        () => collection.find({ $nonsense: 1 }).toArray(),
        () => collection.aggregate([{ $nonsense: 1 }]).toArray()
      );
      return heard;
    },
    'succeed where a document is refused': async on => {
      const { client, collection } = monitored(on);
      await collection.insertOne({ _id: 1 });
      const heard = listen(client, COMMANDS);
      await on.settled(() => collection.insertOne({ _id: 1 }));
      return heard;
    },
    'show nothing of sensitive commands': async on => {
      const { client, db } = monitored(on);
      await client.connect();
      const heard = listen(client, COMMANDS);
      const user = { createUser: 'u', pwd: 'secret', roles: [] };
      await on.all(
        () => db.command(user),
        () => db.command(user),
        () => db.command({ dropUser: 'u' })
      );
      return heard;
    },
    'read replies as the client does': async on => {
      const { client, collection } = monitored(on, { promoteValues: false, useBigInt64: false });
      await client.connect();
      await collection.insertOne({ _id: 1, n: 5, d: 1.5 });
      const replies: unknown[] = [];
      client.on('commandSucceeded', ({ reply }) => replies.push((reply as Document).cursor));
      await collection.findOne({ _id: 1 });
      return replies.map(cursor => (cursor as Document).firstBatch as unknown);
    },
    'do not come unless they are asked for': async on => {
      const client = on.open({});
      const heard = listen(client, COMMANDS);
      await client.db(on.db.databaseName).command({ ping: 1 });
      const other = monitored(on).client;
      return [heard, client.options.monitorCommands, other.options.monitorCommands];
    }
  },
  'MongoClient connection events': {
    'tell of connecting, a command and closing': async on => {
      const client = on.open({ maxPoolSize: 5 });
      const heard = listen(client, [
        'connectionPoolCreated',
        'connectionPoolReady',
        'connectionPoolCleared',
        'connectionPoolClosed',
        'connectionCreated',
        'connectionReady',
        'connectionClosed',
        'connectionCheckOutStarted',
        'connectionCheckOutFailed',
        'connectionCheckedOut',
        'connectionCheckedIn'
      ]);
      await client.connect();
      await client.db(on.db.databaseName).command({ ping: 1 });
      await client.close();
      return heard;
    }
  },
  'MongoClient server events': {
    'tell of connecting and closing, twice': async on => {
      const client = on.open({});
      const heard = listen(client, [
        'serverOpening',
        'serverClosed',
        'serverDescriptionChanged',
        'topologyOpening',
        'topologyClosed',
        'topologyDescriptionChanged'
      ]);
      await client.connect();
      await client.close();
      await client.connect();
      await client.close();
      return heard;
    },
    'tell of a direct connection': async on => {
      const client = on.open({ directConnection: true });
      const heard = listen(client, ['serverDescriptionChanged', 'topologyDescriptionChanged']);
      await client.connect();
      await client.close();
      return heard;
    },
    'tell of a server that is not there': async on => {
      const { host } = on.client.options.hosts[0]!;
      const client = on.open({ serverSelectionTimeoutMS: 50, replicaSet: 'another' });
      const types: unknown[] = [];
      client.on('serverDescriptionChanged', ({ address, newDescription }) => {
        types.push([address.startsWith(host!), newDescription.type]);
      });
      client.on('topologyDescriptionChanged', ({ newDescription }) => {
        types.push([newDescription.type, newDescription.setName]);
      });
      const { rejected } = (await on.settled(() => client.connect())) as { rejected: Error };
      return [rejected.name, types[0]];
    },
    'tell of heartbeats': async on => {
      const client = on.open({});
      const heard = listen(client, ['serverHeartbeatStarted', 'serverHeartbeatSucceeded']);
      await client.connect();
      await client.close();
      return heard.slice(0, 2);
    }
  },
  'MongoClient topology': {
    'is there from connecting to closing': async on => {
      const client = on.open({}) as MongoClient & { topology?: any };
      const before = client.topology as unknown;
      await client.connect();
      const { topology } = client;
      const during = [
        topology.constructor.name,
        topology.isConnected(),
        topology.s.state,
        topology.s.heartbeatFrequencyMS,
        topology.loadBalanced,
        topology.logicalSessionTimeoutMinutes,
        topology.commonWireVersion,
        topology.lastHello().type,
        topology.clusterTime === topology.s.clusterTime,
        topology.s.description === topology.description,
        description(topology.description as object),
        JSON.stringify(topology.description) !== undefined
      ];
      await client.close();
      const after = [
        client.topology as unknown,
        topology.isConnected(),
        topology.isDestroyed(),
        topology.s.state,
        topology.description.type
      ];
      return [before, during, after];
    },
    'comes with the first operation, too': async on => {
      const client = on.open({}) as MongoClient & { topology?: any };
      await client.db(on.db.databaseName).command({ ping: 1 });
      return [client.topology.constructor.name, client.topology.description.type];
    },
    'has hosts and names beside it': on => {
      const client = on.open({ appName: 'x' });
      const [host] = client.options.hosts;
      const { s } = client as unknown as { s: { url: string; options: Document } };
      return [
        host!.constructor.name,
        String(host),
        host!.toHostPort(),
        s.url,
        s.options['hosts'][0].host,
        s.options['dbName'],
        client.eventNames()
      ];
    }
  }
};
