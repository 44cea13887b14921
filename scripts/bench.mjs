// Owns the command `npm run bench`: a release build, a mongod, and then bench/run.ts.
// Must not know what is measured: arguments are handed on, and --uri is added where it is needed.

import { startReplicaSet } from './mongod/replica-set.mjs';
import { run } from './process/command.mjs';
import { step } from './process/progress.mjs';
import { script } from './process/script.mjs';
import { setUp } from './setup.mjs';

/** With these, bench/run.ts needs no MongoDB of ours. */
const WITHOUT_MONGOD = ['--help', '--uri', '--rows'];

const LOADER = ['--import', '@oxc-node/core/register', '--expose-gc'];

await script(async signal => {
  const args = process.argv.slice(2);
  await setUp({ profile: 'release', signal });
  const bench = [...LOADER, 'bench/run.ts', ...args];
  if (args.some(arg => WITHOUT_MONGOD.includes(arg.split('=')[0] ?? ''))) {
    await run(process.execPath, bench, { signal });
    return;
  }
  const set = await step('starting mongod', () => startReplicaSet({ signal }));
  try {
    await run(process.execPath, [...bench, '--uri', set.uri], { signal });
  } finally {
    await set.stop();
  }
});
