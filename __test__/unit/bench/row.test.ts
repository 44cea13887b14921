/** Rows out of rounds: medians, ratios that say who is ahead, and what has none. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { compare } from '../../../bench/row.ts';
import { median, percentile } from '../../../bench/statistics.ts';
import type { Metric, Round } from '../../../bench/suite.ts';

const WALL: Metric = { name: 'wall', unit: 'ms', better: 'lower', figure: 'wall' };
const RATE: Metric = { name: 'rate', unit: 'ops/s', better: 'higher', figure: 'rate' };

function rounds(figure: string, lanes: Record<string, readonly number[]>): Map<string, Round[]> {
  return new Map(
    Object.entries(lanes).map(([name, values]) => [
      name,
      values.map(value => ({ [figure]: value }))
    ])
  );
}

function compareWalls(metric: Metric, lanes: Record<string, readonly number[]>) {
  return compare('suite', { name: 'case', metrics: [metric] }, rounds(metric.figure, lanes));
}

describe('compare', () => {
  it('takes medians, and a ratio above 1 where polypool is ahead', () => {
    const lanes = { polypool: [1, 2, 30], mongodb: [8, 4, 6] };
    const [lower] = compareWalls(WALL, lanes).comparisons;
    assert.deepEqual([lower!.row.polypool, lower!.row.peer, lower!.row.ratio], [2, 6, 3]);
    const [higher] = compareWalls(RATE, lanes).comparisons;
    assert.equal(higher!.row.ratio, 0.333);
  });

  it('has a row for each peer, in the order of the lanes', () => {
    const { comparisons } = compareWalls(WALL, { mongoose: [3], polypool: [1], mongodb: [2] });
    assert.deepEqual(
      comparisons.map(({ row }) => row.peerName),
      ['mongoose', 'mongodb']
    );
  });

  it('says how far turns are apart', () => {
    const [comparison] = compareWalls(WALL, { polypool: [1, 2], mongodb: [4, 2] }).comparisons;
    assert.deepEqual([comparison!.worst, comparison!.best], [1, 4]);
  });

  it('takes a baseline off everybody, and names it in no row', () => {
    const metric: Metric = { ...WALL, lessLane: 'node' };
    const { comparisons } = compareWalls(metric, { node: [10], polypool: [11], mongodb: [14] });
    assert.equal(comparisons.length, 1);
    assert.equal(comparisons[0]!.row.ratio, 4);
  });

  it('has no row where a figure is missing or nothing, and says why', () => {
    const absent = compare(
      'suite',
      { name: 'case', metrics: [WALL] },
      rounds('rate', { polypool: [1], mongodb: [1] })
    );
    assert.deepEqual(absent.comparisons, []);
    assert.match(absent.omissions[0]!.reason, /not measured/);
    const nothing = compareWalls(WALL, { polypool: [0], mongodb: [1] });
    assert.match(nothing.omissions[0]!.reason, /too small/);
  });

  it('leaves turns without a ratio out of the range', () => {
    const lanes = { polypool: [-1, 2, 2], mongodb: [4, 4, 8] };
    const [comparison] = compareWalls(WALL, lanes).comparisons;
    assert.deepEqual([comparison!.worst, comparison!.best], [2, 4]);
  });
});

describe('statistics', () => {
  it('have the middle value, or the mean of the middle two', () => {
    assert.equal(median([3, 1, 2]), 2);
    assert.equal(median([4, 1, 2, 3]), 2.5);
    assert.equal(median([]), NaN);
  });

  it('have nearest-rank percentiles', () => {
    const sorted = Float64Array.from({ length: 200 }, (_, index) => index + 1);
    assert.equal(percentile(sorted, 50), 100);
    assert.equal(percentile(sorted, 99), 198);
    assert.equal(percentile(sorted, 100), 200);
    assert.equal(percentile(Float64Array.of(7), 1), 7);
  });
});
