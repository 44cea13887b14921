/** Who gets a place in the pool, and who is refused. */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { MongoError } from 'mongodb';
import {
  PolyPool,
  type ClassifiedError,
  type PoolOverloadedError,
  type PolyPoolOptions
} from 'polypool';
import { sharedMongod, uniqueDatabase, type SharedMongod } from '../support/mongod.ts';
import { Proxy } from '../support/proxy.ts';

interface Item {
  _id: number;
  x?: number;
}

/** Milliseconds that a slow query takes. */
const SLOW_MS = 300;

describe('The wait queue', () => {
  let mongod: SharedMongod;
  const [crowded, quiet] = [uniqueDatabase(), uniqueDatabase()];

  before(async () => {
    mongod = await sharedMongod();
    await withPool({}, async pool => {
      for (const name of [crowded, quiet]) {
        await pool.db(name).collection<Item>('c').insertOne({ _id: 1 });
      }
    });
  });
  after(async () => {
    await withPool({}, async pool => {
      for (const name of [crowded, quiet]) await pool.db(name).dropDatabase();
    });
    await mongod.stop();
  });

  async function withPool(
    options: PolyPoolOptions,
    run: (pool: PolyPool) => Promise<void>
  ): Promise<void> {
    const pool = new PolyPool(mongod.uri, options);
    try {
      await run(pool);
    } finally {
      await pool.close();
    }
  }

  const slow = (pool: PolyPool, database: string): Promise<unknown> =>
    pool
      .db(database)
      .collection<Item>('c')
      .findOne({ $where: `sleep(${SLOW_MS}) || true` });
  const quick = (pool: PolyPool, database: string): Promise<unknown> =>
    pool.db(database).collection<Item>('c').findOne({ _id: 1 });

  it('serves another database after one turn of a crowd', async () => {
    await withPool({ maxPoolSize: 2 }, async pool => {
      await pool.connect();
      let served = 0;
      const crowd = Array.from({ length: 10 }, () => slow(pool, crowded).then(() => served++));
      await quick(pool, quiet);
      assert.ok(served <= 2, `${served} of the crowd went before it`);
      await Promise.all(crowd);
    });
  });

  it('keeps places free for others where a database has a cap', async () => {
    await withPool({ maxPoolSize: 4, tenants: { maxConcurrent: 3 } }, async pool => {
      await pool.connect();
      let served = 0;
      const crowd = Array.from({ length: 9 }, () => slow(pool, crowded).then(() => served++));
      await quick(pool, quiet);
      assert.equal(served, 0);
      await Promise.all(crowd);
    });
  });

  it('refuses what would make it too long, with a class and a code of its own', async () => {
    await withPool({ maxPoolSize: 1, maxQueued: 2 }, async pool => {
      await pool.connect();
      const accepted = [slow(pool, crowded), slow(pool, crowded), slow(pool, quiet)];
      const error = (await slow(pool, quiet).catch(
        (error: unknown) => error
      )) as PoolOverloadedError & ClassifiedError;
      assert.ok(error instanceof MongoError);
      assert.deepEqual(
        [error.name, error.code, error.queued, error.database],
        ['PoolOverloadedError', 'POLYPOOL_OVERLOADED', 2, undefined]
      );
      assert.deepEqual([error.retryable, error.retryPolicy], [true, 'overload']);
      await Promise.all(accepted);
    });
  });

  it('counts those that wait for a server, and lets them in when there is one', async () => {
    const proxy = await Proxy.before(Number(new URL(mongod.uri).port));
    const options = {
      maxQueued: 3,
      tenants: { byName: { [crowded]: { maxQueued: 2 } } },
      heartbeatFrequencyMS: 500
    };
    const uri = `mongodb://127.0.0.1:${proxy.port}/?directConnection=true`;
    await using pool = new PolyPool(uri, options);
    proxy.fault('up', { kind: 'reset' });
    const waiting = [quick(pool, crowded), quick(pool, crowded)];
    await assert.rejects(quick(pool, crowded), { database: crowded, queued: 2 });
    waiting.push(quick(pool, quiet));
    await assert.rejects(quick(pool, quiet), { code: 'POLYPOOL_OVERLOADED', queued: 3 });
    assert.equal(pool.stats().waitQueue.queued, 3);
    proxy.heal();
    await Promise.all(waiting);
    assert.equal(pool.stats().waitQueue.queued, 0);
    await proxy.close();
  });

  it('refuses one database and not the others, when it is its limit that is reached', async () => {
    const tenants = { byName: { [crowded]: { maxConcurrent: 1, maxQueued: 1 } } };
    await withPool({ tenants }, async pool => {
      await pool.connect();
      const accepted = [slow(pool, crowded), slow(pool, crowded)];
      await assert.rejects(quick(pool, crowded), { database: crowded, queued: 1 });
      await quick(pool, quiet);
      await Promise.all(accepted);
    });
  });

  it('lets a transaction end that operations wait for which have all the places', async () => {
    await withPool({ tenants: { maxConcurrent: 2 }, maxPoolSize: 10 }, async pool => {
      const items = pool.db(crowded).collection<Item>('c');
      await pool.withSession(async session => {
        session.startTransaction();
        await items.updateOne({ _id: 1 }, { $inc: { x: 1 } }, { session });
        const locked = Array.from({ length: 6 }, () =>
          items.updateOne({ _id: 1 }, { $inc: { x: 1 } })
        );
        // They have the places once the server has them; until then the commit is first anyway.
        await pool.db(quiet).command({ ping: 1 });
        await items.findOne({ _id: 1 }, { session });
        await session.commitTransaction();
        await Promise.all(locked);
      });
      assert.equal((await items.findOne({ _id: 1 }))?.x, 7);
    });
  });

  it('opens more change streams of a database than its cap', async () => {
    await withPool({ tenants: { maxConcurrent: 2 } }, async pool => {
      const streams = Array.from({ length: 5 }, () => pool.db(crowded).collection('c').watch());
      const next = streams.map(stream => stream.next());
      for (const { cursor } of streams as unknown as Array<{ cursor: { id?: unknown } }>) {
        if (cursor.id === undefined) await quick(pool, crowded);
      }
      let written = 0;
      const write = async (): Promise<void> => {
        while (written >= 0) {
          written++;
          await pool
            .db(crowded)
            .collection<Item>('c')
            .updateOne({ _id: 1 }, { $set: { x: written } });
        }
      };
      const writing = write();
      await Promise.all(next);
      written = -2;
      await writing;
      for (const stream of streams) await stream.close();
    });
  });

  it('counts a cursor that tails and awaits data for no cap', async () => {
    await withPool({ tenants: { maxConcurrent: 1 } }, async pool => {
      const db = pool.db(crowded);
      const log = await db.createCollection<Item>('log', { capped: true, size: 4_096 });
      await log.insertOne({ _id: 1 });
      const tailing = { tailable: true, awaitData: true, maxAwaitTimeMS: 20_000 };
      const cursor = log.find({}, tailing);
      await cursor.next();
      const waiting = cursor.tryNext();
      assert.ok(await quick(pool, crowded));
      await log.insertOne({ _id: 2 });
      assert.deepEqual(await waiting, { _id: 2 }, 'it still waited');
      await cursor.close();
    });
  });

  it('frees the place of one that is aborted while it waits', async () => {
    await withPool({ maxPoolSize: 1 }, async pool => {
      await pool.connect();
      const first = slow(pool, crowded);
      const controller = new AbortController();
      const { signal } = controller;
      const aborted = pool.db(quiet).collection<Item>('c').findOne({ _id: 1 }, { signal });
      const last = quick(pool, quiet);
      controller.abort();
      await assert.rejects(aborted, { name: 'AbortError' });
      await Promise.all([first, last]);
    });
  });
});
