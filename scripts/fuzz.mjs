// Owns the command `npm run fuzz`: a build, and then fuzz/run.ts in each way, two processes side by side.
// Must not know how documents are made or compared.

import { createRequire } from 'node:module';
import { parseArgs } from 'node:util';
import { startReplicaSet } from './mongod/replica-set.mjs';
import { run } from './process/command.mjs';
import { say, step } from './process/progress.mjs';
import { Failure, Interrupted, script } from './process/script.mjs';
import { setUp } from './setup.mjs';

const NO_CODE = ['--disallow-code-generation-from-strings'];

/**
 * @typedef {object} Part
 * @property {string} name
 * @property {'decode' | 'encode' | 'json'} way
 * @property {number} share of all documents
 * @property {readonly string[]} [flags] of Node.js
 * @property {6} [bson] which js-bson is compared with, if it is not polypool's own
 */

/** In the order in which they start. To decode is quickest. @type {readonly Part[]} */
const PARTS = [
  { name: 'decode', way: 'decode', share: 0.4 },
  { name: 'encode', way: 'encode', share: 0.14 },
  { name: 'json', way: 'json', share: 0.04 },
  { name: 'decode-6', way: 'decode', share: 0.2, bson: 6 },
  { name: 'encode-6', way: 'encode', share: 0.08, bson: 6 },
  { name: 'decode-plain', way: 'decode', share: 0.1, flags: NO_CODE },
  { name: 'encode-plain', way: 'encode', share: 0.04, flags: NO_CODE }
];
/** Processes at a time. */
const SIDE_BY_SIDE = 2;

const USAGE = `Usage: npm run fuzz -- [options]

Has polypool and js-bson read generated and damaged documents, write generated ones, and make JSON of
them, and compares the results: ${PARTS.map(({ name, share }) => `${name} (${share * 100} %)`).join(', ')}.
Those with 6 are with the js-bson of Mongoose 8, the plain ones without generated code.

  --documents <n>  how many documents altogether (1000000)
  --seed <n>       what they follow from: the same seed gives the same documents (the time)
  --only <names>   only these comparisons, separated by commas, with all of the documents
`;

await script(async signal => {
  const { values } = parseArgs({
    options: {
      documents: { type: 'string', default: '1000000' },
      seed: { type: 'string', default: String(Math.floor(Date.now() / 1000)) },
      only: { type: 'string' },
      help: { type: 'boolean', short: 'h', default: false }
    }
  });
  if (values.help) {
    process.stdout.write(USAGE);
    return;
  }
  const documents = wholeNumber('--documents', values.documents, 1);
  const seed = wholeNumber('--seed', values.seed, 0);
  const parts = selected(values.only);
  await setUp({ profile: 'quick', signal });
  say(`fuzzing with ${documents} documents from seed ${seed}`);
  const set = parts.some(({ way }) => way === 'json')
    ? await step('starting mongod', () => startReplicaSet({ signal }))
    : undefined;
  try {
    await runParts(parts, { documents, seed, uri: set?.uri ?? '', signal });
  } finally {
    await set?.stop();
  }
  say(`polypool and js-bson agree on ${documents} documents from seed ${seed}`);
});

/** @param {string} name @param {string} text @param {number} least */
function wholeNumber(name, text, least) {
  const value = Number(text || NaN);
  if (Number.isSafeInteger(value) && value >= least) return value;
  throw new Failure(`${name} must be a whole number from ${least} on, not "${text}"`);
}

/** @param {string | undefined} only @returns {readonly Part[]} */
function selected(only) {
  if (only === undefined) return PARTS;
  return only.split(',').map(name => {
    const part = PARTS.find(one => one.name === name);
    if (part !== undefined) return part;
    const names = PARTS.map(one => one.name).join(', ');
    throw new Failure(`There is no comparison "${name}"; they are ${names}`);
  });
}

/**
 * Runs all parts, whichever of them fail.
 *
 * @param {readonly Part[]} parts
 * @param {{ documents: number, seed: number, uri: string, signal: AbortSignal }} options
 */
async function runParts(parts, { documents, seed, uri, signal }) {
  const shares = parts.reduce((sum, { share }) => sum + share, 0);
  const queue = [...parts];
  /** @type {string[]} */
  const failures = [];
  const worker = async () => {
    for (let part = queue.shift(); part !== undefined; part = queue.shift()) {
      const count = Math.ceil((documents * part.share) / shares);
      try {
        await step(part.name, () => runPart(/** @type {Part} */ (part), count, seed, uri, signal));
      } catch (error) {
        if (!(error instanceof Failure)) throw error;
        failures.push(`${part.name}: ${error.message}`);
      }
    }
  };
  const ended = await Promise.allSettled(Array.from({ length: SIDE_BY_SIDE }, worker));
  for (const one of ended) if (one.status === 'rejected') throw one.reason;
  if (signal.aborted) throw new Interrupted();
  if (failures.length > 0) throw new Failure(failures.join('\n'));
}

/**
 * @param {Part} part
 * @param {number} count
 * @param {number} seed
 * @param {string} uri
 * @param {AbortSignal} signal
 */
async function runPart({ name, way, flags = [], bson }, count, seed, uri, signal) {
  const amount = ['--documents', String(count), '--seed', String(seed)];
  const server = way === 'json' ? ['--uri', uri] : [];
  const copy = bson === undefined ? [] : ['--bson', mongoosesBSON()];
  const onOutput = (/** @type {string} */ chunk) => {
    process.stdout.write(chunk.replaceAll(/^(?=.)/gm, `${name}: `));
  };
  await run(
    process.execPath,
    [
      ...flags,
      '--import',
      '@oxc-node/core/register',
      'fuzz/run.ts',
      way,
      ...amount,
      ...server,
      ...copy
    ],
    { signal, output: 'capture', onOutput }
  );
}

/** Mongoose 8 has js-bson 6. */
function mongoosesBSON() {
  const { resolve } = createRequire(createRequire(import.meta.url).resolve('mongoose8'));
  return resolve('bson');
}
