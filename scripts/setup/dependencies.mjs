// Owns node_modules: present, and what package-lock.json says. Must not know what they are for.

import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { run } from '../process/command.mjs';
import { ROOT } from '../process/paths.mjs';
import { say, step } from '../process/progress.mjs';
import { Interrupted } from '../process/script.mjs';

/** What npm records of the tree it installed. */
const INSTALLED = join(ROOT, 'node_modules', '.package-lock.json');

/**
 * Installs the dependencies where they are missing or differ from package-lock.json.
 *
 * @param {{ signal?: AbortSignal }} [options]
 */
export async function installDependencies({ signal } = {}) {
  if (areInstalled()) return;
  await step('installing the dependencies (npm ci)', () => install(signal));
}

/**
 * Falls back to `npm install`, which takes the locked versions too and leaves the lock file alone.
 * `npm ci` refuses a lock file for lacking optional packages of other platforms, as one written
 * against an incomplete registry does.
 *
 * @param {AbortSignal} [signal]
 */
async function install(signal) {
  const quiet = ['--no-audit', '--no-fund'];
  try {
    await run('npm', ['ci', ...quiet], { signal, output: 'capture' });
  } catch (error) {
    if (error instanceof Interrupted) throw error;
    say('npm ci failed; trying npm install --no-save');
    await run('npm', ['install', '--no-save', ...quiet], { signal });
  }
}

/** Compares contents: after a checkout the times of files say nothing. */
function areInstalled() {
  if (!existsSync(INSTALLED)) return false;
  const installed = packages(INSTALLED);
  return Object.entries(packages(join(ROOT, 'package-lock.json'))).every(([path, wanted]) => {
    // The entry '' is this package; optional ones are left out where they are for other platforms.
    if (path === '') return true;
    const found = installed[path];
    return found ? found.version === wanted.version : wanted.optional === true;
  });
}

/**
 * @param {string} lockFile
 * @returns {Record<string, { version?: string, optional?: boolean }>}
 */
function packages(lockFile) {
  return JSON.parse(readFileSync(lockFile, 'utf8')).packages;
}
