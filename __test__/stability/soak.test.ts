/**
 * A mixed load with faults for half an hour, or for a minute of it: nothing is kept that was used. Memory
 * does not grow, and file descriptors, cursors and sessions are in the end what they were in the beginning.
 * `POLYPOOL_SOAK_SECONDS` says for how long.
 */
import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { describe, it } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { inspect } from 'node:util';
import { MongoClient } from 'mongodb';
import { PolyPool } from 'polypool';
import { startMongod, uniqueDatabase } from '../support/mongod.ts';
import { isFull } from './support/full.ts';
import { MixedLoad } from './support/mixed-load.ts';
import { rise } from './support/rise.ts';

const SECONDS = Number(process.env['POLYPOOL_SOAK_SECONDS'] ?? (isFull ? 1_800 : 10));
/** The part of the time that warms everything up: code, caches, connections. */
const WARM_UP = 0.3;
/** Megabytes that memory may grow by over the time that is measured, noise included. */
const GROWTH_MB = 24;
const SAMPLES = 60;
/** How long the end may take to come to rest: what waits for a server may do so for 30 s. */
const REST_MS = 90_000;
const CONNECTIONS = 8;
const APP_NAME = 'soak';

/** What must be in the end as it was in the beginning. */
interface Held {
  readonly descriptors: number;
  readonly cursors: number;
  readonly sessions: number;
  readonly connections: number;
}

describe('A mixed load with faults', () => {
  it('keeps nothing', { timeout: (SECONDS + 300) * 1_000 }, async t => {
    // A commit that the fault refuses leaves its transaction, with its locks, until the server ends it.
    const mongod = await startMongod({
      args: ['--setParameter', 'transactionLifetimeLimitSeconds=2']
    });
    const driver = new MongoClient(mongod.uri, { maxPoolSize: 1, serverMonitoringMode: 'poll' });
    const pool = new PolyPool(mongod.uri, {
      appName: APP_NAME,
      maxPoolSize: CONNECTIONS,
      minPoolSize: CONNECTIONS,
      // A server that says that it is stopping is used again after a heartbeat.
      heartbeatFrequencyMS: 500,
      leakMS: 60_000
    });
    try {
      const admin = driver.db('admin');
      const held = async (): Promise<Held> => {
        globalThis.gc?.();
        const status = await admin.command({ serverStatus: 1 });
        return {
          descriptors: readdirSync('/proc/self/fd').length,
          cursors: status['metrics'].cursor.open.total as number,
          sessions: pool.stats().sessions.inUse,
          connections: pool.stats().total.size
        };
      };
      const load = new MixedLoad(pool, uniqueDatabase());
      await load.prepare();
      await until(() => pool.stats().total.available === CONNECTIONS);
      // The monitor's second connection has no event.
      await delay(500);
      const before = await held();

      load.start();
      const enough = new AbortController();
      const striking = faults(admin, enough.signal);
      const samples = await Promise.race([sample(), striking]).then(all => all ?? []);
      enough.abort();
      await striking;
      await admin.command({ configureFailPoint: 'failCommand', mode: 'off' });
      await load.stop();

      let after = await held();
      for (const end = Date.now() + REST_MS; inspect(after) !== inspect(before);) {
        if (Date.now() > end) break;
        await delay(100);
        after = await held();
      }
      const measured = samples.slice(Math.ceil(samples.length * WARM_UP));
      const growth = rise(measured);
      const { total, operations } = pool.stats();
      t.diagnostic(`${SECONDS} s, ${load.done} rounds, ${operations.total} operations`);
      t.diagnostic(
        `failed: ${inspect(Object.fromEntries(load.failed), { breakLength: Infinity })}`
      );
      t.diagnostic(`retries: ${operations.retries}, connections created: ${total.created}`);
      t.diagnostic(`memory: ${measured[0]!.toFixed(1)} MB, risen by ${growth.toFixed(1)} MB`);
      t.diagnostic(`before ${inspect(before, { breakLength: Infinity })}`);
      t.diagnostic(`after ${inspect(after, { breakLength: Infinity })}`);
      assert.deepEqual(after, before);
      assert.ok(growth < GROWTH_MB, `memory rose by ${growth} MB`);
      assert.ok(load.done > SECONDS, 'too little was done to say anything');
      assert.deepEqual(pool.leaks(), []);
      assert.equal(operations.inFlight, 0);
    } finally {
      await pool.close();
      await driver.close();
      await mongod.stop();
    }
  });
});

async function until(is: () => boolean): Promise<void> {
  const end = Date.now() + REST_MS;
  while (!is()) {
    assert.ok(Date.now() < end, 'it did not come to rest');
    await delay(20);
  }
}

/** Megabytes of the process, evenly over the time. */
async function sample(): Promise<number[]> {
  const samples: number[] = [];
  for (let i = 0; i < SAMPLES; i++) {
    await delay((SECONDS * 1_000) / SAMPLES);
    globalThis.gc?.();
    samples.push(process.memoryUsage.rss() / 2 ** 20);
  }
  return samples;
}

/** Breaks connections and refuses commands, until it is enough. */
async function faults(
  admin: ReturnType<MongoClient['db']>,
  enough: AbortSignal
): Promise<undefined> {
  const commands = ['find', 'update', 'aggregate', 'getMore', 'commitTransaction', 'insert'];
  const kinds = [
    { closeConnection: true },
    { errorCode: 11600 },
    { errorCode: 50 },
    { blockConnection: true, blockTimeMS: 60 }
  ];
  for (let turn = 0; !enough.aborted; turn++) {
    const failCommands = [commands[turn % commands.length]];
    const kind = kinds[Math.floor(turn / commands.length) % kinds.length];
    const data = { failCommands, appName: APP_NAME, ...kind };
    await admin.command({ configureFailPoint: 'failCommand', mode: { times: 3 }, data });
    await delay(200);
  }
}
