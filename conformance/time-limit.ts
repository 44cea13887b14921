// Owns limits on how long something may take, so that what hangs is a failure. Times are in
// milliseconds. Knows nothing of what it waits for.

import { setTimeout as delay } from 'node:timers/promises';
import { Mismatch } from './fault.ts';

/** How often a condition that nobody announces is looked at again. */
const POLL_MS = 10;

/** The work's result, unless it takes longer. What it goes on to do afterwards is nobody's concern. */
export async function within<T>(limit: number, what: string, work: Promise<T>): Promise<T> {
  const timer = new AbortController();
  const { signal } = timer;
  try {
    const expiry = delay(limit, undefined, { signal }).then(() => {
      throw new Mismatch(`${what} took longer than ${limit} ms`);
    });
    // The loser of the race is nobody's.
    expiry.catch(() => undefined);
    work.catch(() => undefined);
    return await Promise.race([work, expiry]);
  } finally {
    timer.abort();
  }
}

/** Waits until the condition holds. @throws Mismatch when it does not in time */
export async function until(
  limit: number,
  what: string | (() => string),
  condition: () => boolean
): Promise<void> {
  const deadline = performance.now() + limit;
  while (!condition()) {
    if (performance.now() > deadline) {
      throw new Mismatch(`${typeof what === 'string' ? what : what()}, after ${limit} ms`);
    }
    await delay(POLL_MS);
  }
}
