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
    // Those who have left are not told how it ended.
    this.#done.catch(() => undefined);
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
    signal?.throwIfAborted();
    this.#waiting += 1;
    try {
      await (signal === undefined ? this.#done : unlessAborted(this.#done, signal));
    } finally {
      this.#waiting -= 1;
      if (this.#waiting === 0) this.#abort.abort();
    }
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
