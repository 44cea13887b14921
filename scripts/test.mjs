// Owns the command `npm test`: from a fresh checkout to every test's result.
// Must not know how a suite is run (test/run.mjs) or a mongod started (mongod/).

import { parseArgs } from 'node:util';
import { startReplicaSet } from './mongod/replica-set.mjs';
import { say, step } from './process/progress.mjs';
import { script } from './process/script.mjs';
import { setUp } from './setup.mjs';
import { runCargoTests, runNodeTests } from './test/run.mjs';
import { RUST, SUITES, selectSuites, testFiles } from './test/suites.mjs';

const USAGE = `Usage: npm test -- [options] [paths]

Sets up what is missing, then runs every suite, or only the test files at or below the paths.

  --only <names>  only these suites, separated by commas: ${selectSuites(undefined).join(', ')}
  --full          the long faults and loads of stability, and of others, which take an hour
`;

await script(async signal => {
  const { values, positionals: paths } = parseArgs({
    allowPositionals: true,
    options: {
      only: { type: 'string' },
      full: { type: 'boolean', default: false },
      help: { type: 'boolean', short: 'h', default: false }
    }
  });
  if (values.help) {
    process.stdout.write(USAGE);
    return;
  }
  const selected = selectSuites(values.only);
  await setUp({ profile: 'quick', signal });
  /** @type {import('./test/run.mjs').Result[]} */
  const results = [];
  if (selected.includes(RUST) && paths.length === 0) {
    say(`suite ${RUST}`);
    results.push(await runCargoTests({ name: RUST, signal }));
  }
  const suites = SUITES.filter(({ name }) => selected.includes(name));
  if (suites.length > 0) results.push(...(await runSuites(suites, paths, values.full, signal)));
  report(results);
  if (results.some(({ ok }) => !ok)) process.exitCode = 1;
});

/**
 * Runs suites against one mongod, which is stopped whatever happens.
 *
 * @param {readonly import('./test/suites.mjs').Suite[]} suites
 * @param {readonly string[]} paths
 * @param {boolean} full
 * @param {AbortSignal} signal
 */
async function runSuites(suites, paths, full, signal) {
  const set = await step('starting mongod', () => startReplicaSet({ signal }));
  try {
    const env = { POLYPOOL_TEST_URI: set.uri, ...(full && { POLYPOOL_STABILITY: 'full' }) };
    const results = [];
    for (const { name, concurrency } of suites) {
      const files = testFiles({ name, concurrency }, paths);
      if (files.length === 0) {
        results.push({ name, ok: true, summary: 'no files', skips: [] });
        continue;
      }
      say(`suite ${name}`);
      results.push(await runNodeTests({ name, files, concurrency, env, signal }));
    }
    return results;
  } finally {
    await set.stop();
  }
}

/** The last lines of the output: what ran. @param {import('./test/run.mjs').Result[]} results */
function report(results) {
  const lines = results.flatMap(({ name, ok, summary, skips }) => [
    `${ok ? 'ok    ' : 'FAILED'} ${name.padEnd(12)} ${summary}`,
    ...skips.map(skip => `         skipped ${skip}`)
  ]);
  process.stdout.write(`\n${lines.join('\n')}\n`);
}
