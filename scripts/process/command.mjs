// Owns running a program to its end: its process group, its interruption, its exit code.
// Must not know which programs there are.

import { spawn } from 'node:child_process';
import { ROOT } from './paths.mjs';
import { Failure, Interrupted } from './script.mjs';
import { guard, release } from './watchdog.mjs';

/** How long an interrupted program may take to end before it is killed, in milliseconds. */
const GRACE_MS = 10_000;

/**
 * @typedef {object} CommandOptions
 * @property {AbortSignal} [signal] ends the program's whole group
 * @property {Record<string, string | undefined>} [env] on top of this process's environment
 * @property {string} [cwd] the repository by default
 * @property {'inherit' | 'capture' | 'both'} [output] where stdout goes: shown, returned, or both;
 *   `capture` also captures stderr and shows it only in the error of a failure
 * @property {(chunk: string) => void} [onOutput] sees stdout as it comes, also of a failing program
 */

/**
 * Starts a program as the leader of a process group of its own. A terminal's Ctrl-C thus reaches
 * the script alone, which ends what it started in the right order.
 *
 * @param {string} program
 * @param {readonly string[]} args
 * @param {import('node:child_process').SpawnOptions} options
 */
export function launch(program, args, options) {
  const child = spawn(program, args, { ...options, detached: process.platform !== 'win32' });
  const { pid } = child;
  if (pid !== undefined) {
    guard(pid);
    child.once('exit', () => release(pid));
  }
  return child;
}

/**
 * Runs a program and resolves to its captured stdout (empty when inherited).
 *
 * @param {string} program
 * @param {readonly string[]} args
 * @param {CommandOptions} [options]
 * @returns {Promise<string>}
 * @throws {Failure} when the program can't be started or fails
 * @throws {Interrupted} when the signal aborted
 */
export async function run(program, args, options = {}) {
  const { signal, env, cwd = ROOT, output = 'inherit', onOutput } = options;
  if (signal?.aborted) throw new Interrupted();
  const piped = output === 'inherit' ? 'inherit' : 'pipe';
  const child = launch(program, args, {
    cwd,
    env: { ...process.env, ...env },
    stdio: ['ignore', piped, output === 'capture' ? 'pipe' : 'inherit'],
    // npm is a batch file on Windows, which only a shell can start.
    shell: process.platform === 'win32' && program === 'npm'
  });
  let stdout = '';
  let stderr = '';
  child.stdout?.on('data', chunk => {
    stdout += chunk;
    onOutput?.(String(chunk));
    if (output === 'both') process.stdout.write(chunk);
  });
  child.stderr?.on('data', chunk => (stderr += chunk));

  const interrupt = () => void terminate(child);
  signal?.addEventListener('abort', interrupt, { once: true });
  try {
    const code = await closed(child);
    if (signal?.aborted) throw new Interrupted();
    if (code !== 0) {
      const shown = [program === process.execPath ? 'node' : program, ...args].join(' ');
      throw new Failure(`\`${shown}\` failed with ${code}\n${stderr}`.trimEnd());
    }
    return stdout;
  } finally {
    signal?.removeEventListener('abort', interrupt);
  }
}

/**
 * Runs a script with this Node.js.
 *
 * @param {string} path
 * @param {readonly string[]} args
 * @param {CommandOptions} [options]
 */
export function runNode(path, args, options) {
  return run(process.execPath, [path, ...args], options);
}

/**
 * Ends a program: SIGTERM to its group, and SIGKILL when it takes too long.
 *
 * @param {import('node:child_process').ChildProcess} child
 * @param {number} [graceMS]
 * @returns {Promise<void>} once it has ended
 */
export async function terminate(child, graceMS = GRACE_MS) {
  if (hasEnded(child)) return;
  const ended = new Promise(resolve => child.once('exit', resolve));
  signalGroup(child, 'SIGTERM');
  const timer = setTimeout(() => signalGroup(child, 'SIGKILL'), graceMS);
  await ended;
  clearTimeout(timer);
}

/** @param {import('node:child_process').ChildProcess} child */
export function hasEnded(child) {
  return child.pid === undefined || child.exitCode !== null || child.signalCode !== null;
}

/**
 * @param {import('node:child_process').ChildProcess} child
 * @param {NodeJS.Signals} name
 */
export function signalGroup(child, name) {
  if (hasEnded(child)) return;
  if (process.platform === 'win32') {
    child.kill(name);
    return;
  }
  process.kill(-(/** @type {number} */ (child.pid)), name);
}

/**
 * @param {import('node:child_process').ChildProcess} child
 * @returns {Promise<number | string>} the exit code, or the name of the signal that ended it
 */
function closed(child) {
  return new Promise((resolve, reject) => {
    child.once('error', cause => {
      reject(new Failure(`Can't start ${child.spawnfile}: ${cause.message}`, { cause }));
    });
    child.once('close', (code, name) => resolve(code ?? name ?? 'no exit code'));
  });
}
