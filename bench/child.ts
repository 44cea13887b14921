// Owns the bench's own programs in processes of their own: their start, one answer at a time, their end.
// Must not know what a program does: it is sent messages, and answers each with one.

import { fork } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { program } from './place';

/** A program that has not answered for so long hangs, whatever it does. */
const DEADLINE_MS = 120_000;

export class Child {
  readonly #process: ChildProcess;
  readonly #path: string;

  private constructor(process: ChildProcess, path: string) {
    this.#process = process;
    this.#path = path;
  }

  /**
   * Starts a program with the loader and the flags of the bench itself.
   *
   * @param path - in this folder
   */
  static start(path: string, args: readonly string[]): Child {
    return new Child(fork(program(path), [...args]), path);
  }

  /** Sends a message, and resolves to the answer. */
  async ask<T>(message: object): Promise<T> {
    this.#process.send(message);
    return this.answer<T>();
  }

  /** The next message of the program. */
  async answer<T>(): Promise<T> {
    const deadline = AbortSignal.timeout(DEADLINE_MS);
    const ended = new AbortController();
    const signal = AbortSignal.any([deadline, ended.signal]);
    const end = (): void => ended.abort();
    this.#process.once('exit', end);
    try {
      const [answer] = (await once(this.#process, 'message', { signal })) as [T];
      return answer;
    } catch (cause) {
      const how = deadline.aborted ? 'did not answer' : 'ended before it answered';
      throw new Error(`${this.#path} ${how}`, { cause });
    } finally {
      this.#process.off('exit', end);
    }
  }

  /** Lets the program end by itself, which a closed channel tells it to do; kills it if it does not. */
  async stop(): Promise<void> {
    if (this.#process.exitCode !== null || this.#process.signalCode !== null) return;
    const exit = once(this.#process, 'exit', { signal: AbortSignal.timeout(5_000) });
    if (this.#process.connected) this.#process.disconnect();
    try {
      await exit;
    } catch {
      this.#process.kill('SIGKILL');
    }
  }
}
