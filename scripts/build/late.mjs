// Owns which modules of the package load late, when something of them is first used, and how: `import`s of
// them stay in the sources as any others are. Must not know what is in them.
//
// esbuild splits what `lib/index.ts` needs into `core.js` and a file for each part named here, with what only
// that part needs. Where another file would load a part at its start, it loads it at the first use of one of its
// names instead; and so `core.js` does `bson`.

import { readdirSync } from 'node:fs';
import { dirname, join, relative, sep } from 'node:path';
import { ROOT } from '../process/paths.mjs';
import { Failure } from '../process/script.mjs';

/**
 * The parts, of files and directories. None of their names may be used while a module that is in none is
 * evaluated, and what the package exports of them must be classes.
 *
 * `more`: what a process needs for little else than its first document, and mostly soon.
 *
 * `late`: what many processes never need.
 */
const PARTS = {
  more: [
    'lib/bridge/kept-batch.ts',
    'lib/bson/encode.ts',
    'lib/bson/kept-text.ts',
    'lib/bson/kept.ts',
    'lib/cluster-time.ts',
    'lib/connecting.ts',
    'lib/cursor/abstract-cursor.ts',
    'lib/cursor/batches.ts',
    'lib/cursor/buffer.ts',
    'lib/cursor/explainable-cursor.ts',
    'lib/cursor/find-cursor.ts',
    'lib/cursor/read-ahead.ts',
    'lib/cursor/timeout-mode.ts',
    'lib/description.ts',
    'lib/emitter.ts',
    'lib/error.ts',
    'lib/events/classes.ts',
    'lib/events/command.ts',
    'lib/events/connection.ts',
    'lib/events/deployment.ts',
    'lib/events/event.ts',
    'lib/events/selection.ts',
    'lib/explain.ts',
    'lib/health/checks.ts',
    'lib/logs/logger.ts',
    'lib/logs/redact.ts',
    'lib/operations/count.ts',
    'lib/operations/delete.ts',
    'lib/operations/document-id.ts',
    'lib/operations/find-and-modify.ts',
    'lib/operations/hint.ts',
    'lib/operations/insert.ts',
    'lib/operations/json.ts',
    'lib/operations/raw-document.ts',
    'lib/operations/run-command.ts',
    'lib/operations/session.ts',
    'lib/operations/update.ts',
    'lib/operations/write-errors.ts',
    'lib/server-session.ts',
    'lib/session.ts',
    'lib/shutdown/http2-requests.ts',
    'lib/shutdown/requests.ts',
    'lib/shutdown/signals.ts',
    'lib/sort.ts',
    'lib/topology.ts'
  ],
  late: [
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
    'lib/operations/coalescing-counts.ts',
    'lib/operations/create-collection.ts',
    'lib/operations/distinct.ts',
    'lib/operations/drop.ts',
    'lib/operations/indexes.ts',
    'lib/operations/insert-many.ts',
    'lib/operations/list-collections.ts',
    'lib/operations/list-databases.ts',
    'lib/operations/point-read.ts',
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
  ]
};

/** @typedef {keyof typeof PARTS} Part */
export const PART_NAMES = /** @type {Part[]} */ (Object.keys(PARTS));

/** What `lib/index.ts` exports and is in no part: it would lie in `index.js` otherwise, and not in `core.js`. */
const CORE = [
  './pool',
  './connect',
  './cursor/flags',
  './database-name',
  './driver/names',
  './sanitize-filter'
];

/** Splits them off; the entry of a part has its name. @type {import('esbuild').Plugin} */
export const splitLate = {
  name: 'split late modules off',
  setup({ onLoad, onResolve }) {
    onResolve({ filter: new RegExp(`^(${PART_NAMES.join('|')})$`) }, ({ path }) => {
      return { path, namespace: 'part' };
    });
    onLoad({ filter: /.*/, namespace: 'part' }, ({ path }) => ({
      contents: [
        ...modulesOf(/** @type {Part} */ (path)).map(
          file => `export * from ${JSON.stringify(file)};`
        ),
        ...CORE.map(file => `import ${JSON.stringify(file)};`)
      ].join('\n'),
      resolveDir: join(ROOT, 'lib')
    }));
    onResolve({ filter: /^\./ }, ({ path, importer, kind, namespace }) => {
      if (kind !== 'import-statement' || namespace === 'part') return;
      const part = partOf(`${join(dirname(importer), path)}.ts`);
      if (part === undefined || part === partOf(importer)) return;
      return { path: `./${part}.js`, external: true };
    });
  }
};

