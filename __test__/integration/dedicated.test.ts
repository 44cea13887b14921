/** Databases with a client of their own: where operations go, how long such a client lives, and what it is to listeners. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { after, afterEach, before, describe, it } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { Mongoose } from 'mongoose';
import { connect, PolyPool, type DedicatedStats, type PolyPoolOptions } from 'polypool';
import {
  sharedMongod,
  startMongod,
  uniqueDatabase,
  type Mongod,
  type SharedMongod
} from '../support/mongod.ts';

/** The life of an idle client where a test waits for its end, in milliseconds. */
const TTL_MS = 1_000;

interface Note {
  _id: number;
  text?: string;
}

describe('A database with a client of its own', () => {
  const [main, hot, cold] = [uniqueDatabase(), uniqueDatabase(), uniqueDatabase()];
  let mongod: SharedMongod;
  let other: Mongod;
  const opened: PolyPool[] = [];

  before(async () => {
    [mongod, other] = await Promise.all([sharedMongod(), startMongod()]);
  });
  afterEach(async () => {
    await Promise.all(opened.splice(0).map(pool => pool.close()));
    const cleaner = await PolyPool.connect(mongod.uri);
    for (const name of [main, hot, cold]) await cleaner.db(name).dropDatabase();
    await cleaner.close();
  });
  after(async () => {
    await Promise.all([mongod.stop(), other.stop()]);
  });

  function open(options?: PolyPoolOptions): PolyPool {
    const pool = new PolyPool(mongod.uri, options);
    opened.push(pool);
    return pool;
  }

  const notes = (pool: PolyPool, database: string) => pool.db(database).collection<Note>('notes');

  function stats(pool: PolyPool, database: string): DedicatedStats {
    const found = pool.stats().dedicated.get(database);
    assert.ok(found);
    return found;
  }

  /** Waits until something is so, for ten seconds. */
  async function until(holds: () => boolean, what: string): Promise<void> {
    const end = Date.now() + 10_000;
    while (!holds()) {
      assert.ok(Date.now() < end, `waited in vain until ${what}`);
      await delay(5);
    }
  }

  const closed = (pool: PolyPool, database: string) =>
    until(() => stats(pool, database).pool === undefined, `the client of ${database} is closed`);

  it('gets its operations, and others those of other databases', async () => {
    const pool = open({ dbSpecific: [{ dbName: hot, options: { maxConnections: 3 } }] });
    assert.equal(stats(pool, hot).state, 'disconnected');
    await notes(pool, main).insertOne({ _id: 1 });
    assert.equal(stats(pool, hot).opened, 0);
    await notes(pool, hot).insertMany([{ _id: 1 }, { _id: 2 }]);
    assert.equal(await notes(pool, hot).countDocuments(), 2);
    const found = stats(pool, hot);
    assert.deepEqual(
      [found.state, found.opened, found.maxConnections, found.ttlMS],
      ['connected', 1, 3, undefined]
    );
    assert.deepEqual([...found.pool!.operations.byDatabase.keys()], [hot]);
    assert.deepEqual([...pool.stats().operations.byDatabase.keys()], [main]);
    assert.equal(found.pool!.total.max, 3);
  });

  it('has no more connections than it may, whatever the pool may have', async () => {
    const pool = open({ dbSpecific: [{ dbName: hot, options: { maxConnections: 2 } }] });
    await notes(pool, hot).insertOne({ _id: 1 });
    const slow = { $where: 'sleep(20) || true' };
    await Promise.all(Array.from({ length: 20 }, () => notes(pool, hot).findOne(slow)));
    assert.equal(stats(pool, hot).pool!.total.created, 2);
    assert.ok(stats(pool, hot).pool!.waitQueue.waited > 0);
  });

  it('is given one while the pool runs, and connected by connectDB', async () => {
    const pool = open();
    await notes(pool, hot).insertOne({ _id: 1 });
    assert.equal(pool.stats().dedicated.size, 0);
    pool.scale.setDB([hot, cold], { maxConnections: 4 });
    assert.equal(stats(pool, hot).state, 'disconnected');
    await pool.scale.connectDB([hot], { autoClose: true });
    const found = stats(pool, hot);
    assert.deepEqual([found.state, found.maxConnections, found.ttlMS], ['connected', 4, 60_000]);
    assert.equal(stats(pool, cold).opened, 0);
    await pool.scale.connectDB([hot]);
    assert.equal(stats(pool, hot).opened, 1);
    assert.equal(await notes(pool, hot).countDocuments(), 1);
  });

  it('connects at once without a cold start', async () => {
    const pool = open({ dbSpecific: [{ dbName: hot, options: { coldStart: false } }] });
    await until(() => stats(pool, hot).state === 'connected', 'it is connected');
    assert.equal(pool.state, 'disconnected');
    const connected = once(pool, 'databaseConnected');
    pool.scale.setDB([cold], { coldStart: false });
    const event: unknown = await connected;
    assert.deepEqual(event, [{ database: cold }]);
  });

  it('is closed when nobody has used it for its time, and opened again by who does', async () => {
    const pool = open({
      dbSpecific: [{ dbName: hot, options: { autoClose: true, ttl: TTL_MS } }]
    });
    const gone = once(pool, 'databaseDisconnected');
    const started = performance.now();
    for (let i = 0; i < 6; i++) {
      await notes(pool, hot).insertOne({ _id: i });
      await delay(TTL_MS / 5);
    }
    assert.ok(performance.now() - started > TTL_MS);
    assert.equal(stats(pool, hot).opened, 1);
    assert.deepEqual(await gone, [{ database: hot, closed: true, servers: [] }]);
    const found = stats(pool, hot);
    assert.deepEqual([found.state, found.opened, found.closedIdle], ['disconnected', 1, 1]);
    assert.equal(found.pool, undefined);
    assert.ok(found.idleMS! >= TTL_MS);
    assert.equal(await notes(pool, hot).countDocuments(), 6);
    assert.deepEqual([stats(pool, hot).state, stats(pool, hot).opened], ['connected', 2]);
  });

  it('stays while an operation takes longer than its time', async () => {
    const pool = open({ dbSpecific: [{ dbName: hot, options: { autoClose: true, ttl: 50 } }] });
    await notes(pool, hot).insertOne({ _id: 1 });
    const found = await notes(pool, hot).findOne({ $where: 'sleep(400) || true' });
    assert.equal(found?._id, 1);
    assert.equal(stats(pool, hot).pool?.total.created, 1);
    await closed(pool, hot);
  });

  it('stays while a cursor is open, a change stream or a session', async () => {
    const pool = open({ dbSpecific: [{ dbName: hot, options: { autoClose: true, ttl: 50 } }] });
    const collection = notes(pool, hot);
    await collection.insertMany([1, 2, 3, 4].map(_id => ({ _id })));
    const cursor = collection.find({}, { batchSize: 2 });
    assert.ok(await cursor.next());
    await delay(4 * 50);
    assert.equal(stats(pool, hot).opened, 1);
    assert.deepEqual(
      (await cursor.toArray()).map(({ _id }) => _id),
      [2, 3, 4]
    );
    await closed(pool, hot);

    const stream = collection.watch();
    await stream.tryNext();
    await delay(4 * 50);
    assert.equal(stats(pool, hot).state, 'connected');
    await stream.close();
    await closed(pool, hot);

    const session = pool.startSession();
    await collection.findOne({}, { session });
    await delay(4 * 50);
    assert.equal(stats(pool, hot).state, 'connected');
    await session.endSession();
    await closed(pool, hot);
  });

  it('goes on with its own client in a transaction, which other databases join', async () => {
    const pool = open({ dbSpecific: [{ dbName: hot, options: { autoClose: true, ttl: 50 } }] });
    for (const name of [main, hot]) await pool.db(name).createCollection('notes');
    await closed(pool, hot);
    for (const [first, second] of [
      [main, hot],
      [hot, main]
    ] as const) {
      await pool.withSession(async session => {
        await session.withTransaction(async () => {
          await notes(pool, first).insertOne({ _id: 1 }, { session });
          await delay(3 * 50);
          await notes(pool, second).insertOne({ _id: 1 }, { session });
          assert.equal(await notes(pool, second).countDocuments(), 0);
        });
      });
      for (const name of [main, hot]) {
        assert.equal((await notes(pool, name).deleteMany()).deletedCount, 1, name);
      }
    }
    const session = pool.startSession();
    session.startTransaction();
    await notes(pool, hot).insertOne({ _id: 1 }, { session });
    await notes(pool, main).insertOne({ _id: 1 }, { session });
    await session.abortTransaction();
    await session.endSession();
    assert.equal(await notes(pool, hot).countDocuments(), 0);
    assert.equal(await notes(pool, main).countDocuments(), 0);
  });

  it('may be on another deployment, with sessions of its own', async () => {
    const pool = open({ dbSpecific: [{ dbName: hot, mongoURI: other.uri }] });
    await notes(pool, hot).insertOne({ _id: 1, text: 'elsewhere' });
    await notes(pool, main).insertOne({ _id: 1 });
    const direct = await PolyPool.connect(other.uri);
    opened.push(direct);
    assert.equal((await notes(direct, hot).findOne())?.text, 'elsewhere');
    assert.equal(await notes(direct, main).countDocuments(), 0);
    assert.deepEqual(stats(pool, hot).hosts.length, 1);

    await pool.withSession(session =>
      session.withTransaction(() => notes(pool, hot).insertOne({ _id: 2 }, { session }))
    );
    assert.equal(await notes(direct, hot).countDocuments(), 2);
    assert.equal((await pool.db(hot).renameCollection('notes', 'kept')).collectionName, 'kept');
    assert.equal(await direct.db(hot).collection('kept').countDocuments(), 2);
    await pool.db(hot).dropDatabase();
    assert.equal(await direct.db(hot).collection('kept').countDocuments(), 0);
  });

  it('refuses what no one client could do, in words that say why', async () => {
    const pool = open({ dbSpecific: [{ dbName: hot, mongoURI: other.uri }] });
    const refusal = {
      name: 'MongoInvalidArgumentError',
      message:
        /the session began on does not reach the database .*, which by dbSpecific is on another/
    };
    for (const [first, second] of [
      [main, hot],
      [hot, main]
    ] as const) {
      const session = pool.startSession();
      session.startTransaction();
      await notes(pool, first).insertOne({ _id: 1 }, { session });
      await assert.rejects(notes(pool, second).insertOne({ _id: 1 }, { session }), refusal);
      // What was begun is as it was.
      await notes(pool, first).insertOne({ _id: 2 }, { session });
      await session.commitTransaction();
      await session.endSession();
      assert.equal(await notes(pool, first).countDocuments(), 2);
      assert.equal(await notes(pool, second).countDocuments({ _id: 1 }), first === hot ? 1 : 0);
    }
    await pool.db(hot).dropDatabase();
  });

  it('serves a tenant’s models, which may be on another deployment than the others’', async () => {
    const mongoose = new Mongoose();
    const dbSpecific = [{ dbName: hot, mongoURI: other.uri }];
    const pool = await connect(mongod.uri, { mongoose, dbSpecific, shared: false });
    try {
      const schema = new mongoose.Schema({ text: { type: String, unique: true } });
      const Model = pool.wrapModel(mongoose.model('Note', schema)) as any;
      for (const tenant of [hot, cold]) {
        await pool.withTenant(tenant, async () => {
          await Model.init();
          const note = await Model.create({ text: 'one' });
          await assert.rejects(Model.create({ text: 'one' }), { code: 11000 });
          await mongoose.connection.transaction(async session => {
            note.text = tenant;
            await note.save({ session });
          });
        });
      }
      const direct = await PolyPool.connect(other.uri);
      opened.push(direct);
      assert.equal((await notes(direct, hot).findOne())?.text, hot);
      assert.equal(await notes(direct, cold).countDocuments(), 0);
      assert.equal((await notes(pool, cold).findOne())?.text, cold);
      await pool.db(hot).dropDatabase();
    } finally {
      await mongoose.disconnect();
    }
  });

  it('serves while the deployment of the pool can’t be reached', async () => {
    const pool = new PolyPool('mongodb://127.0.0.1:1', {
      serverSelectionTimeoutMS: 300,
      breaker: { failures: 1 },
      dbSpecific: [{ dbName: hot, mongoURI: mongod.uri }]
    });
    opened.push(pool);
    await assert.rejects(notes(pool, main).findOne(), { name: 'MongoServerSelectionError' });
    await assert.rejects(notes(pool, main).findOne(), { name: 'CircuitOpenError' });
    await notes(pool, hot).insertOne({ _id: 1 });
    await pool.withSession(session =>
      session.withTransaction(() => notes(pool, hot).insertOne({ _id: 2 }, { session }))
    );
    assert.equal(await notes(pool, hot).countDocuments(), 2);
    assert.equal(pool.stats().circuit?.state, 'open');
    assert.equal(stats(pool, hot).pool?.circuit?.state, 'closed');
  });

  it('has a circuit of its own, which says whose it is', async () => {
    const pool = open({
      serverSelectionTimeoutMS: 200,
      breaker: { failures: 1 },
      dbSpecific: [{ dbName: hot, mongoURI: 'mongodb://127.0.0.1:1' }]
    });
    const event = once(pool, 'circuitOpened');
    await assert.rejects(notes(pool, hot).findOne(), { name: 'MongoServerSelectionError' });
    await assert.rejects(notes(pool, hot).findOne(), { name: 'CircuitOpenError' });
    assert.equal((await event)[0].database, hot);
    await notes(pool, main).insertOne({ _id: 1 });
    assert.equal(pool.stats().circuit?.state, 'closed');
    await assert.rejects(pool.scale.connectDB([hot]), { name: 'CircuitOpenError' });
  });

  it('tells of a connect in the background that failed', async () => {
    const pool = open({ serverSelectionTimeoutMS: 100 });
    const failed = once(pool, 'databaseConnectFailed');
    pool.scale.setDB([hot], { mongoURI: 'mongodb://127.0.0.1:1', coldStart: false });
    const [{ database, error }] = await failed;
    assert.equal(database, hot);
    assert.equal(error.name, 'MongoServerSelectionError');
  });

  it('gets other settings while it is used, and what has begun ends on the client before', async () => {
    const pool = open({ dbSpecific: [{ dbName: hot, options: { maxConnections: 1 } }] });
    const collection = notes(pool, hot);
    await collection.insertMany([1, 2, 3].map(_id => ({ _id })));
    const cursor = collection.find({}, { batchSize: 1 });
    await cursor.next();
    const slow = collection.findOne({ $where: 'sleep(200) || true' });
    pool.scale.setDB([hot], { maxConnections: 2 });
    assert.equal(await collection.countDocuments(), 3);
    assert.deepEqual([stats(pool, hot).opened, stats(pool, hot).maxConnections], [2, 2]);
    assert.equal((await cursor.toArray()).length, 2);
    assert.ok(await slow);
  });

  it('tells listeners of its commands and connections as of the pool’s own', async () => {
    const pool = open({ monitorCommands: true, dbSpecific: [{ dbName: hot }] });
    const commands: string[] = [];
    let created = 0;
    pool.on('commandSucceeded', event => commands.push(event.commandName));
    pool.on('connectionCreated', () => (created += 1));
    pool.on('connected', () => commands.push('connected'));
    await notes(pool, hot).insertOne({ _id: 1 });
    await notes(pool, hot).findOne();
    assert.deepEqual(commands, ['insert', 'find']);
    assert.equal(created, 1);
  });

  it('is shared by holders that ask for the same, and closed by the last', async () => {
    const options = { shared: true, dbSpecific: [{ dbName: hot }], appName: hot };
    const [first, second] = [open(options), open(options)];
    await notes(first, hot).insertOne({ _id: 1 });
    await notes(second, hot).findOne();
    assert.equal(stats(second, hot).pool?.total.created, 1);
    await first.close();
    assert.equal((await notes(second, hot).findOne())?._id, 1);
  });

  it('ends with its pool, and is there again when that is opened again', async () => {
    const pool = open();
    pool.scale.setDB([hot], { maxConnections: 3 });
    const collection = notes(pool, hot);
    await collection.insertOne({ _id: 1 });
    const slow = collection.findOne({ $where: 'sleep(1000) || true' });
    const refused = assert.rejects(slow, { name: 'MongoClientClosedError' });
    await pool.close();
    await refused;
    assert.equal(pool.stats().dedicated.size, 0);
    await pool.connect();
    assert.equal((await collection.findOne())?._id, 1);
    assert.equal(stats(pool, hot).maxConnections, 3);
  });

  it('is drained with its pool, and its operations can be taken back', async () => {
    const pool = open({ dbSpecific: [{ dbName: hot }] });
    const collection = notes(pool, hot);
    await collection.insertOne({ _id: 1 });
    const slow = { $where: 'sleep(300) || true' };
    const abort = new AbortController();
    const taken = collection.find(slow, { signal: abort.signal }).toArray();
    const refused = assert.rejects(taken, { name: 'AbortError' });
    await delay(20);
    abort.abort();
    await refused;
    const late = collection.findOne(slow);
    await delay(20);
    await pool.close({ drainMS: 5_000 });
    assert.equal((await late)?._id, 1);
  });

  it('is not refused for what only an SRV record is asked', async () => {
    const elsewhere = 'mongodb://archive.example';
    await using pool = new PolyPool('mongodb+srv://cluster.example.com', {
      srvMaxHosts: 2,
      fallbackURIs: [elsewhere],
      dbSpecific: [{ dbName: hot, mongoURI: elsewhere }]
    });
    assert.equal(pool.stats().dedicated.get(hot)?.hosts.join(), 'archive.example:27017');
  });

  it('names the option that is wrong', () => {
    const wrong = (dbSpecific: unknown, message: RegExp): void => {
      assert.throws(() => new PolyPool(mongod.uri, { dbSpecific } as PolyPoolOptions), { message });
    };
    wrong({}, /^options.dbSpecific must be an array of objects/);
    wrong([{}], /^options.dbSpecific\[0\].dbName must be the name of a database/);
    wrong([{ dbName: 'admin' }], /^options.dbSpecific\[0\].dbName must not be one of the server's/);
    wrong([{ dbName: 'a', options: { ttl: -1 } }], /^options.dbSpecific\[0\].options.ttl must be/);
    wrong(
      [{ dbName: 'a', options: { tll: 1 } }],
      /^options.dbSpecific\[0\].options.tll is none of/
    );
    wrong(
      [{ dbName: 'a', mongoURI: 'http://u:secret@h' }],
      /^options.dbSpecific\[0\].mongoURI: (?!.*secret)/
    );
    const pool = open();
    assert.throws(() => pool.scale.setDB(['local']), { name: 'MongoInvalidArgumentError' });
    assert.throws(() => pool.scale.setDB('a' as unknown as string[]), {
      name: 'MongoInvalidArgumentError'
    });
  });
});
