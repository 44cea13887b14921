// Owns what applications and tests do to the driver's objects under Mongoose: emit on the client, stub methods,
// look at sessions, read files, trace.

import { tracingChannel } from 'node:diagnostics_channel';
import { buffer } from 'node:stream/consumers';
import type { Scenarios } from '../both.ts';

export const CLIENTS: Scenarios = {
  'are emitters that Mongoose listens to': async on => {
    const connection: any = await on.connect();
    const client = connection.getClient();
    const states: unknown[] = [];
    connection._lastHeartbeatAt = null;
    client.emit('serverHeartbeatSucceeded', { address: 'a:1' });
    states.push(typeof connection._lastHeartbeatAt, connection.readyState);
    const other = connection.useDb(`${on.database}_beats`);
    client.emit('serverHeartbeatSucceeded', { address: 'a:1' });
    states.push(other._lastHeartbeatAt === connection._lastHeartbeatAt);
    connection._lastHeartbeatAt = Date.now() - 100_000;
    states.push(connection.readyState);
    client.emit('serverHeartbeatSucceeded', { address: 'a:1' });
    states.push(connection.readyState);
    const heard: string[] = [];
    for (const name of ['disconnected', 'reconnected']) connection.on(name, () => heard.push(name));
    const change = (type: string): void =>
      client.emit('topologyDescriptionChanged', { newDescription: { type } });
    change('ReplicaSetNoPrimary');
    states.push(connection.readyState);
    change('ReplicaSetWithPrimary');
    states.push(connection.readyState);
    return { states, heard, listeners: client.getMaxListeners() };
  },

  'are what their topology says': async on => {
    const connection: any = await on.connect();
    const client = connection.getClient();
    const { topology } = client;
    const { description } = topology;
    const [server] = description.servers.values();
    client._mine = 1;
    return {
      names: [topology.constructor.name, description.constructor.name, server.constructor.name],
      type: [description.type, topology.s.description.type, server.type],
      same: [connection.db.client === client, connection.useDb('x').getClient() === client],
      extensible: client._mine,
      address: server.address === client.s.options.hosts[0].toString(),
      db: [client.db().databaseName === connection.name, client.db('y').databaseName],
      thenable: [client, connection.db, connection.db.collection('c')].map(
        (one: any) => typeof one.then
      )
    };
  },

  'lend sessions that Mongoose can mark': async on => {
    const connection: any = await on.connect();
    const M = on.model({ n: Number });
    await M.init();
    const session = await connection.startSession();
    const { lastUse } = session.serverSession;
    await new Promise(resolve => setTimeout(resolve, 5));
    await M.create([{ n: 1 }], { session });
    const used = session.serverSession.lastUse > lastUse;
    const doc: any = await M.findOne().session(session);
    const mark = Symbol('mark');
    session[mark] = 1;
    const shown = {
      class: session.constructor.name,
      type: typeof lastUse,
      used,
      same: doc.$session() === session,
      supports: session.supports.causalConsistency,
      mark: session[mark],
      transaction: Boolean(session.transaction),
      inTransaction: session.inTransaction(),
      ended: [session.hasEnded]
    };
    await session.endSession();
    shown.ended.push(session.hasEnded);
    const outcomes = await on.all(
      () => doc.save(),
      () => M.find().session(session),
      () => connection.startSession({ snapshot: true, causalConsistency: true }),
      async () => {
        const snapshot = await connection.startSession({ snapshot: true });
        const found = await M.find().session(snapshot).lean();
        await snapshot.endSession();
        return found.length;
      },
      () => connection.withSession(async (one: any) => (await M.find().session(one)).length)
    );
    return { shown, outcomes };
  },

  'may have methods of their collections replaced': async on => {
    await on.connect();
    const M: any = on.model({ n: Number });
    await M.init();
    const calls: unknown[] = [];
    const { collection } = M;
    for (const name of ['findOne', 'updateOne', 'aggregate', 'createIndex']) {
      const method = collection[name];
      collection[name] = function (...args: unknown[]) {
        calls.push([name, args.length]);
        return method.apply(this, args);
      };
    }
    await M.findOne();
    await M.updateOne({}, { n: 1 });
    await M.aggregate([{ $match: {} }]);
    await M.createIndexes();
    collection.find = () => ({ toArray: async () => [{ n: 5 }] });
    const stubbed = await M.find().lean();
    delete collection.find;
    return { calls, stubbed, real: await M.find().lean() };
  },

  'keep files': async on => {
    const connection: any = await on.connect();
    const { GridFSBucket } = on.mongoose.mongo;
    const bucket = new GridFSBucket(connection.db, { bucketName: on.name, chunkSizeBytes: 1_000 });
    const upload = bucket.openUploadStream('a.bin', { metadata: { mine: true } });
    const content = Buffer.alloc(2_500, 'x');
    await new Promise((resolve, reject) => {
      upload.once('finish', resolve).once('error', reject).end(content);
    });
    const files = await bucket.find({ filename: 'a.bin' }).toArray();
    const read = await buffer(bucket.openDownloadStreamByName('a.bin'));
    const part = await buffer(bucket.openDownloadStream(upload.id, { start: 990, end: 1_010 }));
    await bucket.rename(upload.id, 'b.bin');
    const outcomes = await on.all(
      () => buffer(bucket.openDownloadStreamByName('a.bin')),
      () => bucket.delete(upload.id),
      () => bucket.find({}).toArray(),
      () => bucket.drop()
    );
    const [{ length, chunkSize, metadata }] = files as any;
    return { length, chunkSize, metadata, read: read.equals(content), part: part.length, outcomes };
  },

  'trace what Mongoose does': async on => {
    await on.connect();
    const M = on.model({ n: { type: Number, required: true } });
    await M.init();
    const heard: unknown[] = [];
    const names = ['mongoose:query:exec', 'mongoose:aggregate:exec', 'mongoose:model:save'];
    const subscribed = names.map(name => {
      const tell = (event: string) => (context: any) => {
        if (context.collection === on.name && context.database === on.database) {
          heard.push([name, event, context.operation, context.serverPort]);
        }
      };
      const handlers: any = { start: tell('start'), asyncEnd: tell('end'), error: tell('error') };
      const channel = tracingChannel(name);
      channel.subscribe(handlers);
      return () => channel.unsubscribe(handlers);
    });
    await on.settled(() => M.create({ n: 1 }));
    await on.settled(() => M.create({}));
    await on.settled(() => M.findOne({ n: 1 }));
    await on.settled(() => M.aggregate([{ $bad: 1 } as any]));
    for (const unsubscribe of subscribed) unsubscribe();
    return heard;
  },

  'write without an acknowledgement': async on => {
    await on.connect();
    const M: any = on.model({ n: Number });
    await M.init();
    const w = { writeConcern: { w: 0 } };
    return on.all(
      () => M.updateOne({}, { n: 1 }, w),
      () => M.deleteMany({ n: 5 }, w),
      () => M.collection.insertOne({ n: 1 }, w).then(({ acknowledged }: any) => acknowledged),
      () =>
        M.collection
          .bulkWrite([{ insertOne: { document: { n: 2 } } }], w)
          .then(({ insertedCount }: any) => insertedCount)
    );
  },

  'say in time that time is up': async on => {
    await on.connect();
    const M = on.model({ n: Number });
    await M.insertMany(Array.from({ length: 500 }, (_, n) => ({ n })));
    // Seconds of work without JavaScript: a server that is interrupted in that says so, or that time is up,
    // by chance.
    const numbers = { $range: ['$n', { $add: ['$n', 20_000] }] };
    const slow = { $expr: { $gte: [{ $sum: { $map: { input: numbers, in: '$$this' } } }, 0] } };
    const maxTimeMS = 50;
    return on.all(
      () => M.find(slow).maxTimeMS(maxTimeMS),
      () => M.aggregate([{ $match: slow }]).option({ maxTimeMS }),
      () => M.countDocuments(slow, { maxTimeMS } as any)
    );
  },

  'are listed, opened twice and destroyed': async on => {
    const { mongoose } = on;
    const before = mongoose.connections.length;
    const first: any = on.open();
    const second: any = on.open();
    const counted = [mongoose.connections.length - before];
    const promised = await first.asPromise();
    counted.push(Number(promised === first), first.readyState, second.id - first.id);
    await second.asPromise();
    await second.destroy();
    counted.push(mongoose.connections.length - before);
    await first.close();
    const again = await first.openUri(on.uri);
    counted.push(again.readyState, Number(again === first));
    const outcomes = await on.all(
      () =>
        first
          .collection('c')
          .insertOne({ n: 1 })
          .then(({ acknowledged }: any) => acknowledged),
      () => first.dropDatabase(),
      () =>
        first.db
          .admin()
          .serverStatus()
          .then(({ ok }: any) => ok),
      () =>
        first.db
          .admin()
          .command({ ping: 1 })
          .then(({ ok }: any) => ok),
      () => first.db.stats().then(({ db }: any) => db === on.database),
      () => first.model('Nothing'),
      () => first.modelNames(),
      () => first.syncIndexes()
    );
    return { counted, outcomes };
  }
};
