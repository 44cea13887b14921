// Owns which curves there are, and finding their points among the rows of a run.
// Must not know how a curve is drawn.

import type { Row } from '../row';
import { SUBJECT } from '../suite';

/** A chart of one metric over a suite whose cases have a number in their names. */
export interface Chart {
  /** The file's name, without the extension. */
  readonly file: string;
  readonly title: string;
  readonly suite: string;
  readonly metric: string;
  /** Finds the number of a case, in its first group. */
  readonly number: RegExp;
  readonly xLabel: string;
  readonly yLabel: string;
  /** Whether the vertical axis is logarithmic; the horizontal one always is. */
  readonly isLogarithmic?: boolean;
}

export interface Point {
  readonly x: number;
  readonly y: number;
}

/** One contender's curve. */
export interface Series {
  readonly name: string;
  /** Ascending in `x`. */
  readonly points: readonly Point[];
}

const IN_FLIGHT = {
  suite: 'growth-in-flight',
  number: /([\d,]+) in flight$/,
  xLabel: 'operations in flight'
};

const DATABASES = {
  suite: 'growth-databases',
  number: /over ([\d,]+) databases$/,
  xLabel: 'databases in use'
};

export const CHARTS: readonly Chart[] = [
  {
    ...IN_FLIGHT,
    file: 'in-flight-throughput',
    title: 'findOne by _id: operations a second',
    metric: 'throughput',
    yLabel: 'operations a second'
  },
  {
    ...IN_FLIGHT,
    file: 'in-flight-cpu',
    title: 'findOne by _id: CPU of the JavaScript thread',
    metric: 'main-thread CPU',
    yLabel: 'microseconds an operation'
  },
  {
    ...IN_FLIGHT,
    file: 'in-flight-p99',
    title: 'findOne by _id: latency, 99th percentile',
    metric: 'p99 latency',
    yLabel: 'microseconds',
    isLogarithmic: true
  },
  {
    ...DATABASES,
    file: 'databases-memory',
    title: 'A database per tenant: memory of the process',
    metric: 'resident memory',
    yLabel: 'megabytes'
  },
  {
    ...DATABASES,
    file: 'databases-first-read',
    title: 'A database per tenant: a handle and its first read',
    metric: 'time to first read',
    yLabel: 'microseconds a database',
    isLogarithmic: true
  },
  {
    ...DATABASES,
    file: 'databases-throughput',
    title: 'A database per tenant: reads a second, 64 in flight',
    metric: 'throughput',
    yLabel: 'operations a second'
  }
];

/** The curves of a chart: polypool's first, then its peers' in the order of the rows. */
export function seriesOf(chart: Chart, rows: readonly Row[]): Series[] {
  const curves = new Map<string, Map<number, number>>([[SUBJECT, new Map()]]);
  const add = (name: string, x: number, y: number): void => {
    const curve = curves.get(name) ?? new Map<number, number>();
    curves.set(name, curve.set(x, y));
  };
  for (const row of rows) {
    if (row.suite !== chart.suite || row.metric !== chart.metric) continue;
    const found = chart.number.exec(row.case);
    if (!found) continue;
    const x = Number(found[1]!.replaceAll(',', ''));
    add(SUBJECT, x, row.polypool);
    add(row.peerName, x, row.peer);
  }
  return [...curves].map(([name, curve]) => ({
    name,
    points: [...curve].map(([x, y]) => ({ x, y })).sort((one, other) => one.x - other.x)
  }));
}
