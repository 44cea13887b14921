// Owns the page of results that readers of the documentation find: every row of a run, losses marked as such.
// Must not know how rows come about.

import { isBehind } from './row';
import type { Row } from './row';

const number = new Intl.NumberFormat('en', { maximumSignificantDigits: 3 });

const HEAD = `# Results

Written by \`npm run bench -- --results\`; what is measured, and how, [benchmarks.md](../benchmarks.md) says. A ratio tells how
many times better polypool is. Where it is behind, the ratio is bold. They are ratios of one machine on one day: run it on yours.
`;

/** The page, in Markdown; `machine` is what the figures depend on. */
export function resultsPage(rows: readonly Row[], machine: string): string {
  const behind = rows.filter(isBehind).length;
  const outcome = `Ahead or level in ${rows.length - behind} of ${rows.length} rows, behind in ${behind}.`;
  const suites = [...new Set(rows.map(({ suite }) => suite))];
  const sections = suites.map(suite => section(suite, rows));
  const facts = machine.split('\n').map(line => `- ${line}`);
  return `${[HEAD, ...facts, '', outcome, ...sections].join('\n')}\n`;
}

function section(suite: string, rows: readonly Row[]): string {
  const lines = rows.filter(row => row.suite === suite).map(line);
  const head = [
    '| Case | Figure | polypool | peer | | ratio |',
    '| --- | --- | --: | --: | --- | --: |'
  ];
  return ['', `## ${suite}`, '', ...head, ...lines].join('\n');
}

function line(row: Row): string {
  const ratio = `${row.ratio.toFixed(2)}x`;
  const cells = [
    row.case,
    `${row.metric}, ${row.unit}`,
    number.format(row.polypool),
    number.format(row.peer),
    row.peerName,
    isBehind(row) ? `**${ratio}**` : ratio
  ];
  return `| ${cells.map(cell => cell.replaceAll('|', '\\|')).join(' | ')} |`;
}
