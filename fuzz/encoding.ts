// Owns the comparison of our encoder with js-bson over documents that follow from a seed: bytes,
// errors, and how often code of the user's runs. Must not know how either of them encodes.

import { createRequire } from 'node:module';
import { difference } from './difference.ts';
import { anyDocument, anyLayouts } from './input.ts';
import { Random } from './random.ts';

const require = createRequire(import.meta.url);
const bson = require('bson') as typeof import('bson');
const { OWN_LIBRARY } =
  require('../dist/lib/bson/library.js') as typeof import('../lib/bson/library.ts');
const { serialize } =
  require('../dist/lib/bson/serialize.js') as typeof import('../lib/bson/serialize.ts');
const { Encoder } =
  require('../dist/lib/bson/encoder.js') as typeof import('../lib/bson/encoder.ts');
const { Sink } = require('../dist/lib/bson/sink.js') as typeof import('../lib/bson/sink.ts');

/** Documents in a row whose objects have the same keys mostly: enough for code to be generated for them. */
const FAMILY = 200;

/** A document that is written differently, and how. */
export interface Mismatch {
  readonly seed: number;
  /** Which of the seed's documents it is. */
  readonly document: number;
  readonly options: object;
  readonly difference: string;
}

/**
 * Compares so many documents; the first that is written differently, if any.
 * @param library - the copy of js-bson to compare with; its classes are those of the values
 */
export function compareEncoding(
  documents: number,
  seed: number,
  classes: typeof import('bson') = bson
): Mismatch | undefined {
  const library = classes === bson ? OWN_LIBRARY : classes.BSON;
  for (let document = 0; document < documents; document++) {
    const documentSeed = Math.imul(seed, 1_000_003) + document;
    const random = new Random(documentSeed);
    const options = {
      serializeFunctions: random.once(4),
      ignoreUndefined: random.once(2),
      checkKeys: random.once(6)
    };
    const family = Math.imul(seed, 1_000_003) + document - (document % FAMILY);
    const layouts = anyLayouts(new Random(family + 2));
    const capacity = random.pick([0, 16, 64, 200, 1_000, 4_000]);
    const all = { ...options, library };
    const inputs = () => anyDocument(new Random(documentSeed + 1), classes, layouts);
    const expected = outcome(inputs(), value => classes.serialize(value, options));
    const own = outcome(inputs(), value => serialize(value, all));
    const placed = outcome(inputs(), value => {
      // Memory that is too small at some place or other has to grow, and keep what is before.
      const sink = new Sink(Buffer.alloc(capacity + 7, 0xaa));
      sink.origin = 3;
      const end = new Encoder(sink).write(value, all, 7);
      return sink.bytes.subarray(7, end);
    });
    const found = difference(own, expected) ?? difference(placed, expected);
    if (found !== undefined) return { seed, document, options, difference: found };
  }
  return undefined;
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
