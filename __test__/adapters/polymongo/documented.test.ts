/**
 * What PolyMongo's README of versions 1.1 and 1.3 shows, done: the same calls after another import. Addresses
 * and names of databases are this test's.
 */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createReadStream, createWriteStream } from 'node:fs';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, afterEach, before, describe, it } from 'node:test';
import express from 'express';
import mongoose from 'mongoose';
import PolyMongo from 'polypool/polymongo';
import { textOf, until, Wrappers, type WrappedModel, type Wrapper } from './wrappers.ts';

const userSchema = new mongoose.Schema({
  name: String,
  email: String,
  role: String,
  createdAt: { type: Date, default: Date.now }
});

describe('The README of PolyMongo', () => {
  let on: Wrappers;
  let wrapper: Wrapper;
  let User: WrappedModel;

  before(async () => {
    on = await Wrappers.open();
  });
  after(() => on.close());
  afterEach(async () => {
    await wrapper.disconnect();
    mongoose.deleteModel(/./);
    await on.clear();
  });

  function create(options: object = {}): void {
    wrapper = PolyMongo.createWrapper({
      mongoURI: on.uri,
      defaultDB: on.database('home'),
      ...options
    });
    User = wrapper.wrapModel(mongoose.model('User', userSchema));
  }

  describe('of version 1.1', () => {
    it('starts quickly', async () => {
      create({ maxPoolSize: 10 });
      const [one, two] = [on.database('tenant_1'), on.database('tenant_2')];
      await User.db(one).create({ name: 'a' });
      assert.deepEqual(
        [await User.db(one).find(), await User.db(two).find(), await User.db().find()].map(
          found => found.length
        ),
        [1, 0, 0]
      );
    });

    it('has a route of Next.js query without connecting', async () => {
      create({ maxPoolSize: 1, coldStart: true });
      await User.create({ name: 'a' });
      async function GET(): Promise<Response> {
        const users = await User.find();
        return Response.json(users);
      }
      const [user] = (await (await GET()).json()) as any[];
      assert.equal(user.name, 'a');
    });

    it('keeps to the database of the connection string, unless told otherwise', async () => {
      const [named, other] = [on.database('named'), on.database('other')];
      create({ mongoURI: on.uriOf(named), defaultDB: other });
      assert.deepEqual(
        [User.db().db.name, User.db(other).db.name, (await User.create({ name: 'a' })).db.name],
        [named, named, named]
      );
      await wrapper.disconnect();
      mongoose.deleteModel(/./);
      create({ mongoURI: on.uriOf(named), defaultDB: undefined, preferURI: false });
      assert.deepEqual([User.db().db.name, User.db(other).db.name], [named, other]);
      await wrapper.disconnect();
      mongoose.deleteModel(/./);
      create({ defaultDB: undefined });
      assert.equal(User.db().db.name, 'default');
    });

    it('serves with Express: users, changes as they happen, stats and health', async () => {
      create({ minFreeConnections: 2, idleTimeoutMS: 30_000 });
      const db = on.database('shop');
      const app = express();
      app.use(express.json());
      app.get('/users', async (req, res) => {
        const users = await User.db(req.query['db'])
          .find()
          .limit(20)
          .sort({ createdAt: -1 })
          .lean();
        res.json({ success: true, data: users });
      });
      app.post('/users', async (req, res) => {
        const { name, email, db: database } = req.body;
        const user = await User.db(database).create({ name, email });
        res.json({ success: true, data: user });
      });
      app.get('/watch/:db', (req, res) => {
        res.setHeader('Content-Type', 'text/event-stream');
        res.flushHeaders();
        const changeStream = User.db(req.params.db).watch();
        changeStream.on('change', (change: object) => {
          res.write(`data: ${JSON.stringify(change)}\n\n`);
        });
        req.on('close', () => changeStream.close());
      });
      app.get('/stats', (_, res) => void res.json(wrapper.stats()));
      app.get('/health', (_, res) => {
        const status = wrapper.isConnected() ? 'healthy' : 'unhealthy';
        res.json({ status, state: wrapper.getConnectionState() });
      });
      const server = app.listen(0);
      await once(server, 'listening');
      const base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
      const get = async (url: string): Promise<any> => await (await fetch(base + url)).json();
      const post = async (body: object): Promise<any> => {
        const headers = { 'content-type': 'application/json' };
        const sent = { method: 'POST', headers, body: JSON.stringify(body) };
        return await (await fetch(`${base}/users`, sent)).json();
      };
      try {
        assert.deepEqual(await get('/health'), { status: 'unhealthy', state: 'not initialized' });
        const { data } = await post({ name: 'a', email: 'a@x', db });
        assert.equal(data.email, 'a@x');
        assert.equal((await get(`/users?db=${db}`)).data.length, 1);
        assert.deepEqual(await get('/health'), { status: 'healthy', state: 'connected' });
        const stats = await get('/stats');
        assert.ok(stats.databases.includes(db));
        assert.equal(stats.activeConnections, stats.databases.length);
        const { maxPoolSize, minFreeConnections, idleTimeoutMS } = stats.poolStats;
        assert.deepEqual([maxPoolSize, minFreeConnections, idleTimeoutMS], [10, 2, 30_000]);
        const leave = new AbortController();
        const events = await fetch(`${base}/watch/${db}`, { signal: leave.signal });
        const reader = events.body!.getReader();
        const first = reader.read();
        let told = false;
        void first.then(() => (told = true));
        await until('a change is told', async () => {
          await post({ name: 'b', email: 'b@x', db });
          return told;
        });
        const text = Buffer.from((await first).value!).toString();
        assert.equal(JSON.parse(text.slice(6)).operationType, 'insert');
        leave.abort();
        await until('the change stream has ended', () => {
          return wrapper.getNativeClient().watches().length === 0;
        });
      } finally {
        server.closeAllConnections();
        server.close();
      }
    });

    it('runs transactions over several databases', async () => {
      create();
      const [asia, audit] = [on.database('asia'), on.database('audit')];
      const Log = wrapper.wrapModel(
        mongoose.model('Log', new mongoose.Schema({ action: String, user: String }))
      );
      await Promise.all([User.db(asia).createCollection(), Log.db(audit).createCollection()]);
      const found = await wrapper.transaction(async (session: any) => {
        await User.db(asia).create([{ name: 'Krish' }], { session });
        await Log.db(audit).create([{ action: 'user_created' }], { session });
        return await User.db(asia).find({}, null, { session });
      });
      assert.deepEqual(
        [found.length, await User.db(asia).countDocuments(), await Log.db(audit).countDocuments()],
        [1, 1, 1]
      );
      const options = {
        readConcern: { level: 'snapshot' },
        writeConcern: { w: 'majority' },
        readPreference: 'primary'
      };
      await assert.rejects(
        wrapper.transaction(async (session: any) => {
          await User.db(asia).updateMany({}, { $set: { role: 'x' } }, { session });
          await Log.db(audit).create([{ action: 'changed' }], { session });
          throw new Error('no');
        }, options),
        { message: 'no' }
      );
      assert.equal(await Log.db(audit).countDocuments(), 1);
      await wrapper.transaction(async (session: any) => {
        await User.db(asia).updateMany({}, { $set: { role: 'x' } }, { session });
        await session.abortTransaction();
      });
      assert.equal((await User.db(asia).findOne()).role, undefined);
    });

    it('gives databases connections of their own, at the start and later', async () => {
      const names = ['high', 'analytics', 'tenant_1', 'tenant_2', 'tenant_3'];
      const [high, analytics, one, two, three] = names.map(name => on.database(name));
      create({
        dbSpecific: [
          {
            dbName: high,
            mongoURI: on.uri,
            options: { maxConnections: 20, autoClose: true, ttl: 300_000, coldStart: false }
          },
          {
            dbName: analytics,
            options: { maxConnections: 15, autoClose: false, coldStart: true }
          }
        ]
      });
      wrapper.scale.setDB([one, two], {
        mongoURI: on.uri,
        autoClose: true,
        ttl: 120_000,
        maxConnections: 5,
        coldStart: true
      });
      await wrapper.scale.connectDB([three], { autoClose: true, ttl: 120_000, maxConnections: 5 });
      const open = (): Array<string | undefined> =>
        wrapper.stats
          .general()
          .separateDB.map(({ dbName }: any) => dbName)
          .sort();
      await until('the eager ones are open', () => open().join() === [high, three].sort().join());
      assert.deepEqual(await User.db(one).find(), []);
      assert.deepEqual(open(), [high, one, three].sort());
      const [info] = wrapper.stats.general().separateDB.filter(({ dbName }: any) => dbName === one);
      assert.equal(info.poolStats.maxPoolSize, 5);
      assert.ok(info.lastAccessed > Date.now() - 60_000);
    });

    it('has the methods of its reference', async () => {
      create();
      const name = on.database('tenant_1');
      assert.equal(wrapper.getConnectionState(), 'not initialized');
      assert.equal(wrapper.stats().poolStats, null);
      await User.db(name).create({ name: 'a' });
      assert.equal(wrapper.isConnected(), true);
      const stream = User.db(name).watch();
      stream.on('change', () => undefined);
      const closed = once(stream, 'close');
      await until('it is open', () => wrapper.getNativeClient().watches().length === 1);
      wrapper.closeDBstream(name);
      wrapper.closeAllWatches();
      await closed;
      await wrapper.dropDatabase(name);
      assert.equal(await User.db(name).countDocuments(), 0);
      await wrapper.closeAll();
      await wrapper.forceCloseAll();
      assert.equal(wrapper.getConnectionState(), 'not initialized');
    });
  });

  describe('of version 1.2', () => {
    it('is had by the names of its classes', async () => {
      const named = (await import('polypool/polymongo')) as any;
      assert.equal(named.PolyMongo, PolyMongo);
      const { PolyMongoWrapper } = named;
      const home = on.database('myapp');
      wrapper = new PolyMongoWrapper({ mongoURI: on.uri, defaultDB: home, coldStart: false });
      assert.ok(PolyMongo.createWrapper({ mongoURI: on.uri }) instanceof PolyMongoWrapper);
      User = wrapper.wrapModel(mongoose.model('User', userSchema));
      await User.create({ name: 'a' });
      assert.equal(await User.db(home).countDocuments(), 1);
      assert.ok(Array.isArray(await User.db('admin').find({})));
    });

    it('tells of the connections of some databases', async () => {
      create();
      const [analytics, cache] = [on.database('analytics'), on.database('cache')];
      const told: string[] = [];
      const tell = (what: string) => (connection: any) => told.push(`${what} ${connection.name}`);
      wrapper.onTheseDBConnect([analytics], tell('connected'));
      const unsubscribe = wrapper.onTheseDBConnect([analytics], tell('not'));
      wrapper.onTheseDBDisconnect([cache], tell('disconnected'));
      unsubscribe();
      await wrapper.scale.connectDB([analytics, cache], { maxConnections: 5 });
      await User.db(cache).create({ name: 'a' });
      await wrapper.disconnect();
      assert.deepEqual(told, [`connected ${analytics}`, `disconnected ${cache}`]);
    });
  });

  describe('of version 1.3', () => {
    it('starts quickly, with logs', async () => {
      const folder = await mkdtemp(path.join(tmpdir(), 'polypool-'));
      const lines: string[] = [];
      try {
        create({
          coldStart: true,
          retry: 3000,
          debug: {
            log: true,
            logPath: folder,
            logHandler: async (line: string) => void lines.push(line)
          }
        });
        await wrapper.connect();
        assert.deepEqual(await User.find({ role: 'admin' }), []);
        assert.deepEqual(await User.db(on.database('analytics')).find(), []);
        await wrapper.disconnect();
        assert.match(lines[0]!, /^\[\d{4}-.*Z\] \[DEBUG\] PolyMongo: /);
        assert.ok((await readdir(folder)).includes('polypool.log'));
      } finally {
        await rm(folder, { recursive: true });
      }
    });

    it('connects and disconnects by hand', async () => {
      create();
      const result = await wrapper.connect();
      assert.deepEqual([result.success, result.alreadyConnected], [true, false]);
      assert.equal(result.defaultDB, on.database('home'));
      assert.equal((await wrapper.connect()).alreadyConnected, true);
      assert.equal((await wrapper.disconnect()).alreadyDisconnected, false);
      assert.equal((await wrapper.disconnect()).alreadyDisconnected, true);
    });

    it('tells of all that happens in one place', async () => {
      create();
      const told: string[] = [];
      const unsubscribe = wrapper.on('connect', async (event: any) => {
        told.push(`${event.name} ${event.dbName} ${event.state}`);
      });
      wrapper.on('disconnect', (event: any) => told.push(`disconnect ${event.dbName}`));
      wrapper.onDbConnect((connection: any) => told.push(`old ${connection.name}`));
      await wrapper.connect();
      const home = on.database('home');
      assert.deepEqual(told, [`connect ${home} connected`, `old ${home}`]);
      unsubscribe();
      await wrapper.disconnect();
      assert.equal(told.at(-1), `disconnect ${home}`);
    });

    it('tells of events by their other names, and of both by methods', async () => {
      create();
      const told: string[] = [];
      wrapper.on('onDbConnect', ({ dbName, state }: any) =>
        told.push(`connect ${dbName} ${state}`)
      );
      wrapper.on('onDbDisconnect', ({ dbName }: any) => told.push(`disconnect ${dbName}`));
      wrapper.onDbDisconnect((connection: any) => told.push(`old ${connection.name}`));
      await wrapper.connect();
      await wrapper.disconnect();
      const home = on.database('home');
      assert.deepEqual(told.sort(), [
        `connect ${home} connected`,
        `disconnect ${home}`,
        `old ${home}`
      ]);
    });

    it('tells of errors', async () => {
      // Nobody listens there.
      create({ mongoURI: 'mongodb://127.0.0.1:1/?serverSelectionTimeoutMS=100' });
      const events: any[] = [];
      wrapper.on('error', (event: any) => events.push(event));
      await assert.rejects(wrapper.connect(), { name: 'MongoServerSelectionError' });
      assert.equal(events.length, 1);
      const { name, dbName, state, error, connection, timestamp } = events[0];
      assert.deepEqual([name, dbName], ['error', on.database('home')]);
      assert.match(error.message, /127\.0\.0\.1:1/);
      assert.equal(connection, wrapper.adv.getPrimaryConnection());
      assert.equal(state, 'disconnected');
      assert.ok(Date.parse(timestamp) > Date.now() - 60_000);
    });

    it('wraps models', async () => {
      create();
      const [archive, analytics] = [on.database('archive'), on.database('analytics')];
      await User.create({ name: 'Ava', role: 'admin' });
      assert.deepEqual(await User.db(archive).find(), []);
      await User.db(analytics).create([{ name: 'Ben', role: 'admin' }, { name: 'Cleo' }]);
      const found = await User.db(analytics).aggregate([{ $match: { role: 'admin' } }]);
      assert.deepEqual(
        found.map(({ name }: any) => name),
        ['Ben']
      );
    });

    it('configures pools', async () => {
      create();
      const [analytics, reporting] = [on.database('analytics'), on.database('reporting')];
      wrapper.pool.configure([analytics], {
        maxConnections: 30,
        autoClose: true,
        ttl: 300_000,
        coldStart: false
      });
      await wrapper.pool.connect([reporting], { maxConnections: 15 });
      await until('both are open', () => wrapper.stats.general().separateDB.length === 2);
    });

    it('has stats, pings and what is underneath', async () => {
      create();
      const name = on.database('analytics');
      await User.db(name).create({ name: 'a' });
      const { totalActivePools, primary } = wrapper.stats.general();
      assert.deepEqual([totalActivePools, primary.sharedDatabases.includes(name)], [1, true]);
      const { numCollections, lastUsed } = await wrapper.stats.db(name);
      assert.equal(numCollections, 1);
      assert.ok(lastUsed.getTime() > Date.now() - 60_000);
      const databases = await wrapper.stats.listDatabases();
      assert.ok(databases.some(({ dbName }: any) => dbName === name));
      assert.deepEqual(
        [(await wrapper.ping()).ok, (await wrapper.ping(name)).dbName],
        [true, name]
      );
      const { adv } = wrapper;
      assert.equal(adv.mongoose, mongoose);
      assert.equal(adv.getPrimaryConnection(), adv.getOrCreatePrimaryConnection());
      assert.equal(adv.getConnection(name).name, name);
      assert.equal(adv.getSharedConnection(name).db.databaseName, name);
    });

    it('moves databases, as objects and as lines', async () => {
      create();
      const [from, backup, staging] = ['production', 'backup', 'staging'].map(name =>
        on.database(name)
      );
      await User.db(from).create({ name: 'a' });
      const exported = await wrapper.actions.exportDB(from);
      await wrapper.actions.importDB(backup, exported);
      await wrapper.actions.copyDatabase(from, staging);
      const folder = await mkdtemp(path.join(tmpdir(), 'polypool-'));
      try {
        const file = path.join(folder, 'backup.json');
        const stream = wrapper.bulkTasks.exportStream(from);
        await once(stream.pipe(createWriteStream(file)), 'finish');
        const restored = on.database('restored');
        await wrapper.bulkTasks.importStream(restored, createReadStream(file), {
          batchSize: 1000,
          stopOnError: false
        });
        for (const name of [backup, staging, restored]) {
          assert.equal((await User.db(name).findOne()).name, 'a');
        }
        const types = (await textOf(wrapper.actions.exportDBStream(from)))
          .trimEnd()
          .split('\n')
          .map(line => JSON.parse(line).type);
        assert.deepEqual(types, ['meta', 'collection', 'index', 'document', 'collectionEnd']);
      } finally {
        await rm(folder, { recursive: true });
      }
      await wrapper.actions.dropDatabase(staging);
      assert.equal(await User.db(staging).countDocuments(), 0);
    });

    it('watches, and ends it', async () => {
      create();
      const name = on.database('production');
      const changes = User.db(name).watch();
      const told: any[] = [];
      changes.on('change', (change: any) => told.push(change));
      await until('a change is told', async () => {
        await User.db(name).create({ name: 'a' });
        return told.length > 0;
      });
      assert.equal(told[0].operationType, 'insert');
      const closed = once(changes, 'close');
      wrapper.actions.closeDBstream(name);
      await closed;
      wrapper.actions.closeAllWatches();
    });
  });
});
