// Owns a "thread" of a test: operations one after the other, beside the test's own. Must not know
// what an operation is.

import { within } from '../time-limit.ts';

/** How long a thread may take to finish, in milliseconds; the format says 10 seconds. */
const FINISH_MS = 10_000;

export class Thread {
  readonly #name: string;
  #tail: Promise<void> = Promise.resolve();

  constructor(name: string) {
    this.#name = name;
  }

  /** Runs the work after what was given before, unless that has failed. */
  run(work: () => Promise<void>): void {
    this.#tail = this.#tail.then(work);
    // `finish` reports it.
    this.#tail.catch(() => undefined);
  }

  /** Waits for the end of the work. @throws what the work has thrown */
  finish(): Promise<void> {
    return within(FINISH_MS, `thread ${this.#name}`, this.#tail);
  }
}
