/**
 * Several bridges: the package evaluated more than once in a process, in other realms and in other
 * threads. All copies work at the same time, and none outlives its use.
 */
import assert from 'node:assert/strict';
import { AsyncLocalStorage } from 'node:async_hooks';
import { spawn } from 'node:child_process';
import { createRequire } from 'node:module';
import path from 'node:path';
import { after, before, describe, it } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { MongoServerError } from 'mongodb';
import * as polypool from 'polypool';
import { sharedMongod, uniqueDatabase, type SharedMongod } from '../support/mongod.ts';
import { Realm } from './fixtures/realm.ts';

type Package = typeof polypool;

/** A process that has not ended by then hangs. */
const DEADLINE_MS = 60_000;
/** What 60 copies may leave behind, in megabytes; one copy that stays is about 0.7. */
const RELOADS_GROWTH_MB = 6;
/** What 12 realms may leave behind, in megabytes; one realm that stays is about 18. */
const REALMS_GROWTH_MB = 12;

const require = createRequire(import.meta.url);

/** The package, evaluated anew in this realm. The addon under it stays the same. */
function copy(): Package {
  const folder = path.dirname(require.resolve('polypool')) + path.sep;
  const kept = Object.entries(require.cache).filter(
    ([file]) => file.startsWith(folder) && !file.endsWith('.node')
  );
  for (const [file] of kept) Reflect.deleteProperty(require.cache, file);
  try {
    return require('polypool') as Package;
  } finally {
    for (const [file, module] of kept) require.cache[file] = module;
  }
}

interface Ended {
  code: number | null;
  output: string;
  errors: string;
}

function run(fixture: string, ...args: string[]): Promise<Ended> {
  const script = path.join(import.meta.dirname, 'fixtures', fixture);
  const argv = ['--expose-gc', script, ...args];
  const child = spawn(process.execPath, argv, { timeout: DEADLINE_MS });
  let output = '';
  let errors = '';
  child.stdout.on('data', chunk => (output += String(chunk)));
  child.stderr.on('data', chunk => (errors += String(chunk)));
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', code => resolve({ code, output, errors }));
  });
}

