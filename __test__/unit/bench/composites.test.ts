/** The composite scores of MongoDB's driver benchmark. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import {
  BSON_TASKS,
  SINGLE_TASKS,
  TASKS,
  composites,
  type Score
} from '../../../bench/driver-bench/composites.ts';

/** Every task's score is its place in the list, doubled for the second contender. */
function results(tasks: readonly string[] = TASKS): Map<string, Map<string, number>> {
  return new Map(
    tasks.map((task, place) => [
      task,
      new Map([
        ['polypool', place],
        ['mongodb', place * 2]
      ])
    ])
  );
}

function named(scores: readonly Score[], name: string): Score {
  const score = scores.find(each => each.name === name);
  assert(score, `there is no ${name}`);
  return score;
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

describe('composites', () => {
  it('are all there after a whole run', () => {
    const names = composites(results(), new Set()).map(({ name }) => name);
    assert.deepEqual(names, [
      ...['BSONBench', 'SingleBench', 'MultiBench', 'ParallelBench'],
      ...['ReadBench', 'WriteBench', 'DriverBench']
    ]);
  });

  it('are plain averages, for each contender', () => {
    const { scores } = named(composites(results(), new Set()), 'BSONBench');
    const expected = mean(BSON_TASKS.map(task => TASKS.indexOf(task)));
    assert.deepEqual(
      [...scores],
      [
        ['polypool', expected],
        ['mongodb', expected * 2]
      ]
    );
  });

  it('leave the run command out', () => {
    const { scores } = named(composites(results(), new Set()), 'SingleBench');
    assert.equal(
      scores.get('polypool'),
      mean(SINGLE_TASKS.slice(1).map(task => TASKS.indexOf(task)))
    );
  });

  it('average reads and writes, not their tasks, for the whole', () => {
    const all = composites(results(), new Set());
    const [read, write] = ['ReadBench', 'WriteBench'].map(name => named(all, name).scores);
    const whole = named(all, 'DriverBench').scores;
    assert.equal(whole.get('mongodb'), mean([read!.get('mongodb')!, write!.get('mongodb')!]));
  });

  it('count every task but BSON and the run command as a read or a write', () => {
    const only = (name: string): Map<string, Map<string, number>> =>
      new Map(TASKS.map(task => [task, new Map([['polypool', task === name ? 1 : 0]])]));
    for (const task of TASKS) {
      const all = composites(only(task), new Set());
      const counted = ['ReadBench', 'WriteBench'].filter(
        name => named(all, name).scores.get('polypool')! > 0
      );
      const isNeither = task === 'Run command' || (BSON_TASKS as readonly string[]).includes(task);
      assert.equal(counted.length, isNeither ? 0 : 1, task);
    }
  });

  it('leave impossible tasks out for everybody, and say so', () => {
    const missing = 'Small doc Client BulkWrite insert';
    const ran = results(TASKS.filter(task => task !== missing));
    const write = named(composites(ran, new Set([missing])), 'WriteBench');
    assert.deepEqual(write.missing, [missing]);
    assert(write.scores.has('polypool'));
  });

  it('are absent when one of their tasks was not asked for', () => {
    const names = composites(results(BSON_TASKS), new Set()).map(({ name }) => name);
    assert.deepEqual(names, ['BSONBench']);
    assert.deepEqual(composites(results(BSON_TASKS.slice(1)), new Set()), []);
  });

  it('leave out a contender that did not run all of their tasks', () => {
    const some = results(BSON_TASKS);
    some.get('Flat BSON Decoding')!.delete('mongodb');
    const { scores } = named(composites(some, new Set()), 'BSONBench');
    assert.deepEqual([...scores.keys()], ['polypool']);
  });
});
