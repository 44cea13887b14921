// Owns the list of suites, and which of them a command line asks for.
// Must not know what a suite measures.

import { UsageError } from './arguments';
import type { BenchArguments } from './arguments';
import type { Suite } from './suite';
import { coalesceSuite } from './suites/coalesce';
import { coldStartSuite } from './suites/cold-start';
import { connectSuite } from './suites/connect';
import { driverBenchSuite } from './suites/driver-bench';
import { findJSONSuite } from './suites/find-json';
import { findManySuite } from './suites/find-many';
import { findOneSuite } from './suites/find-one';
import { growthDatabasesSuite, growthInFlightSuite } from './suites/growth';
import { httpSuite } from './suites/http';
import { insertManySuite } from './suites/insert-many';
import { memorySuite } from './suites/memory';
import { mongoose8Suite, mongooseSuite } from './suites/mongoose';
import { tenantsSuite } from './suites/tenants';

/** In the order in which they run. */
const SUITES: readonly Suite[] = [
  findOneSuite,
  coalesceSuite,
  findManySuite,
  findJSONSuite,
  insertManySuite,
  mongooseSuite,
  driverBenchSuite,
  httpSuite,
  connectSuite,
  coldStartSuite,
  memorySuite,
  tenantsSuite,
  mongoose8Suite,
  growthInFlightSuite,
  growthDatabasesSuite
];

/** The suites asked for that have a case asked for. */
export function selectSuites({ suites, casePattern, all, plot }: BenchArguments): Suite[] {
  const names = SUITES.map(({ name }) => name);
  for (const name of suites) {
    if (!names.includes(name)) {
      throw new UsageError(`There is no suite "${name}"; there are ${names.join(', ')}`);
    }
  }
  const selected = SUITES.filter(
    ({ name, caseNames, isExtra }) =>
      (suites.length === 0 ? all || plot || !isExtra : suites.includes(name)) &&
      caseNames.some(caseName => casePattern.test(caseName))
  );
  if (selected.length === 0) {
    const cases = SUITES.flatMap(({ name, caseNames }) =>
      caseNames.map(caseName => `  ${name}: ${caseName}`)
    );
    throw new UsageError(`No case matches --suite and --case; there are\n${cases.join('\n')}`);
  }
  return selected;
}
