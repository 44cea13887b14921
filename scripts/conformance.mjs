// Owns the command `npm run conformance`: a build, a mongod, and then conformance/run.ts.
// Must not know what is run: arguments are handed on, and --uri is added where it is missing.

import { startReplicaSet } from './mongod/replica-set.mjs';
import { run } from './process/command.mjs';
import { step } from './process/progress.mjs';
import { Failure, script } from './process/script.mjs';
import { setUp } from './setup.mjs';

const LOADER = ['--import', '@oxc-node/core/register'];

await script(async signal => {
  const { nodes, rest } = takeNodes(process.argv.slice(2));
  await setUp({ profile: 'quick', signal });
  const conformance = [...LOADER, 'conformance/run.ts', ...rest];
  if (rest.some(arg => /^(--help|-h|--uri(=.*)?)$/.test(arg))) {
    await run(process.execPath, conformance, { signal });
    return;
  }
  const set = await step('starting mongod', () => startReplicaSet({ nodes, signal }));
  try {
    await run(process.execPath, [...conformance, '--uri', set.uri], { signal });
  } finally {
    await set.stop();
  }
});

/**
 * The number of nodes, and the arguments without it.
 *
 * @param {readonly string[]} args
 */
function takeNodes(args) {
  const rest = [...args];
  const index = rest.findIndex(arg => arg === '--nodes' || arg.startsWith('--nodes='));
  if (index === -1) return { nodes: 1, rest };
  const [option = '', value] = rest[index]?.split('=') ?? [];
  const text = value ?? rest[index + 1];
  rest.splice(index, value === undefined ? 2 : 1);
  const nodes = Number(text);
  if (nodes !== 1 && nodes !== 3) throw new Failure(`${option} must be 1 or 3, not "${text}"`);
  return { nodes, rest };
}
