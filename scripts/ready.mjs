// Owns the command `npm run ready`: whether the tree, as committed, may be published.
// Must not know what the single commands do.

import { join } from 'node:path';
import { run, runNode } from './process/command.mjs';
import { ROOT } from './process/paths.mjs';
import { say, step } from './process/progress.mjs';
import { Failure, script } from './process/script.mjs';

await script(async signal => {
  for (const name of ['check', 'build', 'test']) {
    await step(name, () => runNode(join(ROOT, 'scripts', `${name}.mjs`), [], { signal }));
  }
  const status = await run('git', ['status', '--porcelain'], { signal, output: 'capture' });
  if (status !== '') throw new Failure(`The tree is not as committed:\n${status.trimEnd()}`);
  say('ready');
});
