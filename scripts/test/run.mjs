// Owns running one suite and counting what ran: cargo's tests, or the files of a node:test suite.
// Must not know which suites there are, nor about MongoDB.

import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { run } from '../process/command.mjs';
import { Interrupted } from '../process/script.mjs';
import { workspace } from '../process/watchdog.mjs';

/** A limit against a hanging test, far above what any needs, in milliseconds. */
const TEST_TIMEOUT_MS = 10 * 60_000;
/** The same of stability in its long form, whose longest load takes half an hour. */
const FULL_TEST_TIMEOUT_MS = 60 * 60_000;

/**
 * @typedef {object} Result
 * @property {string} name of the suite
 * @property {boolean} ok
 * @property {string} summary of what ran, in one line
 * @property {string[]} skips
 */

/** The core without Node.js, which proves that it needs none, and then the boundary, which does. */
const CARGO_TESTS = [['--no-default-features'], ['--lib', 'bridge::']];

/**
 * Runs the tests of the core and of its boundary.
 *
 * @param {{ name: string, signal: AbortSignal }} options
 * @returns {Promise<Result>}
 */
export async function runCargoTests({ name, signal }) {
  let output = '';
  const collect = (/** @type {string} */ stdout) => (output += stdout);
  let ok = true;
  for (const tests of CARGO_TESTS) {
    const args = ['test', '--profile', 'quick', ...tests];
    const options = { signal, output: /** @type {const} */ ('both'), onOutput: collect };
    ok = (await succeeds(run('cargo', args, options))) && ok;
  }
  const total = { passed: 0, failed: 0, ignored: 0 };
  for (const match of output.matchAll(/(\d+) passed; (\d+) failed; (\d+) ignored/g)) {
    total.passed += Number(match[1]);
    total.failed += Number(match[2]);
    total.ignored += Number(match[3]);
  }
  const summary = `${total.passed} passed, ${total.failed} failed, ${total.ignored} ignored`;
  return { name, ok, summary: ok || output ? summary : 'did not compile', skips: [] };
}

/**
 * @param {object} options
 * @param {string} options.name
 * @param {readonly string[]} options.files
 * @param {number} options.concurrency
 * @param {Record<string, string>} options.env
 * @param {AbortSignal} options.signal
 * @returns {Promise<Result>}
 */
export async function runNodeTests({ name, files, concurrency, env, signal }) {
  const report = join(workspace(), `${name}.json`);
  const reporter = join(import.meta.dirname, 'counts-reporter.mjs');
  const args = ['--import', '@oxc-node/core/register', '--expose-gc', '--test'];
  const timeout = env['POLYPOOL_STABILITY'] ? FULL_TEST_TIMEOUT_MS : TEST_TIMEOUT_MS;
  args.push(`--test-concurrency=${concurrency}`, `--test-timeout=${timeout}`);
  args.push('--test-reporter=spec', '--test-reporter-destination=stdout');
  args.push(`--test-reporter=${reporter}`, `--test-reporter-destination=${report}`);
  const ok = await succeeds(run(process.execPath, [...args, ...files], { signal, env }));
  const text = existsSync(report) ? readFileSync(report, 'utf8') : '';
  if (text === '') return { name, ok: false, summary: 'the test runner died', skips: [] };
  /** @type {import('./counts-reporter.mjs').Counts} */
  const counts = JSON.parse(text);
  const failed = counts.fail + counts.cancelled;
  const summary = `${counts.pass} passed, ${failed} failed, ${counts.skipped} skipped`;
  const inFiles = `${summary}, in ${files.length} ${files.length === 1 ? 'file' : 'files'}`;
  return { name, ok, summary: inFiles, skips: counts.skips };
}

/** @param {Promise<unknown>} running */
async function succeeds(running) {
  try {
    await running;
    return true;
  } catch (error) {
    if (error instanceof Interrupted) throw error;
    return false;
  }
}