/** @param {Part} part @returns {string[]} paths */
function modulesOf(part) {
  return PARTS[part].flatMap(name => {
    const path = join(ROOT, name);
    return name.endsWith('.ts') ? [path] : readdirSync(path).map(file => join(path, file));
  });
}

/** @param {string} path @returns {Part | undefined} */
function partOf(path) {
  const name = relative(ROOT, path).split(sep).join('/');
  return PART_NAMES.find(part =>
    PARTS[part].some(listed => name === listed || name.startsWith(`${listed}/`))
  );
}

/**
 * Makes files of CommonJS load late what does. Their lines stay, so that their source maps hold.
 *
 * A part's file is a function of the exports of `core.js`: a second `core.js`, after a hot reload, is to have
 * a second one of it, whenever the first one comes to load its own.
 *
 * @param {Record<'index' | 'core' | Part, string>} files
 * @param {Record<Part, readonly string[]>} exported - the names that each part exports
 * @returns {Record<string, string>}
 */
export function loadLate(files, exported) {
  let core = withIndex(exportedDirectly(files.core, 'core'), files.index);
  core = withLate(core, { name: 'bson', load: 'require("bson")', specifier: 'bson' });
  for (const part of PART_NAMES) {
    for (const code of Object.values(files)) checkNames(code, part, exported[part]);
    const load = `require("./${part}.js")(core_exports)`;
    core = withLate(core, { name: part, load, specifier: `./${part}.js` });
  }
  const parts = PART_NAMES.map(part => [part, withCore(files[part], part)]);
  return { core, ...Object.fromEntries(parts) };
}

/**
 * The code of `core.js` with that of `index.js` behind it, as a function that is given `index.js`, to export
 * from, and what is in it, which `core.js` may not have.
 *
 * @param {string} core
 * @param {string} index
 */
function withIndex(core, index) {
  const code = exportedDirectly(index, 'index').replace('require("./core.js")', 'core_exports');
  return [
    core.replace(' = require("./link.js");', ' = void 0;'),
    `core_exports.__open = (module, link) => { import_link = link; ${code}`,
    '__defProp(index_exports, "__esModule", { value: true }); };\n'
  ].join('');
}

/**
 * A part's code. A module that is not named above, but in it because nothing else needs it, may need one that is.
 *
 * @param {string} code
 * @param {Part} part
 */
function withCore(code, part) {
  let inside = exportedDirectly(code, part).replaceAll('require("./core.js")', 'core');
  for (const other of PART_NAMES) {
    const its = other === part ? `${part}_exports.` : `core.__${other}.`;
    inside = inside.replaceAll(`require("./${other}.js")`, 'void 0').replaceAll(usesOf(other), its);
  }
  return `"use strict"; module.exports = core => { const module = {}; ${inside}\nreturn ${part}_exports; };\n`;
}

/** Where a file uses something of a part, up to the name. @param {string} name */
function usesOf(name) {
  return new RegExp(`\\bimport_${name}\\d*\\.`, 'g');
}

/**
 * esbuild drops a name that two modules export, and says nothing.
 *
 * @param {string} code
 * @param {Part} part
 * @param {readonly string[]} exported
 */
function checkNames(code, part, exported) {
  for (const use of code.matchAll(new RegExp(`${usesOf(part).source}(\\w+)`, 'g'))) {
    const [, name = ''] = use;
    if (!exported.includes(name)) throw new Failure(`Two modules of ${part} export ${name}`);
  }
}

/**
 * The code of `core.js`, which loads something where it first uses it. Parts find it in the exports.
 *
 * A comparison at each use costs hot paths less than an object whose getters load: V8 compiles it in place.
 *
 * @param {string} code
 * @param {{ name: string, load: string, specifier: string }} late
 */
function withLate(code, { name, load, specifier }) {
  const [first] = code.match(new RegExp(`^var import_${name}\\d* = `, 'm')) ?? [];
  if (first === undefined) throw new Failure(`core.js does not load ${name}`);
  const definition = [
    `var __${name}, __load_${name} = () => __${name} = ${load};`,
    `__defProp(core_exports, "__${name}", { get: () => __${name} ?? __load_${name}() });`
  ].join(' ');
  return code
    .replaceAll(`= require("${specifier}");`, '= void 0;')
    .replaceAll(usesOf(name), `(__${name} ?? __load_${name}()).`)
    .replace(first, `${definition} ${first}`);
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
