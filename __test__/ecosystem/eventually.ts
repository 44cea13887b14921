// Owns waiting for what a package does in its own time. Must not know what that is.

import { setTimeout as sleep } from 'node:timers/promises';

/** Far above what anything here takes, in milliseconds. */
const LIMIT_MS = 20_000;

/**
 * Looks again and again until there is something to see, and returns it.
 *
 * @param what is waited for, as the error calls it
 * @param look returns false, null or undefined until there is
 */
export async function eventually<T>(
  what: string,
  look: () => Promise<T | false | null | undefined> | T | false | null | undefined
): Promise<T> {
  const deadline = Date.now() + LIMIT_MS;
  for (;;) {
    const seen = await look();
    if (seen !== false && seen !== null && seen !== undefined) return seen;
    if (Date.now() > deadline) throw new Error(`Waited ${LIMIT_MS} ms in vain for ${what}`);
    await sleep(10);
  }
}
