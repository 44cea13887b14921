// Owns the JavaScript and the types of the package: dist/*.js, dist/index.mjs, index.d.ts and
// index.d.mts, all made from lib/. Must not know how the native core is made, only that index.js
// loads it.

import { existsSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { run, runNode } from '../process/command.mjs';
import { ROOT, TOOLS } from '../process/paths.mjs';
import { step } from '../process/progress.mjs';
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
 * share one pool, under the names which that instance really has.
 *
 * @param {AbortSignal} [signal]
 */
async function writeModuleEntry(signal) {
  const print = 'console.log(Object.keys(require("./dist/index.js")).join("\\n"))';
  const keys = await run(process.execPath, ['-e', print], { signal, output: 'capture' });
  const names = keys.split('\n').filter(name => name !== '' && name !== 'default');
  const lines = names.map(name => `export const ${name} = polypool.${name};`);
  const content = `import polypool from './index.js';\n\n${lines.join('\n')}\n`;
  writeFileSync(join(ROOT, 'dist', 'index.mjs'), content);
}

/** @param {AbortSignal} [signal] */
async function writePublicTypes(signal) {
  const args = ['--project', 'tsconfig.json', '--out-file', 'index.d.ts', '--no-banner'];
  // Every package stays an import, so that the types of mongodb and bson are the user's own.
  args.push('--export-referenced-types=false', '--silent', '--', 'lib/index.ts');
  await runNode(TOOLS.dtsBundleGenerator, args, { signal });
  const types = join(ROOT, 'index.d.ts');
  writeFileSync(types, HEADER + readFileSync(types, 'utf8'));
  // One declaration for both kinds of importers: two would make classes that are not each other's.
  writeFileSync(join(ROOT, 'index.d.mts'), `${HEADER}export * from './index.js';\n`);
  await format(PUBLIC_TYPES, { signal });
}
