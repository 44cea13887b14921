// Owns a run of the comparison with js-bson: which way, how many documents, from which seed, what is
// printed. Must not know how documents are made or compared.

import { createRequire } from 'node:module';
import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { compareDecoding } from './decoding.ts';
import { compareEncoding } from './encoding.ts';

const USAGE = `Usage: npm run fuzz -- [options]

Has polypool and js-bson read generated and damaged documents, and write generated ones, until there is
a difference.

  --documents <n>  how many documents each way (1000000)
  --seed <n>       what they follow from: the same seed gives the same documents (the time)
  --bson <path>    the package of the copy of js-bson that is compared with (polypool's own)

fuzz/run.ts itself takes the way first: decode or encode.
`;
const WRONG_USAGE = 2;
/** Documents of one seed; the next ones have the next seed. */
const ROUND = 50_000;

const WAYS = {
  decode: { compare: compareDecoding, done: 'read' },
  encode: { compare: compareEncoding, done: 'written' }
} as const;

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    documents: { type: 'string', default: '1000000' },
    seed: { type: 'string', default: String(Math.floor(Date.now() / 1000)) },
    bson: { type: 'string' },
    help: { type: 'boolean', short: 'h', default: false }
  }
});
const way = Object.hasOwn(WAYS, positionals[0] ?? '')
  ? WAYS[positionals[0] as keyof typeof WAYS]
  : undefined;
const documents = Number(values.documents);
const first = Number(values.seed);
const bson =
  values.bson === undefined
    ? undefined
    : (createRequire(import.meta.url)(resolve(values.bson)) as typeof import('bson'));

if (values.help) {
  print(USAGE);
} else if (
  !way ||
  !Number.isSafeInteger(documents) ||
  documents < 1 ||
  !Number.isSafeInteger(first)
) {
  process.stderr.write(USAGE);
  process.exitCode = WRONG_USAGE;
} else {
  for (let done = 0, seed = first; done < documents && process.exitCode === undefined; seed++) {
    const count = Math.min(ROUND, documents - done);
    const mismatch = way.compare(count, seed, bson);
    done += count;
    print(`${done} of ${documents} documents ${way.done}, seed ${seed}`);
    if (mismatch !== undefined) {
      print(JSON.stringify(mismatch, null, 2));
      process.exitCode = 1;
    }
  }
}

function print(text: string): void {
  process.stdout.write(`${text}\n`);
}
