/** The order of turns, and what surrounds them. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { isEnough } from '../../../bench/driver-bench/task.ts';
import { runRounds } from '../../../bench/schedule.ts';
import type { Case, Lane } from '../../../bench/suite.ts';

const NEVER = new AbortController().signal;

function benchCase(log: string[], changes: Partial<Case> = {}): Case {
  const lane = (contender: string): Lane => ({
    contender,
    round: async () => {
      log.push(contender);
      return { wall: 1 };
    }
  });
  return { name: 'case', metrics: [], lanes: [lane('a'), lane('b')], ...changes };
}

describe('runRounds', () => {
  it('lets lanes take turns', async () => {
    const log: string[] = [];
    const rounds = await runRounds(benchCase(log), 2, NEVER);
    assert.equal(log.join(''), 'abab');
    assert.deepEqual(rounds.get('b'), [{ wall: 1 }, { wall: 1 }]);
  });

  it('multiplies short rounds and limits long ones', async () => {
    const short: string[] = [];
    await runRounds(benchCase(short, { roundsPerRound: 2 }), 2, NEVER);
    assert.equal(short.length, 8);
    const long: string[] = [];
    await runRounds(benchCase(long, { mostRounds: 3 }), 7, NEVER);
    assert.equal(long.length, 6);
  });

  it('goes on until there was enough, whatever number was asked for', async () => {
    const log: string[] = [];
    const enough: Case['enough'] = rounds => rounds.get('b')!.length === 5;
    await runRounds(benchCase(log, { enough }), 1, NEVER);
    assert.equal(log.length, 10);
  });

  it('cleans up after a failure, and after an interruption', async () => {
    const log: string[] = [];
    const tearDown = async (): Promise<void> => void log.push('torn down');
    const round = (): never => {
      throw new Error('a failure');
    };
    const failing = benchCase(log, { tearDown, lanes: [{ contender: 'a', round }] });
    await assert.rejects(runRounds(failing, 1, NEVER), /a failure/);
    const interrupted = AbortSignal.abort(new Error('an interruption'));
    await assert.rejects(runRounds(benchCase(log, { tearDown }), 1, interrupted), /interruption/);
    assert.deepEqual(log, ['torn down', 'torn down']);
  });
});

describe('isEnough', () => {
  const lane = (count: number, wall: number) => Array.from({ length: count }, () => ({ wall }));

  it('is after 100 iterations that took a minute', () => {
    assert(!isEnough(new Map([['a', lane(99, 1_000)]])));
    assert(!isEnough(new Map([['a', lane(100, 599)]])));
    assert(isEnough(new Map([['a', lane(100, 600)]])));
  });

  it('is after five minutes in any case', () => {
    assert(isEnough(new Map([['a', lane(3, 100_000)]])));
  });

  it('waits for every lane', () => {
    const rounds = new Map([
      ['a', lane(100, 1_000)],
      ['b', lane(1, 1)]
    ]);
    assert(!isEnough(rounds));
  });
});
