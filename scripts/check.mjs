// Owns the command `npm run check`: every static check, all run, all failures shown at the end.
// Must not know how anything is built, and leaves the fixing to fix.mjs.

import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { COMPATIBILITY, writeCompatibility } from './build/compatibility.mjs';
import { BINDING_TYPES, buildNative } from './build/native.mjs';
import { PUBLIC_TYPES, buildTypeScript } from './build/typescript.mjs';
import { run, runNode } from './process/command.mjs';
import { ROOT, TOOLS } from './process/paths.mjs';
import { say, step } from './process/progress.mjs';
import { Failure, Interrupted, script } from './process/script.mjs';
import { installDependencies } from './setup/dependencies.mjs';

/** Files that are generated and committed: what a build makes of them must be what is there. */
const GENERATED = [BINDING_TYPES, ...PUBLIC_TYPES, COMPATIBILITY];

/** What the comparison with the driver found that is not listed; undefined before it has been made. */
let complaints = /** @type {readonly string[] | undefined} */ (undefined);

await script(async signal => {
  // Read first: setting up regenerates them.
  const committed = new Map(GENERATED.map(path => [path, content(path)]));
  await installDependencies({ signal });

  const clippy = ['clippy', '--profile', 'quick', '--all-targets'];
  const deny = ['--', '-D', 'warnings'];
  /** @type {readonly [string, () => Promise<unknown>][]} */
  const checks = [
    ['generated files', () => checkGenerated(committed, signal)],
    ['compatibility with the driver', () => checkCompatibility()],
    ['cargo fmt', () => run('cargo', ['fmt', '--check'], { signal })],
    ['clippy', () => run('cargo', [...clippy, ...deny], { signal })],
    [
      'clippy without the node feature',
      () => run('cargo', [...clippy, '--no-default-features', ...deny], { signal })
    ],
    ['types of lib', () => checkTypes('tsconfig.json', signal)],
    ['types of the tests', () => checkTypes('tsconfig.test.json', signal)],
    ['eslint', () => runNode(TOOLS.eslint, ['--max-warnings', '0', '.'], { signal })],
    ['prettier', () => runNode(TOOLS.prettier, ['--check', '.'], { signal })],
    ['cargo deny', () => checkCrates(signal)]
  ];
  const failures = [];
  for (const [title, check] of checks) {
    try {
      await step(title, check);
    } catch (error) {
      if (error instanceof Interrupted) throw error;
      const message = error instanceof Error ? error.message : String(error);
      say(message);
      failures.push(`  ${title}: ${message.split('\n')[0]}`);
    }
  }
  if (failures.length > 0) {
    throw new Failure(
      `${failures.length} of ${checks.length} checks failed\n${failures.join('\n')}`
    );
  }
  say(`all ${checks.length} checks passed`);
});

/**
 * @param {ReadonlyMap<string, string | undefined>} committed
 * @param {AbortSignal} signal
 */
async function checkGenerated(committed, signal) {
  await buildNative({ profile: 'quick', signal });
  await buildTypeScript({ signal });
  complaints = await writeCompatibility();
  const changed = GENERATED.filter(path => content(path) !== committed.get(path));
  if (changed.length > 0) {
    throw new Failure(
      `Out of date, and generated anew just now: ${changed.join(', ')}; commit them`
    );
  }
}

/** Of what was just built. */
async function checkCompatibility() {
  if (complaints === undefined) throw new Failure('There is no build to compare with the driver');
  if (complaints.length === 0) return;
  throw new Failure(
    `polypool differs from the driver in ways that scripts/build/compatibility/differences.mjs does not list:\n  ${complaints.join('\n  ')}`
  );
}

/** @param {string} project @param {AbortSignal} signal */
function checkTypes(project, signal) {
  return runNode(TOOLS.tsc, ['--noEmit', '-p', project], { signal });
}

/** Advisories, licences and duplicates of the crates. @param {AbortSignal} signal */
async function checkCrates(signal) {
  try {
    await run('cargo', ['deny', '--version'], { signal, output: 'capture' });
  } catch (error) {
    if (error instanceof Interrupted) throw error;
    say('skipped: cargo-deny is not installed (cargo install --locked cargo-deny)');
    return;
  }
  await run('cargo', ['deny', 'check'], { signal });
}

/** @param {string} path */
function content(path) {
  const absolute = join(ROOT, path);
  return existsSync(absolute) ? readFileSync(absolute, 'utf8') : undefined;
}
