// Owns the text a person reads: the machine, a table for each case, and where polypool is behind.
// Must not know how figures come about.

import { availableParallelism, cpus, loadavg } from 'node:os';
import { requireFromBench } from './place';
import { isBehind } from './row';
import type { Comparison, Omission } from './row';
import type { Composition, Skip } from './suite';

const PACKAGES = ['polypool', 'mongodb', 'mongoose'];

const number = new Intl.NumberFormat('en', { maximumFractionDigits: 1 });
const small = new Intl.NumberFormat('en', { maximumFractionDigits: 2 });

/** What the figures depend on; `serverVersion` as the server reports it. */
export function describeMachine(serverVersion: string): string {
  const packages = PACKAGES.map(name => {
    const { version } = requireFromBench(`${name}/package.json`) as { version: string };
    return `${name} ${version}`;
  });
  const model = cpus()[0]?.model.trim() ?? 'unknown processor';
  const load = loadavg()[0]!;
  const lines = [
    `${availableParallelism()} x ${model}, load ${load.toFixed(1)}`,
    `Node ${process.versions.node}, mongod ${serverVersion}, ${packages.join(', ')}`
  ];
  if (load > availableParallelism() / 2) {
    lines.push(
      'other work has used this machine in the last minute: a client of several threads takes a',
      'larger share of a busy machine than one of a single thread, so ratios may be too high'
    );
  }
  return lines.join('\n');
}

/** A table of one case: a line for each metric and peer, losses marked as such. */
export function describeCase(
  suite: string,
  { name, note }: Pick<Composition, 'name' | 'note'>,
  comparisons: readonly Comparison[],
  omissions: readonly Omission[]
): string {
  const head = ['metric', 'unit', 'polypool', 'peer', '', 'ratio', 'worst to best turn', ''];
  const lines = comparisons.map(({ row, worst, best }) => [
    row.metric,
    row.unit,
    format(row.polypool),
    format(row.peer),
    row.peerName,
    `${row.ratio.toFixed(2)}x`,
    `${worst.toFixed(2)} to ${best.toFixed(2)}`,
    isBehind(row) ? 'behind' : ''
  ]);
  const left = omissions.map(
    ({ metric, peerName, reason }) => `  no row: ${metric} against ${peerName}: ${reason}`
  );
  const notes = note === undefined ? [] : [`  ${note}`];
  return [`${suite}: ${name}`, ...notes, ...table([head, ...lines]), ...left, ''].join('\n');
}

/** Lines in place of the cases that can't be had, by reason. */
export function describeSkips(suite: string, skips: readonly Skip[]): string[] {
  const reasons = [...new Set(skips.map(({ reason }) => reason))];
  return reasons.map(reason => {
    const names = skips.filter(skip => skip.reason === reason).map(({ name }) => name);
    return `${suite}: skipped ${names.join(', ')}\n  ${reason}\n`;
  });
}

/** How many rows polypool wins, and every one it loses. */
export function describeOutcome(comparisons: readonly Comparison[]): string {
  const behind = comparisons.map(({ row }) => row).filter(isBehind);
  const ahead = comparisons.length - behind.length;
  return [
    `polypool is ahead or level in ${ahead} of ${comparisons.length} rows, behind in ${behind.length}`,
    ...behind.map(
      row =>
        `  behind: ${row.case}, ${row.metric}, against ${row.peerName}: ${row.ratio.toFixed(2)}x`
    )
  ].join('\n');
}

function format(value: number): string {
  return (value < 10 ? small : number).format(value);
}

/** Columns of figures, the third, fourth, sixth and seventh, are set to the right. */
function table(lines: readonly string[][]): string[] {
  const right = new Set([2, 3, 5, 6]);
  const widths = lines[0]!.map((_, column) => Math.max(...lines.map(line => line[column]!.length)));
  return lines.map(line => {
    const cells = line.map((cell, column) =>
      right.has(column) ? cell.padStart(widths[column]!) : cell.padEnd(widths[column]!)
    );
    return `  ${cells.join('  ')}`.trimEnd();
  });
}
