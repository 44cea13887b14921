// Owns a run of the bench: which suites, against which server, what is printed and written.
// Must not know what a suite measures, nor how a mongod is started.

import { access, constants, readFile, writeFile } from 'node:fs/promises';
import { dirname, join, relative, resolve } from 'node:path';
import { STANDARD_OUTPUT, USAGE, UsageError, parseArguments } from './arguments';
import type { BenchArguments } from './arguments';
import { threadClock } from './clock';
import { BenchmarkData } from './data';
import { Database } from './database';
import { DATA_FOLDER, PLOT_FOLDER } from './place';
import { plot } from './plot/plot';
import { describeCase, describeMachine, describeOutcome, describeSkips } from './report';
import { resultsPage } from './results';
import { compare } from './row';
import type { Comparison, Row } from './row';
import { runRounds } from './schedule';
import type { Rounds } from './schedule';
import { selectSuites } from './selection';
import type { Composition, Setting, Suite } from './suite';

/** As a shell reports a process that Ctrl-C ended. */
const INTERRUPTED = 130;
const WRONG_USAGE = 2;

async function main(signal: AbortSignal): Promise<void> {
  const given = parseArguments(process.argv.slice(2));
  if (given.help) {
    print(USAGE);
    return;
  }
  if (given.rows !== undefined) {
    await draw(await readRows(given.rows));
    return;
  }
  const suites = selectSuites(given);
  if (given.json === STANDARD_OUTPUT) printed = process.stderr;
  else if (given.json !== undefined) await requireFolder(given.json);
  const { comparisons, machine } = await runSuites(suites, given, signal);
  print(describeOutcome(comparisons));
  const rows = comparisons.map(({ row }) => row);
  const text = `${JSON.stringify(rows, null, 2)}\n`;
  if (given.json === STANDARD_OUTPUT) process.stdout.write(text);
  else if (given.json !== undefined) await writeFile(given.json, text);
  if (given.results) await writeFile(join(PLOT_FOLDER, 'results.md'), resultsPage(rows, machine));
  if (given.plot) await draw(rows);
}

async function draw(rows: readonly Row[]): Promise<void> {
  const { files, missing } = await plot(rows, PLOT_FOLDER);
  for (const file of files) print(`drew ${relative('.', file)}`);
  if (missing.length > 0) print(`nothing to draw of ${missing.join(', ')}: no such rows`);
}

/** The rows that `--json` wrote in an earlier run. */
async function readRows(file: string): Promise<Row[]> {
  try {
    const rows: unknown = JSON.parse(await readFile(file, 'utf8'));
    if (Array.isArray(rows)) return rows as Row[];
  } catch (error) {
    throw new UsageError(`--rows can't be read: ${(error as Error).message}`);
  }
  throw new UsageError('--rows must be a file that --json wrote');
}

async function runSuites(
  suites: readonly Suite[],
  given: BenchArguments,
  signal: AbortSignal
): Promise<{ comparisons: Comparison[]; machine: string }> {
  const { uri, rounds, seconds, quick, full, casePattern } = given;
  const data = new BenchmarkData(given.data ?? DATA_FOLDER);
  const database = await Database.open(uri);
  try {
    const machine = describeMachine(await database.serverVersion());
    print(machine);
    if (quick) print('quick: these figures prove that the bench runs, and nothing else');
    if (!globalThis.gc) {
      print('without --expose-gc, one contender may pay for the young garbage of another');
    }
    const found = threadClock();
    if ('reason' in found) print(`no rows of main-thread CPU: ${found.reason}`);
    print('');
    const clock = 'clock' in found ? found.clock : undefined;
    const setting = { uri, database, seconds, clock, data, full, quick, casePattern };
    const comparisons: Comparison[] = [];
    for (const suite of suites) {
      comparisons.push(...(await runSuite(suite, setting, rounds, signal)));
    }
    return { comparisons, machine };
  } finally {
    await data.close();
    await database.close();
  }
}

async function runSuite(
  suite: Suite,
  setting: Setting,
  rounds: number,
  signal: AbortSignal
): Promise<Comparison[]> {
  signal.throwIfAborted();
  const comparisons: Comparison[] = [];
  const results = new Map<string, Rounds>();
  const tell = (figures: Composition): void => {
    const compared = compare(suite.name, figures, figures.rounds);
    print(describeCase(suite.name, figures, compared.comparisons, compared.omissions));
    comparisons.push(...compared.comparisons);
  };
  const open = await suite.open(setting);
  try {
    for (const text of describeSkips(suite.name, selected(open.skips ?? [], setting))) print(text);
    for (const benchCase of selected(open.cases, setting)) {
      const caseRounds = await runRounds(benchCase, rounds, signal);
      results.set(benchCase.name, caseRounds);
      tell({ ...benchCase, rounds: caseRounds });
    }
    for (const composition of open.compose?.(results) ?? []) tell(composition);
  } finally {
    await open.close();
  }
  return comparisons;
}

function selected<T extends { readonly name: string }>(all: readonly T[], setting: Setting): T[] {
  return all.filter(({ name }) => setting.casePattern.test(name));
}

/** A file that can't be written should be known before the minutes a run takes. */
async function requireFolder(file: string): Promise<void> {
  const folder = dirname(resolve(file));
  try {
    await access(folder, constants.W_OK);
  } catch {
    throw new UsageError(`--json can't be written: no folder ${folder} to write to`);
  }
}

/** Where what is for people goes. */
let printed: NodeJS.WriteStream = process.stdout;

function print(text: string): void {
  printed.write(`${text}\n`);
}

const interruption = new AbortController();
// Once each: a second Ctrl-C ends the process at once.
for (const name of ['SIGINT', 'SIGTERM'] as const) {
  process.once(name, () => interruption.abort(new Error(`Interrupted by ${name}`)));
}

main(interruption.signal).catch((error: unknown) => {
  const expected = error instanceof UsageError || interruption.signal.aborted;
  process.stderr.write(`${expected ? (error as Error).message : (error as Error).stack}\n`);
  process.exitCode = 1;
  if (error instanceof UsageError) process.exitCode = WRONG_USAGE;
  if (interruption.signal.aborted) process.exitCode = INTERRUPTED;
});
