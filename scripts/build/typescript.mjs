// Owns the JavaScript and the types of the package: for each entry its dist/*.js, dist/*.mjs, *.d.ts and
// *.d.mts, all made from lib/; and dist/lib/, its modules one by one, for tests. Must not know how the
// native core is made, only that index.js loads it.

import {
  copyFileSync,
  existsSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  rmSync,
  writeFileSync
} from 'node:fs';
import { join } from 'node:path';
import { run, runNode } from '../process/command.mjs';
import { ROOT, TOOLS } from '../process/paths.mjs';
import { step } from '../process/progress.mjs';
import { Failure } from '../process/script.mjs';
import { bundleAdapter, bundleCommonJS, bundleModule } from './bundle.mjs';
import { format } from './format.mjs';
import { CACHE, Stamp } from './stamp.mjs';

/** The public types: generated, and committed so that a change of the API is seen. */
export const PUBLIC_TYPES = ['index', 'mongoose', 'polymongo', 'tenants'].flatMap(name => [
  `${name}.d.ts`,
  `${name}.d.mts`
]);

const HEADER = '// Generated from lib/ by `npm run build`. Do not edit: change lib/ and build.\n\n';

/**
 * The adapters: each is an entry of its name, and exports these. One that `isClass` is a class, by
 * `export =`, and these are names of it.
 *
 * @typedef {{ name: string, exports: string[], isClass?: boolean }} Adapter
 */
/** @type {Adapter[]} */
const ADAPTERS = [
  { name: 'mongoose', exports: ['install', 'toJSONBytes', 'wrapModel'] },
  { name: 'polymongo', exports: ['PolyMongo', 'PolyMongoWrapper'], isClass: true },
  { name: 'tenants', exports: ['tenantHook', 'tenantMiddleware', 'tenantRoute'] }
];

const OUTPUTS = [
  ...['index', ...ADAPTERS.map(({ name }) => name)].flatMap(name => [
    `dist/${name}.js`,
    `dist/${name}.mjs`
  ]),
  ...PUBLIC_TYPES
];

const stamp = new Stamp('typescript', ['lib', 'tsconfig.json', 'package-lock.json']);

/** Whether all outputs exist and were made from the sources as they are. */
export function typeScriptIsFresh() {
  return stamp.freshVariant() === 'built' && OUTPUTS.every(path => existsSync(join(ROOT, path)));
}

/** @param {{ signal?: AbortSignal }} options */
export async function buildTypeScript({ signal }) {
  const built = stamp.begin('built');
  await step('compiling the JavaScript', async () => {
    removeOldOutput();
    await runNode(TOOLS.tsc, ['-p', 'tsconfig.json'], { signal });
    await bundleCommonJS();
    for (const { name } of ADAPTERS) await bundleAdapter(name);
    await writeModuleEntry(signal);
    ADAPTERS.forEach(writeAdapterEntry);
  });
  await step('rolling up the types', async () => {
    await writePublicTypes(signal);
    for (const adapter of ADAPTERS) await writeAdapterTypes(adapter, signal);
  });
  built();
}

/** What was compiled from a file that is gone must not be published. */
function removeOldOutput() {
  const dist = join(ROOT, 'dist');
  if (!existsSync(dist)) return;
  for (const name of readdirSync(dist)) {
    if (!name.endsWith('.node')) rmSync(join(dist, name), { recursive: true });
  }
}

/**
 * Writes the entry for `import`. It re-exports the CommonJS instance, so that both kinds of importers
 * share one pool, under the names which that instance really has. What is a getter there, for it loads
 * a part of polypool or of the driver, is a stand-in here: reading it now would load it now.
 *
 * @param {AbortSignal} [signal]
 */
async function writeModuleEntry(signal) {
  const print = `
    const { eachDriverClass } = require('./dist/lib/driver/classes.js');
    const polypool = require('./dist/index.js');
    const names = Object.keys(polypool);
    const { __late, __more } = require('./dist/core.js').exports();
    const classes = [];
    eachDriverClass(name => classes.push(name));
    const isLate = name => classes.includes(name) || name in __late || name in __more;
    const values = names.filter(name => isLate(name) && typeof polypool[name] !== 'function');
    if (values.length > 0) throw new Error('Only classes and functions may load late: ' + values);
    console.log(JSON.stringify(names.map(name => [name, isLate(name)])));`;
  const printed = await run(process.execPath, ['-e', print], { signal, output: 'capture' });
  /** @type {[name: string, isLate: boolean][]} */
  const names = JSON.parse(printed);
  const lines = names
    .filter(([name]) => name !== 'default')
    .map(([name, isLate]) => {
      const value = isLate ? `standIn(() => polypool.${name})` : `polypool.${name}`;
      return `export const ${name} = ${value};`;
    });
  const content = [
    "import polypool from './index.js';",
    "import { standIn } from './driver/stand-in';",
    '',
    ...lines,
    // As Node.js does for the driver, whose entry is CommonJS: `import mongodb from 'mongodb'`.
    'export default polypool;',
    ''
  ];
  await bundleModule(content.join('\n'));
}

