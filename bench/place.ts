// Owns where the bench lies on disk, for what is loaded or started by path.
// Must not know what lies there.

import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';

/**
 * `run.ts`, the script Node was started with. The loader runs these files as ES modules and the
 * compiler checks them as CommonJS, so neither `import.meta` nor `__dirname` holds in both.
 */
const ENTRY = process.argv[1]!;

const FOLDER = dirname(ENTRY);

/** The scripts whose cold start is measured. */
export const COLD_START_FOLDER = join(FOLDER, 'cold-start');

/** Where the curves are drawn, and the page of results is written. */
export const PLOT_FOLDER = join(FOLDER, '..', 'docs', 'benchmarks');

/** The data sets of MongoDB's driver benchmark, which are not part of the project. */
export const DATA_FOLDER = join(FOLDER, '..', '..', 'shared', 'benchmark-data');

/** A program of the bench that runs in a process of its own, by its path in this folder. */
export function program(path: string): string {
  return join(FOLDER, path);
}

/** Finds packages as the bench itself does. */
export const requireFromBench = createRequire(ENTRY);
