/** Connecting, sharing and closing: who gets which pool, and what an operation sees of it. */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { after, afterEach, before, describe, it } from 'node:test';
import { promisify } from 'node:util';
import { connect, createPool, MongoClient, PolyPool } from 'polypool';
import { sharedMongod, type SharedMongod } from '../support/mongod.ts';

const run = promisify(execFile);

describe('Connecting', () => {
  let mongod: SharedMongod;
  let observer: PolyPool;
  const opened: PolyPool[] = [];

  before(async () => {
    mongod = await sharedMongod();
    observer = await PolyPool.connect(mongod.uri);
  });
  afterEach(async () => {
    await Promise.all(opened.splice(0).map(pool => pool.close()));
  });
  after(async () => {
    await observer.close();
    await mongod.stop();
  });

  function keep(pool: PolyPool): PolyPool {
    opened.push(pool);
    return pool;
  }

  function uri(appName: string): string {
    // A monitor that streams opens a second connection in its own time.
    return `${mongod.uri}&appName=${appName}&serverMonitoringMode=poll`;
  }

  /** Clients with this application name, told by their heartbeat connections. */
  async function connections(appName: string): Promise<number> {
    const pipeline = [
      { $currentOp: { allUsers: true, idleConnections: true } },
      { $match: { appName } }
    ];
    return (await observer.db('admin').aggregate(pipeline).toArray()).length;
  }

  /** Waits until the server has noticed that a client's connections are closed. */
  async function gone(appName: string): Promise<void> {
    for (const deadline = Date.now() + 2_000; ;) {
      const left = await connections(appName);
      if (left === 0) return;
      assert.ok(Date.now() < deadline, `${left} connections are left`);
    }
  }

  const ping = (pool: PolyPool) => pool.db('admin').command({ ping: 1 });

  it('gives the same pool for the same call', async () => {
    const first = keep(await connect(uri('same')));
    assert.equal(await connect(uri('same')), first);
    assert.equal((await ping(first))['ok'], 1);
  });

  it('gives one pool to calls made at the same time', async () => {
    const [first, second] = await Promise.all([connect(uri('twice')), connect(uri('twice'))]);
    assert.equal(keep(first), second);
  });

  it('gives another pool for other options', async () => {
    const first = keep(await connect(uri('options'), { maxPoolSize: 3 }));
    const second = keep(await connect(uri('options'), { maxPoolSize: 4 }));
    assert.notEqual(first, second);
  });

  it('takes the connection string from MONGODB_URI', async () => {
    process.env['MONGODB_URI'] = uri('environment');
    try {
      assert.equal((await ping(keep(await connect())))['ok'], 1);
    } finally {
      delete process.env['MONGODB_URI'];
    }
  });

  it('says that a connection string is missing', async () => {
    await assert.rejects(connect(), { name: 'MongoInvalidArgumentError', message: /MONGODB_URI/ });
  });

  it('shares the connections of sharers and closes them with the last', async () => {
    const first = keep(createPool(uri('sharers')));
    const second = keep(createPool(uri('sharers')));
    await Promise.all([ping(first), ping(second)]);
    const shared = await connections('sharers');
    await first.close();
    assert.equal((await ping(second))['ok'], 1);
    assert.equal(await connections('sharers'), shared);
    await second.close();
    await gone('sharers');
  });

  it('gives `new` a pool of its own unless it is told to share', async () => {
    const sharer = keep(createPool(uri('new')));
    await ping(sharer);
    const shared = await connections('new');
    const sharing = keep(new PolyPool(uri('new'), { shared: true }));
    await ping(sharing);
    assert.equal(await connections('new'), shared);
    const own = keep(new PolyPool(uri('new')));
    await ping(own);
    assert.ok((await connections('new')) > shared);
  });

  it('connects a lazy pool with its first operation', async () => {
    const pool = keep(createPool(uri('lazy')));
    assert.equal(await connections('lazy'), 0);
    await ping(pool);
    assert.ok((await connections('lazy')) > 0);
  });

  it('takes an answer that came while the process was busy loading before all that waits', async () => {
    // The server has a second to answer in, and a timer that is over waits before the answer's wake.
    const script = `
      const Module = require('node:module');
      const load = Module._load;
      Module._load = function (name, ...rest) {
        const nobody = new Int32Array(new SharedArrayBuffer(4));
        if (name === 'bson') Atomics.wait(nobody, 0, 0, 1_000);
        return load.call(this, name, ...rest);
      };
      const { PolyPool } = require('polypool');
      const order = [];
      const pool = new PolyPool(process.argv[1]);
      const found = pool.db('test_loading').collection('c').findOne({}).then(() => order.push('answer'));
      const waited = new Promise(resolve => setTimeout(resolve, 1)).then(() => order.push('timer'));
      Promise.all([found, waited]).then(async () => {
        console.log(JSON.stringify(order));
        await pool.close();
      });`;
    const { stdout } = await run(process.execPath, ['-e', script, mongod.uri]);
    assert.deepEqual(JSON.parse(stdout), ['answer', 'timer']);
  });

  it('refuses operations after close and reopens with connect', async () => {
    const pool = keep(new PolyPool(mongod.uri));
    await ping(pool);
    await pool.close();
    await assert.rejects(ping(pool), {
      name: 'MongoNotConnectedError',
      code: 'POLYPOOL_CLOSED',
      message: 'Client must be connected before running operations'
    });
    assert.equal(await pool.connect(), pool);
    assert.equal((await ping(pool))['ok'], 1);
  });

  it('makes a new default pool after the old one was closed', async () => {
    const first = await connect(uri('again'));
    await first.close();
    const second = keep(await connect(uri('again')));
    assert.notEqual(second, first);
    assert.equal((await ping(second))['ok'], 1);
  });

  it('can be closed twice, at once, and without ever having connected', async () => {
    const pool = new PolyPool(mongod.uri);
    await pool.connect();
    await Promise.all([pool.close(), pool.close(true)]);
    await pool.close();
    await new PolyPool(mongod.uri).close();
  });

  it('is known as MongoClient as well', () => {
    assert.equal(MongoClient, PolyPool);
  });

  it('runs operations in the order they were called in when the pool has one connection', async () => {
    const pool = keep(new PolyPool(mongod.uri, { maxPoolSize: 1 }));
    const order: number[] = [];
    const calls = Array.from({ length: 200 }, (_, i) => ping(pool).then(() => order.push(i)));
    await Promise.all(calls);
    assert.deepEqual(order, [...order.keys()]);
  });

  it('waits no longer for a place in the pool than waitQueueTimeoutMS', async () => {
    const pool = keep(new PolyPool(mongod.uri, { maxPoolSize: 1, waitQueueTimeoutMS: 50 }));
    const documents = pool.db('test_wait_queue').collection<{ _id: number }>('c');
    await documents.replaceOne({ _id: 1 }, {}, { upsert: true });
    const slow = documents.findOne({ $where: 'sleep(400) || true' });
    await assert.rejects(documents.findOne({}), error => {
      assert.equal((error as Error).name, 'MongoWaitQueueTimeoutError');
      assert.match((error as Error).message, /waited 50 ms .* maxPoolSize 1/);
      return true;
    });
    assert.deepEqual(await slow, { _id: 1 });
    assert.deepEqual(await documents.findOne({}), { _id: 1 });
    await pool.db('test_wait_queue').dropDatabase();
  });
});
