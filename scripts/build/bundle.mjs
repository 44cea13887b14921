// Owns what the package loads: dist/index.js and dist/index.mjs, one file each, because at the start
// of a process every further file costs about 0.2 ms. Must not know what is in them, but for the one
// module that has to stay alone.

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
  minify: false
};

/**
 * The addon keeps a closure of this module, and closures keep all that is in the scopes around them:
 * in one file, the whole package, which a hot reload could then not get rid of.
 */
const apart = 'link';

/** @type {import('esbuild').Plugin} */
const leaveApart = {
  name: 'leave apart',
  setup({ onResolve }) {
    onResolve({ filter: new RegExp(`^\\./${apart}$`) }, () => {
      return { path: `./${apart}.js`, external: true };
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
  await build({
    ...SHARED,
    entryPoints: [`lib/bridge/${apart}.ts`],
    format: 'cjs',
    outfile: `dist/${apart}.js`
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
