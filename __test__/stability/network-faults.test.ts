/** A network that delays, resets, truncates, swallows and trickles: what becomes of operations and connections. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { after, before, describe, it } from 'node:test';
import { ObjectId, PolyPool, type Collection } from 'polypool';
import { sharedMongod, uniqueDatabase, type SharedMongod } from '../support/mongod.ts';
import { Conversation } from '../support/conversation.ts';
import { Proxy, type Direction, type Fault } from '../support/proxy.ts';

/** A proxy that follows what is said on its connections. */
type Witness = Proxy<Conversation>;

/** Milliseconds that an operation may take, and by how much it may be told late. */
const TIMEOUT_MS = 600;
const LATE_MS = 250;
/** Milliseconds after which some of them are given up by a signal, during a fault and otherwise. */
const ABORT_MS = 300;
const PATIENT_MS = 10_000;
/** Operations during a fault, and after it. */
const OPERATIONS = 60;
/** Milliseconds that the event loop may be delayed beyond what it is on this machine when idle. */
const LOOP_MS = 20;
/** How often that is measured until it is so. */
const LOADS = 3;

/** Errors that a broken network may end in, see docs/errors.md. */
const EXPECTED = new Set([
  'MongoOperationTimeoutError',
  'MongoNetworkError',
  'MongoNetworkTimeoutError',
  'MongoPoolClearedError',
  'MongoServerSelectionError',
  // Of the signal.
  'TimeoutError'
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

/** A document of its own for each insert. */
interface Line {
  _id: ObjectId;
}

/** What operations came to. */
interface Outcome {
  /** How many errors there were of each name. */
  readonly errors: Map<string, number>;
  /** Milliseconds of the slowest, of all and of those with a signal. */
  readonly slowest: number;
  readonly slowestAborted: number;
  /** Inserts that were acknowledged. */
  readonly inserted: ObjectId[];
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

  /** Operations of several kinds on a pool. */
  async function load(pool: PolyPool, timeoutMS: number, abortMS: number): Promise<Outcome> {
    const items = pool.db(database).collection<Item>('c', { timeoutMS });
    const lines = pool.db(database).collection<Line>('lines', { timeoutMS });
    const errors = new Map<string, number>();
    const inserted: ObjectId[] = [];
    const times: [all: number[], aborted: number[]] = [[0], [0]];
    const one = async (number: number): Promise<void> => {
      const kind = number % 6;
      const started = performance.now();
      try {
        if (kind === 4) {
          const _id = new ObjectId();
          await lines.insertOne({ _id });
          inserted.push(_id);
        } else if (kind === 5) {
          const signal = AbortSignal.timeout(abortMS);
          assert.equal((await items.findOne({ _id: 1 }, { signal }))?.text, 'item 1');
        } else await operation(items, number, kind);
      } catch (error) {
        const { name } = error as Error;
        errors.set(name, (errors.get(name) ?? 0) + 1);
      }
      times[kind === 5 ? 1 : 0].push(performance.now() - started);
    };
    await Promise.all(Array.from({ length: OPERATIONS }, (_, number) => one(number)));
    const [slowest, slowestAborted] = times.map(each => Math.max(...each)) as [number, number];
    return { errors, slowest, slowestAborted, inserted };
  }

  /** Inserts that were acknowledged are there. */
  async function verify(inserted: ObjectId[]): Promise<void> {
    await using pool = await PolyPool.connect(mongod.uri);
    const lines = pool.db(database).collection<Line>('lines');
    assert.equal(await lines.countDocuments({ _id: { $in: inserted } }), inserted.length);
  }

  async function operation(items: Collection<Item>, number: number, kind: number): Promise<void> {
    const _id = number % 200;
    const text = `item ${_id}`;
    switch (kind) {
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

  async function withProxy(run: (pool: PolyPool, proxy: Witness) => Promise<void>): Promise<void> {
    const { port } = new URL(mongod.uri);
    const proxy = await Proxy.before(Number(port), () => new Conversation());
    const pool = new PolyPool(`mongodb://127.0.0.1:${proxy.port}/?directConnection=true`, {
      timeoutMS: TIMEOUT_MS,
      connectTimeoutMS: 1_000,
      heartbeatFrequencyMS: 500,
      maxPoolSize: 10
    });
    try {
      await run(pool, proxy);
      // Whatever the fault: no answer was still to come where a request was sent.
      const dirty = proxy.links.filter(({ watcher }) => watcher.fault !== undefined);
      assert.deepEqual(
        dirty.map(({ number, watcher }) => `connection ${number}: ${watcher.fault}`),
        []
      );
    } finally {
      proxy.heal();
      await pool.close();
      await proxy.close();
    }
  }

  function assertInTime({ errors, slowest, slowestAborted }: Outcome): void {
    for (const name of errors.keys()) assert.ok(EXPECTED.has(name), name);
    assert.ok(slowest < TIMEOUT_MS + LATE_MS, `an operation took ${slowest.toFixed(0)} ms`);
    assert.ok(
      slowestAborted < ABORT_MS + LATE_MS,
      `one with a signal took ${slowestAborted.toFixed(0)} ms`
    );
  }

  /**
   * After the fault everything works, and no connection that it has struck is used again; but for bytes
   * that trickle: they are late, not lost, and a connection on which an operation got its answer in time
   * is as good as before. That no other is used, the conversations show.
   */
  async function assertHealed(pool: PolyPool, proxy: Witness, fault: Fault): Promise<Outcome> {
    proxy.heal();
    const struck = proxy.links.filter(link => link.struckAt !== undefined);
    const bytes = struck.map(link => link.received);
    const items = pool.db(database).collection<Item>('c');
    // A heartbeat that began during the fault may fail for it yet, which clears the pool.
    await once(pool, 'serverHeartbeatSucceeded', { signal: AbortSignal.timeout(PATIENT_MS) });
    // The answers are checked: one that belongs to another operation would fail this.
    await items.findOne({}, { timeoutMS: PATIENT_MS });
    const outcome = await load(pool, PATIENT_MS, PATIENT_MS);
    assert.deepEqual([...outcome.errors], []);
    if (fault.kind !== 'trickle') {
      assert.deepEqual(
        struck.map(link => link.received),
        bytes,
        'a connection that a fault had struck was used again'
      );
    }
    return outcome;
  }

  const shown = ({ errors, slowest, slowestAborted }: Outcome, proxy: Witness): string => {
    const struck = proxy.links.filter(link => link.struckAt !== undefined);
    return (
      `slowest ${slowest.toFixed(0)} ms of ${TIMEOUT_MS}, ` +
      `with a signal ${slowestAborted.toFixed(0)} ms of ${ABORT_MS}, ` +
      `connections struck ${struck.length} of ${proxy.links.length}, ` +
      `errors ${JSON.stringify(Object.fromEntries(errors))}`
    );
  };

  for (const fault of FAULTS) {
    for (const direction of ['up', 'down'] satisfies Direction[]) {
      const what = `${'ms' in fault ? `${fault.kind} ${fault.ms} ms` : fault.kind}, ${direction}`;
      it(`${what}: operations end in time, and no connection is used again`, async test => {
        await withProxy(async (pool, proxy) => {
          await pool.db(database).collection<Item>('c').findOne({}, { timeoutMS: PATIENT_MS });
          const before = await load(pool, PATIENT_MS, PATIENT_MS);
          assert.deepEqual([...before.errors], []);
          proxy.fault(direction, fault);
          const loads: Outcome[] = [];
          let delay = Infinity;
          // Neighbours on the machine delay the event loop as well; what polypool does to it, it does each time.
          while (loads.length < LOADS && delay >= idle + LOOP_MS) {
            const run = async (): Promise<unknown> =>
              loads.push(await load(pool, TIMEOUT_MS, ABORT_MS));
            delay = Math.min(delay, await loopDelay(run));
            const outcome = loads.at(-1)!;
            test.diagnostic(`${shown(outcome, proxy)}, event loop p99 ${delay.toFixed(1)} ms`);
            assertInTime(outcome);
          }
          assert.ok(delay < idle + LOOP_MS, `the event loop was delayed by ${delay.toFixed(1)} ms`);
          const after = await assertHealed(pool, proxy, fault);
          await verify([before, ...loads, after].flatMap(({ inserted }) => inserted));
        });
      });

      it(`${what}, before the pool has a connection: the same`, async test => {
        await withProxy(async (pool, proxy) => {
          proxy.fault(direction, fault);
          const during = await load(pool, TIMEOUT_MS, ABORT_MS);
          test.diagnostic(shown(during, proxy));
          assertInTime(during);
          const after = await assertHealed(pool, proxy, fault);
          await verify([...during.inserted, ...after.inserted]);
        });
      });
    }
  }
});
