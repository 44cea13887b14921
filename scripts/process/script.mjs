// Owns the life of a script: signals become one AbortSignal, errors become one line and an exit
// code. Must not know what the script does, and never calls process.exit: a script ends when
// nothing is left running, which is what makes "leaves nothing behind" true.

import { constants } from 'node:os';
import { say } from './progress.mjs';

/** How often a script that npm started looks whether its parent is still there, in milliseconds. */
const PARENT_POLL_MS = 250;

/** Thrown by work that stopped because the user asked it to. */
export class Interrupted extends Error {
  constructor() {
    super('Interrupted');
    this.name = 'Interrupted';
  }
}

/** A failure whose message says all there is to say: no stack is shown. */
export class Failure extends Error {
  /** @param {string} message @param {ErrorOptions} [options] */
  constructor(message, options) {
    super(message, options);
    this.name = 'Failure';
  }
}

/**
 * Runs a script. The first SIGINT, SIGTERM or SIGHUP aborts the signal handed to `main`; repeats are
 * ignored, since npm forwards a Ctrl-C which the terminal has sent already.
 *
 * @param {(signal: AbortSignal) => Promise<void>} main
 * @param {{ interruptedCode?: number }} [options] `interruptedCode` is the exit code after a signal;
 *   by default the shell's, 128 and the signal's number.
 */
export async function script(main, { interruptedCode } = {}) {
  const interruption = new AbortController();
  /** Exit code once a signal came; undefined until then. @type {number | undefined} */
  let code;
  const interrupt = (/** @type {NodeJS.Signals} */ name) => {
    code ??= interruptedCode ?? 128 + constants.signals[name];
    interruption.abort(new Interrupted());
  };
  for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(name, interrupt);
  const parentWatch = onParentGone(() => interrupt('SIGTERM'));
  try {
    await main(interruption.signal);
  } catch (error) {
    if (!interruption.signal.aborted) {
      say(inWords(error));
      process.exitCode = 1;
    }
  }
  clearInterval(parentWatch);
  if (code !== undefined) process.exitCode = code;
}

/**
 * npm runs a script through a shell and forwards signals to that shell alone, which dies of them and
 * tells nobody: a parent that is gone is the only sign the script gets.
 *
 * @param {() => void} callback
 */
function onParentGone(callback) {
  if (process.env.npm_lifecycle_event === undefined) return undefined;
  const parent = process.ppid;
  return setInterval(() => {
    if (process.ppid !== parent) callback();
  }, PARENT_POLL_MS).unref();
}

/**
 * Resolves once the signal aborts.
 *
 * @param {AbortSignal} signal
 * @returns {Promise<void>}
 */
export function aborted(signal) {
  if (signal.aborted) return Promise.resolve();
  return new Promise(resolve => {
    signal.addEventListener('abort', () => resolve(), { once: true });
  });
}

/**
 * Only the message where that says all there is to say: our failures, and those of `parseArgs`.
 *
 * @param {unknown} error
 */
function inWords(error) {
  if (!(error instanceof Error)) return String(error);
  const isUsage = 'code' in error && String(error.code).startsWith('ERR_PARSE_ARGS_');
  return error instanceof Failure || isUsage ? error.message : String(error.stack);
}
