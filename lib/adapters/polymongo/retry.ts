/**
 * Attempts to connect: when the next one is made, and after which failures. It knows no pool.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { RetrySchedule } from './types';

/** The failures that another attempt may mend: nobody answered. */
const PASSING: ReadonlySet<string> = new Set([
  'MongoServerSelectionError',
  'MongoNetworkError',
  'MongoNetworkTimeoutError',
  'PoolClearedError'
]);

/** The pauses between attempts, in milliseconds. */
export function* pauses(retry: number | RetrySchedule | undefined): Generator<number> {
  if (retry === undefined) return;
  if (typeof retry === 'number') {
    for (;;) yield retry;
  }
  const { attempts = 5, stepMS = 5_000 } = retry;
  for (let attempt = 1; attempt <= attempts; attempt++) yield attempt * stepMS;
}

/**
 * Tries until it succeeds, or there is no next attempt.
 *
 * @param failed - told of each failure, and the milliseconds until the next attempt, if there is one
 * @throws the last failure; the signal's reason
 */
export async function attempt(
  connect: () => Promise<unknown>,
  retry: number | RetrySchedule | undefined,
  signal: AbortSignal,
  failed: (error: Error, pauseMS: number | undefined) => void
): Promise<void> {
  const rest = pauses(retry);
  for (;;) {
    try {
      await connect();
      return;
    } catch (reason) {
      signal.throwIfAborted();
      const error = reason as Error;
      const pause = PASSING.has(error.name) ? (rest.next().value as number | undefined) : undefined;
      failed(error, pause);
      if (pause === undefined) throw error;
      await sleep(pause, undefined, { signal }).catch(() => undefined);
      signal.throwIfAborted();
    }
  }
}
