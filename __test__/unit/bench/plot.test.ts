/** Curves out of rows, and how they are drawn. */
import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import { linearAxis, logarithmicAxis, measuredAxis } from '../../../bench/plot/axis.ts';
import { CHARTS, seriesOf, type Chart } from '../../../bench/plot/charts.ts';
import { plot } from '../../../bench/plot/plot.ts';
import { drawChart } from '../../../bench/plot/svg.ts';
import type { Row } from '../../../bench/row.ts';

const CHART: Chart = {
  file: 'chart',
  title: 'Reads & <writes>',
  suite: 'growth-in-flight',
  metric: 'throughput',
  number: /([\d,]+) in flight$/,
  xLabel: 'in flight',
  yLabel: 'a second'
};

function row(caseName: string, polypool: number, peer: number, changes: Partial<Row> = {}): Row {
  return {
    suite: CHART.suite,
    case: caseName,
    metric: CHART.metric,
    unit: 'ops/s',
    polypool,
    peer,
    peerName: 'mongodb',
    better: 'higher',
    ratio: polypool / peer,
    ...changes
  };
}

const ROWS = [
  row('reads, 1,024 in flight', 900, 300),
  row('reads, 1,024 in flight', 900, 200, { peerName: 'mongoose' }),
  row('reads, 1 in flight', 10, 20),
  row('reads, 1 in flight', 1, 2, { metric: 'other' }),
  row('reads, 1 in flight', 1, 2, { suite: 'other' }),
  row('reads of no number', 1, 2)
];

describe('seriesOf', () => {
  it('finds the points of every contender in the rows of its suite and metric', () => {
    assert.deepEqual(seriesOf(CHART, ROWS), [
      {
        name: 'polypool',
        points: [
          { x: 1, y: 10 },
          { x: 1024, y: 900 }
        ]
      },
      {
        name: 'mongodb',
        points: [
          { x: 1, y: 20 },
          { x: 1024, y: 300 }
        ]
      },
      { name: 'mongoose', points: [{ x: 1024, y: 200 }] }
    ]);
  });

  it('has no points without rows', () => {
    assert.deepEqual(seriesOf(CHART, []), [{ name: 'polypool', points: [] }]);
  });
});

describe('linearAxis', () => {
  it('goes from zero to a round number, in round steps', () => {
    assert.deepEqual(linearAxis([7, 20_349.1]).ticks, [0, 5_000, 10_000, 15_000, 20_000, 25_000]);
    assert.deepEqual(linearAxis([0.3]).ticks, [0, 0.1, 0.2, 0.3]);
    assert.deepEqual(linearAxis([100]).ticks, [0, 20, 40, 60, 80, 100]);
  });

  it('has room for every value', () => {
    for (let value = 0.001; value < 1e7; value *= 1.37) {
      const axis = linearAxis([value]);
      assert(axis.ticks.at(-1)! >= value * (1 - 1e-9), String(value));
      assert(axis.place(value) <= 1 + 1e-9 && axis.place(value) > 0.5, String(value));
    }
  });
});

describe('logarithmicAxis', () => {
  it('has the powers of ten around the values', () => {
    const axis = logarithmicAxis([30, 4_000]);
    assert.deepEqual(axis.ticks, [10, 100, 1_000, 10_000]);
    assert.equal(axis.place(10), 0);
    assert.equal(axis.place(10_000), 1);
  });

  it('is no point when all values are one power of ten', () => {
    assert.deepEqual(logarithmicAxis([100]).ticks, [100, 1_000]);
  });
});

describe('measuredAxis', () => {
  it('has a tick for each value, evenly for even factors', () => {
    const axis = measuredAxis([16, 1, 4, 4]);
    assert.deepEqual(axis.ticks, [1, 4, 16]);
    assert.deepEqual(
      axis.ticks.map(tick => axis.place(tick)),
      [0, 0.5, 1]
    );
  });

  it('puts a single value in the middle', () => {
    assert.equal(measuredAxis([5]).place(5), 0.5);
  });
});

describe('drawChart', () => {
  const drawn = drawChart(CHART, seriesOf(CHART, ROWS));

  it('is well-formed: every element is closed, in order', () => {
    const open: string[] = [];
    for (const [, end, name, self] of drawn.matchAll(/<(\/?)([a-z]+)[^>]*?(\/?)>/g)) {
      if (end) assert.equal(open.pop(), name);
      else if (!self) open.push(name!);
    }
    assert.deepEqual(open, []);
  });

  it('escapes what is text', () => {
    assert.match(drawn, /Reads &amp; &lt;writes&gt;/);
  });

  it('labels both axes and names every contender', () => {
    for (const text of ['in flight', 'a second', 'polypool', 'mongodb', 'mongoose', '1,024']) {
      assert(drawn.includes(`>${text}</text>`), text);
    }
  });

  it('has a mark for each point, inside the picture', () => {
    const marks = [...drawn.matchAll(/cx="([\d.]+)" cy="([\d.]+)"/g)];
    assert.equal(marks.length, 5);
    for (const [, left, top] of marks) assert(Number(left) < 720 && Number(top) < 420);
  });

  it('draws the larger value higher', () => {
    const tops = [...drawn.matchAll(/cy="([\d.]+)"/g)].map(([, top]) => Number(top));
    assert(tops[1]! < tops[0]!);
  });

  it('has colours for dark systems', () => {
    assert.match(drawn, /prefers-color-scheme: dark/);
  });

  it('refuses to draw nothing', () => {
    assert.throws(() => drawChart(CHART, seriesOf(CHART, [])), RangeError);
  });
});

describe('plot', () => {
  const folder = mkdtempSync(join(tmpdir(), 'plot-'));
  after(() => rmSync(folder, { recursive: true }));

  it('draws the charts that rows say something of, and names the others', async () => {
    const { files, missing } = await plot(ROWS, folder);
    assert.deepEqual(files, [join(folder, 'in-flight-throughput.svg')]);
    assert.match(readFileSync(files[0]!, 'utf8'), /^<svg /);
    assert.equal(missing.length, CHARTS.length - 1);
  });
});
