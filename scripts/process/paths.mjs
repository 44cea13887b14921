// Owns where things lie: the repository, the tools in node_modules, the user's cache.
// Must not know what is done with them.

import { homedir } from 'node:os';
import { join, resolve } from 'node:path';

/** The root of the repository. */
export const ROOT = resolve(import.meta.dirname, '../..');

/** The JavaScript entry points of the development tools, run by this same Node.js. */
export const TOOLS = {
  dtsBundleGenerator: tool('dts-bundle-generator/dist/bin/dts-bundle-generator.js'),
  eslint: tool('eslint/bin/eslint.js'),
  napi: tool('@napi-rs/cli/dist/cli.js'),
  prettier: tool('prettier/bin/prettier.cjs'),
  tsc: tool('typescript/bin/tsc')
};

/** The directory of the user's cache that belongs to polypool; it may not exist yet. */
export function cacheDirectory() {
  const base =
    process.env.XDG_CACHE_HOME ||
    (process.platform === 'win32' && process.env.LOCALAPPDATA) ||
    join(homedir(), '.cache');
  return join(base, 'polypool');
}

/** @param {string} path */
function tool(path) {
  return join(ROOT, 'node_modules', path);
}
