/**
 * A connect under way, which several callers may wait for. Each may leave by a signal of its own; when
 * all have left, the connect is taken back. It does not know how one connects.
 */
export class Connecting {
  readonly #abort = new AbortController();
  readonly #done: Promise<void>;
  /** Callers that wait. */
  #waiting = 0;

  /** @param start - connects, until its signal is aborted */
  constructor(start: (signal: AbortSignal) => Promise<void>) {
    this.#done = start(this.#abort.signal);
  }

  /** All who waited have left, so that nobody may join it any more. */
  get isAbandoned(): boolean {
    return this.#abort.signal.aborted;
  }

  /**
   * Waits for its end.
   * @throws the signal's reason, as soon as it is aborted
   */
  async join(signal?: AbortSignal): Promise<void> {
    this.#waiting += 1;
    try {
      signal?.throwIfAborted();
      // Nothing but this waits for it, so that the stack of its error names the caller.
      await (signal === undefined ? this.#done : unlessAborted(this.#done, signal));
    } finally {
      this.#waiting -= 1;
      if (this.#waiting === 0) this.#leave();
    }
  }

  /** Nobody is told how it ends. */
  #leave(): void {
    this.#done.catch(() => undefined);
    this.#abort.abort();
  }
}

async function unlessAborted(done: Promise<void>, signal: AbortSignal): Promise<void> {
  let leave: (() => void) | undefined;
  const aborted = new Promise<never>((_, reject) => {
    leave = () => reject(signal.reason as Error);
    signal.addEventListener('abort', leave, { once: true });
  });
  try {
    await Promise.race([done, aborted]);
  } finally {
    signal.removeEventListener('abort', leave!);
  }
}
