// Owns the command `npm run fuzz`: a build, and then fuzz/run.ts each way.
// Must not know what is compared: arguments are handed on.

import { run } from './process/command.mjs';
import { script } from './process/script.mjs';
import { setUp } from './setup.mjs';

await script(async signal => {
  await setUp({ profile: 'quick', signal });
  for (const way of ['decode', 'encode']) {
    const fuzz = ['--import', '@oxc-node/core/register', 'fuzz/run.ts', way];
    await run(process.execPath, [...fuzz, ...process.argv.slice(2)], { signal });
  }
});
