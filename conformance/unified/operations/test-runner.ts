// Owns the special operations, whose object is `testRunner`: fail points, assertions on what cannot
// be seen from results, waiting. Must not know how ordinary operations run.

import { setTimeout as delay } from 'node:timers/promises';
import { BSON, MongoServerError } from 'mongodb';
import { Fault, expectThat } from '../../fault.ts';
import { until } from '../../time-limit.ts';
import { createEntities } from '../create-entities.ts';
import type { TopologyDescription } from '../entities.ts';
import { countEvents } from '../events.ts';
import type { EntityDescription, ExpectedEvent, Operation } from '../format/file.ts';
import type { TestRun } from '../test-run.ts';
import type { Arguments } from './arguments.ts';
import { runLoop } from './loop.ts';

type Special = (given: Arguments, run: TestRun) => unknown;

/** How long to wait for what should come soon, in milliseconds; the format says 10 seconds. */
const WAIT_MS = 10_000;

const STATES: Readonly<Record<string, string>> = {
  none: 'NO_TRANSACTION',
  starting: 'STARTING_TRANSACTION',
  in_progress: 'TRANSACTION_IN_PROGRESS',
  committed: 'TRANSACTION_COMMITTED',
  aborted: 'TRANSACTION_ABORTED'
};

const SPECIALS: Readonly<Record<string, Special>> = {
  failPoint(given, run) {
    const { client } = run.entities.get('client', given.take('client'));
    return run.failPoints.set(client, given.take('failPoint'));
  },
  targetedFailPoint: (given, run) =>
    run.failPoints.setOnPinned(given.takeSession(), given.take('failPoint')),
  createEntities: (given, run) =>
    createEntities(given.take<EntityDescription[]>('entities'), run.workshop),
  loop: (given, run) => runLoop(given, run),
  wait: given => delay(given.take<number>('ms')),

  assertSessionTransactionState(given) {
    // The driver has the field and does not declare it.
    const { transaction } = given.takeSession() as { transaction?: { state?: unknown } };
    const state = transaction?.state;
    const expected = given.take<string>('state');
    if (!(expected in STATES)) throw new Fault(`No state of a transaction: ${expected}`);
    expectThat(
      state === STATES[expected],
      `the transaction is in ${String(state)}, not ${expected}`
    );
  },
  assertSessionPinned: given => {
    expectThat(given.takeSession().isPinned, 'the session is not pinned');
  },
  assertSessionUnpinned: given => {
    expectThat(!given.takeSession().isPinned, 'the session is pinned');
  },
  assertSessionDirty: given => {
    expectThat(isDirty(given), 'the session is not dirty');
  },
  assertSessionNotDirty: given => {
    expectThat(!isDirty(given), 'the session is dirty');
  },
  assertSameLsidOnLastTwoCommands: (given, run) => {
    const [last, before] = lastTwoLsids(given, run);
    expectThat(last === before, `the last two commands have the sessions ${before} and ${last}`);
  },
  assertDifferentLsidOnLastTwoCommands: (given, run) => {
    const [last, before] = lastTwoLsids(given, run);
    expectThat(last !== before, `the last two commands have the same session ${last}`);
  },

  assertCollectionExists: async (given, run) => {
    expectThat(await collectionExists(given, run), 'the collection does not exist');
  },
  assertCollectionNotExists: async (given, run) => {
    expectThat(!(await collectionExists(given, run)), 'the collection exists');
  },
  assertIndexExists: async (given, run) => {
    expectThat(await indexExists(given, run), 'the index does not exist');
  },
  assertIndexNotExists: async (given, run) => {
    expectThat(!(await indexExists(given, run)), 'the index exists');
  },

  assertNumberConnectionsCheckedOut(given, run) {
    const { checkedOut } = run.entities.get('client', given.take('client'));
    const expected = given.take<number>('connections');
    expectThat(
      checkedOut === expected,
      `${checkedOut} connections are checked out, not ${expected}`
    );
  },
  runOnThread(given, run) {
    const operation = given.take<Operation>('operation');
    run.entities.get('thread', given.take('thread')).run(() => run.execute(operation));
  },
  waitForThread: (given, run) => run.entities.get('thread', given.take('thread')).finish(),

  async waitForEvent(given, run) {
    const { count, observed, name, expected } = eventCounter(given, run);
    await until(
      WAIT_MS,
      () => `${count()} of ${expected} ${name}; observed: ${observed()}`,
      () => count() >= expected
    );
  },
  assertEventCount(given, run) {
    const { count, observed, name, expected } = eventCounter(given, run);
    expectThat(count() === expected, () => `${count()} ${name}, not ${expected}: ${observed()}`);
  },

  async recordTopologyDescription(given, run) {
    const description = await currentTopology(given.take('client'), run);
    run.entities.add('topologyDescription', given.take('id'), description);
  },
  assertTopologyType(given, run) {
    const { type } = run.entities.get('topologyDescription', given.take('topologyDescription'));
    const expected = given.take<string>('topologyType');
    expectThat(type === expected, `the topology is ${type}, not ${expected}`);
  },
  async waitForPrimaryChange(given, run) {
    const client = given.take<string>('client');
    const before = primaryOf(
      run.entities.get('topologyDescription', given.take('priorTopologyDescription'))
    );
    const limit = given.takeOptional<number>('timeoutMS') ?? WAIT_MS;
    await until(limit, `no primary but ${before}`, () => {
      const now = primaryOf(topologyDescription(client, run));
      return now !== undefined && now !== before;
    });
  }
};

