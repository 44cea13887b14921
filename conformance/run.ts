// Owns a conformance run: which files, with which client, against which server, what is printed and
// written. Must not know any test format, nor how a mongod is started.

import { existsSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { dirname, relative } from 'node:path';
import { USAGE, UsageError, parseArguments, type ConformanceArguments } from './arguments.ts';
import { Deployment } from './deployment.ts';
import { findFiles, readTestFile } from './files.ts';
import { describeFailure, describeRun } from './report.ts';
import { failed, type Row, type Verdict } from './row.ts';
import { runTestFile, type FileSetting } from './run-file.ts';
import { loadSubject } from './subject.ts';

const WRONG_USAGE = 2;

async function main(): Promise<void> {
  const given = parseArguments(process.argv.slice(2));
  if (given.help) {
    print(USAGE);
    return;
  }
  requireThere(given.directories);
  // Not found out after minutes.
  if (given.json !== undefined) requireThere([dirname(given.json)]);
  const deployment = await Deployment.connect(given.uri);
  const { version, topology } = deployment.facts;
  print(`${given.client} on MongoDB ${version.join('.')}, ${topology}`);
  try {
    const rows = await runDirectories(given, deployment);
    print(describeRun(rows, given.directories.map(shown)));
    if (given.json !== undefined) await writeFile(given.json, `${JSON.stringify(rows, null, 2)}\n`);
    if (rows.length === 0) throw new UsageError('There is no test in these directories');
    if (rows.some(({ status }) => status === 'failed')) process.exitCode = 1;
  } finally {
    await deployment.close();
  }
}

async function runDirectories(given: ConformanceArguments, deployment: Deployment): Promise<Row[]> {
  const subject = loadSubject(given.client);
  const rows: Row[] = [];
  const stray = new StrayRejections();
  await deployment.killAllSessions();
  for (const directory of given.directories) {
    for (const path of findFiles(directory)) {
      const file = shown(path);
      const report = (test: string, verdict: Verdict): void => {
        const row = { file, test, ...stray.charge(verdict) };
        rows.push(row);
        if (row.status === 'failed') print(describeFailure(row));
      };
      const wanted = wantedBy(given.filter, file);
      const setting: FileSetting = { subject, deployment, wanted, report };
      await runTestFile(readTestFile(path), setting).catch((error: unknown) => {
        report('(file)', failed(error));
      });
    }
  }
  stray.stop();
  return rows;
}

/** @throws UsageError */
function requireThere(paths: readonly string[]): void {
  const missing = paths.find(path => !existsSync(path));
  if (missing !== undefined) throw new UsageError(`There is no ${missing}`);
}

function wantedBy(filter: string | undefined, file: string): (test: string) => boolean {
  const text = filter?.toLowerCase() ?? '';
  const whole = file.toLowerCase().includes(text);
  return test => whole || test.toLowerCase().includes(text);
}

/** Rejections that nobody handles, which are the fault of the test that runs. */
class StrayRejections {
  #reason: unknown;
  readonly #listener = (reason: unknown): void => {
    this.#reason ??= reason ?? new Error('Rejected with nothing');
  };

  constructor() {
    process.on('unhandledRejection', this.#listener);
  }

  /** The verdict, unless something was rejected since the last one. */
  charge(verdict: Verdict): Verdict {
    const reason = this.#reason;
    this.#reason = undefined;
    if (reason === undefined || verdict.status === 'failed') return verdict;
    return failed(new Error('A rejection was not handled', { cause: reason }));
  }

  stop(): void {
    process.off('unhandledRejection', this.#listener);
  }
}

function shown(path: string): string {
  return relative('', path) || '.';
}

function print(text: string): void {
  process.stdout.write(`${text}\n`);
}

try {
  await main();
} catch (error) {
  if (!(error instanceof UsageError)) throw error;
  process.stderr.write(`${error.message}\n\n${USAGE}`);
  process.exitCode = WRONG_USAGE;
}
