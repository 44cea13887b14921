// Owns the course of one test: what is there before, the operations, what is compared afterwards,
// and that nothing is left behind. Source: "Executing a Test" in the unified test format. Must not
// know what an operation is.

import { isDeepStrictEqual } from 'node:util';
import { BSON, type Document } from 'mongodb';
import type { Deployment, ServerFacts } from '../deployment.ts';
import { Mismatch, expectThat } from '../fault.ts';
import { PASSED, failed, skipped, type Verdict } from '../row.ts';
import type { Subject } from '../subject.ts';
import { until, within } from '../time-limit.ts';
import { createEntities, endEntities, type Workshop } from './create-entities.ts';
import { EntityMap } from './entities.ts';
import { matchEvents } from './events.ts';
import { exclusionReason, flatten, needsSeveralNodes } from './exclusions.ts';
import type { CollectionData, ExpectedEvents, UnifiedFile, UnifiedTest } from './format/file.ts';
import { matchLogMessages } from './logs.ts';
import { unmetReason } from './requirements.ts';
import { TestRun } from './test-run.ts';

/** How long a test may take, and its end, in milliseconds. */
const TEST_MS = 30_000;
const END_MS = 15_000;
/** How long events may be late: those of what nobody waits for come when they come. */
const LATE_EVENTS_MS = 1_000;

export interface Setting {
  readonly subject: Subject;
  readonly deployment: Deployment;
}

/** Runs a test, unless there is a reason to skip it. Never throws. */
export async function runTest(
  file: UnifiedFile,
  test: UnifiedTest,
  setting: Setting
): Promise<Verdict> {
  const reason = skipReason(file, test, setting);
  if (reason !== undefined) return skipped(reason);
  let run: TestRun;
  try {
    run = new TestRun(await newWorkshop(file, test, setting));
  } catch (error) {
    return failed(error);
  }
  const faults: unknown[] = [];
  try {
    await within(TEST_MS, 'the test', perform(file, test, run));
  } catch (error) {
    faults.push(error);
  }
  run.end();
  try {
    faults.push(
      ...(await within(END_MS, 'the end of the test', cleanUp(test, run, faults.length > 0)))
    );
  } catch (error) {
    faults.push(error);
  }
  return faults.length === 0 ? PASSED : failed(faults[0]);
}

function skipReason(file: UnifiedFile, test: UnifiedTest, setting: Setting): string | undefined {
  const { facts } = setting.deployment;
  if (test.skipReason !== undefined) return `its file says: ${test.skipReason}`;
  return (
    exclusionReason(file, test) ??
    unmetReason(file.runOnRequirements, facts) ??
    unmetReason(test.runOnRequirements, facts) ??
    (isLonely(facts) && needsSeveralNodes(test) ? 'needs several nodes' : undefined)
  );
}

function isLonely({ topology, nodes }: ServerFacts): boolean {
  return topology === 'replicaset' && nodes === 1;
}

async function newWorkshop(
  file: UnifiedFile,
  test: UnifiedTest,
  { subject, deployment }: Setting
): Promise<Workshop> {
  const names = new Set(flatten(test.operations).map(({ name }) => name));
  const sharded = ['sharded', 'load-balanced'].includes(deployment.facts.topology);
  for (const data of file.initialData ?? []) await deployment.fill(data);
  const clusterTime = sharded ? await deployment.clusterTime() : undefined;
  return {
    subject,
    deployment,
    entities: new EntityMap(),
    countsConnections: names.has('assertNumberConnectionsCheckedOut'),
    ...(clusterTime && { clusterTime })
  };
}

async function perform(file: UnifiedFile, test: UnifiedTest, run: TestRun): Promise<void> {
  await createEntities(file.createEntities ?? [], run.workshop);
  await prepareDistinct(run);
  for (const operation of test.operations) await run.execute(operation);
  for (const expected of test.expectEvents ?? []) await awaitLateEvents(expected, run);
  for (const client of run.entities.all('client')) client.stopObserving();
  await run.failPoints.disable();
  for (const expected of test.expectEvents ?? []) {
    const { observed } = run.entities.get('client', expected.client);
    matchEvents(expected, observed, run.matcher);
  }
  for (const expected of test.expectLogMessages ?? []) {
    const { logs } = run.entities.get('client', expected.client);
    matchLogMessages(expected, logs.messages, run.matcher);
  }
  for (const data of test.outcome ?? []) await checkOutcome(data, run.deployment);
}

/** A router learns of a database's version by this, outside of transactions. */
async function prepareDistinct({ entities, deployment }: TestRun): Promise<void> {
  if (deployment.facts.topology !== 'sharded') return;
  for (const collection of entities.all('collection')) {
    await deployment.client
      .db(collection.dbName)
      .command({ distinct: collection.collectionName, key: '_id' })
      .catch(() => undefined);
  }
}

async function awaitLateEvents(expected: ExpectedEvents, { entities }: TestRun): Promise<void> {
  const { eventType = 'command', events } = expected;
  const client = entities.get('client', expected.client);
  const arrived = (): boolean => client.events(eventType).length >= events.length;
  // If they do not come, the comparison says which ones.
  await until(LATE_EVENTS_MS, '', arrived).catch(() => undefined);
}

/** Compares exactly, but for the order of fields and the width of numbers. @throws Mismatch */
async function checkOutcome(
  { databaseName, collectionName, documents }: CollectionData,
  deployment: Deployment
): Promise<void> {
  const found = await deployment.contents(databaseName, collectionName);
  const [actual, expected] = [found, documents].map(list => list.map(plain));
  expectThat(isDeepStrictEqual(actual, expected), () => {
    const [one, other] = [actual, expected].map(list => JSON.stringify(list));
    return `${databaseName}.${collectionName} has ${one}, not ${other}`;
  });
}

function plain(document: Document): unknown {
  return BSON.EJSON.serialize(document, { relaxed: true });
}

async function cleanUp(test: UnifiedTest, run: TestRun, hasFailed: boolean): Promise<unknown[]> {
  await run.failPoints.disable();
  const faults = await endEntities(run.entities);
  const names = flatten(test.operations).map(({ name }) => name);
  if (hasFailed || names.some(name => /^(start|with)Transaction$/.test(name))) {
    await run.deployment.killAllSessions();
  }
  return faults.map(fault => new Mismatch('an entity could not be ended', { cause: fault }));
}