/** @throws Fault when there is no such operation */
export async function runSpecial(name: string, given: Arguments, run: TestRun): Promise<void> {
  const special = SPECIALS[name];
  if (special === undefined) throw new Fault(`testRunner has no operation ${name}`);
  await special(given, run);
}

/** Whether a network error has hit the session; the driver tells nobody but its own code. */
function isDirty(given: Arguments): boolean {
  const { serverSession } = given.takeSession() as unknown as {
    serverSession?: { isDirty?: boolean };
  };
  return serverSession?.isDirty === true;
}

/** The logical session ids of the last two commands, the last one first. */
function lastTwoLsids(given: Arguments, run: TestRun): [last: string, before: string] {
  const { observed } = run.entities.get('client', given.take('client'));
  const lsids = observed
    .filter(({ name }) => name === 'commandStartedEvent')
    .slice(-2)
    .map(({ command }) => command?.['lsid'] as unknown);
  expectThat(lsids.length === 2, `there are ${lsids.length} started commands`);
  expectThat(!lsids.includes(undefined), 'a command has no lsid');
  const [before, last] = lsids.map(lsid => BSON.EJSON.stringify(lsid));
  return [last!, before!];
}

async function collectionExists(given: Arguments, run: TestRun): Promise<boolean> {
  const name = given.take<string>('collectionName');
  const db = run.deployment.client.db(given.take<string>('databaseName'));
  return (await db.listCollections({ name }, { nameOnly: true }).toArray()).length > 0;
}

async function indexExists(given: Arguments, run: TestRun): Promise<boolean> {
  const db = run.deployment.client.db(given.take<string>('databaseName'));
  const collection = db.collection(given.take<string>('collectionName'));
  const wanted = given.take<string>('indexName');
  const NAMESPACE_NOT_FOUND = 26;
  try {
    return (await collection.listIndexes().toArray()).some(({ name }) => name === wanted);
  } catch (error) {
    if (error instanceof MongoServerError && error.code === NAMESPACE_NOT_FOUND) return false;
    throw error;
  }
}

function eventCounter(given: Arguments, run: TestRun) {
  const entity = run.entities.get('client', given.take('client'));
  const event = given.take<ExpectedEvent>('event');
  return {
    name: JSON.stringify(event),
    expected: given.take<number>('count'),
    count: () => countEvents(event, entity.observed, run.matcher),
    observed: () => entity.observed.map(({ name }) => name).join(', ') || 'none'
  };
}

/** Of a client that may not have had to connect yet. */
async function currentTopology(name: string, run: TestRun): Promise<TopologyDescription> {
  await run.entities.get('client', name).client.connect();
  return topologyDescription(name, run);
}

function topologyDescription(client: string, run: TestRun): TopologyDescription {
  const { topology } = run.entities.get('client', client).client as unknown as {
    topology?: { description?: TopologyDescription };
  };
  const description = topology?.description;
  expectThat(description !== undefined, 'the client has no topology.description');
  return description;
}

function primaryOf({ servers }: TopologyDescription): string | undefined {
  return [...servers.values()].find(({ type }) => type === 'RSPrimary')?.address;
}
