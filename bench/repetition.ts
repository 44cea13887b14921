// Owns the load of one large operation after another, each with a preparation that isn't counted.
// Must not know what the operation is.

import type { ThreadClock } from './clock';
import { median } from './statistics';
import type { Round } from './suite';

const MICROSECONDS_PER_MILLISECOND = 1_000;
const MILLISECONDS_PER_SECOND = 1_000;

/** What to do, and for how long. */
export interface RepetitionOptions<T> {
  /** Makes what the operation needs; not counted. */
  readonly prepare: () => Promise<T> | T;
  /** Resolves when the operation is done and its result checked. */
  readonly operation: (prepared: T) => Promise<void>;
  /** Another operation starts until the counted ones have taken this long. */
  readonly seconds: number;
  readonly clock: ThreadClock | undefined;
}

/**
 * Repeats the operation, at least once. Gives `wall` (milliseconds, the median) and, where there is
 * a clock, `cpu` (milliseconds of the main thread an operation, the mean, so that garbage collection
 * counts for its share).
 */
export async function repeat<T>(options: RepetitionOptions<T>): Promise<Round> {
  const { prepare, operation, seconds, clock } = options;
  const walls: number[] = [];
  let total = 0;
  let cpu = 0;
  do {
    const prepared = await prepare();
    const cpuBefore = clock?.();
    const start = performance.now();
    await operation(prepared);
    const wall = performance.now() - start;
    if (clock) cpu += clock() - cpuBefore!;
    walls.push(wall);
    total += wall;
  } while (total < seconds * MILLISECONDS_PER_SECOND);
  return {
    wall: median(walls),
    ...(clock && { cpu: cpu / walls.length / MICROSECONDS_PER_MILLISECOND })
  };
}
