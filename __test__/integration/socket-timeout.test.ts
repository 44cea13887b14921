/** `socketTimeoutMS`: what it bounds, and what it leaves alone. */
import assert from 'node:assert/strict';
import { createServer, connect, type AddressInfo, type Server, type Socket } from 'node:net';
import { after, before, describe, it } from 'node:test';
import { PolyPool, type PolyPoolOptions } from 'polypool';
import { sharedMongod, uniqueDatabase, type SharedMongod } from '../support/mongod.ts';

/** How long the slow server takes, and how long the patient client waits, in milliseconds. */
const SLOW_MS = 1_500;
const LIMIT_MS = 150;

describe('socketTimeoutMS', () => {
  let mongod: SharedMongod;
  let observer: PolyPool;
  const database = uniqueDatabase();

  before(async () => {
    mongod = await sharedMongod();
    observer = await PolyPool.connect(mongod.uri);
    await observer.db(database).collection('c').insertOne({ x: 1 });
  });
  after(async () => {
    await observer.db(database).dropDatabase();
    await observer.close();
    await mongod.stop();
  });

  async function withPool(
    uri: string,
    options: PolyPoolOptions,
    run: (pool: PolyPool) => Promise<void>
  ): Promise<void> {
    const pool = new PolyPool(uri, { ...options, retryReads: false });
    try {
      await run(pool);
    } finally {
      await pool.close();
    }
  }

  it('ends an operation that the server takes too long for, and no other', async () => {
    await withPool(mongod.uri, { socketTimeoutMS: LIMIT_MS }, async pool => {
      const collection = pool.db(database).collection('c');
      const started = performance.now();
      const [slow, quick] = await Promise.allSettled([
        collection.findOne({ $where: `sleep(${SLOW_MS}) || true` }),
        collection.findOne({ x: 1 })
      ]);
      assert.ok(performance.now() - started < SLOW_MS);
      assert.equal(quick.status, 'fulfilled');
      assert.equal(slow.status, 'rejected');
      assert.equal((slow.reason as Error).name, 'MongoNetworkTimeoutError');
      assert.match((slow.reason as Error).message, /socketTimeoutMS/);
    });
  });

  it('does not count the time in which a connection is made', async () => {
    const { proxy, port } = await slowToConnect(new URL(mongod.uri).port, 4 * LIMIT_MS);
    const uri = `mongodb://127.0.0.1:${port}/?directConnection=true`;
    try {
      await withPool(uri, { socketTimeoutMS: LIMIT_MS }, async pool => {
        const documents = await Promise.all(
          Array.from({ length: 5 }, () => pool.db(database).collection('c').findOne({ x: 1 }))
        );
        for (const document of documents) assert.equal(document?.['x'], 1);
      });
    } finally {
      proxy.close();
    }
  });
});

/** A proxy whose connections carry nothing for their first `delay` milliseconds. */
async function slowToConnect(to: string, delay: number): Promise<{ proxy: Server; port: number }> {
  const proxy = createServer(client => {
    const server = connect(Number(to), '127.0.0.1');
    const both: Socket[] = [client, server];
    for (const socket of both) {
      socket.on('error', () => both.forEach(each => each.destroy()));
      socket.on('close', () => both.forEach(each => each.destroy()));
    }
    server.pipe(client);
    setTimeout(() => client.pipe(server), delay);
  });
  await new Promise<void>(resolve => proxy.listen(0, '127.0.0.1', resolve));
  return { proxy, port: (proxy.address() as AddressInfo).port };
}
