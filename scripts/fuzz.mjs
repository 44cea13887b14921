// Owns the command `npm run fuzz`: a build, and then fuzz/decode.ts and fuzz/encode.ts.
// Must not know what is compared: arguments are handed on.

import { run } from './process/command.mjs';
import { script } from './process/script.mjs';
import { setUp } from './setup.mjs';

await script(async signal => {
  await setUp({ profile: 'quick', signal });
  for (const program of ['fuzz/decode.ts', 'fuzz/encode.ts']) {
    const fuzz = ['--import', '@oxc-node/core/register', program, ...process.argv.slice(2)];
    await run(process.execPath, fuzz, { signal });
  }
});
