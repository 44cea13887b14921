// Owns the command `npm run fuzz`: a build, and then fuzz/run.ts each way, with each copy of js-bson that
// polypool serves. Must not know what is compared: arguments are handed on.

import { createRequire } from 'node:module';
import { run } from './process/command.mjs';
import { script } from './process/script.mjs';
import { setUp } from './setup.mjs';

await script(async signal => {
  await setUp({ profile: 'quick', signal });
  // Mongoose 8 has js-bson 6.
  const { resolve } = createRequire(createRequire(import.meta.url).resolve('mongoose8'));
  const copies = [[], ['--bson', resolve('bson')]];
  for (const way of ['decode', 'encode']) {
    for (const copy of copies) {
      const fuzz = ['--import', '@oxc-node/core/register', 'fuzz/run.ts', way, ...copy];
      await run(process.execPath, [...fuzz, ...process.argv.slice(2)], { signal });
    }
  }
});
