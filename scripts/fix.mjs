// Owns the command `npm run fix`: what the formatters and linters can put right by themselves.
// Must not know what is wrong: check.mjs says that.

import { run, runNode } from './process/command.mjs';
import { TOOLS } from './process/paths.mjs';
import { step } from './process/progress.mjs';
import { script } from './process/script.mjs';
import { installDependencies } from './setup/dependencies.mjs';

await script(async signal => {
  await installDependencies({ signal });
  const clippy = ['clippy', '--profile', 'quick', '--fix', '--allow-dirty', '--allow-staged'];
  await step('clippy --fix', () => run('cargo', clippy, { signal }));
  await step('cargo fmt', () => run('cargo', ['fmt'], { signal }));
  await step('eslint --fix', () => runNode(TOOLS.eslint, ['--fix', '.'], { signal }));
  await step('prettier --write', () => {
    return runNode(TOOLS.prettier, ['--write', '--log-level', 'warn', '.'], { signal });
  });
});
