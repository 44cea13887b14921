// Owns the suites of growth: the same reads with ever more in flight, and over ever more databases.
// Must not know how curves are drawn of them.

import { join } from 'node:path';
import { Child } from '../child';
import { closeContenders, openContenders } from '../contenders/open';
import type { Made, Read } from '../handles/holder';
import { DATABASES } from '../handles/kinds';
import type { Contender } from '../handles/kinds';
import type { Lane, Metric, Setting, Suite } from '../suite';
import { findOneCase } from './find-one';

const IN_FLIGHT = [1, 4, 16, 64, 256, 1_024, 4_096];
const DATABASE_COUNTS = [1, 10, 100, 1_000, 10_000];

/** Turns that are enough for a point of a curve, which has others beside it. */
const MOST_ROUNDS = 3;
/** The part of a round's length that a turn of a point takes. */
const TURN = 0.5;
/** Enough that a driver compiles its hot path. */
const WARM_UP_READS = 2_000;
/** From so many databases on, a turn takes ten seconds, most of them for first reads: two turns do. */
const MANY = 10_000;
const MANY_ROUNDS = 2;
/** A run that measures nothing makes no more databases than this. */
const QUICK_MOST = 100;

const BYTES_PER_MEGABYTE = 1_000_000;

const DATABASE_METRICS: readonly Metric[] = [
  { name: 'resident memory', unit: 'MB', better: 'lower', figure: 'megabytes' },
  { name: 'time to first read', unit: 'us/database', better: 'lower', figure: 'each' },
  { name: 'throughput', unit: 'ops/s', better: 'higher', figure: 'throughput' },
  { name: 'main-thread CPU', unit: 'us/op', better: 'lower', figure: 'cpu' }
];

export const growthInFlightSuite: Suite = {
  name: 'growth-in-flight',
  caseNames: IN_FLIGHT.map(inFlightName),
  isExtra: true,
  open: async setting => {
    await setting.database.fill();
    const contenders = await openContenders(setting.uri, setting.database.name);
    const shorter = { ...setting, seconds: setting.seconds * TURN };
    return {
      cases: IN_FLIGHT.map(inFlight => ({
        ...findOneCase(inFlightName(inFlight), contenders, inFlight, shorter),
        mostRounds: MOST_ROUNDS
      })),
      close: () => closeContenders(contenders)
    };
  }
};

export const growthDatabasesSuite: Suite = {
  name: 'growth-databases',
  caseNames: DATABASE_COUNTS.map(databasesName),
  isExtra: true,
  open: setting =>
    Promise.resolve({
      cases: DATABASE_COUNTS.filter(count => !setting.quick || count <= QUICK_MOST).map(count => ({
        name: databasesName(count),
        metrics: DATABASE_METRICS,
        lanes: DATABASES.map(contender => databasesLane(contender, count, setting)),
        mostRounds: count < MANY ? MOST_ROUNDS : MANY_ROUNDS
      })),
      close: async () => {}
    })
};

function inFlightName(inFlight: number): string {
  return `findOne by _id, ${inFlight.toLocaleString('en')} in flight`;
}

function databasesName(count: number): string {
  return `findOne over ${count.toLocaleString('en')} databases`;
}

/** Each round in a process of its own: memory that was used once is no measure any more. */
function databasesLane(contender: Contender, count: number, { uri, seconds }: Setting): Lane {
  return {
    contender,
    round: async () => {
      const child = Child.start(join('handles', 'holder.ts'), ['databases', contender, uri]);
      try {
        await child.answer();
        await child.ask({ warmUp: WARM_UP_READS });
        const { resident, each } = await child.ask<Made>({ count });
        const read = await child.ask<Read>({ seconds: seconds * TURN });
        return { megabytes: resident / BYTES_PER_MEGABYTE, each, ...read };
      } finally {
        await child.stop();
      }
    }
  };
}
