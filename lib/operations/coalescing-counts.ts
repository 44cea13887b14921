/**
 * What became of the reads that `coalesce` was asked for, by the client that they were asked of: counted by
 * `coalesce.ts`, told by `pool.stats()`. Pools that nobody asks it of have none.
 */
import type { Executor } from './execute';

/** Reads with `coalesce`, since the pool was opened. */
export interface CoalescingStats {
  /** `findOne`s by `_id` alone, which can go together with others. */
  readonly reads: number;
  /** Commands that were sent for those, be it for one of them or for many. */
  readonly commands: number;
  /** Those of `reads` whose `_id` another one had asked for in the same command. */
  readonly shared: number;
  /** Those of `reads` that were read again by themselves, as the command did not tell for certain. */
  readonly repeated: number;
  /** `findOne`s that ask for more, or in another way. Each is a command of its own. */
  readonly excluded: number;
}

/** The same, while they are counted. */
export type CoalescingCounts = { -readonly [Name in keyof CoalescingStats]: number };

/** With how often the client had been closed when they began. */
const counted = new WeakMap<Executor, { closes: number | undefined; counts: CoalescingCounts }>();

/** What is counted of a client; it begins anew when that has been closed. */
export function coalescingCounts(on: Executor): CoalescingCounts {
  const known = counted.get(on);
  if (known !== undefined && known.closes === on.closes) return known.counts;
  const counts = none();
  counted.set(on, { closes: on.closes, counts });
  return counts;
}

/** The figures of a client now. */
export function coalescingStats(on: Executor): CoalescingStats {
  const known = counted.get(on);
  return known !== undefined && known.closes === on.closes ? { ...known.counts } : none();
}

function none(): CoalescingCounts {
  return { reads: 0, commands: 0, shared: 0, repeated: 0, excluded: 0 };
}
