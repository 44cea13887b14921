/**
 * A set of three: cursors live and die on the member that has them, read preferences reach the
 * member they ask for, and the pool outlives elections. The official driver looks on, node by node.
 */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { MongoClient, ReadPreference, type TagSet } from 'mongodb';
import { PolyPool, type PolyPoolOptions } from 'polypool';
import { startMongod, uniqueDatabase, type Mongod } from '../support/mongod.ts';

/** Far above what an election (2 s) or a busy machine needs, in milliseconds. */
const DEADLINE_MS = 30_000;
/** Between two looks at something that changes by itself, in milliseconds. */
const POLL_MS = 20;
/**
 * How long a `getMore` waits for data, in milliseconds. The server notices only afterwards that the
 * cursor has been killed, whichever driver did it.
 */
const AWAIT_MS = 1_500;

/** Looks until `look` gives something. */
async function until<T>(what: string, look: () => Promise<T | undefined>): Promise<T> {
  const deadline = Date.now() + DEADLINE_MS;
  for (;;) {
    const found = await look();
    if (found !== undefined) return found;
    assert.ok(Date.now() < deadline, `${what}: not within ${DEADLINE_MS} ms`);
    await delay(POLL_MS);
  }
}

describe('A replica set of three', () => {
  const database = uniqueDatabase();
  let mongod: Mongod;
  /** One per node, in the order of their indices; not polypool's, so that it can't agree by mistake. */
  let observers: MongoClient[];

  before(async () => {
    mongod = await startMongod({ nodes: 3 });
    observers = mongod.ports.map((_, index) => new MongoClient(mongod.nodeUri(index)));
    await tagNodes();
    const documents = Array.from({ length: 50 }, (_, _id) => ({ _id }));
    await withPool({ writeConcern: { w: 3 } }, async pool => {
      await pool.db(database).collection<{ _id: number }>('numbers').insertMany(documents);
      const capped = await pool
        .db(database)
        .createCollection('capped', { capped: true, size: 4096, writeConcern: { w: 3 } });
      await capped.insertOne({ first: true });
    });
  });
  after(async () => {
    await Promise.all(observers.map(observer => observer.close()));
    await mongod.stop();
  });

  async function withPool<T>(
    options: PolyPoolOptions,
    use: (pool: PolyPool) => Promise<T>
  ): Promise<T> {
    const pool = new PolyPool(mongod.uri, options);
    try {
      return await use(pool);
    } finally {
      await pool.close();
    }
  }

  function address(index: number): string {
    return `127.0.0.1:${mongod.ports[index]!}`;
  }

  /** Each node gets the tag `node` with its index. */
  async function tagNodes(): Promise<void> {
    const admin = observers[await mongod.waitForPrimary()]!.db('admin');
    const { config } = await admin.command({ replSetGetConfig: 1 });
    config.version = Number(config.version) + 1;
    for (const member of config.members) member.tags = { node: String(member._id) };
    await admin.command({ replSetReconfig: config });
    for (const [index, observer] of observers.entries()) {
      await until(`node ${index} knows its tag`, async () => {
        const { tags } = await observer.db('admin').command({ hello: 1 });
        return tags?.node === String(index) || undefined;
      });
    }
  }

  async function secondaries(): Promise<number[]> {
    const primary = await mongod.waitForPrimary({ everyNode: true });
    return [0, 1, 2].filter(index => index !== primary);
  }

  /** The nodes that keep a cursor, idle or with a `getMore` under way, whose command had this comment. */
  async function keepers(comment: string): Promise<number[]> {
    const pipeline = [
      { $currentOp: { idleCursors: true, allUsers: true } },
      { $match: { 'cursor.originatingCommand.comment': comment } }
    ];
    const counts = await Promise.all(
      observers.map(async observer => {
        const found = await observer.db('admin').aggregate(pipeline).toArray();
        return found.length;
      })
    );
    return counts.flatMap((count, index) => (count > 0 ? [index] : []));
  }

  /** The server learns of the end of a primary's cursor a moment after `close()` has resolved. */
  async function nobodyKeeps(comment: string): Promise<void> {
    await until(`no server keeps ${comment}`, async () => {
      const left = await keepers(comment);
      return left.length === 0 || undefined;
    });
  }

  const onNode = (index: number): ReadPreference =>
    new ReadPreference(ReadPreference.NEAREST, [{ node: String(index) }]);

  describe('keeps a cursor where it was opened', () => {
    it('and fetches all its batches from there, on each of the members', async () => {
      await withPool({}, async pool => {
        const numbers = pool.db(database).collection<{ _id: number }>('numbers');
        for (const index of [0, 1, 2]) {
          const comment = `batches-${index}`;
          const cursor = numbers
            .find({}, { readPreference: onNode(index), batchSize: 3, comment })
            .sort({ _id: 1 });
          const seen: number[] = [];
          for await (const { _id } of cursor) {
            seen.push(_id);
            if (_id === 10) assert.deepEqual(await keepers(comment), [index]);
          }
          assert.deepEqual(seen, [...Array(50).keys()]);
          assert.deepEqual(await keepers(comment), []);
        }
      });
    });

    it('and ends it there when it is closed early', async () => {
      await withPool({}, async pool => {
        const numbers = pool.db(database).collection('numbers');
        for (const index of [0, 1, 2]) {
          const comment = `closed-early-${index}`;
          const cursor = numbers.find({}, { readPreference: onNode(index), batchSize: 2, comment });
          for (let i = 0; i < 3; i++) await cursor.next();
          assert.deepEqual(await keepers(comment), [index]);
          await cursor.close();
          await nobodyKeeps(comment);
        }
      });
    });

    it('and ends it there when the loop over it is left', async () => {
      await withPool({ readPreference: 'secondary' }, async pool => {
        const numbers = pool.db(database).collection('numbers');
        const comment = 'loop-left';
        for await (const document of numbers.find({}, { batchSize: 2, comment })) {
          assert.equal(typeof document._id, 'number');
          const [keeper, ...others] = await keepers(comment);
          assert.deepEqual(others, []);
          assert.ok((await secondaries()).includes(keeper!), `node ${keeper} keeps it`);
          break;
        }
        assert.deepEqual(await keepers(comment), []);
      });
    });

    it('and ends it there with a getMore of it under way', async () => {
      await withPool({}, async pool => {
        const capped = pool.db(database).collection('capped');
        for (const index of [0, 1, 2]) {
          const comment = `tailed-${index}`;
          const cursor = capped.find(
            {},
            {
              tailable: true,
              awaitData: true,
              maxAwaitTimeMS: AWAIT_MS,
              readPreference: onNode(index),
              comment
            }
          );
          assert.equal((await cursor.next())?.['first'], true);
          const waiting = Promise.allSettled([cursor.next()]);
          await until('the getMore is under way', () => getMoreRuns(index, comment));
          await cursor.close();
          await waiting;
          await nobodyKeeps(comment);
        }
        assert.equal((await pool.db('admin').command({ ping: 1 }))['ok'], 1);
      });
    });

    it('and ends it there when its pool is closed', async () => {
      const comment = 'pool-closed';
      await withPool({}, async pool => {
        const numbers = pool.db(database).collection('numbers');
        for (const index of [0, 1, 2]) {
          await numbers.find({}, { readPreference: onNode(index), batchSize: 2, comment }).next();
        }
        assert.deepEqual(await keepers(comment), [0, 1, 2]);
      });
      assert.deepEqual(await keepers(comment), []);
    });

    it('and ends it there when it is dropped and collected', async context => {
      const { gc } = global;
      if (gc === undefined) {
        context.skip('needs node --expose-gc');
        return;
      }
      const comment = 'dropped';
      await withPool({}, async pool => {
        const numbers = pool.db(database).collection('numbers');
        const drop = async (index: number): Promise<void> => {
          await numbers.find({}, { readPreference: onNode(index), batchSize: 2, comment }).next();
        };
        await Promise.all([0, 1, 2].map(drop));
        assert.deepEqual(await keepers(comment), [0, 1, 2]);
        await until('no server keeps it', async () => {
          await gc({ execution: 'async' });
          const left = await keepers(comment);
          return left.length === 0 || undefined;
        });
      });
    });

    async function getMoreRuns(index: number, comment: string): Promise<true | undefined> {
      const pipeline = [
        { $currentOp: { allUsers: true } },
        { $match: { op: 'getmore', 'cursor.originatingCommand.comment': comment } }
      ];
      const running = await observers[index]!.db('admin').aggregate(pipeline).toArray();
      return running.length > 0 || undefined;
    }
  });

  describe('answers a read', () => {
    /** A pool that has not heard of all members yet answers with those it knows, as the driver. */
    const discovered = async (pool: PolyPool): Promise<void> => {
      await Promise.all([0, 1, 2].map(index => me(pool, onNode(index))));
    };

    const me = async (pool: PolyPool, readPreference?: ReadPreference): Promise<string> => {
      const options = readPreference && { readPreference };
      return (await pool.db('admin').command({ hello: 1 }, options))['me'] as string;
    };

    it('by the primary when it says nothing else', async () => {
      const primary = address(await mongod.waitForPrimary());
      await withPool({}, async pool => {
        for (let i = 0; i < 10; i++) assert.equal(await me(pool), primary);
      });
    });

    it('by secondaries only, and by each of them, when it asks for a secondary', async () => {
      const expected = (await secondaries()).map(address).sort();
      await withPool({}, async pool => {
        await until('all secondaries are seen', async () => {
          const asked = Array.from({ length: 32 }, () => me(pool, ReadPreference.secondary));
          const seen = [...new Set(await Promise.all(asked))].sort();
          for (const member of seen) assert.ok(expected.includes(member), `${member} answered`);
          return seen.length === expected.length || undefined;
        });
      });
    });

    it('by the member that has the tags', async () => {
      await withPool({}, async pool => {
        for (const index of [0, 1, 2]) {
          for (let i = 0; i < 5; i++) assert.equal(await me(pool, onNode(index)), address(index));
        }
      });
    });

    it('by the first tag set that any member has', async () => {
      const tags: TagSet[] = [{ node: 'none' }, { node: '2' }, {}];
      await withPool({}, async pool => {
        await discovered(pool);
        const preference = new ReadPreference(ReadPreference.NEAREST, tags);
        for (let i = 0; i < 5; i++) assert.equal(await me(pool, preference), address(2));
      });
    });

    it('by a secondary while there is one, when it prefers secondaries', async () => {
      const expected = (await secondaries()).map(address);
      await withPool({ readPreference: 'secondaryPreferred' }, async pool => {
        await discovered(pool);
        const explained = await pool.db(database).collection('numbers').find({}).explain();
        const { host, port } = explained['serverInfo'] as { host: string; port: number };
        assert.ok(host !== '' && expected.includes(`127.0.0.1:${port}`), `${port} answered`);
      });
    });

    it('not at all when no member has the tags, and says so in time', async () => {
      await withPool({ serverSelectionTimeoutMS: 300 }, async pool => {
        await discovered(pool);
        const nowhere = new ReadPreference(ReadPreference.SECONDARY, [{ node: 'none' }]);
        const started = performance.now();
        await assert.rejects(me(pool, nowhere), error => {
          assert.equal((error as Error).name, 'MongoServerSelectionError');
          for (const index of [0, 1, 2]) assert.match((error as Error).message, hostOf(index));
          return true;
        });
        assert.ok(performance.now() - started < 10_000);
      });
    });
  });

  const hostOf = (index: number): RegExp => new RegExp(address(index).replaceAll('.', '\\.'));

  /** Inserts until one succeeds; what failed before must be errors an application can name. */
  async function recovers(pool: PolyPool, collection: string): Promise<void> {
    const target = pool.db(database).collection(collection);
    await until('a write succeeds', async () => {
      try {
        const { insertedId } = await target.insertOne({ recovered: true });
        return insertedId;
      } catch (error) {
        assert.match(
          (error as Error).name,
          /^(Mongo\w+Error|PoolClearedError|MongoPoolCleared\w*)$/
        );
        return undefined;
      }
    });
  }

  it('takes writes again after its primary has stepped down', async () => {
    await withPool({ writeConcern: { w: 'majority' } }, async pool => {
      const before = await mongod.waitForPrimary({ everyNode: true });
      await recovers(pool, 'stepdown');
      const stepDown = { replSetStepDown: 20, secondaryCatchUpPeriodSecs: 5 };
      await observers[before]!.db('admin').command(stepDown);
      await recovers(pool, 'stepdown');
      const hello = await pool.db('admin').command({ hello: 1 });
      assert.notEqual(hello['me'], address(before));
      assert.equal(await pool.db(database).collection('stepdown').countDocuments(), 2);
    });
  });

  it('finds a server that comes back before its next heartbeat is due', async () => {
    const [index] = (await secondaries()) as [number, number];
    const options = {
      heartbeatFrequencyMS: 10 * DEADLINE_MS,
      serverSelectionTimeoutMS: DEADLINE_MS
    };
    const pool = new PolyPool(mongod.nodeUri(index), options);
    try {
      const ping = () => pool.db('admin').command({ ping: 1 });
      await ping();
      await mongod.kill(index);
      const waiting = until('it answers', async () => {
        const [outcome] = await Promise.allSettled([ping()]);
        return outcome.status === 'fulfilled' || undefined;
      });
      await mongod.restart(index);
      await waiting;
    } finally {
      await pool.close();
    }
  });

  it('names each server and its answer while a crash leaves it without a primary, and recovers', async () => {
    const options = { serverSelectionTimeoutMS: 500, readPreference: 'primary' } as const;
    await withPool(options, async pool => {
      const numbers = pool.db(database).collection('numbers');
      await recovers(pool, 'crash');
      const primary = await mongod.waitForPrimary({ everyNode: true });
      const [crashed, left] = (await secondaries()) as [number, number];
      await Promise.all([mongod.kill(primary), mongod.kill(crashed)]);

      const error = await until('a selection fails', async () => {
        try {
          await numbers.insertOne({});
        } catch (failure) {
          if ((failure as Error).name === 'MongoServerSelectionError') return failure as Error;
        }
        return undefined;
      });
      assert.match(error.message, /timed out after 500 ms/);
      // Reset, if the connection in use was the last thing that was tried.
      const gone = '[^;]*(refused|reset|end of file|closed)';
      for (const index of [primary, crashed]) {
        assert.match(error.message, new RegExp(`${hostOf(index).source}: ${gone}`, 'i'));
      }
      assert.match(error.message, new RegExp(`${hostOf(left).source}: RsSecondary`, 'i'));
      const { reason } = error as unknown as {
        reason: { type: string; servers: Map<string, any> };
      };
      assert.equal(reason.type, 'ReplicaSetNoPrimary');
      assert.deepEqual([...reason.servers.keys()].sort(), [0, 1, 2].map(address).sort());

      const read = await numbers.findOne({}, { readPreference: 'secondaryPreferred' });
      assert.notEqual(read, null);

      await Promise.all([mongod.restart(primary), mongod.restart(crashed)]);
      await recovers(pool, 'crash');
    });
  });
});
