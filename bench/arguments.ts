// Owns the command line of the bench: what may be given, its defaults, and what is wrong with it.
// Must not know which suites there are.

import { parseArgs } from 'node:util';

export const USAGE = `Usage: npm run bench -- [options]

Compares polypool with the official driver and with Mongoose, in turns, on one mongod.

  --suite <name>      only this suite; may be given several times
  --all               the extra suites too, which otherwise run only when they are named
  --case <pattern>    only the cases whose name matches this regular expression (ignoring case)
  --rounds <n>        how many counted turns each contender gets (7)
  --seconds <n>       how long a turn lasts at least (1)
  --quick             one turn of 0.1 seconds: proves that the bench runs, measures nothing
  --full              MongoDB's driver benchmark as long as its specification asks for (hours)
  --data <folder>     the data sets of MongoDB's driver benchmark (../shared/benchmark-data)
  --json [<file>]     writes the rows to this file, or to standard output, and all else to standard error
  --results           writes all rows as a page into docs/benchmarks
  --plot              draws the growth curves, which it measures too, into docs/benchmarks
  --rows <file>       with --plot: draws from rows that --json wrote before, and measures nothing
  --uri <uri>         a MongoDB to run against, in a database of its own that is dropped afterwards
  --help              this text
`;

/** What is asked of a run. */
export interface BenchArguments {
  readonly help: boolean;
  /** The connection string; empty only where nothing is measured. */
  readonly uri: string;
  /** Where to write the rows, if anywhere; `-` is standard output. */
  readonly json: string | undefined;
  /** Names of suites; none means all. */
  readonly suites: readonly string[];
  readonly all: boolean;
  readonly full: boolean;
  /** Where the data sets of MongoDB's driver benchmark lie, if that was said. */
  readonly data: string | undefined;
  readonly results: boolean;
  readonly plot: boolean;
  /** Rows of an earlier run, to draw from. */
  readonly rows: string | undefined;
  readonly casePattern: RegExp;
  readonly rounds: number;
  readonly seconds: number;
  readonly quick: boolean;
}

/** Something is wrong with the command line: its message is for whoever typed it. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

/** Instead of a file. */
export const STANDARD_OUTPUT = '-';

const THOROUGH = { rounds: 7, seconds: 1 };
const QUICK = { rounds: 1, seconds: 0.1 };

/** @param args - as in `process.argv`, after the script; a leading `--` is passed over */
export function parseArguments(args: readonly string[]): BenchArguments {
  const { values } = parse(args[0] === '--' ? args.slice(1) : [...args]);
  const { help, uri, quick, all, full, data, plot, json, results } = values;
  if (values.rows !== undefined && !plot) throw new UsageError('--rows is for --plot');
  if (!help && !uri && values.rows === undefined) {
    throw new UsageError('--uri is missing: npm run bench starts a mongod and gives its own');
  }
  const defaults = quick ? QUICK : THOROUGH;
  const rounds = positive('--rounds', values.rounds) ?? defaults.rounds;
  if (!Number.isInteger(rounds)) throw new UsageError('--rounds must be a whole number');
  return {
    help,
    uri,
    json,
    suites: values.suite,
    all,
    full,
    data,
    results,
    plot,
    rows: values.rows,
    casePattern: pattern(values.case),
    rounds,
    seconds: positive('--seconds', values.seconds) ?? defaults.seconds,
    quick
  };
}

function parse(args: string[]) {
  try {
    return parseArgs({
      args: args.map(withFile),
      options: {
        suite: { type: 'string', multiple: true, default: [] },
        case: { type: 'string', default: '' },
        rounds: { type: 'string' },
        seconds: { type: 'string' },
        quick: { type: 'boolean', default: false },
        all: { type: 'boolean', default: false },
        full: { type: 'boolean', default: false },
        data: { type: 'string' },
        results: { type: 'boolean', default: false },
        plot: { type: 'boolean', default: false },
        rows: { type: 'string' },
        json: { type: 'string' },
        uri: { type: 'string', default: '' },
        help: { type: 'boolean', short: 'h', default: false }
      }
    });
  } catch (error) {
    throw new UsageError((error as Error).message);
  }
}

/** An option's argument can't be left out, as far as `parseArgs` knows. */
function withFile(arg: string, index: number, args: readonly string[]): string {
  const next = args[index + 1];
  const isBare = arg === '--json' && (next === undefined || next.startsWith('-'));
  return isBare ? `--json=${STANDARD_OUTPUT}` : arg;
}

function positive(option: string, text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const value = Number(text);
  if (!(value > 0 && value <= 3_600)) {
    throw new UsageError(`${option} must be a number above 0 and at most 3600, not "${text}"`);
  }
  return value;
}

function pattern(text: string): RegExp {
  try {
    return new RegExp(text, 'i');
  } catch (error) {
    throw new UsageError(`--case is no regular expression: ${(error as Error).message}`);
  }
}
