/** Worker threads: they share the process's pool, and may be killed at any moment. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import path from 'node:path';
import { after, before, describe, it } from 'node:test';
import { Worker } from 'node:worker_threads';
import { PolyPool } from 'polypool';
import { sharedMongod, type SharedMongod } from '../support/mongod.ts';

/** Monitors of one client to one server: the heartbeat's and the round trip time's. */
const MONITORS = 2;
/** What 80 killed workers may leave behind, in bytes; one worker's heap is about 4 MB. */
const GROWTH = 48 * 1024 * 1024;

function start(uri: string, loops: number): Worker {
  const script = path.join(import.meta.dirname, 'fixtures/worker.cjs');
  return new Worker(script, { workerData: { uri, loops }, execArgv: [] });
}

async function message(worker: Worker, text: string): Promise<void> {
  const [said] = (await once(worker, 'message')) as [string];
  assert.equal(said, text);
}

describe('Worker threads', () => {
  let mongod: SharedMongod;
  let observer: PolyPool;

  before(async () => {
    mongod = await sharedMongod();
    observer = await PolyPool.connect(mongod.uri);
    const documents = observer.db('stability').collection<{ _id: number }>('documents');
    await documents.updateOne({ _id: 1 }, { $set: { there: true } }, { upsert: true });
  });
  after(async () => {
    await observer.close();
    await mongod.stop();
  });

  /** Connections to the server of clients with this application name. */
  async function connections(appName: string): Promise<number> {
    const pipeline = [
      { $currentOp: { allUsers: true, idleConnections: true } },
      { $match: { appName } },
      { $count: 'count' }
    ];
    const [counted] = await observer.db('admin').aggregate(pipeline).toArray();
    return Number(counted?.['count'] ?? 0);
  }

  it('connecting to one URI share one pool and its maxPoolSize', async () => {
    const maxPoolSize = 5;
    const uri = `${mongod.uri}&appName=eight-workers&maxPoolSize=${maxPoolSize}`;
    const workers = Array.from({ length: 8 }, () => start(uri, 16));
    await Promise.all(workers.map(worker => message(worker, 'running')));
    const seen = await connections('eight-workers');
    assert.ok(seen > MONITORS, `only ${seen} connections`);
    assert.ok(seen <= maxPoolSize + MONITORS, `${seen} connections`);
    const closed = Promise.all(workers.map(worker => message(worker, 'closed')));
    for (const worker of workers) worker.postMessage('stop');
    await closed;
    await Promise.all(workers.map(worker => worker.terminate()));
    for (const deadline = Date.now() + 2_000; (await connections('eight-workers')) > 0;) {
      assert.ok(Date.now() < deadline, 'the connections of the workers are still there');
    }
  });

  it('terminated with operations under way leave the process and the pool sound', async () => {
    const uri = `${mongod.uri}&appName=terminated-workers`;
    const kill = async (): Promise<void> => {
      const worker = start(uri, 32);
      await message(worker, 'running');
      await worker.terminate();
    };
    const killMany = async (count: number): Promise<number> => {
      for (let i = 0; i < count; i += 4) await Promise.all([kill(), kill(), kill(), kill()]);
      global.gc?.();
      return process.memoryUsage.rss();
    };
    const before = await killMany(20);
    const grown = (await killMany(80)) - before;
    assert.ok(grown < GROWTH, `grew by ${(grown / 2 ** 20).toFixed(1)} MB`);
    assert.notEqual(await observer.db('stability').collection('documents').findOne({}), null);
  });
});
