/**
 * Majority writes while a set of three loses its primary again and again: killed, stepped down,
 * frozen. Nothing that was acknowledged is lost, nothing is applied twice, and service is back soon
 * after the election. In the long form, the driver does the same for its figures.
 */
import assert from 'node:assert/strict';
import { describe, it, type TestContext } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { MongoClient } from 'mongodb';
import { PolyPool } from 'polypool';
import { startMongod, uniqueDatabase, type Mongod } from '../support/mongod.ts';
import { isFull } from './support/full.ts';
import { Writers, type Load } from './support/writers.ts';

const LOOPS = 64;
const OBSERVED = uniqueDatabase();
const WRITES_A_SECOND = 2_000;
/** How often the primary is killed, and how often it steps down. */
const TIMES = isFull ? 5 : 1;
/** How long the primary is frozen, in milliseconds. */
const FROZEN_MS = isFull ? 20_000 : 6_000;
/** How long service may take to come back after the election, in milliseconds. */
const RECOVERY_MS = 2_000;
/** Between two faults, in milliseconds: the node that was hit follows the others again. */
const CALM_MS = 1_500;
/** Time without a fault in which writes are counted, in milliseconds: at first, and after each fault. */
const COUNTED_MS = isFull ? 5_000 : 500;
/** Far above what any write may take: the selection time and a frozen primary. */
const SETTLED_MS = 60_000;

/**
 * What a write may fail with while the primary changes: connections break, no server is there in
 * time, the server says that it is not or no longer what was asked for. Of the server's errors, those
 * with one of {@link STATE_CHANGES}.
 */
const DOCUMENTED = new Set([
  'MongoNetworkError',
  'MongoNetworkTimeoutError',
  'MongoPoolClearedError',
  'PoolClearedOnNetworkError',
  'MongoServerSelectionError'
]);

/** What the server itself says, each with a code. */
const OF_SERVER = new Set(['MongoServerError', 'MongoWriteConcernError', 'MongoBulkWriteError']);

/**
 * Codes by which a member says that it is no primary, is one no longer, or goes down: ShutdownInProgress,
 * PrimarySteppedDown, LegacyNotPrimary, NotWritablePrimary, InterruptedAtShutdown,
 * InterruptedDueToReplStateChange, NotPrimaryNoSecondaryOk, NotPrimaryOrSecondary.
 */
const STATE_CHANGES = new Set(['91', '189', '10058', '10107', '11600', '11602', '13435', '13436']);

/** @param error - its class, and behind it its code, if it has one */
function isDocumented(error: string): boolean {
  const [name, code] = error.split(' ');
  return OF_SERVER.has(name!) ? STATE_CHANGES.has(code ?? '') : DOCUMENTED.has(name!);
}

interface Fault {
  readonly name: string;
  readonly times: number;
  /** Does it to the primary, and gives what undoes it. */
  hit(mongod: Mongod, primary: number): Promise<() => Promise<void>>;
}

const FAULTS: readonly Fault[] = [
  { name: 'killed', times: TIMES, hit: kill },
  { name: 'stepped down', times: TIMES, hit: stepDown },
  { name: 'frozen', times: 1, hit: freeze }
];

async function kill(mongod: Mongod, primary: number): Promise<() => Promise<void>> {
  await mongod.kill(primary);
  return () => mongod.restart(primary);
}

async function stepDown(mongod: Mongod, primary: number): Promise<() => Promise<void>> {
  const node = new MongoClient(mongod.nodeUri(primary));
  const command = { replSetStepDown: 20, secondaryCatchUpPeriodSecs: 5, force: true };
  await node
    .db('admin')
    .command(command)
    .finally(() => node.close());
  return async () => {};
}

async function freeze(mongod: Mongod, primary: number): Promise<() => Promise<void>> {
  mongod.pause(primary);
  return async () => {
    await delay(FROZEN_MS);
    mongod.resume(primary);
  };
}

/**
 * Milliseconds from the fault until the set itself takes majority writes again, and until the first
 * write of the load that began after the fault was acknowledged.
 */
interface Recovery {
  readonly election: number;
  readonly service: number;
  /** Writes a second, once the set is whole again. */
  readonly rate: number;
}

