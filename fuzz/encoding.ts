// Owns the comparison of our encoder with js-bson over documents that follow from a seed: bytes,
// errors, and how often code of the user's runs. Must not know how either of them encodes.

import { difference } from './difference.ts';
import { anyDocument, anyLayouts } from './input.ts';
import { fresh, own } from './modules.ts';
import { Random } from './random.ts';

/** Documents in a row whose objects have the same keys mostly: enough for code to be generated for them. */
const FAMILY = 200;
/** Documents until the encoder starts anew: it generates only so many writers in a process. */
const FRESH = 50 * FAMILY;

/** A document that is written differently, and how. */
export interface Mismatch {
  readonly seed: number;
  /** Which of the seed's documents it is. */
  readonly document: number;
  readonly options: object;
  readonly difference: string;
}

/** What documents are written with, and what they are made of. */
interface Side {
  readonly library: Library;
  readonly serialize: Serialize;
  readonly Encoder: EncoderClass;
  readonly Sink: SinkClass;
  readonly classes: typeof import('bson');
}

type Library = typeof import('../lib/bson/library.ts').OWN_LIBRARY;
type Serialize = typeof import('../lib/bson/serialize.ts').serialize;
type EncoderClass = typeof import('../lib/bson/encoder.ts').Encoder;
type SinkClass = typeof import('../lib/bson/sink.ts').Sink;

/**
 * Compares so many documents; the first that is written differently, if any.
 * @param classes - the copy of js-bson to compare with; its classes are those of the values
 */
export function compareEncoding(
  documents: number,
  seed: number,
  classes: typeof import('bson') = own
): Mismatch | undefined {
  let side = load(classes);
  let layouts: string[][] = [];
  for (let document = 0; document < documents; document++) {
    const documentSeed = Math.imul(seed, 1_000_003) + document;
    if (document > 0 && document % FRESH === 0) side = load(classes);
    if (document % FAMILY === 0) layouts = anyLayouts(new Random(documentSeed + 2));
    const found = compareOne(side, documentSeed, layouts);
    if (found !== undefined) return { seed, document, ...found };
  }
  return undefined;
}

/** Our encoder, without what it has learned. */
function load(classes: typeof import('bson')): Side {
  const module = fresh();
  return {
    library: classes === own ? module('library').OWN_LIBRARY : classes.BSON,
    serialize: module('serialize').serialize,
    Encoder: module('encoder').Encoder,
    Sink: module('sink').Sink,
    classes
  };
}

function compareOne(
  { library, serialize, Encoder, Sink, classes }: Side,
  seed: number,
  layouts: readonly string[][]
): { options: object; difference: string } | undefined {
  const random = new Random(seed);
  const options = {
    serializeFunctions: random.once(4),
    ignoreUndefined: random.once(2),
    checkKeys: random.once(6)
  };
  const capacity = random.pick([0, 16, 64, 200, 1_000, 4_000]);
  const all = { ...options, library };
  const inputs = () => anyDocument(new Random(seed + 1), classes, layouts);
  const expected = outcome(inputs(), value => classes.serialize(value, options));
  const alone = outcome(inputs(), value => serialize(value, all));
  const placed = outcome(inputs(), value => {
    // Memory that is too small at some place or other has to grow, and keep what is before.
    const sink = new Sink(Buffer.alloc(capacity + 7, 0xaa));
    sink.origin = 3;
    const end = new Encoder(sink).write(value, all, 7);
    return sink.bytes.subarray(7, end);
  });
  const found = difference(alone, expected) ?? difference(placed, expected);
  return found === undefined ? undefined : { options, difference: found };
}

interface Input {
  readonly document: object;
  /** How often code of the user's has run. */
  calls: number;
}

/**
 * What a function returns, with how often it called the user's code, or what it throws. A circle that
 * goes through a value which js-bson writes is seen one round later, so errors come without a count.
 */
function outcome(input: Input, run: (document: object) => Uint8Array): unknown {
  try {
    return { returned: Buffer.from(run(input.document)).toString('hex'), calls: input.calls };
  } catch (thrown) {
    return { thrown };
  }
}
