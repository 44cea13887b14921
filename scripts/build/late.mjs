// Owns which modules of the package load late, when something of them is first used, and how: `import`s of
// them stay in the sources as any others are. Must not know what is in them.
//
// esbuild splits what `lib/index.ts` needs into `core.js` and, for the modules named here and what only
// they need, `late.js`. Where `core.js` would load `late.js` at its start, it gets an object with a getter
// for each name instead.

import { readdirSync } from 'node:fs';
import { dirname, join, relative, sep } from 'node:path';
import { ROOT } from '../process/paths.mjs';
import { Failure } from '../process/script.mjs';

/** Files and directories. None of their names may be used while another module is evaluated. */
const LATE = [
  'lib/admin.ts',
  'lib/bulk',
  'lib/change-stream.ts',
  'lib/cursor/aggregation-cursor.ts',
  'lib/cursor/change-stream-cursor.ts',
  'lib/cursor/json.ts',
  'lib/cursor/list-collections-cursor.ts',
  'lib/cursor/list-indexes-cursor.ts',
  'lib/cursor/list-search-indexes-cursor.ts',
  'lib/cursor/run-command-cursor.ts',
  'lib/cursor/stream.ts',
  'lib/gridfs',
  'lib/health/database.ts',
  'lib/health/health.ts',
  'lib/health/process.ts',
  'lib/health/replica-set.ts',
  'lib/health/status.ts',
  'lib/leaks/leak-watch.ts',
  'lib/operations/aggregate.ts',
  'lib/operations/bulk-write.ts',
  'lib/operations/client-bulk-write.ts',
  'lib/operations/coalesce.ts',
  'lib/operations/create-collection.ts',
  'lib/operations/distinct.ts',
  'lib/operations/drop.ts',
  'lib/operations/indexes.ts',
  'lib/operations/insert-many.ts',
  'lib/operations/list-collections.ts',
  'lib/operations/list-databases.ts',
  'lib/operations/profiling-level.ts',
  'lib/operations/remove-user.ts',
  'lib/operations/rename.ts',
  'lib/operations/search-indexes.ts',
  'lib/operations/stats.ts',
  'lib/operations/validate-collection.ts',
  'lib/operations/watch.ts',
  'lib/stats.ts',
  'lib/tenants.ts',
  'lib/with-transaction.ts'
];

/** The entry that stands for all of them. */
export const LATE_ENTRY = 'late';
/** What `lib/index.ts` exports, or else code of its own would lie in `index.js`, and not in `core.js`. */
const CORE = [
  './pool',
  './connect',
  './database-name',
  './driver/names',
  './sanitize-filter',
  './session'
];

/** Splits them off. @type {import('esbuild').Plugin} */
export const splitLate = {
  name: 'split late modules off',
  setup({ onLoad, onResolve }) {
    onResolve({ filter: new RegExp(`^${LATE_ENTRY}$`) }, ({ path }) => {
      return { path, namespace: LATE_ENTRY };
    });
    onLoad({ filter: /.*/, namespace: LATE_ENTRY }, () => ({
      contents: [
        ...lateModules().map(path => `export * from ${JSON.stringify(path)};`),
        ...CORE.map(path => `import ${JSON.stringify(path)};`)
      ].join('\n'),
      resolveDir: join(ROOT, 'lib')
    }));
    onResolve({ filter: /^\./ }, ({ path, importer, kind }) => {
      if (kind !== 'import-statement' || importer === LATE_ENTRY || isLate(importer)) return;
      const imported = `${join(dirname(importer), path)}.ts`;
      return isLate(imported) ? { path: './late.js', external: true } : undefined;
    });
  }
};

/** @returns {string[]} paths */
function lateModules() {
  return LATE.flatMap(name => {
    const path = join(ROOT, name);
    return name.endsWith('.ts') ? [path] : readdirSync(path).map(file => join(path, file));
  });
}

/** @param {string} path */
function isLate(path) {
  const name = relative(ROOT, path).split(sep).join('/');
  return LATE.some(late => name === late || name.startsWith(`${late}/`));
}

/** How a file that was made CommonJS loads what loads late, and what it uses of that. */
const REQUIRED = /^var (\w+) = require\("\.\/late\.js"\);$/gm;
const USED = /\bimport_late\d*\.(\w+)/g;

/**
 * Each file of CommonJS with its lines as they are, so that its source map holds.
 *
 * `late.js` is a function of the exports of `core.js`: a second `core.js`, after a hot reload, is to have
 * a second `late.js`, whenever the first one comes to load its own.
 *
 * @type {Record<'index' | 'core' | 'late', (code: string, names: readonly string[]) => string>} the names
 *   are those that `late.js` exports
 */
export const loadLate = {
  index: (code, names) => withLate(code, names, 'var __late = require("./core.js").__late;'),
  core: (code, names) => {
    const load = '(__loaded ??= require("./late.js")(module.exports))';
    const define = `Object.defineProperty(__late, name, { get: () => ${load}[name] });`;
    const loop = `for (const name of ${JSON.stringify(names)}) ${define}`;
    return withLate(code, names, `var __loaded, __late = module.exports.__late = {}; ${loop}`);
  },
  late: code => {
    // A module that is not named above, but here because nothing else needs it, may need one that is.
    const inside = code
      .replaceAll('require("./core.js")', 'core')
      .replaceAll('require("./late.js")', 'module.exports');
    return `"use strict"; module.exports = core => { const module = {}; ${inside}\nreturn module.exports; };\n`;
  }
};

/**
 * Code that takes what loads late from `__late`, which it defines first.
 *
 * @param {string} code
 * @param {readonly string[]} names
 * @param {string} definition
 */
function withLate(code, names, definition) {
  requireNames(code, names);
  let count = 0;
  return code.replace(REQUIRED, (line, name) => {
    count += 1;
    return `${count === 1 ? `${definition} ` : ''}var ${name} = __late;`;
  });
}

/**
 * esbuild drops a name that two modules export, and says nothing.
 *
 * @param {string} code
 * @param {readonly string[]} names
 */
function requireNames(code, names) {
  for (const [, name = ''] of code.matchAll(USED)) {
    if (!names.includes(name)) throw new Failure(`Two modules that load late export ${name}`);
  }
}
