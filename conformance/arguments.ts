// Owns the command line of a conformance run. Must not know what is run.

import { parseArgs } from 'node:util';
import type { SubjectName } from './subject.ts';

export const USAGE = `Usage: npm run conformance -- --dir DIR [--dir DIR] [options]

Runs the JSON tests of MongoDB's specifications below the directories, whichever they are: unified
test format, BSON corpus, connection strings and URI options.

  --dir <path>     a directory of tests, or one file; can be given several times
  --json <path>    write {file, test, status, reason?, error?} for every test
  --uri <uri>      the MongoDB to run against, with enableTestCommands; else one is started
  --nodes <n>      how many nodes to start, 1 or 3 (1)
  --filter <text>  only tests whose file or description contains it
  --client <name>  polypool, or mongodb for the official driver (polypool)
`;

export interface ConformanceArguments {
  readonly help: boolean;
  readonly directories: readonly string[];
  readonly json: string | undefined;
  readonly uri: string;
  readonly filter: string | undefined;
  readonly client: SubjectName;
}

/** The command line is wrong. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

/** @throws UsageError */
export function parseArguments(args: readonly string[]): ConformanceArguments {
  const values = parse(args);
  const { dir = [], uri, client } = values;
  if (client !== 'polypool' && client !== 'mongodb') {
    throw new UsageError(`--client must be polypool or mongodb, not ${client}`);
  }
  if (!values.help && dir.length === 0) throw new UsageError('--dir is missing');
  if (!values.help && uri === undefined) throw new UsageError('--uri is missing');
  const { help, json, filter } = values;
  return { help, directories: dir, json, uri: uri ?? '', filter, client };
}

function parse(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      options: {
        dir: { type: 'string', multiple: true },
        json: { type: 'string' },
        uri: { type: 'string' },
        filter: { type: 'string' },
        client: { type: 'string', default: 'polypool' },
        help: { type: 'boolean', short: 'h', default: false }
      }
    }).values;
  } catch (error) {
    throw new UsageError((error as Error).message);
  }
}
