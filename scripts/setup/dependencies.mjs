// Owns node_modules: present, and what package-lock.json says. Must not know what they are for.

import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { run } from '../process/command.mjs';
import { ROOT } from '../process/paths.mjs';
import { step } from '../process/progress.mjs';

/** What npm records of the tree it installed. */
const INSTALLED = join(ROOT, 'node_modules', '.package-lock.json');

/**
 * Installs the dependencies where they are missing or differ from package-lock.json.
 *
 * @param {{ signal?: AbortSignal }} [options]
 */
export async function installDependencies({ signal } = {}) {
  if (areInstalled()) return;
  await step('installing the dependencies (npm ci)', () =>
    run('npm', ['ci', '--no-audit', '--no-fund'], { signal }),
  );
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
