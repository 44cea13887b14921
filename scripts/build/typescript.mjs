// Owns the JavaScript and the types of the package: dist/index.js, dist/index.mjs, index.d.ts and
// index.d.mts, all made from lib/; and dist/lib/, its modules one by one, for tests. Must not know how the native core is made, only that index.js
// loads it.

import { existsSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { run, runNode } from '../process/command.mjs';
import { ROOT, TOOLS } from '../process/paths.mjs';
import { step } from '../process/progress.mjs';
import { Failure } from '../process/script.mjs';
import { bundleCommonJS, bundleModule } from './bundle.mjs';
import { format } from './format.mjs';
import { Stamp } from './stamp.mjs';

/** The public types: generated, and committed so that a change of the API is seen. */
export const PUBLIC_TYPES = ['index.d.ts', 'index.d.mts'];

const HEADER = '// Generated from lib/ by `npm run build`. Do not edit: change lib/ and build.\n\n';

const OUTPUTS = ['dist/index.js', 'dist/index.mjs', ...PUBLIC_TYPES];

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
    await writeModuleEntry(signal);
  });
  await step('rolling up the types', () => writePublicTypes(signal));
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
 * a part of the driver, is a stand-in here: reading it now would load it now.
 *
 * @param {AbortSignal} [signal]
 */
async function writeModuleEntry(signal) {
  const print = `
    const { DRIVER_CLASSES } = require('./dist/lib/driver/classes.js');
    const names = Object.keys(require('./dist/index.js'));
    console.log(JSON.stringify(names.map(name => [name, DRIVER_CLASSES.has(name)])));`;
  const printed = await run(process.execPath, ['-e', print], { signal, output: 'capture' });
  /** @type {[name: string, isDrivers: boolean][]} */
  const names = JSON.parse(printed);
  const lines = names
    .filter(([name]) => name !== 'default')
    .map(([name, isDrivers]) => {
      const value = isDrivers ? `standIn(() => polypool.${name})` : `polypool.${name}`;
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

/** @param {AbortSignal} [signal] */
async function writePublicTypes(signal) {
  const args = ['--project', 'tsconfig.json', '--out-file', 'index.d.ts', '--no-banner'];
  // Every package stays an import, so that the types of mongodb and bson are the user's own.
  args.push('--export-referenced-types=false', '--silent', '--', 'lib/index.ts');
  await runNode(TOOLS.dtsBundleGenerator, args, { signal });
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
  await format(PUBLIC_TYPES, { signal });
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
