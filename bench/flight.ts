// Owns the load of many small operations: so many in flight, each followed at once by the next.
// Must not know what an operation is.

import type { ThreadClock } from './clock';
import { percentile } from './statistics';
import type { Round } from './suite';

/** Operations a second that latencies have room for; a round that fills it ends early. */
const MOST_OPERATIONS_PER_SECOND = 200_000;

const MICROSECONDS_PER_MILLISECOND = 1_000;
const MILLISECONDS_PER_SECOND = 1_000;

/** What to do, how many at once, and for how long. */
export interface FlightOptions {
  /** Resolves when operation number `index` is done and its result checked. */
  readonly operation: (index: number) => Promise<void>;
  readonly inFlight: number;
  /** No operation starts later than this. */
  readonly seconds: number;
  /** Operations that are made even if the time is up before; 0 by default. */
  readonly atLeast?: number;
  readonly clock: ThreadClock | undefined;
}

/**
 * Keeps `inFlight` operations going. Gives `throughput` (operations a second), `p50` and `p99`
 * (microseconds) and, where there is a clock, `cpu` (microseconds of the main thread an operation).
 */
export async function fly(options: FlightOptions): Promise<Round> {
  const { operation, inFlight, seconds, atLeast = 0, clock } = options;
  const capacity = Math.max(atLeast, Math.ceil(seconds * MOST_OPERATIONS_PER_SECOND));
  const latencies = new Float64Array(capacity);
  let started = 0;
  let done = 0;
  const cpuBefore = clock?.();
  const start = performance.now();
  const deadline = start + seconds * MILLISECONDS_PER_SECOND;
  const line = async (): Promise<void> => {
    while (started < capacity) {
      const from = performance.now();
      if (from >= deadline && started >= atLeast) return;
      await operation(started++);
      latencies[done++] = performance.now() - from;
    }
  };
  await Promise.all(Array.from({ length: inFlight }, line));
  const wall = performance.now() - start;
  const cpu = clock && clock() - cpuBefore!;
  const sorted = latencies.subarray(0, done).sort();
  return {
    throughput: (done * MILLISECONDS_PER_SECOND) / wall,
    p50: percentile(sorted, 50) * MICROSECONDS_PER_MILLISECOND,
    p99: percentile(sorted, 99) * MICROSECONDS_PER_MILLISECOND,
    ...(cpu !== undefined && { cpu: cpu / done })
  };
}
