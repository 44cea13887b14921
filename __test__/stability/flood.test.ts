/** Many operations at once, and operations that fail inside: every promise settles, nothing grows. */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { PolyPool } from 'polypool';
import { sharedMongod, uniqueDatabase, type SharedMongod } from '../support/mongod.ts';

const FLOOD = 50_000;
/** Those that are repeated: what the allocator keeps and gives back by chance is a part of what one needs. */
const SMALL_FLOOD = 20_000;
/** Megabytes that repeating a flood may add: 150 bytes an operation would. */
const GROWTH_MB = 24;

describe('A pool under a flood', () => {
  let mongod: SharedMongod;
  let pool: PolyPool;
  const database = uniqueDatabase();

  before(async () => {
    mongod = await sharedMongod();
    pool = await PolyPool.connect(mongod.uri);
    const documents = Array.from({ length: 100 }, (_, _id) => ({ _id, text: `document ${_id}` }));
    await pool.db(database).collection<{ _id: number }>('c').insertMany(documents);
  });
  after(async () => {
    await pool.db(database).dropDatabase();
    await pool.close();
    await mongod.stop();
  });

  async function flood(count: number): Promise<void> {
    const collection = pool.db(database).collection<{ _id: number; text: string }>('c');
    const answers = await Promise.all(
      Array.from({ length: count }, (_, i) => collection.findOne({ _id: i % 100 }))
    );
    answers.forEach((answer, i) => assert.equal(answer?.text, `document ${i % 100}`));
  }

  it('answers 50,000 operations in flight, each with its own document', async () => {
    await flood(FLOOD);
  });

  it('does not grow with repetition', async t => {
    const measured = async (times: number): Promise<number[]> => {
      const sizes: number[] = [];
      while (sizes.length < times) {
        await flood(SMALL_FLOOD);
        global.gc?.();
        await new Promise(setImmediate);
        sizes.push(process.memoryUsage.rss() / 2 ** 20);
      }
      return sizes;
    };
    // The allocator gives pages back when it likes, so single measurements swing by tens of megabytes.
    await measured(3);
    const early = await measured(4);
    const late = (await measured(8)).slice(4);
    const grown = Math.min(...late) - Math.max(...early);
    t.diagnostic(`megabytes: ${[...early, ...late].map(size => size.toFixed(0)).join(', ')}`);
    assert.ok(grown < GROWTH_MB, `grew by ${grown.toFixed(1)} MB`);
  });

  it('rejects an operation that panics and goes on with the others', async () => {
    const collection = pool.db(database).collection<{ _id: number }>('c');
    const [before, panicked, after] = await Promise.allSettled([
      collection.findOne({ _id: 1 }),
      (pool as unknown as { injectPanic(): Promise<never> }).injectPanic(),
      collection.findOne({ _id: 2 })
    ]);
    assert.equal(before.status, 'fulfilled');
    assert.equal(after.status, 'fulfilled');
    assert.equal(panicked.status, 'rejected');
    const { reason } = panicked;
    assert.equal((reason as Error).name, 'PolyPoolInternalError');
    assert.equal((reason as { code: string }).code, 'POLYPOOL_INTERNAL');
    assert.deepEqual(await collection.findOne({ _id: 3 }), { _id: 3, text: 'document 3' });
  });

  it('settles everything that is under way when it is closed', async () => {
    const own = await PolyPool.connect(mongod.uri);
    const collection = own.db(database).collection<{ _id: number }>('c');
    const operations = Array.from({ length: 5_000 }, (_, i) =>
      collection.findOne({ _id: i % 100 })
    );
    const settled = Promise.allSettled(operations);
    await own.close();
    for (const outcome of await settled) {
      if (outcome.status === 'fulfilled') continue;
      assert.match((outcome.reason as Error).name, /^Mongo(ClientClosed|NotConnected)Error$/);
    }
  });
});
