// Owns a run of the comparison of what is written with js-bson: how many documents, from which seed.
// Must not know how documents are made or compared.

import { parseArgs } from 'node:util';
import { compareEncoding } from './encoding.ts';

const USAGE = `Usage: npm run fuzz -- [options]

Encodes generated documents with polypool and with js-bson, until there is a difference.

  --documents <n>  how many documents (1000000)
  --seed <n>       what they follow from: the same seed gives the same documents (the time)
`;
const WRONG_USAGE = 2;
/** Documents of one seed; the next ones have the next seed. */
const ROUND = 50_000;

const { values } = parseArgs({
  options: {
    documents: { type: 'string', default: '1000000' },
    seed: { type: 'string', default: String(Math.floor(Date.now() / 1000)) },
    help: { type: 'boolean', short: 'h', default: false }
  }
});
const documents = Number(values.documents);
const first = Number(values.seed);

if (values.help) {
  print(USAGE);
} else if (!Number.isSafeInteger(documents) || documents < 1 || !Number.isSafeInteger(first)) {
  process.stderr.write(USAGE);
  process.exitCode = WRONG_USAGE;
} else {
  for (let done = 0, seed = first; done < documents && process.exitCode === undefined; seed++) {
    const count = Math.min(ROUND, documents - done);
    const mismatch = compareEncoding(count, seed);
    done += count;
    print(`${done} of ${documents} documents written, seed ${seed}`);
    if (mismatch !== undefined) {
      print(JSON.stringify(mismatch, null, 2));
      process.exitCode = 1;
    }
  }
}

function print(text: string): void {
  process.stdout.write(`${text}\n`);
}
