// Owns the order of rounds: contenders take turns, so that a machine's drift hits all alike.
// Must not know what a round does, nor what becomes of its figures.

import type { Case, Round } from './suite';

/** The rounds of each lane, by contender. */
export type Rounds = ReadonlyMap<string, readonly Round[]>;

/**
 * Warms every lane up, then runs `rounds` turns of all lanes (A B C A B C ...), with the garbage of
 * one collected before the next begins. Stops between rounds once `signal` is aborted.
 */
export async function runRounds(
  { lanes, roundsPerRound = 1 }: Case,
  rounds: number,
  signal: AbortSignal
): Promise<Rounds> {
  for (const lane of lanes) {
    signal.throwIfAborted();
    await lane.warmUp?.();
  }
  const results = new Map<string, Round[]>(lanes.map(({ contender }) => [contender, []]));
  for (let turn = 0; turn < rounds * roundsPerRound; turn++) {
    for (const lane of lanes) {
      signal.throwIfAborted();
      globalThis.gc?.();
      results.get(lane.contender)!.push(await lane.round());
    }
  }
  return results;
}