describe('Several copies of the package', () => {
  const database = uniqueDatabase();
  let mongod: SharedMongod;
  let observer: polypool.PolyPool;

  before(async () => {
    mongod = await sharedMongod();
    observer = await polypool.PolyPool.connect(mongod.uri);
    const documents = Array.from({ length: 30 }, (_, _id) => ({ _id, text: `document ${_id}` }));
    await observer.db(database).collection<{ _id: number }>('c').insertMany(documents);
    const stability = observer.db('stability').collection<{ _id: number }>('documents');
    await stability.updateOne({ _id: 1 }, { $set: { there: true } }, { upsert: true });
  });
  after(async () => {
    await observer.db(database).dropDatabase();
    await observer.close();
    await mongod.stop();
  });

  async function connections(appName: string): Promise<number> {
    const pipeline = [
      { $currentOp: { allUsers: true, idleConnections: true } },
      { $match: { appName } }
    ];
    return (await observer.db('admin').aggregate(pipeline).toArray()).length;
  }

  /** Uses a pool of any copy: many operations at once, each with its own document, and a cursor. */
  async function exercise(pool: polypool.PolyPool): Promise<void> {
    const collection = pool.db(database).collection<{ _id: number; text: string }>('c');
    const ids = Array.from({ length: 500 }, (_, i) => i % 30);
    const found = await Promise.all(ids.map(_id => collection.findOne({ _id })));
    found.forEach((document, i) => assert.equal(document?.text, `document ${ids[i]!}`));
    const cursor = collection.find({}, { batchSize: 7 }).sort({ _id: 1 });
    let next = 0;
    for await (const { _id } of cursor) assert.equal(_id, next++);
    assert.equal(next, 30);
  }

  describe('evaluated in one realm', () => {
    it('work at the same time', async () => {
      const copies = [polypool, copy(), copy(), copy()];
      assert.equal(new Set(copies.map(({ PolyPool }) => PolyPool)).size, copies.length);
      const pools = copies.map(({ PolyPool }) => new PolyPool(mongod.uri));
      await Promise.all(pools.map(exercise));
      await Promise.all(pools.map(pool => pool.close()));
    });

    it('connect to one and the same default pool', async () => {
      const uri = `${mongod.uri}&appName=copies-default`;
      const [first, second] = [copy(), copy()];
      const [pool, same] = await Promise.all([first.connect(uri), second.connect(uri)]);
      assert.equal(pool, same);
      assert.equal(await polypool.connect(uri), pool);
      await exercise(same);
      await pool.close();
      const next = await second.connect(uri);
      assert.notEqual(next, pool);
      await next.close();
    });

    it('share connections', async () => {
      const uri = `${mongod.uri}&appName=copies-shared&maxPoolSize=2`;
      const pools = [copy(), copy(), copy()].map(({ createPool }) => createPool(uri));
      await Promise.all(pools.map(exercise));
      const [first, ...others] = pools;
      const count = await connections('copies-shared');
      // Two in the pool, and the monitor's two.
      assert.ok(count > 0 && count <= 4, `${count} connections`);
      await first!.close();
      await Promise.all(others.map(exercise));
      await Promise.all(others.map(pool => pool.close()));
    });

    it("throw the same driver's errors", async () => {
      const pool = new (copy().PolyPool)(mongod.uri);
      await assert.rejects(pool.db(database).command({ noSuchCommand: 1 }), error => {
        assert.ok(error instanceof MongoServerError);
        assert.equal(error.code, 59);
        return true;
      });
      await pool.close();
    });

    it('are garbage when they are no longer used', async () => {
      const { code, output, errors } = await run('reload.cjs', mongod.uri);
      assert.deepEqual([code, errors], [0, '']);
      assert.ok(Number(output) < RELOADS_GROWTH_MB, `grew by ${output.trim()} MB`);
    });
  });

  describe('evaluated in realms of their own', () => {
    it('work at the same time', async () => {
      const realms = [new Realm(), new Realm(), new Realm()];
      const pools = realms.map(
        realm => new (realm.require('polypool') as Package).PolyPool(mongod.uri)
      );
      await Promise.all([...pools, observer].map(exercise));
      await Promise.all(pools.map(pool => pool.close()));
    });

    it("give results of the realm's own", async () => {
      const realm = new Realm();
      const { PolyPool } = realm.require('polypool') as Package;
      const bson = realm.require('bson') as typeof import('bson');
      const pool = new PolyPool(mongod.uri);
      const collection = pool.db(database).collection<any>('types');
      const _id = new bson.ObjectId();
      const at = realm.evaluate('new Date(0)') as Date;
      const list = realm.evaluate('[1, { two: 2 }]') as unknown[];
      await collection.insertOne({ _id, at, list, bytes: Buffer.from('bytes'), pattern: /a/i });
      const found = await collection.findOne({ _id });
      const is = (value: unknown, type: string): void => {
        assert.ok(value instanceof realm.evaluate(type), `${String(value)} is no ${type}`);
      };
      is(found, 'Object');
      is(found.at, 'Date');
      is(found.list, 'Array');
      is(found.list[1], 'Object');
      is(found.pattern, 'RegExp');
      assert.ok(found._id instanceof bson.ObjectId);
      assert.ok(found.bytes instanceof bson.Binary);
      assert.ok(Buffer.isBuffer(found.bytes.buffer));
      is(await pool.db(database).collection('c').find({}).toArray(), 'Array');
      const raw = await collection.findOne({ _id }, { raw: true });
      assert.ok(raw instanceof Buffer);
      await pool.close();
    });

    it("throw errors of the realm's own", async () => {
      const realm = new Realm();
      const { PolyPool } = realm.require('polypool') as Package;
      const driver = realm.require('mongodb/lib/error') as typeof import('mongodb');
      const RealmError = realm.evaluate('Error') as ErrorConstructor;
      const pool = new PolyPool(mongod.uri);
      await assert.rejects(pool.db(database).command({ noSuchCommand: 1 }), error => {
        assert.ok(error instanceof driver.MongoServerError);
        assert.ok(error instanceof RealmError);
        return true;
      });
      await pool.close();
      await assert.rejects(pool.db(database).command({ ping: 1 }), error => {
        assert.ok(error instanceof driver.MongoNotConnectedError);
        return true;
      });
      assert.throws(
        () => new PolyPool('http://nowhere'),
        error => error instanceof driver.MongoParseError
      );
    });

    it('share connections', async () => {
      const uri = `${mongod.uri}&appName=realms-shared&maxPoolSize=2`;
      const open = () => (new Realm().require('polypool') as Package).connect(uri);
      const pools = await Promise.all([open(), open(), polypool.connect(uri)]);
      assert.equal(new Set(pools).size, 3);
      await Promise.all(pools.map(exercise));
      const count = await connections('realms-shared');
      assert.ok(count > 0 && count <= 4, `${count} connections`);
      await Promise.all(pools.map(pool => pool.close()));
    });

    it('are garbage when they are no longer used', async context => {
      const { gc } = global;
      if (gc === undefined) {
        context.skip('needs node --expose-gc');
        return;
      }
      const use = async (): Promise<void> => {
        const pool = new (new Realm().require('polypool') as Package).PolyPool(mongod.uri);
        await pool.db('admin').command({ ping: 1 });
        await pool.close();
      };
      const measure = async (): Promise<number> => {
        for (let i = 0; i < 6; i++) await use();
        for (let i = 0; i < 5; i++) {
          await gc({ execution: 'async' });
          await delay(20);
        }
        const { heapUsed, arrayBuffers } = process.memoryUsage();
        return (heapUsed + arrayBuffers) / 2 ** 20;
      };
      await measure();
      const before = await measure();
      await measure();
      const grown = (await measure()) - before;
      assert.ok(grown < REALMS_GROWTH_MB, `grew by ${grown.toFixed(1)} MB`);
    });
  });

  describe('keep the asynchronous context', () => {
    const storage = new AsyncLocalStorage<number>();

    it('across the await of an operation', async () => {
      const requests = Array.from({ length: 50 }, (_, request) =>
        storage.run(request, async () => {
          const collection = observer.db(database).collection<{ _id: number }>('c');
          await collection.findOne({ _id: request % 30 });
          assert.equal(storage.getStore(), request);
          await assert.rejects(observer.db(database).command({ noSuchCommand: 1 }));
          assert.equal(storage.getStore(), request);
          await collection.countDocuments().then(() => assert.equal(storage.getStore(), request));
        })
      );
      await Promise.all(requests);
      assert.equal(storage.getStore(), undefined);
    });

    it('inside loops over cursors, their transforms and their streams', async () => {
      const requests = Array.from({ length: 10 }, (_, request) =>
        storage.run(request, async () => {
          const find = () => observer.db(database).collection('c').find({}, { batchSize: 3 });
          const seen: (number | undefined)[] = [];
          for await (const _id of find().map(({ _id }) => _id)) {
            assert.notEqual(_id, undefined);
            seen.push(storage.getStore());
          }
          await find().forEach(() => void seen.push(storage.getStore()));
          for await (const document of find().stream()) {
            assert.notEqual(document, null);
            seen.push(storage.getStore());
          }
          assert.deepEqual(seen, Array(90).fill(request));
        })
      );
      await Promise.all(requests);
    });
  });

  describe('in a worker of a process that has none itself', () => {
    it('end with the worker when it has closed its pool', async () => {
      const ended = await run('alone.cjs', mongod.uri, 'closed', '3');
      assert.deepEqual(ended, { code: 0, output: 'true\nexit 0\n'.repeat(3), errors: '' });
    });

    it('end with the worker when it has left its pool open', async () => {
      const ended = await run('alone.cjs', mongod.uri, 'idle', '3');
      assert.deepEqual(ended, { code: 0, output: 'true\nexit 0\n'.repeat(3), errors: '' });
    });

    it('keep the worker until an operation is answered', async () => {
      const ended = await run('alone.cjs', mongod.uri, 'pending', '1');
      assert.deepEqual(ended, { code: 0, output: 'answered true\nexit 0\n', errors: '' });
    });

    it('end with the worker when it calls process.exit() with operations under way', async () => {
      const ended = await run('alone.cjs', mongod.uri, 'exits', '10');
      assert.deepEqual(ended, { code: 0, output: 'exit 5\n'.repeat(10), errors: '' });
    });
  });

  it('leave nothing behind of hundreds of pools that keeps a process alive', async () => {
    const ended = await run('hundreds.cjs', mongod.uri);
    assert.deepEqual(ended, { code: 0, output: 'done\n', errors: '' });
  });
});
