// Owns what the package loads: one file for each entry, and one more for `import`, because at the start
// of a process every further file costs about 0.2 ms, and 100 KB about 2 ms. Must not know what is in
// them, but for the modules that stay alone.

import { join } from 'node:path';
import { ROOT } from '../process/paths.mjs';

/** What both kinds of file have in common. @type {import('esbuild').BuildOptions} */
const SHARED = {
  absWorkingDir: ROOT,
  bundle: true,
  logLevel: 'warning',
  packages: 'external',
  platform: 'node',
  sourcemap: 'linked',
  sourcesContent: false,
  target: 'node20',
  // Names are in stack traces, and users may read what they run.
  minify: false,
  // Otherwise a class that refers to itself is named `_Collection`, and Mongoose knows classes by name.
  keepNames: true
};

/**
 * Modules with a file of their own, by name, and what else is in it is in no other.
 *
 * `link`: the addon keeps a closure of this module, and closures keep all that is in the scopes around
 * them: in one file, the whole package, which a hot reload could then not get rid of.
 *
 * `reader`: a process that reads a few documents never loads it.
 */
const APART = { link: 'lib/bridge/link.ts', reader: 'lib/bson/reader.ts' };

/** @type {import('esbuild').Plugin} */
const leaveApart = {
  name: 'leave apart',
  setup({ onResolve }) {
    onResolve({ filter: new RegExp(`^\\./(${Object.keys(APART).join('|')})$`) }, ({ path }) => {
      return { path: `${path}.js`, external: true };
    });
  }
};

/** The entry for `require`, of the sources themselves. */
export async function bundleCommonJS() {
  // Loaded here and not above: `npm run check` and its kin install it before they build.
  const { build } = await import('esbuild');
  await build({
    ...SHARED,
    entryPoints: ['lib/index.ts'],
    format: 'cjs',
    outfile: 'dist/index.js',
    plugins: [leaveApart],
    // It has names that are added when it runs.
    logOverride: { 'commonjs-variable-in-esm': 'silent' }
  });
  for (const [name, source] of Object.entries(APART)) {
    await build({
      ...SHARED,
      entryPoints: [source],
      format: 'cjs',
      outfile: `dist/${name}.js`
    });
  }
}

/**
 * The entry of an adapter for `require`. polypool itself stays outside: it is the user's, too.
 *
 * @param {string} name
 */
export async function bundleAdapter(name) {
  const { build } = await import('esbuild');
  await build({
    ...SHARED,
    entryPoints: [`lib/adapters/${name}/index.ts`],
    format: 'cjs',
    outfile: `dist/${name}.js`,
    logOverride: { 'commonjs-variable-in-esm': 'silent' }
  });
}

/**
 * The entry for `import`.
 *
 * @param {string} source - imports `./index.js`, the entry above, and what else it needs from lib/
 */
export async function bundleModule(source) {
  const { build } = await import('esbuild');
  await build({
    ...SHARED,
    stdin: { contents: source, resolveDir: join(ROOT, 'lib'), sourcefile: 'index.mjs' },
    external: ['./index.js'],
    format: 'esm',
    outfile: 'dist/index.mjs',
    sourcemap: false
  });
}
