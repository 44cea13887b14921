/** Events that nobody listens for stay in Rust; those that somebody hears leave nothing behind. */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { PolyPool } from 'polypool';
import { internal } from '../support/internal.ts';
import { sharedMongod, type SharedMongod } from '../support/mongod.ts';

const { getBridge } = internal<typeof import('../../lib/bridge/bridge.ts')>('bridge/bridge');
const { kind } = internal<typeof import('../../lib/bridge/completion.ts')>('bridge/completion');
const { EVENT_NAMES } = internal<typeof import('../../lib/events/kinds.ts')>('events/kinds');

/** Bytes of a record before its payload, and its flag for a payload that lies elsewhere. */
const HEADER = 16;
const EXTERNAL = 1;

/** Operations of one of the five rounds; each has five events. */
const OPERATIONS = 4_000;
const AT_A_TIME = 500;
/** Megabytes that repeating a round may add; the first one has warmed everything up. */
const GROWTH_MB = 24;

/** Counts the records of events that cross the boundary, by name. */
function countEvents(): Map<string, number> {
  const counts = new Map<string, number>();
  const { native } = getBridge();
  const drain = native.drain.bind(native);
  native.drain = (bridge, slab, offset) => {
    const written = drain(bridge, slab, offset);
    const records = Buffer.from(slab.buffer, slab.byteOffset + offset, written);
    for (let at = 0; at < written && records[at + 8] !== kind.MORE;) {
      if (records[at + 8] === kind.EVENT) {
        const name = EVENT_NAMES[records.readUInt32LE(at + 4)]!;
        counts.set(name, (counts.get(name) ?? 0) + 1);
      }
      const isExternal = (records[at + 9]! & EXTERNAL) !== 0;
      at += HEADER + (isExternal ? 0 : records.readUInt32LE(at + 12));
    }
    return written;
  };
  return counts;
}

describe('Events', () => {
  let mongod: SharedMongod;
  let counts: Map<string, number>;

  before(async () => {
    mongod = await sharedMongod();
    counts = countEvents();
  });
  after(() => mongod.stop());

  async function ping(pool: PolyPool, times: number): Promise<void> {
    const admin = pool.db('admin');
    for (let left = times; left > 0; left -= AT_A_TIME) {
      const together = Math.min(left, AT_A_TIME);
      await Promise.all(Array.from({ length: together }, () => admin.command({ ping: 1 })));
    }
  }

  it('that nobody listens for do not cross the boundary', async () => {
    const pool = new PolyPool(mongod.uri, { monitorCommands: true, heartbeatFrequencyMS: 500 });
    const listener = (): void => undefined;
    pool.on('open', listener).on('close', listener);
    pool.on('commandStarted', listener).off('commandStarted', listener);
    await pool.connect();
    await ping(pool, 1_000);
    await pool.close();
    assert.deepEqual([...counts], []);
  });

  it('cross it as often as they happen and alone when somebody does', async () => {
    const pool = new PolyPool(mongod.uri, { monitorCommands: true });
    let heard = 0;
    pool.on('commandSucceeded', () => heard++);
    await pool.connect();
    await ping(pool, 1_000);
    assert.deepEqual([...counts], [['commandSucceeded', 1_000]]);
    assert.equal(heard, 1_000);
    pool.removeAllListeners();
    await ping(pool, 1_000);
    await pool.close();
    assert.deepEqual([...counts], [['commandSucceeded', 1_000]]);
  });

  it('that were heard do not stay, 100,000 of them', async () => {
    const pool = new PolyPool(mongod.uri, { monitorCommands: true, maxPoolSize: 20 });
    let heard = 0;
    const listener = (): number => (heard += 1);
    pool.on('commandStarted', listener).on('commandSucceeded', listener);
    pool.on('connectionCheckOutStarted', listener).on('connectionCheckedOut', listener);
    pool.on('connectionCheckedIn', listener);
    const measure = async (): Promise<number> => {
      await ping(pool, OPERATIONS);
      global.gc?.();
      await new Promise(setImmediate);
      return process.memoryUsage.rss() / 2 ** 20;
    };
    await pool.connect();
    await measure();
    assert.ok(heard >= 5 * OPERATIONS, `heard ${heard}`);
    // The allocator gives pages back when it likes, so single measurements swing.
    const former = Math.max(await measure(), await measure());
    const grown = Math.min(await measure(), await measure()) - former;
    await pool.close();
    assert.ok(grown < GROWTH_MB, `grew by ${grown.toFixed(1)} MB`);
  });
});
