/**
 * How polypool gets into a Mongoose and out again, and what its connections have in common: what there
 * is nothing of in Mongoose's own driver to compare with.
 */
import assert from 'node:assert/strict';
import { after, afterEach, before, describe, it } from 'node:test';
import { createRequire } from 'node:module';
import { MongoClient } from 'mongodb';
import mongoose, { type Mongoose } from 'mongoose';
import * as namespace from 'mongoose';
import { connect, createPool, MongoServerError, PolyPool } from 'polypool';
import adapter, { install } from 'polypool/mongoose';
import { sharedMongod, uniqueDatabase, type SharedMongod } from '../../support/mongod.ts';

const require = createRequire(import.meta.url);
const native = require('mongoose/lib/drivers/node-mongodb-native');

/** Instances have the driver that their package has for new ones. */
const { driver } = mongoose as unknown as { driver: { get(): unknown; set(to: unknown): void } };

describe('polypool in Mongoose', () => {
  const database = uniqueDatabase();
  let mongod: SharedMongod;
  let uri: string;
  let observer: MongoClient;
  const used: Mongoose[] = [];

  before(async () => {
    mongod = await sharedMongod();
    uri = Object.assign(new URL(mongod.uri), { pathname: `/${database}` }).href;
    observer = await new MongoClient(mongod.uri).connect();
  });
  afterEach(async () => {
    await Promise.all(used.splice(0).map(one => one.disconnect()));
    driver.set(native);
  });
  after(async () => {
    await observer.db(database).dropDatabase();
    await observer.close();
    await mongod.stop();
  });

  /** An instance on Mongoose's own driver. */
  function instance(): Mongoose {
    const one = new mongoose.Mongoose();
    used.push(one);
    return one;
  }

  /** Connections to the server by name, those of monitors included. */
  async function connections(appName: string): Promise<number> {
    const pipeline = [
      { $currentOp: { allUsers: true, idleConnections: true } },
      { $match: { appName } }
    ];
    return (await observer.db('admin').aggregate(pipeline).toArray()).length;
  }

  describe('install', () => {
    it('changes the instance, and those to come', async () => {
      const one = instance();
      const before = instance();
      install(one);
      const later = instance();
      await Promise.all([one, before, later].map(each => each.connect(uri)));
      assert.ok(one.connection.getClient() instanceof PolyPool);
      assert.ok(later.connection.getClient() instanceof PolyPool);
      assert.ok(before.connection.getClient() instanceof MongoClient);
    });

    it('is undone by what it returns, once', async () => {
      const one = instance();
      const undo = install(one);
      assert.equal(install(one), undo);
      await one.connect(uri);
      await one.disconnect();
      undo();
      assert.equal(driver.get(), native);
      assert.ok(one.connection instanceof native.Connection);
      await one.connect(uri);
      assert.ok(one.connection.getClient() instanceof MongoClient);
      undo();
      assert.ok(one.connection.getClient() instanceof MongoClient);
    });

    it('is undone for an instance that had polypool from its start', () => {
      install(instance());
      const later = instance();
      install(later)();
      assert.equal(later.connection.constructor, native.Connection);
    });

    it('refuses while a connection is open, and so does undoing it', async () => {
      const one = instance();
      await one.connect(uri);
      const refusal = {
        name: 'MongooseError',
        message: /connections are open \(test_\w+\): .*first connect/
      };
      assert.throws(() => install(one), refusal);
      assert.ok(one.connection.getClient() instanceof MongoClient);
      await one.disconnect();
      const undo = install(one);
      await one.connect(uri);
      assert.throws(undo, refusal);
      assert.ok(one.connection.getClient() instanceof PolyPool);
    });

    it('refuses what is no Mongoose', () => {
      const message = /install\(\) takes Mongoose 8 or later/;
      for (const wrong of [undefined, {}, { setDriver: true }]) {
        assert.throws(() => install(wrong as any), { name: 'TypeError', message });
      }
    });

    it('takes the package however it was imported', () => {
      const undo = install(namespace);
      assert.equal(install(mongoose), undo);
      undo();
    });

    it('has models, listeners and what waits follow', async () => {
      const one = instance();
      const M = one.model('M', new one.Schema({ n: { type: Number, unique: true } }));
      const heard: string[] = [];
      one.connection.on('connected', () => heard.push('connected'));
      one.connection.once('open', () => heard.push('open'));
      one.connection.set('maxTimeMS', 5000);
      const taken = one.connection;
      const { id } = taken;
      const ready = one.connection.startSession();
      const list = one.connections;
      install(one);
      await one.connect(uri);
      await M.init();
      assert.deepEqual(heard, ['connected', 'open']);
      assert.deepEqual(Object.keys(await M.collection.indexInformation()), ['_id_', 'n_1']);
      assert.equal(one.connection.get('maxTimeMS'), 5000);
      assert.equal(one.connection.id, id);
      assert.equal(one.connections, list);
      await (await ready).endSession();
      assert.equal(taken.readyState, 1);
      assert.equal(await taken.collection('ms').countDocuments(), 0);
      await one.disconnect();
      assert.equal(taken.readyState, 0);
    });
  });

  it('is the driver that setDriver takes', async () => {
    const one = instance();
    driver.set(adapter);
    one.setDriver(adapter);
    assert.equal(one.Connection, (adapter as any).Connection);
    await one.connect(uri);
    assert.ok(one.connection.getClient() instanceof PolyPool);
    assert.equal(one.connection.constructor.name, 'NativeConnection');
    const { Collection, BulkWriteResult, ClientEncryption, plugins } = adapter as any;
    assert.equal(one.Collection, Collection);
    assert.equal(BulkWriteResult, native.BulkWriteResult);
    assert.ok(Array.isArray(plugins));
    assert.throws(() => new ClientEncryption(), { name: 'MongoCompatibilityError' });
  });

  it('may have its classes replaced, as Mongoose does it', () => {
    const one = instance();
    install(one);
    const { Collection } = one;
    class Other extends (Collection as any) {}
    (one as any).Collection = Other;
    assert.equal(one.Collection, Other);
    (one as any).Collection = Collection;
  });

  describe('connect with Mongoose', () => {
    it('opens its default connection and gives the pool of that', async () => {
      const one = instance();
      const pool = await connect(uri, { mongoose: one, maxPoolSize: 7, bufferCommands: false });
      assert.equal(one.connection.getClient(), pool);
      assert.equal(pool.options.maxPoolSize, 7);
      assert.equal(one.connection.config.bufferCommands, false);
      assert.equal(await connect(uri, { mongoose: one }), pool);
      await pool.close();
      await assert.rejects(one.connection.db!.command({ ping: 1 }), { code: 'POLYPOOL_CLOSED' });
    });

    it('takes it from the environment when no address is given', async () => {
      const one = instance();
      process.env.MONGODB_URI = uri;
      try {
        await connect(undefined, { mongoose: one });
        assert.equal(one.connection.name, database);
      } finally {
        delete process.env.MONGODB_URI;
      }
    });

    it('tries again, and ends with the process, unless that is not wanted', async () => {
      const handlers = process.listenerCount('SIGTERM');
      const one = instance();
      const pool = await connect(uri, { mongoose: one });
      const { connectRetry } = pool.options as { connectRetry?: { attempts: number } };
      assert.equal(connectRetry?.attempts, 5);
      assert.equal(process.listenerCount('SIGTERM'), handlers + 1);
      await one.disconnect();
      assert.equal(process.listenerCount('SIGTERM'), handlers);
      const other = instance();
      const options = { mongoose: other, connectRetry: false, handleSignals: false };
      const plain = await connect(uri, options);
      assert.ok(!(plain.options as { connectRetry?: unknown }).connectRetry);
      assert.equal(process.listenerCount('SIGTERM'), handlers);
    });

    it('tries again as often as it is told while no server is there', async () => {
      const failed: number[] = [];
      const onAttemptFailed = ({ attempt }: { attempt: number }): void => void failed.push(attempt);
      const retry = { attempts: 3, baseMS: 200, jitter: 0, onAttemptFailed };
      const options = { mongoose: instance(), connectRetry: retry, serverSelectionTimeoutMS: 50 };
      const begun = performance.now();
      await assert.rejects(connect('mongodb://127.0.0.1:1', options));
      // Three attempts of 50 ms, and delays of 200 and 400 between them.
      assert.ok(performance.now() - begun >= 700, `${performance.now() - begun} ms`);
      assert.deepEqual(failed, [1, 2, 3]);
    });

    it('fails as mongoose.connect() does', async () => {
      const one = instance();
      const connectRetry = { attempts: 2, baseMS: 1 };
      const options = { mongoose: one, serverSelectionTimeoutMS: 20, connectRetry };
      await assert.rejects(connect('mongodb://127.0.0.1:9', options), {
        name: 'MongooseServerSelectionError'
      });
      assert.equal(one.connection.readyState, 0);
      await connect(uri, { mongoose: one });
      assert.equal(one.connection.readyState, 1);
    });
  });

  describe('connections', () => {
    it('share the process’s pool, and close one by one', async () => {
      const one = instance();
      install(one);
      const options = { appName: 'mongoose-sharing' };
      const first = await one.createConnection(uri, options).asPromise();
      await first.db!.command({ ping: 1 });
      const alone = await connections(options.appName);
      const second = await one.createConnection(uri, options).asPromise();
      await second.db!.command({ ping: 1 });
      assert.notEqual(first.getClient(), second.getClient());
      assert.equal(await connections(options.appName), alone);
      await first.close();
      assert.deepEqual([first.readyState, second.readyState], [0, 1]);
      assert.equal((await second.db!.command({ ping: 1 })).ok, 1);
      const separate = { ...options, shared: false } as object;
      const third = await one.createConnection(uri, separate).asPromise();
      await third.db!.command({ ping: 1 });
      assert.ok((await connections(options.appName)) > alone);
    });

    it('each report their own commands, on one pool', async () => {
      const one = instance();
      install(one);
      const options = { monitorCommands: true, appName: 'mongoose-reporting' };
      const first = await one.createConnection(uri, options).asPromise();
      await first.db!.command({ ping: 1 });
      const alone = await connections(options.appName);
      const second = await one.createConnection(uri, options).asPromise();
      const heard: string[] = [];
      first.on('commandStarted', ({ commandName }) => heard.push(`first ${commandName}`));
      second.on('commandStarted', ({ commandName }) => heard.push(`second ${commandName}`));
      await first.db!.command({ ping: 1 });
      await second.db!.command({ hello: 1 });
      assert.deepEqual(heard, ['first ping', 'second hello']);
      assert.equal(await connections(options.appName), alone);
    });

    it('take a pool that is connected, and no other', async () => {
      const one = instance();
      install(one);
      const pool = createPool(uri);
      const connection = one.createConnection();
      assert.throws(() => connection.setClient(pool), { message: /before its connect/ });
      await pool.connect();
      connection.setClient(pool);
      assert.equal(connection.getClient(), pool);
      assert.equal(connection.name, database);
      const M = connection.model('M', new one.Schema({ n: Number }));
      assert.equal((await M.create({ n: 1 })).n, 1);
      assert.throws(() => connection.setClient(pool), { message: /on an open connection/ });
      await connection.close();
      assert.equal(pool.topology, undefined);
    });

    it('refuse encryption, saying so', async () => {
      const one = instance();
      install(one);
      const opening = one.createConnection(uri, { autoEncryption: {} }).asPromise();
      await assert.rejects(opening, { name: 'MongoCompatibilityError', message: /autoEncryption/ });
      const { Schema } = one;
      const other = one.createConnection();
      const schema = new Schema(
        { secret: { type: String, encrypt: { keyId: '', algorithm: 'x' } } } as any,
        { encryptionType: 'csfle' } as any
      );
      other.model('Secret', schema);
      await assert.rejects(other.openUri(uri), { message: /Must provide `autoEncryption`/ });
    });

    it('give errors of the driver’s classes', async () => {
      const one = instance();
      install(one);
      await one.connect(uri);
      const M = one.model('E', new one.Schema({ _id: Number }));
      await M.create({ _id: 1 });
      const error: unknown = await M.create({ _id: 1 }).catch((thrown: unknown) => thrown);
      assert.ok(error instanceof MongoServerError);
      assert.ok(error instanceof one.mongo.MongoServerError);
    });
  });
});