/**
 * Writes an adapter's entry for `import`: the CommonJS instance, as the main entry's is.
 *
 * @param {Adapter} adapter
 */
function writeAdapterEntry({ name, exports }) {
  const lines = exports.map(one => `export const ${one} = adapter.${one};`);
  const content = [
    `import adapter from './${name}.js';`,
    '',
    ...lines,
    'export default adapter;',
    ''
  ];
  writeFileSync(join(ROOT, 'dist', `${name}.mjs`), content.join('\n'));
}

/**
 * Has the types of one entry in one file. Every package stays an import, so that the types of mongodb
 * and bson are the user's own.
 *
 * @param {string} source
 * @param {string} target
 * @param {AbortSignal} [signal]
 * @param {string} [project]
 */
async function bundleTypes(source, target, signal, project = 'tsconfig.json') {
  const args = ['--project', project, '--out-file', target, '--no-banner'];
  args.push('--export-referenced-types=false', '--silent', '--', source);
  await runNode(TOOLS.dtsBundleGenerator, args, { signal });
}

/**
 * A project in which the main entry's types are a package's, so that an adapter's import them: as a copy they
 * would declare classes that are not the main entry's. Of a package the roll-up tells by its directory.
 *
 * @returns {string} its file
 */
function adapterProject() {
  const folder = join(CACHE, 'types');
  const library = join(folder, 'node_modules', 'polypool');
  mkdirSync(library, { recursive: true });
  const types = join(library, 'index.d.ts');
  copyFileSync(join(ROOT, 'index.d.ts'), types);
  const project = {
    extends: join(ROOT, 'tsconfig.json'),
    compilerOptions: { paths: { polypool: [types] } },
    include: [join(ROOT, 'lib')]
  };
  const file = join(folder, 'tsconfig.json');
  writeFileSync(file, JSON.stringify(project));
  return file;
}

/** @param {Adapter} adapter @param {AbortSignal} [signal] */
async function writeAdapterTypes({ name, exports, isClass }, signal) {
  const [file, module] = [`${name}.d.ts`, `${name}.d.mts`];
  await bundleTypes(`lib/adapters/${name}/index.ts`, file, signal, adapterProject());
  const types = join(ROOT, file);
  writeFileSync(types, HEADER + readFileSync(types, 'utf8'));
  const names = exports.map(one => `export { adapter as ${one} };`);
  const entry = [
    `import ${isClass ? '' : '* as '}adapter from './${name}.js';`,
    '',
    ...(isClass ? names : [`export * from './${name}.js';`]),
    'export default adapter;',
    ''
  ];
  writeFileSync(join(ROOT, module), HEADER + entry.join('\n'));
  await format([file, module], { signal });
}

/** @param {AbortSignal} [signal] */
async function writePublicTypes(signal) {
  await bundleTypes('lib/index.ts', 'index.d.ts', signal);
  const types = join(ROOT, 'index.d.ts');
  writeFileSync(types, HEADER + withDriverValues(readFileSync(types, 'utf8')));
  // One declaration for both kinds of importers: two would make classes that are not each other's.
  const entry = [
    "import * as polypool from './index.js';",
    '',
    "export * from './index.js';",
    'export default polypool;',
    ''
  ];
  writeFileSync(join(ROOT, 'index.d.mts'), HEADER + entry.join('\n'));
  await format(['index.d.ts', 'index.d.mts'], { signal });
}

/**
 * lib/index.ts may export the driver's types only, or the compiler would have it load the driver. Users
 * get the values as well: lib/driver adds them to the module when it runs.
 *
 * @param {string} types
 */
function withDriverValues(types) {
  const [line] = /^export type \* from ["']mongodb["'];$/m.exec(types) ?? [];
  if (line === undefined) throw new Failure('The public types do not re-export those of mongodb');
  return types.replace(line, line.replace(' type', ''));
}
