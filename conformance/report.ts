// Owns what is shown of a run: each failure, the reasons of skips with their numbers, the totals.
// Must not know how tests run.

import type { Row, Status } from './row.ts';

/** How many lines of an error are shown, those of stacks not counted. */
const ERROR_LINES = 3;
const STACK_LINE = /^\s*at /;

export function describeFailure({ file, test, error = '' }: Row): string {
  const message = error.split('\n').filter(line => !STACK_LINE.test(line));
  const lines = message.slice(0, ERROR_LINES);
  return [`FAILED  ${file}: ${test}`, ...lines.map(line => `        ${line.trim()}`)].join('\n');
}

/** Directory by directory, then the reasons, then everything. */
export function describeRun(rows: readonly Row[], directories: readonly string[]): string {
  const byDirectory = directories.map(directory => {
    const within = rows.filter(
      ({ file }) => file === directory || file.startsWith(`${directory}/`)
    );
    return `${counts(within)}  ${directory}`;
  });
  return [
    '',
    ...skipLines(rows),
    '',
    ...(directories.length > 1 ? byDirectory : []),
    `${counts(rows)}  in ${new Set(rows.map(({ file }) => file)).size} files`
  ].join('\n');
}

function skipLines(rows: readonly Row[]): string[] {
  const reasons = new Map<string, number>();
  for (const { status, reason = 'no reason' } of rows) {
    if (status === 'skipped') reasons.set(reason, (reasons.get(reason) ?? 0) + 1);
  }
  return [...reasons]
    .sort(([, a], [, b]) => b - a)
    .map(([reason, count]) => `skipped ${String(count).padStart(5)}  ${reason}`);
}

function counts(rows: readonly Row[]): string {
  const count = (status: Status): string =>
    `${String(rows.filter(row => row.status === status).length).padStart(5)} ${status}`;
  return [count('passed'), count('failed'), count('skipped')].join(', ');
}
