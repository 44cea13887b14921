// Owns the rows of the result: polypool against one peer in one figure, by the medians of rounds.
// Must not know how rounds were run, nor how rows are printed.

import type { Rounds } from './schedule';
import { median } from './statistics';
import { SUBJECT } from './suite';
import type { Figures, Metric } from './suite';

/** One row of the JSON file, in this order of keys. */
export interface Row {
  suite: string;
  case: string;
  metric: string;
  unit: string;
  /** Medians over the rounds, in `unit`. */
  polypool: number;
  peer: number;
  peerName: string;
  better: 'higher' | 'lower';
  /** How many times better polypool is: above 1 it is ahead, below 1 it is behind. */
  ratio: number;
}

/** A row, and the ratios of the worst and the best turn: how far to trust it. */
export interface Comparison {
  readonly row: Row;
  readonly worst: number;
  readonly best: number;
}

/** Why there is no row where one was due. */
export interface Omission {
  readonly metric: string;
  readonly peerName: string;
  readonly reason: string;
}

/** Whether the ratio, as it is printed, is a loss. */
export function isBehind({ ratio }: Row): boolean {
  return Number(ratio.toFixed(2)) < 1;
}

/** Compares polypool with every other contender of the case in all its metrics. */
export function compare(
  suite: string,
  { name, metrics }: Figures,
  rounds: Rounds
): { comparisons: Comparison[]; omissions: Omission[] } {
  const baselines = new Set(metrics.map(({ lessLane }) => lessLane));
  const peers = [...rounds.keys()].filter(
    contender => contender !== SUBJECT && !baselines.has(contender)
  );
  const comparisons: Comparison[] = [];
  const omissions: Omission[] = [];
  for (const metric of metrics) {
    const ours = values(rounds, SUBJECT, metric);
    for (const peerName of peers) {
      const theirs = values(rounds, peerName, metric);
      const reason = incomparable(ours, theirs);
      if (reason) {
        omissions.push({ metric: metric.name, peerName, reason });
        continue;
      }
      // A turn below the baseline has no ratio; that both medians are above it has been seen.
      const turns = ours.flatMap((value, turn) =>
        value > 0 && theirs[turn]! > 0 ? ratio(metric, value, theirs[turn]!) : []
      );
      comparisons.push({
        row: row(suite, name, metric, peerName, median(ours), median(theirs)),
        worst: turns.length > 0 ? Math.min(...turns) : Number.NaN,
        best: turns.length > 0 ? Math.max(...turns) : Number.NaN
      });
    }
  }
  return { comparisons, omissions };
}

/** A lane's values of a metric by turn, less the median of the baseline if the metric has one. */
function values(rounds: Rounds, contender: string, { figure, lessLane }: Metric): number[] {
  const baseline = lessLane === undefined ? 0 : median(figures(rounds, lessLane, figure));
  return figures(rounds, contender, figure).map(value => value - baseline);
}

function figures(rounds: Rounds, contender: string, figure: string): number[] {
  return rounds.get(contender)!.flatMap(round => round[figure] ?? []);
}

function incomparable(ours: number[], theirs: number[]): string | undefined {
  if (ours.length === 0 || theirs.length === 0) return 'not measured here';
  // Below the baseline or at zero, a quotient would say nothing.
  if (!(median(ours) > 0) || !(median(theirs) > 0)) return 'too small to tell from nothing';
  return undefined;
}

function ratio({ better }: Metric, ours: number, theirs: number): number {
  return better === 'higher' ? ours / theirs : theirs / ours;
}

function row(
  suite: string,
  caseName: string,
  metric: Metric,
  peerName: string,
  ours: number,
  theirs: number
): Row {
  return {
    suite,
    case: caseName,
    metric: metric.name,
    unit: metric.unit,
    polypool: rounded(ours),
    peer: rounded(theirs),
    peerName,
    better: metric.better,
    ratio: rounded(ratio(metric, ours, theirs))
  };
}

/** Three decimals: more would pretend to a precision that no round has. */
function rounded(value: number): number {
  return Math.round(value * 1_000) / 1_000;
}
