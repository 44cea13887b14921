// Owns the list of test suites: where each lies and what it may use. Must not know how one is run.

import { existsSync, readdirSync } from 'node:fs';
import { join, relative, resolve, sep } from 'node:path';
import { ROOT } from '../process/paths.mjs';
import { Failure } from '../process/script.mjs';

const FOLDER = '__test__';

/**
 * @typedef {object} Suite
 * @property {string} name also of its folder in __test__
 * @property {number} concurrency how many files run at the same time
 */

/** The suites for Node.js, in the order in which they run. @type {readonly Suite[]} */
export const SUITES = [
  { name: 'unit', concurrency: 2 },
  { name: 'integration', concurrency: 2 },
  { name: 'compat', concurrency: 1 },
  { name: 'adapters', concurrency: 2 },
  { name: 'ecosystem', concurrency: 2 },
  { name: 'stability', concurrency: 1 },
  { name: 'conformance', concurrency: 1 },
  { name: 'package', concurrency: 1 }
];

/** The suite of the Rust core, run by cargo. */
export const RUST = 'rust';

/**
 * The test files of a suite at or below the given paths, or all of them.
 *
 * @param {Suite} suite
 * @param {readonly string[]} paths
 * @returns {string[]} relative to the repository
 */
export function testFiles(suite, paths) {
  const folder = join(ROOT, FOLDER, suite.name);
  if (!existsSync(folder)) return [];
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter(name => name.endsWith('.test.ts'))
    .map(name => join(folder, name))
    .filter(file => paths.length === 0 || paths.some(path => isWithin(file, resolve(path))))
    .map(file => relative(ROOT, file))
    .sort();
}

/**
 * The names of the suites to run.
 *
 * @param {string | undefined} only names separated by commas
 * @returns {string[]}
 */
export function selectSuites(only) {
  const all = [RUST, ...SUITES.map(suite => suite.name)];
  if (only === undefined) return all;
  const names = only.split(',');
  const unknown = names.find(name => !all.includes(name));
  if (unknown !== undefined) {
    throw new Failure(`There is no suite "${unknown}"; the suites are ${all.join(', ')}`);
  }
  return names;
}

/** @param {string} file @param {string} path */
function isWithin(file, path) {
  return file === path || file.startsWith(path + sep);
}
