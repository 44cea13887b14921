// Owns the look of generated files that are committed: prettier's, like every other file's.
// Must not know what is in them.

import { join } from 'node:path';
import { runNode } from '../process/command.mjs';
import { ROOT, TOOLS } from '../process/paths.mjs';

/**
 * @param {readonly string[]} paths relative to the repository
 * @param {{ signal?: AbortSignal }} options
 */
export async function format(paths, { signal }) {
  const files = paths.map(path => join(ROOT, path));
  // An ignore file that does not exist: generated files may well be in the repository's own.
  const args = ['--write', '--log-level', 'warn', '--ignore-path', 'no-such-file', ...files];
  await runNode(TOOLS.prettier, args, { signal });
}
