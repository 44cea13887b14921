// Owns one mongod process: its start, its log, the signals sent to it, its end.
// Must not know about replica sets, users or certificates: those are arguments to it.

import { closeSync, mkdirSync, openSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { hasEnded, launch, signalGroup, terminate } from '../process/command.mjs';
import { Failure } from '../process/script.mjs';
import { HOST } from './port.mjs';

/** mongod's exit code when it can't bind its port. */
const EXIT_NET_ERROR = 48;
/** What it logs, and then aborts, when it could bind its port and another listens there by then. */
const LISTEN_ERROR = '"id":31339,';
/** How long a mongod may take to listen, in milliseconds. */
const START_TIMEOUT_MS = 60_000;
/** How often its log is read meanwhile, in milliseconds. */
const POLL_MS = 20;
/** How long a mongod may take to shut down before it is killed, in milliseconds. */
const STOP_TIMEOUT_MS = 15_000;
/** How many lines of its log an error shows. */
const TAIL_LINES = 15;

/** Thrown when the port of a mongod is in use; with another port the start may succeed. */
export class PortInUse extends Failure {}

/** A mongod that can be stopped, killed, paused and started again on the same port and data. */
export class MongodNode {
  /** The port it listens on. @readonly */
  port;
  /** Its log file. @readonly */
  logPath;
  /** The executable. */
  #binary;
  /** All arguments, fixed for life. */
  #args;
  /** The running process; undefined before the first start. */
  /** @type {import('node:child_process').ChildProcess | undefined} */
  #process;

  /**
   * @param {{ binary: string, directory: string, port: number, args: readonly string[] }} options
   */
  constructor({ binary, directory, port, args }) {
    const data = join(directory, 'data');
    mkdirSync(data, { recursive: true });
    this.port = port;
    this.logPath = join(directory, 'mongod.log');
    this.#binary = binary;
    this.#args = ['--dbpath', data, '--port', String(port), '--bind_ip', HOST];
    this.#args.push('--nounixsocket', '--quiet', ...args);
  }

  /** Whether the process is there, paused or not. */
  get running() {
    return this.#process !== undefined && !hasEnded(this.#process);
  }

  /**
   * Starts the process and resolves when it listens.
   *
   * @param {AbortSignal} [signal]
   */
  async start(signal) {
    if (this.running) return;
    const log = openSync(this.logPath, 'a');
    const offset = statSync(this.logPath).size;
    const child = launch(this.#binary, this.#args, { stdio: ['ignore', log, log] });
    closeSync(log);
    this.#process = child;
    /** @type {Error | undefined} */
    let failure;
    child.once('error', error => (failure = error));

    const deadline = performance.now() + START_TIMEOUT_MS;
    do {
      await delay(POLL_MS, undefined, { signal });
      if (failure) throw new Failure(`Can't start ${this.#binary}: ${failure.message}`);
      if (hasEnded(child)) throw this.#startFailure(child.exitCode ?? child.signalCode, offset);
      if (performance.now() > deadline) {
        await this.kill();
        throw this.#startFailure(`no sign of listening in ${START_TIMEOUT_MS} ms`, offset);
      }
    } while (!this.#log(offset).includes('"Waiting for connections"'));
  }

  /** Shuts it down in order; kills it if that takes too long. */
  async stop() {
    if (!this.#process) return;
    this.resume();
    await terminate(this.#process, STOP_TIMEOUT_MS);
  }

  /** Ends it as a crash or a power cut would (SIGKILL). */
  async kill() {
    if (!this.#process || hasEnded(this.#process)) return;
    await Promise.all([
      new Promise(resolve => this.#process?.once('exit', resolve)),
      signalGroup(this.#process, 'SIGKILL')
    ]);
  }

  /** Stops it from answering, with its connections left open (SIGSTOP). */
  pause() {
    if (this.#process) signalGroup(this.#process, 'SIGSTOP');
  }

  /** Undoes {@link pause}. */
  resume() {
    if (this.#process) signalGroup(this.#process, 'SIGCONT');
  }

  /** Resolves when the process ends, for whatever reason. @returns {Promise<void>} */
  async ended() {
    const child = this.#process;
    if (!child || hasEnded(child)) return;
    await new Promise(resolve => child.once('exit', resolve));
  }

  /** The last lines of its log. */
  logTail() {
    return this.#log(0).trimEnd().split('\n').slice(-TAIL_LINES).join('\n') || '(nothing)';
  }

  /** @param {number} offset in bytes */
  #log(offset) {
    return readFileSync(this.logPath).subarray(offset).toString('utf8');
  }

  /**
   * @param {string | number | null} reason
   * @param {number} offset of this start's log, in bytes
   */
  #startFailure(reason, offset) {
    const isTaken = reason === EXIT_NET_ERROR || this.#log(offset).includes(LISTEN_ERROR);
    const Class = isTaken ? PortInUse : Failure;
    return new Class(`mongod did not start (${reason}); its log ends with:\n${this.logTail()}`);
  }
}
