// Owns the suite of Mongoose on its own driver against Mongoose on polypool.
// Must not know what the work consists of.

import { closeBoth, openBoth } from '../contenders/mongoose-drivers';
import { fly } from '../flight';
import { WORK } from '../mongoose/work';
import type { Large, Small, Work } from '../mongoose/work';
import { repeat } from '../repetition';
import type { Case, Lane, Metric, OpenSuite, Setting, Suite } from '../suite';

/** Large operations before the first counted one, and the least number of small ones. */
const LARGE_WARM_UPS = 3;
const SMALL_WARM_UPS = 2_000;
const WARM_UP_SECONDS = 0.25;

/** How much of a round's length the lead-in of small operations takes. */
const LEAD_IN = 0.5;

const SMALL_METRICS: readonly Metric[] = [
  { name: 'throughput', unit: 'ops/s', better: 'higher', figure: 'throughput' },
  { name: 'main-thread CPU', unit: 'us/op', better: 'lower', figure: 'cpu' },
  { name: 'p99 latency', unit: 'us', better: 'lower', figure: 'p99' }
];

const LARGE_METRICS: readonly Metric[] = [
  { name: 'wall', unit: 'ms', better: 'lower', figure: 'wall' },
  { name: 'main-thread CPU', unit: 'ms', better: 'lower', figure: 'cpu' }
];

export const mongooseSuite = suiteOf({ name: 'mongoose' }, 'mongoose');
/** Its documents are of another version of bson. */
export const mongoose8Suite = suiteOf({ name: 'mongoose-8', isExtra: true }, 'mongoose8');

function suiteOf(named: Pick<Suite, 'name' | 'isExtra'>, packageName: string): Suite {
  return { ...named, caseNames: Object.keys(WORK), open: setting => open(setting, packageName) };
}

async function open(setting: Setting, packageName: string): Promise<OpenSuite> {
  const { database, uri } = setting;
  await database.fill();
  const contenders = await openBoth(packageName, uri, database.name);
  const empty = (collection: string): Promise<void> => database.empty(collection);
  const cases = Object.entries(WORK).map(([name, workOf]) =>
    toCase(
      name,
      contenders.map(contender => ({
        contender: contender.name,
        work: workOf(contender, empty)
      })),
      setting
    )
  );
  return { cases, close: () => closeBoth(contenders) };
}

function toCase(
  name: string,
  works: ReadonlyArray<{ contender: string; work: Work }>,
  setting: Setting
): Case {
  const isSmall = works.some(({ work }) => work.kind === 'small');
  return {
    name,
    metrics: isSmall ? SMALL_METRICS : LARGE_METRICS,
    lanes: works.map(({ contender, work }) =>
      work.kind === 'small'
        ? smallLane(contender, work, setting)
        : largeLane(contender, work, setting)
    )
  };
}

function smallLane(contender: string, work: Small, { seconds, clock }: Setting): Lane {
  const { inFlight, operation, prepare } = work;
  const load = { operation, inFlight };
  return {
    contender,
    warmUp: async () => {
      await prepare();
      const atLeast = SMALL_WARM_UPS;
      await fly({ ...load, seconds: WARM_UP_SECONDS, atLeast, clock: undefined });
    },
    leadIn: async () => {
      await prepare();
      await fly({ ...load, seconds: seconds * LEAD_IN, clock: undefined });
    },
    round: () => fly({ ...load, seconds, clock })
  };
}

function largeLane(contender: string, work: Large, { seconds, clock }: Setting): Lane {
  const { prepare, operation } = work;
  return {
    contender,
    warmUp: async () => {
      for (let made = 0; made < LARGE_WARM_UPS; made++) await operation(await prepare());
    },
    leadIn: async () => operation(await prepare()),
    round: () => repeat({ prepare, operation, seconds, clock })
  };
}
