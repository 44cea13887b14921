// Owns the order of rounds: contenders take turns, so that a machine's drift hits all alike.
// Must not know what a round does, nor what becomes of its figures.

import type { Case, Round } from './suite';

/** The rounds of each lane, by contender. */
export type Rounds = ReadonlyMap<string, readonly Round[]>;

/**
 * Warms every lane up, then runs `rounds` turns of all lanes (A B C A B C ...), each after a lead-in
 * of its own. Stops between rounds once `signal` is aborted.
 *
 * The young garbage of one lane is collected before the next begins. Never all garbage: a forced
 * full collection throws compiled code away, which doubles the main-thread CPU of a client that is
 * mostly JavaScript for seconds and leaves a native one as it was, so it would favour polypool.
 */
export async function runRounds(
  benchCase: Case,
  rounds: number,
  signal: AbortSignal
): Promise<Rounds> {
  try {
    await benchCase.setUp?.();
    return await takeTurns(benchCase, rounds, signal);
  } finally {
    await benchCase.tearDown?.();
  }
}

async function takeTurns(benchCase: Case, rounds: number, signal: AbortSignal): Promise<Rounds> {
  const { lanes, roundsPerRound = 1, mostRounds = Infinity } = benchCase;
  for (const lane of lanes) {
    signal.throwIfAborted();
    await lane.warmUp?.();
  }
  const results = new Map<string, Round[]>(lanes.map(({ contender }) => [contender, []]));
  const turns = Math.min(rounds * roundsPerRound, mostRounds);
  for (let turn = 0; !(benchCase.enough?.(results) ?? turn >= turns); turn++) {
    for (const lane of lanes) {
      signal.throwIfAborted();
      globalThis.gc?.({ type: 'minor' });
      await lane.leadIn?.();
      results.get(lane.contender)!.push(await lane.round());
    }
  }
  return results;
}
