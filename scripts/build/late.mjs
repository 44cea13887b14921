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
  'lib/operations/transaction.ts',
  'lib/operations/validate-collection.ts',
  'lib/operations/watch.ts',
  'lib/stats.ts',
  'lib/tenants.ts',
  'lib/transaction.ts',
  'lib/with-transaction.ts'
];

/** The entry that stands for all of them. */
export const LATE_ENTRY = 'late';
/** What `lib/index.ts` exports and is not late: it would lie in `index.js` otherwise, and not in `core.js`. */
const CORE = ['./pool', './connect', './database-name', './driver/names', './sanitize-filter'];

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
 * Makes files of CommonJS load late what does. Their lines stay, so that their source maps hold.
 *
 * `late.js` is a function of the exports of `core.js`: a second `core.js`, after a hot reload, is to have
 * a second `late.js`, whenever the first one comes to load its own.
 *
 * @param {{ index: string, core: string, late: string }} files
 * @param {readonly string[]} exported - the names that `late.js` exports
 */
export function loadLate({ index, core, late }, exported) {
  const used = [...new Set([index, core].flatMap(code => namesUsed(code, exported)))];
  const getters = used.map(name => `get ${name}() { return __loadLate().${name}; }`);
  const definition = [
    'var __loaded, __loadLate = () => __loaded ??= require("./late.js")(core_exports),',
    `__late = core_exports.__late = { ${getters.join(', ')} };`
  ];
  // A module that is not named above, but here because nothing else needs it, may need one that is.
  const inside = exportedDirectly(late, 'late')
    .replaceAll('require("./core.js")', 'core')
    .replaceAll('require("./late.js")', 'late_exports');
  return {
    index: withLate(index, 'var __late = require("./core.js").__late;'),
    core: withLate(exportedDirectly(core, 'core'), definition.join(' ')),
    late: `"use strict"; module.exports = core => { const module = {}; ${inside}\nreturn late_exports; };\n`
  };
}

/**
 * What a file uses of that. esbuild drops a name that two modules export, and says nothing.
 *
 * @param {string} code
 * @param {readonly string[]} exported
 */
function namesUsed(code, exported) {
  const names = Array.from(code.matchAll(USED), ([, name = '']) => name);
  const unknown = names.find(name => !exported.includes(name));
  if (unknown !== undefined) throw new Failure(`Two modules that load late export ${unknown}`);
  return names;
}

/**
 * Code that takes what loads late from `__late`, which it defines first.
 *
 * @param {string} code
 * @param {string} definition
 */
function withLate(code, definition) {
  let count = 0;
  return code.replace(REQUIRED, (line, name) => {
    count += 1;
    return `${count === 1 ? `${definition} ` : ''}var ${name} = __late;`;
  });
}

/**
 * Code without the copy of its exports that esbuild makes, whose getters V8 can't tell apart. The files use
 * each other's on hot paths.
 *
 * @param {string} code
 * @param {string} name
 */
function exportedDirectly(code, name) {
  const copied = `module.exports = __toCommonJS(${name}_exports);`;
  if (!code.includes(copied)) throw new Failure(`${name}.js exports in a way that is not known`);
  return code.replace(copied, `module.exports = ${name}_exports;`);
}
