// Owns connections: their states and events, what waits for them, what they share, how they fail.

import type { Connection } from 'mongoose';
import type { Scenarios } from '../both.ts';

const EVENTS = [
  'connecting',
  'connected',
  'open',
  'disconnecting',
  'disconnected',
  'close',
  'reconnected',
  'error',
  'fullsetup'
];

function record(connection: Connection): unknown[] {
  const heard: unknown[] = [];
  for (const name of EVENTS) {
    connection.on(name, argument => heard.push([name, connection.readyState, argument]));
  }
  return heard;
}

/** The driver's has a class of its own for what it parses connection strings with. */
function nameOf({ name }: Error): string {
  return name;
}

/** Options of a client that are looked at. */
const SHOWN = [
  'maxPoolSize',
  'minPoolSize',
  'appName',
  'readPreference',
  'writeConcern',
  'retryWrites',
  'serverSelectionTimeoutMS',
  'dbName',
  'driverInfo',
  'heartbeatFrequencyMS'
];

function pick(from: Record<string, unknown>, names: readonly string[]): Record<string, unknown> {
  return Object.fromEntries(names.map(name => [name, from[name]]));
}

/** Where nobody listens. */
const NOWHERE = 'mongodb://127.0.0.1:9/db';

export const CONNECTIONS: Scenarios = {
  'go through their states, and open again': async on => {
    const { connection } = on.mongoose;
    const heard = record(connection);
    const states = [connection.readyState];
    const opening = on.connect();
    states.push(connection.readyState);
    await opening;
    states.push(connection.readyState);
    const { host, port, name, constructor } = connection;
    await on.connect();
    const M = on.model({ n: Number });
    await M.create({ n: 1 });
    const closing = connection.close();
    states.push(connection.readyState);
    await closing;
    states.push(connection.readyState);
    const closed = await on.settled(() =>
      M.findOne()
        .maxTimeMS(100)
        .setOptions({ bufferTimeoutMS: 10 } as any)
    );
    await on.connect();
    states.push(connection.readyState);
    const found = await M.findOne();
    await connection.destroy();
    states.push(connection.readyState);
    const destroyed = await on.settled(() => connection.openUri(on.uri));
    return {
      heard,
      states,
      port,
      host,
      name,
      class: constructor.name,
      closed,
      found,
      destroyed
    };
  },

  'refuse a second address and wrong arguments': async on => {
    await on.connect();
    return on.all(
      () => on.mongoose.connect('mongodb://127.0.0.1:9/other'),
      () => on.mongoose.connect(5 as any),
      () => on.mongoose.createConnection().openUri(undefined as any),
      () => on.mongoose.createConnection().openUri('fail connection').catch(nameOf),
      () => on.open({}, 'fail connection').asPromise().catch(nameOf),
      () => on.open({}, 'mongodb:///fake').asPromise().catch(nameOf),
      () => on.open({ nothing: 1 } as any).asPromise(),
      () => on.open({ maxPoolSize: -1 }).asPromise(),
      () => on.open({ readPreference: 'secondary', autoIndex: true }).asPromise(),
      () => on.open({ readPreference: 'nowhere' as any }).asPromise(),
      () => on.mongoose.connect(on.uri, (() => undefined) as any),
      () => (on.mongoose.connection as any).close(() => undefined)
    );
  },

  'that find no server say so': async on => {
    const failing = on.open({ serverSelectionTimeoutMS: 50 }, NOWHERE);
    const heard = record(failing);
    const outcome = await on.settled(() => failing.asPromise());
    const direct = await on.settled(() =>
      on.mongoose.createConnection().openUri(NOWHERE, { serverSelectionTimeoutMS: 50 })
    );
    const M = failing.model(
      'Lost',
      new on.mongoose.Schema({ n: Number }, { bufferTimeoutMS: 20 } as any)
    );
    const buffered = await on.settled(() => M.findOne());
    const names = (value: any): unknown => ({
      class: value.rejected?.constructor.name,
      name: value.rejected?.name,
      reason: value.rejected?.reason?.constructor.name,
      type: value.rejected?.reason?.type,
      servers: [...(value.rejected?.reason?.servers?.entries() ?? [])].map(([address, server]) => [
        address,
        server.type,
        server.error?.name,
        server.address
      ]),
      keys: Object.keys(value.rejected ?? {}).sort(),
      message: value.rejected?.message
    });
    return {
      heard: heard.map((one: any) => one.slice(0, 2)),
      outcome: names(outcome),
      direct: names(direct),
      buffered,
      state: failing.readyState
    };
  },

  'buffer until they are open, or for a time, or not at all': async on => {
    const { Schema } = on.mongoose;
    const events: unknown[] = [];
    const M = on.model({ n: Number });
    on.mongoose.connection.on('buffer', ({ method, modelName }: any) =>
      events.push(['buffer', method, modelName])
    );
    on.mongoose.connection.on('buffer-end', ({ method, error }: any) =>
      events.push(['end', method, error])
    );
    // Whatever the next one, which runs at the same time, does meanwhile.
    const early = M.countDocuments({ n: 2 });
    const early2 = M.create({ n: 1 });
    const cursor = M.find().cursor().next();
    await on.connect();
    const lone = on.mongoose.createConnection();
    const Slow = lone.model('Slow', new Schema({}, { bufferTimeoutMS: 20 } as any));
    const Never = lone.model('Never', new Schema({}, { bufferCommands: false }));
    return {
      early: [await early, await early2, typeof (await cursor)],
      outcomes: await on.all(
        () => Slow.findOne(),
        () => Slow.create({}),
        () => Slow.aggregate([]),
        () => Slow.collection.find({}),
        () => Never.findOne(),
        () => Never.create({}),
        () => Never.find().cursor().next()
      ),
      events: events.sort()
    };
  },

  'share a client by useDb': async on => {
    const connection = await on.connect();
    const other = connection.useDb(`${on.database}_other`, { useCache: true });
    const heard = record(other);
    const M = other.model('M', new on.mongoose.Schema({ n: Number }));
    await M.create({ n: 1 });
    const shown = {
      same: connection.getClient() === other.getClient(),
      cached: connection.useDb(`${on.database}_other`, { useCache: true }) === other,
      name: other.name,
      state: other.readyState,
      databases: [connection.db!.databaseName, other.db!.databaseName],
      found: await M.findOne().lean(),
      session: await on.settled(() =>
        other.transaction(session => M.create([{ n: 2 }], { session }))
      ),
      class: other.constructor.name
    };
    await other.dropDatabase();
    await connection.close();
    const later = on.open();
    const early = later.useDb(`${on.database}_early`);
    const before = early.readyState;
    await later.asPromise();
    return { shown, heard, before, after: early.readyState, db: early.db!.databaseName };
  },

  'report commands when they are to': async on => {
    const connection = await on.open({ monitorCommands: true }).asPromise();
    const heard: unknown[] = [];
    for (const name of ['commandStarted', 'commandSucceeded', 'commandFailed']) {
      connection.on(name, event =>
        heard.push([name, event.constructor.name, event.commandName, event.databaseName])
      );
    }
    const M = connection.model(
      on.name,
      new on.mongoose.Schema({ n: Number }, { autoCreate: false, autoIndex: false }),
      on.name
    );
    await M.create({ n: 1 });
    await M.findOne();
    await on.settled(() => M.aggregate([{ $bad: 1 } as any]));
    const quiet = await on.open().asPromise();
    let count = 0;
    quiet.on('commandStarted', () => count++);
    await quiet.collection(on.name).findOne({});
    return { heard, count };
  },

  'tell of operations, and print them for debugging': async on => {
    const connection = await on.connect();
    const printed: unknown[] = [];
    const heard: unknown[] = [];
    on.mongoose.set('debug', (...args: unknown[]) => void printed.push(args));
    connection.on('operation-start', ({ method, collectionName, modelName, params }: any) =>
      heard.push([method, collectionName, modelName, params?.length])
    );
    connection.on('operation-end', ({ method, result, error }: any) =>
      heard.push([method, result?.constructor?.name, error])
    );
    const M = on.model({ n: { type: Number, unique: true } });
    await M.init();
    await M.create({ n: 1 });
    await on.settled(() => M.create({ n: 1 }));
    await M.find({ n: { $in: [1] } }).lean();
    await connection.transaction(async session => M.findOne().session(session).lean());
    on.mongoose.set('debug', false);
    return { printed: printed.map((one: any) => one.slice(0, 2)), heard };
  },

  'have the options that they were opened with': async on => {
    const connection = await on
      .open({
        dbName: on.database,
        autoIndex: false,
        autoCreate: false,
        bufferCommands: false,
        bufferTimeoutMS: 5,
        sanitizeFilter: true,
        maxPoolSize: 3,
        minPoolSize: 1,
        appName: 'parity',
        readPreference: 'primaryPreferred',
        w: 'majority',
        retryWrites: false,
        compressors: ['none'],
        serverSelectionTimeoutMS: 2000,
        enableUtf8Validation: false
      } as any)
      .asPromise();
    const client: any = connection.getClient();
    const topology = client.topology.constructor.name;
    const description = client.topology.s.description;
    const secondary = await on
      .open({ readPreference: 'primaryPreferred', autoCreate: false })
      .asPromise();
    return {
      config: connection.config,
      options: pick(client.options, SHOWN),
      topology,
      type: description.type,
      heartbeat: description.heartbeatFrequencyMS,
      secondary: secondary.config,
      hosts: client.s.options.hosts.map(String),
      url: typeof client.s.url,
      got: [connection.get('bufferTimeoutMS'), connection.name]
    };
  },

  'take a client that is connected': async on => {
    const { MongoClient } = on.mongoose.mongo;
    const client = await MongoClient.connect(on.uri);
    const unconnected = new MongoClient(on.uri);
    const connection = on.mongoose.createConnection();
    const M = connection.model(on.name, new on.mongoose.Schema({ n: Number }), on.name);
    const outcomes = await on.all(
      () => connection.setClient({} as any),
      () => connection.setClient(unconnected),
      () => connection.setClient(client).readyState,
      () => connection.setClient(client),
      () => M.create({ n: 1 }),
      () => connection.getClient() === client,
      () => [connection.name, connection.host]
    );
    await connection.close();
    return { outcomes, state: connection.readyState };
  },

  'are forced to close, and then refuse': async on => {
    const connection = await on.connect();
    const M = on.model({ n: Number });
    await M.init();
    await connection.close(true);
    const refused = await on.settled(() => M.findOne());
    return { refused, state: connection.readyState };
  },

  'notice that their client was closed': async on => {
    const connection = await on.connect();
    const heard = record(connection);
    const M = on.model({ n: Number }, { bufferTimeoutMS: 50 });
    await M.init();
    await connection.getClient().close();
    const found: any = await on.settled(() => M.findOne());
    return { heard, state: connection.readyState, name: found.rejected?.name };
  },

  'interrupt what runs when they close': async on => {
    await on.connect();
    const M = on.model({ n: Number });
    await M.create({ n: 1 });
    const running = on.settled(() => M.find({ $where: 'sleep(2000) || true' }));
    await new Promise(resolve => setTimeout(resolve, 100));
    await on.mongoose.disconnect();
    const outcome: any = await running;
    return outcome.rejected?.constructor.name;
  }
};
