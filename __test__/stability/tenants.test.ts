/**
 * One tenant's crowd and another tenant's reads: with caps, without, and with the driver. The crowd is slow
 * because the server is told to wait: queries that compute would take the processors from the reads as well.
 */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { MongoClient } from 'mongodb';
import { PolyPool, type PolyPoolOptions } from 'polypool';
import { startMongod, uniqueDatabase, type Mongod } from '../support/mongod.ts';

/** Operations of the tenant that has too many, and milliseconds that each takes. */
const CROWD = 10_000;
const SLOW_MS = 400;
/** Reads of the other tenant, one after the other. */
const READS = 1_000;
/** What its slowest reads may take, of what they take when it is alone. */
const WITH_CAPS = 2;
/** How often that is measured, for the median, and at most: neighbours on the machine make figures swing. */
const ROUNDS = 3;
const MOST_ROUNDS = 7;
/** Milliseconds after which a read is not waited for any more. */
const PATIENCE_MS = 3_000;

type Client = Pick<MongoClient, 'db' | 'close' | 'connect'>;

interface Item {
  _id: number;
}

/** Milliseconds: of reads one after the other, the slowest of a hundred, and of all. */
interface Times {
  p50: number;
  p99: number;
  max: number;
}

describe('A tenant beside another with 10,000 slow queries', () => {
  let mongod: Mongod;
  const [crowded, quiet] = [uniqueDatabase(), uniqueDatabase()];

  before(async () => {
    mongod = await startMongod();
    await withClient(new PolyPool(mongod.uri), async client => {
      for (const name of [crowded, quiet]) {
        await client.db(name).collection<Item>('c').insertOne({ _id: 1 });
      }
      await client.db('admin').command({
        configureFailPoint: 'failCommand',
        mode: 'alwaysOn',
        data: { failCommands: ['distinct'], blockConnection: true, blockTimeMS: SLOW_MS }
      });
    });
  });
  after(() => mongod.stop());

  async function withClient<T>(client: Client, run: (client: Client) => Promise<T>): Promise<T> {
    try {
      await client.connect();
      return await run(client);
    } finally {
      await client.close();
    }
  }

  const read = (client: Client): Promise<unknown> =>
    client.db(quiet).collection<Item>('c').findOne({ _id: 1 });

  /** Has the crowd queue; gives what ends it. */
  function crowd(client: Client): Promise<unknown> {
    const collection = client.db(crowded).collection<Item>('c');
    return Promise.allSettled(Array.from({ length: CROWD }, () => collection.distinct('_id')));
  }

  async function timesOf(client: Client, reads: number): Promise<Times> {
    const times: number[] = [];
    for (let i = 0; i < reads; i++) {
      const started = performance.now();
      await read(client);
      times.push(performance.now() - started);
    }
    times.sort((a, b) => a - b);
    const at = (share: number): number => times[Math.ceil(times.length * share) - 1]!;
    return { p50: at(0.5), p99: at(0.99), max: at(1) };
  }

  /** What reads take alone, and then beside the crowd. */
  async function measure(options: PolyPoolOptions, reads: number): Promise<[Times, Times]> {
    let settled: Promise<unknown> | undefined;
    const times = await withClient(new PolyPool(mongod.uri, options), async client => {
      await timesOf(client, 50);
      const alone = await timesOf(client, reads);
      settled = crowd(client);
      // The crowd is on its way when this is answered, and its first are with the server.
      await read(client);
      return [alone, await timesOf(client, reads)] satisfies [Times, Times];
    });
    await settled;
    return times;
  }

  const shown = ({ p50, p99, max }: Times): string =>
    `p50 ${p50.toFixed(1)} ms, p99 ${p99.toFixed(1)} ms, max ${max.toFixed(1)} ms`;

  it('with caps, reads take at most twice as long as alone', async test => {
    const ratios: number[] = [];
    const median = (): number => ratios.toSorted((a, b) => a - b)[(ratios.length - 1) / 2]!;
    const round = async (): Promise<void> => {
      const [alone, beside] = await measure({ tenants: { maxConcurrent: 20 } }, READS);
      ratios.push(beside.p99 / alone.p99);
      test.diagnostic(`alone: ${shown(alone)}; beside the crowd: ${shown(beside)}`);
    };
    for (let i = 0; i < ROUNDS; i++) await round();
    while (median() > WITH_CAPS && ratios.length < MOST_ROUNDS) {
      await round();
      await round();
    }
    const all = ratios.map(ratio => ratio.toFixed(2)).join(', ');
    test.diagnostic(`ratio of p99, the median of ${all}: ${median().toFixed(2)}`);
    assert.ok(median() <= WITH_CAPS, `${median().toFixed(2)} times as long`);
  });

  it('without caps, reads wait for one turn and no longer', async test => {
    const [alone, beside] = await measure({}, 10);
    test.diagnostic(`alone: ${shown(alone)}; beside the crowd: ${shown(beside)}`);
    assert.ok(beside.max < 2 * SLOW_MS + 200, `${beside.max.toFixed(0)} ms`);
  });

  it('with the driver, reads wait for the whole crowd', async test => {
    let settled: Promise<unknown> | undefined;
    await withClient(new MongoClient(mongod.uri), async client => {
      const alone = await timesOf(client, 50);
      settled = crowd(client);
      const started = performance.now();
      const late = new Promise<string>(resolve => setTimeout(resolve, PATIENCE_MS, 'late').unref());
      const first = await Promise.race([read(client).catch(() => 'failed'), late]);
      const took = (performance.now() - started).toFixed(0);
      const beside = first === 'late' ? `more than ${took} ms` : `${took} ms`;
      test.diagnostic(`alone: ${shown(alone)}; the first beside the crowd: ${beside}`);
    });
    await settled;
  });
});
