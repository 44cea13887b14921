// Owns the comparison of our decoder with js-bson over documents that follow from a seed. Must not
// know how either of them decodes.

import { difference } from './difference.ts';
import { fresh, own } from './modules.ts';
import { mutated } from './mutation.ts';
import { Random } from './random.ts';
import { nest, Template } from './template.ts';

type Decode = typeof import('../lib/bson/decode.ts');
type Options = typeof import('../lib/bson/options.ts');

/** Documents after one template: enough for a decoder to be generated and used. */
const ALIKE = 48;
/** Templates until the decoder starts anew: it generates only so many decoders in a process. */
const FRESH = 400;
/** Bytes around a reply in its slab, which belong to other replies. */
const AROUND = 24;

/** Options beside the defaults, which are taken in most rounds. */
const OPTIONS = [
  { enableUtf8Validation: false },
  { enableUtf8Validation: false },
  { promoteLongs: false },
  { promoteLongs: false },
  { promoteValues: false },
  { promoteBuffers: true },
  { useBigInt64: true },
  { useBigInt64: true },
  { bsonRegExp: true },
  { raw: true },
  { fieldsAsRaw: { a: true } }
];

/** A document that is decoded differently, and how. */
export interface Mismatch {
  readonly seed: number;
  readonly options: object;
  /** The reply, in hexadecimal, and where in it the document starts. */
  readonly bytes: string;
  readonly start: number;
  readonly difference: string;
}

/**
 * Compares so many documents; the first that is decoded differently, if any.
 * @param bson - the copy of js-bson to compare with, which documents are read for
 */
export function compareDecoding(
  documents: number,
  seed: number,
  bson: typeof import('bson') = own
): Mismatch | undefined {
  const random = new Random(seed);
  let modules = load();
  for (let count = 0, round = 1; count < documents; round++) {
    if (round % FRESH === 0) modules = load();
    const options = random.once(5) ? random.pick(OPTIONS) : {};
    const resolved = modules.options.resolveBSONOptions(options, undefined, bson.BSON);
    const pair = { decode: modules.decode, options: resolved };
    const alike = family(random, Math.min(ALIKE, documents - count));
    count += alike.length;
    for (const { bytes, start, difference: text } of mismatches(pair, alike, random)) {
      return { seed, options, bytes: bytes.toString('hex'), start, difference: text };
    }
  }
  return undefined;
}

/** Our decoder, without what it has learned. */
function load(): { decode: Decode; options: Options } {
  const module = fresh();
  return { decode: module('decode'), options: module('options') };
}

/** Documents after one template, some of them damaged. */
function family(random: Random, count: number): Buffer[] {
  const template = new Template(random);
  const damages = random.once(2) ? 8 : Infinity;
  return Array.from({ length: count }, () => {
    if (random.once(20_000)) return nest(random.pick([50, 300, 20_000]));
    const document = template.document(random);
    return random.once(damages) ? mutated(document, random) : document;
  });
}

interface Pair {
  readonly decode: Decode;
  readonly options: ReturnType<Options['resolveBSONOptions']>;
}

type Found = { bytes: Buffer; start: number; difference: string };

/** Each document alone, in memory of its own and in a slab, and those that frame well in a batch. */
function* mismatches(pair: Pair, documents: readonly Buffer[], random: Random): Generator<Found> {
  for (const document of documents) {
    const reply = placed(document, random);
    const expected = outcome(() => byJSBSON(document, 0, pair));
    const actual = outcome(() => pair.decode.decodeDocument(reply, pair.options));
    const found = difference(actual, expected);
    if (found !== undefined) yield { bytes: document, start: 0, difference: found };
  }
  const framed = documents.filter(
    bytes => bytes.length >= 5 && bytes.readInt32LE() === bytes.length
  );
  yield* batchMismatches(pair, framed, random);
}

function* batchMismatches(
  pair: Pair,
  documents: readonly Buffer[],
  random: Random
): Generator<Found> {
  const prefix = Buffer.alloc(8);
  prefix.writeUInt32LE(documents.length, 4);
  const bytes = Buffer.concat([prefix, ...documents]);
  const expected = outcome(() => {
    let at = prefix.length;
    return documents.map(document => {
      at += document.length;
      const start = at - document.length;
      return pair.options.raw ? bytes.subarray(start, at) : byJSBSON(bytes, start, pair);
    });
  });
  const reply = placed(bytes, random);
  const actual = outcome(() => pair.decode.decodeBatch(reply, pair.options).documents);
  const found = difference(actual, expected);
  if (found !== undefined) yield { bytes, start: prefix.length, difference: found };
}

function byJSBSON(bytes: Buffer, index: number, { options }: Pair): object {
  return options.library.deserialize(bytes, { ...options.deserialize, index });
}

/** Bytes as a reply: alone in their memory, or among those of others. */
function placed(bytes: Buffer, random: Random) {
  const around = random.once(2) ? AROUND : 0;
  const buffer = Buffer.concat([random.bytes(around), bytes, random.bytes(around)]);
  const end = around + bytes.length;
  return { kind: 1, buffer, start: around, end, isAlone: around === 0 };
}

/** What a function returns or throws. */
function outcome(run: () => unknown): unknown {
  try {
    return { returned: run() };
  } catch (thrown) {
    return { thrown };
  }
}
