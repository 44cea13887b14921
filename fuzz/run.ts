// Owns a run of one comparison with js-bson: which way, how many documents, from which seed, what is
// printed. Must not know how documents are made or compared.

import { createRequire } from 'node:module';
import { resolve } from 'node:path';
import { parseArgs } from 'node:util';

const USAGE = `Usage: node --import @oxc-node/core/register fuzz/run.ts <decode | encode | json> [options]

Has polypool and js-bson read generated and damaged documents, write generated ones, or make JSON of them,
until there is a difference.

  --documents <n>  how many documents
  --seed <n>       what they follow from: the same seed gives the same documents
  --bson <path>    the package of the copy of js-bson that is compared with (polypool's own), not of JSON
  --uri <uri>      for JSON: a server
`;
const WRONG_USAGE = 2;

type Copy = typeof import('bson') | undefined;

interface Way {
  /** Documents of one seed; the next ones have the next seed. */
  readonly round: number;
  compare(documents: number, seed: number, bson: Copy, uri: string): Promise<object | undefined>;
}

// Each loads what it needs: the package itself is for JSON alone.
const WAYS: Readonly<Record<string, Way>> = {
  decode: {
    round: 50_000,
    async compare(documents, seed, bson) {
      const { compareDecoding } = await import('./decoding.ts');
      return compareDecoding(documents, seed, bson);
    }
  },
  encode: {
    round: 20_000,
    async compare(documents, seed, bson) {
      const { compareEncoding } = await import('./encoding.ts');
      return compareEncoding(documents, seed, bson);
    }
  },
  json: {
    round: 10_000,
    async compare(documents, seed, _bson, uri) {
      const { compareJSON } = await import('./json.ts');
      return compareJSON(documents, seed, uri);
    }
  }
};

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    documents: { type: 'string', default: '' },
    seed: { type: 'string', default: '' },
    bson: { type: 'string' },
    uri: { type: 'string', default: '' }
  }
});
const [name = ''] = positionals;
const way = Object.hasOwn(WAYS, name) ? WAYS[name] : undefined;
const documents = Number(values.documents || NaN);
const first = Number(values.seed || NaN);
const bson: Copy =
  values.bson === undefined
    ? undefined
    : (createRequire(import.meta.url)(resolve(values.bson)) as typeof import('bson'));

if (
  way === undefined ||
  !Number.isSafeInteger(documents) ||
  documents < 1 ||
  !Number.isSafeInteger(first) ||
  (name === 'json') === (values.uri === '')
) {
  process.stderr.write(USAGE);
  process.exitCode = WRONG_USAGE;
} else {
  for (let done = 0, seed = first; done < documents && process.exitCode === undefined; seed++) {
    const count = Math.min(way.round, documents - done);
    const mismatch = await way.compare(count, seed, bson, values.uri);
    done += count;
    print(`${done} of ${documents} documents, seed ${seed}`);
    if (mismatch !== undefined) {
      print(JSON.stringify(mismatch, null, 2));
      process.exitCode = 1;
    }
  }
}

function print(text: string): void {
  process.stdout.write(`${text}\n`);
}
