// Owns which modules of the package load late, when something of them is first used, and how: `import`s of
// them stay in the sources as any others are. Must not know what is in them.
//
// esbuild splits what `lib/index.ts` needs into `core.js` and a file for each part named here, with what only
// that part needs. Where another file would load a part at its start, it gets an object with a getter for each
// name instead; and so `core.js` for `bson`.

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
  let { index } = files;
  let core = withLibrary(exportedDirectly(files.core, 'core'));
  for (const part of PART_NAMES) {
    const used = new Set(
      Object.values(files).flatMap(code => namesUsed(code, part, exported[part]))
    );
    const load = `require("./${part}.js")(core_exports)`;
    index = withGetters(index, part, `require("./core.js").__${part}`);
    core = withGetters(core, part, `core_exports.__${part} = ${gettersOf(used, load)}`);
  }
  return {
    index,
    core,
    ...Object.fromEntries(PART_NAMES.map(part => [part, partOfCore(files[part], part)]))
  };
}

/**
 * A part's code. A module that is not named above, but in it because nothing else needs it, may need one that is.
 *
 * @param {string} code
 * @param {Part} part
 */
function partOfCore(code, part) {
  let inside = exportedDirectly(code, part).replaceAll('require("./core.js")', 'core');
  for (const other of PART_NAMES) {
    const its = other === part ? `${part}_exports` : `core.__${other}`;
    inside = inside.replaceAll(`require("./${other}.js")`, its);
  }
  return `"use strict"; module.exports = core => { const module = {}; ${inside}\nreturn ${part}_exports; };\n`;
}

/**
 * What a file uses of a part. esbuild drops a name that two modules export, and says nothing.
 *
 * @param {string} code
 * @param {string} part
 * @param {readonly string[]} [exported]
 */
function namesUsed(code, part, exported) {
  const uses = code.matchAll(new RegExp(`\\bimport_${part}\\d*\\.(\\w+)`, 'g'));
  const names = Array.from(uses, ([, name = '']) => name);
  const unknown = names.find(name => exported?.includes(name) === false);
  if (unknown !== undefined) throw new Failure(`Two modules of ${part} export ${unknown}`);
  return names;
}

/** Code that has bson loaded by the first use of it. @param {string} code */
function withLibrary(code) {
  return withGetters(code, 'bson', gettersOf(namesUsed(code, 'bson'), 'require("bson")'), 'bson');
}

/**
 * An object that loads something when it is asked for the first of its names.
 *
 * @param {Iterable<string>} names
 * @param {string} load
 */
function gettersOf(names, load) {
  const getters = Array.from(new Set(names), name => `get ${name}() { return its().${name}; }`);
  return `((loaded, its = () => loaded ??= ${load}) => ({ ${getters.join(', ')} }))()`;
}

/**
 * Code that has an object instead of what it would load.
 *
 * @param {string} code
 * @param {string} name
 * @param {string} object
 * @param {string} [specifier]
 */
function withGetters(code, name, object, specifier = `./${name}.js`) {
  let count = 0;
  const required = new RegExp(
    `^var (\\w+) = require\\("${specifier.replaceAll('.', '\\.')}"\\);$`,
    'gm'
  );
  return code.replace(required, (line, variable) => {
    count += 1;
    return `${count === 1 ? `var __${name} = ${object}; ` : ''}var ${variable} = __${name};`;
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
