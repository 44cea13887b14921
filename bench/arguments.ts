// Owns the command line of the bench: what may be given, its defaults, and what is wrong with it.
// Must not know which suites there are.

import { parseArgs } from 'node:util';

export const USAGE = `Usage: npm run bench -- [options]

Compares polypool with the official driver and with Mongoose, in turns, on one mongod.

  --suite <name>      only this suite; may be given several times
  --case <pattern>    only the cases whose name matches this regular expression (ignoring case)
  --rounds <n>        how many counted turns each contender gets (7)
  --seconds <n>       how long a turn lasts at least (1)
  --quick             one turn of 0.1 seconds: proves that the bench runs, measures nothing
  --json <file>       writes the rows to this file
  --uri <uri>         a MongoDB to run against, in a database of its own that is dropped afterwards
  --help              this text
`;

/** What is asked of a run. */
export interface BenchArguments {
  readonly help: boolean;
  /** The connection string; empty only where `help` is asked for. */
  readonly uri: string;
  /** Where to write the rows, if anywhere. */
  readonly json: string | undefined;
  /** Names of suites; none means all. */
  readonly suites: readonly string[];
  readonly casePattern: RegExp;
  readonly rounds: number;
  readonly seconds: number;
  readonly quick: boolean;
}

/** Something is wrong with the command line: its message is for whoever typed it. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

const THOROUGH = { rounds: 7, seconds: 1 };
const QUICK = { rounds: 1, seconds: 0.1 };

/** @param args - as in `process.argv`, after the script; a leading `--` is passed over */
export function parseArguments(args: readonly string[]): BenchArguments {
  const { values } = parse(args[0] === '--' ? args.slice(1) : [...args]);
  const { help, uri, quick } = values;
  if (!help && !uri) {
    throw new UsageError('--uri is missing: npm run bench starts a mongod and gives its own');
  }
  const defaults = quick ? QUICK : THOROUGH;
  const rounds = positive('--rounds', values.rounds) ?? defaults.rounds;
  if (!Number.isInteger(rounds)) throw new UsageError('--rounds must be a whole number');
  return {
    help,
    uri,
    json: values.json,
    suites: values.suite,
    casePattern: pattern(values.case),
    rounds,
    seconds: positive('--seconds', values.seconds) ?? defaults.seconds,
    quick
  };
}

function parse(args: string[]) {
  try {
    return parseArgs({
      args,
      options: {
        suite: { type: 'string', multiple: true, default: [] },
        case: { type: 'string', default: '' },
        rounds: { type: 'string' },
        seconds: { type: 'string' },
        quick: { type: 'boolean', default: false },
        json: { type: 'string' },
        uri: { type: 'string', default: '' },
        help: { type: 'boolean', short: 'h', default: false }
      }
    });
  } catch (error) {
    throw new UsageError((error as Error).message);
  }
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
