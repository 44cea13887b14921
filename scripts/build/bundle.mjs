// Owns what the package loads: few files, because at the start of a process every further one costs about
// 0.2 ms, and not all at once, because 100 KB cost about 2.5 ms. Must not know what is in them, but for the
// modules that stay alone.

import { writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { ROOT } from '../process/paths.mjs';
import { Failure } from '../process/script.mjs';
import { loadLate, PART_NAMES, splitLate } from './late.mjs';
import { lineMap } from './line-map.mjs';
import { stripped } from './strip.mjs';

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
 * them: in one file with the others, the whole package, which a hot reload could then not get rid of. Its
 * file is `index.js`, which has nothing else in it.
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
  // esbuild splits ECMAScript modules alone.
  const { outputFiles, metafile } = await build({
    ...SHARED,
    entryPoints: {
      index: 'lib/index.ts',
      ...Object.fromEntries(PART_NAMES.map(name => [name, name]))
    },
    format: 'esm',
    splitting: true,
    chunkNames: 'core',
    outdir: 'dist',
    write: false,
    metafile: true,
    sourcemap: 'inline',
    plugins: [leaveApart, splitLate],
    // It has names that are added when it runs.
    logOverride: { 'commonjs-variable-in-esm': 'silent' }
  });
  const codes = { index: '', core: '', more: '', late: '' };
  for (const { path, text } of outputFiles) {
    const name = /** @type {keyof typeof codes} */ (basename(path, '.js'));
    const { code, map } = await finished(text, name);
    codes[name] = code;
    if (name !== 'index') await writeFile(`${path}.map`, map);
  }
  const exported = { more: exportsOf(metafile, 'more'), late: exportsOf(metafile, 'late') };
  const files = loadLate(codes, exported);
  for (const [name, code] of Object.entries(files)) {
    await writeFile(join(ROOT, `dist/${name}.js`), `${code}//# sourceMappingURL=${name}.js.map\n`);
  }
  await buildAlone({ entryPoints: [APART.reader], outfile: 'dist/reader.js' });
  await buildAlone({
    entryPoints: [APART.link],
    outfile: 'dist/index.js',
    format: 'iife',
    globalName: 'link',
    footer: { js: 'require("./core.js").open(module, link);' }
  });
}

/** @param {import('esbuild').Metafile} metafile @param {string} name */
function exportsOf({ outputs }, name) {
  return outputs[`dist/${name}.js`]?.exports ?? [];
}

/**
 * One file for `require`.
 *
 * @param {import('esbuild').BuildOptions} options
 */
async function buildAlone(options) {
  const { build } = await import('esbuild');
  const { outputFiles } = await build({
    ...SHARED,
    format: 'cjs',
    ...options,
    write: false,
    sourcemap: 'inline'
  });
  for (const { path, text } of outputFiles) {
    const name = basename(path, '.js');
    const { code, map } = await finished(text, name);
    await writeFile(path, `${code}//# sourceMappingURL=${name}.js.map\n`);
    await writeFile(`${path}.map`, map);
  }
}

const STRICT = '"use strict";';

/**
 * What was bundled, with its map inside, as the package has it.
 *
 * @param {string} bundled
 * @param {string} name
 */
async function finished(bundled, name) {
  const { transform } = await import('esbuild');
  const { code, map } = await transform(await stripped(bundled), {
    format: 'cjs',
    // ECMAScript modules are strict without saying so.
    ...(!bundled.startsWith(STRICT) && { banner: STRICT }),
    target: SHARED.target,
    sourcefile: `${name}.js`,
    sourcemap: 'external',
    sourcesContent: false,
    logOverride: { 'commonjs-variable-in-esm': 'silent' }
  });
  // V8 keeps and reads a file with one other character as two bytes for each.
  if (/[^\0-\x7f]/.test(code)) throw new Failure(`${name}.js is not ASCII`);
  return { code, map: await lineMap(map) };
}

/**
 * The entry of an adapter for `require`. polypool itself stays outside: it is the user's, too.
 *
 * @param {string} name
 */
export async function bundleAdapter(name) {
  await buildAlone({
    entryPoints: [`lib/adapters/${name}/index.ts`],
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
