// Owns the command `npm run bench`: a release build, a mongod, and then bench/run.ts.
// Must not know what is measured: arguments are handed on, and --uri is added where it is needed.

import { accessSync, constants, statfsSync } from 'node:fs';
import { startReplicaSet } from './mongod/replica-set.mjs';
import { run } from './process/command.mjs';
import { say, step } from './process/progress.mjs';
import { script } from './process/script.mjs';
import { workspace } from './process/watchdog.mjs';
import { setUp } from './setup.mjs';

/** With these, bench/run.ts needs no MongoDB of ours. */
const WITHOUT_MONGOD = ['--help', '--uri', '--rows'];

/** A file system in memory, where Linux has one. */
const MEMORY = '/dev/shm';
/** What servers and tasks may need of it, in bytes. */
const ROOM = 4 * 2 ** 30;

const LOADER = ['--import', '@oxc-node/core/register', '--expose-gc'];

await script(async signal => {
  const args = process.argv.slice(2);
  keepInMemory();
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

/** Has what servers and tasks write lie in memory, unless TMPDIR says where: no disk is compared here. */
function keepInMemory() {
  if (process.env['TMPDIR'] !== undefined || !hasRoom()) return;
  process.env['TMPDIR'] = MEMORY;
  // Nothing that children leave there outlives this process.
  process.env['TMPDIR'] = workspace();
  say(`temporary files are in ${MEMORY}`);
}

function hasRoom() {
  try {
    accessSync(MEMORY, constants.W_OK);
    const { bavail, bsize } = statfsSync(MEMORY);
    return bavail * bsize >= ROOM;
  } catch {
    return false;
  }
}
