/** A network that delays, resets, truncates, swallows and trickles: what becomes of operations and connections. */
import assert from 'node:assert/strict';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { after, before, describe, it } from 'node:test';
import { PolyPool, type Collection } from 'polypool';
import { sharedMongod, uniqueDatabase, type SharedMongod } from '../support/mongod.ts';
import { Proxy, type Direction, type Fault } from '../support/proxy.ts';

/** Milliseconds that an operation may take, and by how much it may be told late. */
const TIMEOUT_MS = 600;
const LATE_MS = 250;
/** Operations during a fault, and after it. */
const OPERATIONS = 60;
/** Milliseconds that the event loop may be delayed beyond what it is on this machine when idle. */
const LOOP_MS = 20;

/** Errors that a broken network may end in, see docs/errors.md. */
const EXPECTED = new Set([
  'MongoOperationTimeoutError',
  'MongoNetworkError',
  'MongoNetworkTimeoutError',
  'MongoPoolClearedError',
  'MongoServerSelectionError'
]);

const FAULTS: Fault[] = [
  { kind: 'delay', ms: 200 },
  { kind: 'delay', ms: 5_000 },
  { kind: 'reset' },
  { kind: 'truncate', bytes: 20 },
  { kind: 'blackHole' },
  { kind: 'halfClose' },
  { kind: 'trickle', ms: 2 }
];

interface Item {
  _id: number;
  text: string;
}

describe('A network with faults', () => {
  let mongod: SharedMongod;
  const database = uniqueDatabase();
  /** The event loop's delay without anything to do, 99th percentile in milliseconds. */
  let idle = 0;

  before(async () => {
    mongod = await sharedMongod();
    const pool = new PolyPool(mongod.uri);
    const items = Array.from({ length: 200 }, (_, _id) => ({ _id, text: `item ${_id}` }));
    await pool.db(database).collection<Item>('c').insertMany(items);
    await pool.close();
    idle = await loopDelay(() => new Promise(resolve => setTimeout(resolve, 500)));
  });
  after(async () => {
    const pool = new PolyPool(mongod.uri);
    await pool.db(database).dropDatabase();
    await pool.close();
    await mongod.stop();
  });

  async function loopDelay(run: () => Promise<unknown>): Promise<number> {
    const delay = monitorEventLoopDelay({ resolution: 2 });
    delay.enable();
    await run();
    delay.disable();
    return delay.percentile(99) / 1e6;
  }

  /** Operations of several kinds; gives the names of their errors, by how many there were of each. */
  async function load(
    items: Collection<Item>
  ): Promise<{ errors: Map<string, number>; slowest: number }> {
    const errors = new Map<string, number>();
    let slowest = 0;
    const one = async (number: number): Promise<void> => {
      const started = performance.now();
      try {
        await operation(items, number);
      } catch (error) {
        const { name } = error as Error;
        errors.set(name, (errors.get(name) ?? 0) + 1);
      }
      slowest = Math.max(slowest, performance.now() - started);
    };
    await Promise.all(Array.from({ length: OPERATIONS }, (_, number) => one(number)));
    return { errors, slowest };
  }

  async function operation(items: Collection<Item>, number: number): Promise<void> {
    const _id = number % 200;
    const text = `item ${_id}`;
    switch (number % 4) {
      case 0:
        assert.equal((await items.findOne({ _id }))?.text, text);
        break;
      case 1:
        await items.updateOne({ _id }, { $set: { text } });
        break;
      case 2:
        assert.equal((await items.find({}, { batchSize: 40 }).toArray()).length, 200);
        break;
      default: {
        const found = await items.aggregate<Item>([{ $match: { _id } }]).toArray();
        assert.deepEqual(found, [{ _id, text }]);
      }
    }
  }

  for (const fault of FAULTS) {
    for (const direction of ['up', 'down'] satisfies Direction[]) {
      const what = 'ms' in fault ? `${fault.kind} ${fault.ms} ms` : fault.kind;
      it(`${what}, ${direction}: operations end in time, and no connection is used again`, async test => {
        const proxy = await Proxy.before(Number(new URL(mongod.uri).port));
        const pool = new PolyPool(`mongodb://127.0.0.1:${proxy.port}/?directConnection=true`, {
          timeoutMS: TIMEOUT_MS,
          connectTimeoutMS: 1_000,
          heartbeatFrequencyMS: 500,
          maxPoolSize: 10
        });
        try {
          const items = pool.db(database).collection<Item>('c');
          await items.findOne({}, { timeoutMS: 10_000 });
          await load(items);
          proxy.fault(direction, fault);
          let during: Awaited<ReturnType<typeof load>> | undefined;
          const delay = await loopDelay(async () => void (during = await load(items)));
          const { errors, slowest } = during!;
          proxy.heal();
          const struck = proxy.links.filter(link => link.struckAt !== undefined);
          const bytes = struck.map(link => link.received);
          test.diagnostic(
            `slowest ${slowest.toFixed(0)} ms of ${TIMEOUT_MS}, event loop p99 ${delay.toFixed(1)} ms, ` +
              `connections struck ${struck.length} of ${proxy.links.length}, ` +
              `errors ${JSON.stringify(Object.fromEntries(errors))}`
          );
          for (const name of errors.keys()) assert.ok(EXPECTED.has(name), name);
          assert.ok(slowest < TIMEOUT_MS + LATE_MS, `an operation took ${slowest.toFixed(0)} ms`);
          assert.ok(delay < idle + LOOP_MS, `the event loop was delayed by ${delay.toFixed(1)} ms`);
          // The answers are checked: one that belongs to another operation would fail this.
          await items.findOne({}, { timeoutMS: 10_000 });
          const patient = pool.db(database).collection<Item>('c', { timeoutMS: 10_000 });
          const { errors: left } = await load(patient);
          assert.deepEqual([...left], []);
          if (fault.kind !== 'trickle') {
            assert.deepEqual(
              struck.map(link => link.received),
              bytes,
              'a connection that a fault had struck was used again'
            );
          }
        } finally {
          proxy.heal();
          await pool.close();
          await proxy.close();
        }
      });
    }
  }
});
