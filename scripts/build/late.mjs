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
 * evaluated, and what the package exports of them must be classes and functions.
 *
 * `more`: what a process needs for little else than its first document, and mostly soon.
 *
 * `late`: what many processes never need.
 */
const PARTS = {
  more: [
    'lib/bridge/kept-batch.ts',
    'lib/bson/encode.ts',
    'lib/bson/generate-writer.ts',
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
    'lib/cursor/server-cursor.ts',
    'lib/cursor/timeout-mode.ts',
    'lib/database-name.ts',
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
    'lib/namespace.ts',
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
    'lib/presence.ts',
    'lib/sanitize-filter.ts',
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
    'lib/change-streams/deployment.ts',
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
const CORE = ['./pool', './connect', './cursor/flags', './driver/names'];

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
  let core = withIndex(files.core, files.index);
  core = withLate(core, { name: 'bson', load: 'require("bson")', specifier: 'bson' });
  for (const part of PART_NAMES) {
    for (const code of Object.values(files)) checkNames(code, part, exported[part]);
    const load = `require("./${part}.js")(__core())`;
    core = withLate(core, { name: part, load, specifier: `./${part}.js` });
  }
  const parts = PART_NAMES.map(part => [part, withCore(files[part], part)]);
  return { core, ...Object.fromEntries(parts) };
}

/**
 * The code of `core.js`, which has two functions: `exports` gives what parts need of it, which most processes do
 * without until they have a document; and `open` makes the exports of `index.js`, given its module and `link.js`,
 * which `core.js` may not have in it.
 *
 * @param {string} core
 * @param {string} index
 */
function withIndex(core, index) {
  const own = exportsIn(core, 'core');
  const users = exportsIn(index, 'index');
  for (const [name, value] of users.values) {
    const [, imported] = /^import_core\d*\.(\w+)$/.exec(value) ?? [];
    if (imported === undefined) continue;
    const itself = own.values.get(imported);
    if (itself === undefined) throw new Failure(`core.js does not export ${imported}`);
    users.values.set(name, itself);
  }
  for (const name of ['bson', ...PART_NAMES]) own.values.set(`__${name}`, late(name));
  const code = own.code.replace(' = require("./link.js");', ' = void 0;');
  return [
    `${code}var __exports, __core = () => __exports ??= ${objectOf(own.values)};\n`,
    'module.exports = { exports: __core, open(module, link) { import_link = link; ',
    `module.exports = ${objectOf(users.values)}; addDriverNames(module.exports); `,
    '__defProp(module.exports, "__esModule", { value: true }); } };\n'
  ].join('');
}

/**
 * A part's code. A module that is not named above, but in it because nothing else needs it, may need one that is.
 *
 * @param {string} code
 * @param {Part} part
 */
function withCore(code, part) {
  const own = exportsIn(code, part);
  let inside = own.code.replaceAll('require("./core.js")', 'core');
  for (const other of PART_NAMES) {
    const its = other === part ? `${part}_exports.` : `core.__${other}.`;
    inside = inside.replaceAll(`require("./${other}.js")`, 'void 0').replaceAll(usesOf(other), its);
  }
  const exports = `const ${part}_exports = ${objectOf(own.values)};`;
  return `"use strict"; module.exports = core => { ${inside}${exports}\nreturn ${part}_exports; };\n`;
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
  return code
    .replaceAll(`= require("${specifier}");`, '= void 0;')
    .replaceAll(usesOf(name), `${late(name)}.`)
    .replace(first, `var __${name}, __load_${name} = () => __${name} = ${load}; ${first}`);
}

/** What loads late, in `core.js`. @param {string} name */
function late(name) {
  return `(__${name} ?? __load_${name}())`;
}

/**
 * What a file exports: the value of each name, as code, and the file without the exports that esbuild makes. Those
 * are getters, a function each, twice; V8 takes 2 us for a function that is never called.
 *
 * @param {string} code
 * @param {string} name
 */
function exportsIn(code, name) {
  const made = new RegExp(
    `^var ${name}_exports = {};\\n__export\\(${name}_exports, {\\n([^}]*)\\n}\\);\\n` +
      `module\\.exports = __toCommonJS\\(${name}_exports\\);\\n`,
    'm'
  );
  const [all, list = ''] = made.exec(code) ?? [];
  if (all === undefined) throw new Failure(`${name}.js exports in a way that is not known`);
  const values = new Map();
  for (const [, key, value] of list.matchAll(/^ *(\w+): \(\) => (.+?),?$/gm)) {
    values.set(key, value);
  }
  return { code: code.replace(all, all.replace(/.+/g, '')), values };
}

/**
 * An object of exports. What loads late is there by a getter, and everything else as it is: exports don't change.
 *
 * @param {Map<string, string>} values
 */
function objectOf(values) {
  const properties = Array.from(values, ([name, value]) => {
    if (!/^\w+$/.test(value)) return `get ${name}() { return ${value}; }`;
    return name === value ? name : `${name}: ${value}`;
  });
  return `{ ${properties.join(', ')} }`;
}
