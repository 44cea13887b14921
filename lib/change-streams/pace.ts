/**
 * When a stream that failed may be opened again. One failure is made good at once; failures that
 * follow one another, and many streams that fail together, must not become a storm. Time and chance
 * are passed in.
 */

/** The delay of the second attempt in a row, in milliseconds; each one after it waits twice as long. */
const BASE_MS = 100;

/** The longest delay, in milliseconds. */
const LONGEST_MS = 10_000;

/** A stream that has been open for so long has recovered, in milliseconds. */
const RECOVERED_MS = 5_000;

/** Streams of one pool that may be opened at once; more are spread. */
const AT_ONCE = 8;

/** The time that each further stream adds to the spread, and its limit, in milliseconds. */
const SPREAD_MS = 2;
const LONGEST_SPREAD_MS = 1_000;

export class Pace {
  /** Attempts since the stream was last well. */
  #attempts = 0;
  /** When the last attempt was due. */
  #last = 0;

  /** An event has arrived: the stream is well. */
  recovered(): void {
    this.#attempts = 0;
  }

  /**
   * The milliseconds to wait before the next attempt.
   * @param streams - the pool's streams, which may have failed with this one
   * @param chance - a random number from 0 to 1
   */
  delay(now: number, streams: number, chance: number): number {
    if (now - this.#last > RECOVERED_MS) this.#attempts = 0;
    const attempt = this.#attempts++;
    const delay = attempt === 0 ? spread(streams, chance) : backoff(attempt, chance);
    this.#last = now + delay;
    return delay;
  }
}

/** Half of it is chance, so that streams that failed together don't come back together. */
function backoff(attempt: number, chance: number): number {
  const full = Math.min(LONGEST_MS, BASE_MS * 2 ** (attempt - 1));
  return full / 2 + (full / 2) * chance;
}

function spread(streams: number, chance: number): number {
  return streams <= AT_ONCE ? 0 : chance * Math.min(LONGEST_SPREAD_MS, streams * SPREAD_MS);
}
