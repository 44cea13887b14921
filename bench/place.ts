// Owns where the bench lies on disk, for what is loaded or started by path.
// Must not know what lies there.

import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';

/**
 * `run.ts`, the script Node was started with. The loader runs these files as ES modules and the
 * compiler checks them as CommonJS, so neither `import.meta` nor `__dirname` holds in both.
 */
const ENTRY = process.argv[1]!;

/** The scripts whose cold start is measured. */
export const COLD_START_FOLDER = join(dirname(ENTRY), 'cold-start');

/** Finds packages as the bench itself does. */
export const requireFromBench = createRequire(ENTRY);