async function recover(mongod: Mongod, writers: Writers, fault: Fault): Promise<Recovery> {
  const before = await mongod.reign();
  const undo = await fault.hit(mongod, before.node);
  const since = performance.now();
  const able = async (): Promise<number> => {
    await writeTo(mongod, await mongod.waitForNextPrimary(before));
    return performance.now() - since;
  };
  const [election, service] = await Promise.all([able(), writers.service(SETTLED_MS), undo()]);
  await delay(CALM_MS);
  return { election, service, rate: await rateOf(writers) };
}

/** Writes that are acknowledged in a second without faults. */
async function rateOf(writers: Writers): Promise<number> {
  const [before, since] = [writers.acknowledged, performance.now()];
  await delay(COUNTED_MS);
  return ((writers.acknowledged - before) / (performance.now() - since)) * 1000;
}

/** A majority write by way of one node alone: after an election its followers have to find it, too. */
async function writeTo(mongod: Mongod, node: number): Promise<void> {
  const client = new MongoClient(mongod.nodeUri(node));
  const writeConcern = { w: 'majority' } as const;
  const writes = client.db(OBSERVED).collection('writes', { writeConcern });
  await writes.insertOne({}).finally(() => client.close());
}

const clients = {
  polypool: (uri: string): MongoClient => new PolyPool(uri),
  mongodb: (uri: string): MongoClient => new MongoClient(uri)
};

describe('Majority writes through the loss of the primary', () => {
  it('are judged by the codes of their errors, too', () => {
    const judged = ['MongoServerError 10107', 'MongoNetworkError', 'MongoWriteConcernError 91'];
    assert.ok(judged.every(isDocumented));
    const others = ['MongoServerError 11000', 'MongoServerError', 'MongoBulkWriteError 11000'];
    assert.ok(!others.some(isDocumented));
  });

  for (const name of ['polypool', 'mongodb'] as const) {
    const only = name === 'mongodb' && !isFull && 'only the long form compares';
    it(
      `${name} loses none and doubles none, and is back soon after the election`,
      { skip: only },
      async t => {
        const mongod = await startMongod({ nodes: 3 });
        const client = clients[name](mongod.uri);
        const observer = new MongoClient(mongod.uri);
        const writers = new Writers(client, uniqueDatabase(), LOOPS, WRITES_A_SECOND);
        try {
          await writers.start();
          const since = performance.now();
          await delay(CALM_MS);
          t.diagnostic(`before any fault ${(await rateOf(writers)).toFixed()} a second`);
          const recoveries: [string, Recovery][] = [];
          for (const fault of FAULTS) {
            for (let time = 0; time < fault.times; time += 1) {
              recoveries.push([fault.name, await recover(mongod, writers, fault)]);
            }
          }
          const load = await writers.stop(SETTLED_MS);
          tell(t, load, performance.now() - since, recoveries);
          await writers.verify(observer);
          // The driver's figures are there to compare; what it throws and how long it takes is its own.
          if (name === 'polypool') judge(load, recoveries);
        } finally {
          writers.end();
          await client.close();
          await observer.close();
          await mongod.stop();
        }
      }
    );
  }
});

function judge(load: Load, recoveries: [string, Recovery][]): void {
  const undocumented = [...load.errors.keys()].filter(error => !isDocumented(error));
  assert.deepEqual(undocumented, []);
  for (const [fault, { election, service }] of recoveries) {
    const late = service - election;
    assert.ok(late < RECOVERY_MS, `${fault}: ${late.toFixed()} ms after the election`);
  }
}

function tell(t: TestContext, load: Load, tookMS: number, recoveries: [string, Recovery][]): void {
  const rate = (load.acknowledged / tookMS) * 1000;
  t.diagnostic(`${load.acknowledged} acknowledged, ${rate.toFixed()} a second with all outages`);
  const errors = [...load.errors].map(([error, times]) => `${error}: ${times}`).join(', ');
  t.diagnostic(`${load.failed} failed (${errors || 'none'})`);
  t.diagnostic(`the slowest write took ${load.slowest.toFixed()} ms`);
  for (const [fault, { election, service, rate: after }] of recoveries) {
    const times = `election ${election.toFixed()} ms, service ${service.toFixed()} ms`;
    t.diagnostic(`${fault}: ${times}, then ${after.toFixed()} a second`);
  }
}
