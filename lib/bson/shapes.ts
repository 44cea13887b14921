/**
 * The shapes that this process has met, and the decoders generated for those it meets again and
 * again. It is one for all pools: collections of many tenants have the same shapes. It counts; how
 * a decoder is written is not its business.
 */
import { compile, type Runtime } from './generate';
import { fieldsOf, shapeOf } from './shape';
import type { Document } from './options';
import type { Decoder, Site } from './site';
import type { Source } from './source';

/** Documents of a shape that are read element by element before it gets a decoder. */
const FAMILIAR = 16;
/** Shapes that are counted, at most: a power of two. One that comes in between starts anew. */
const COUNTED = 1024;
/** Decoders, at most. */
const DECODERS = 512;
/** Documents to read element by element before a full set of decoders is given up for new ones. */
const RENEWAL = 1_000_000;
/** Documents in a row of no known shape, after which a place looks only now and then. */
const STRANGE = 32;

export class Shapes {
  readonly #runtime: Runtime;
  /** By hash. A decoder compares keys byte by byte, so that a collision is a miss, and no more. */
  readonly #decoders = new Map<number, Decoder | undefined>();
  /** Which shape each count is of, and the counts. */
  readonly #counted = new Int32Array(COUNTED);
  readonly #counts = new Uint8Array(COUNTED);
  /** Documents that were read element by element since the decoders are what they are. */
  #interpreted = 0;
  /** False once the process has refused to generate code. */
  #generates = true;

  constructor(runtime: Runtime) {
    this.#runtime = runtime;
  }

  /** Reads a document by the decoder of its shape; nothing if there is none. */
  read(source: Source, start: number, site: Site): Document | undefined {
    if (this.#decoders.size === 0) return undefined;
    if (site.strangers > STRANGE && (site.strangers & STRANGE) !== 0) {
      site.strangers++;
      return undefined;
    }
    const decoder = this.#decoders.get(shapeOf(source, start));
    const document = decoder?.(source, start);
    if (document === undefined) {
      site.strangers++;
      return undefined;
    }
    site.strangers = 0;
    site.decoder = decoder!;
    return document;
  }

  /** Counts a document of a shape that was read element by element. */
  note(shape: number, source: Source, start: number): void {
    if (!this.#generates) return;
    this.#interpreted++;
    const slot = shape & (COUNTED - 1);
    if (this.#counted[slot] !== shape) {
      this.#counted[slot] = shape;
      this.#counts[slot] = 0;
    }
    if (++this.#counts[slot]! < FAMILIAR) return;
    this.#counts[slot] = 0;
    this.#add(shape, source, start);
  }

  #add(shape: number, source: Source, start: number): void {
    if (this.#decoders.has(shape)) return;
    if (this.#decoders.size >= DECODERS) {
      if (this.#interpreted < RENEWAL) return;
      this.#decoders.clear();
    }
    this.#interpreted = 0;
    try {
      // Nothing for a shape that no decoder is written for: it is not tried again.
      this.#decoders.set(shape, compile(fieldsOf(source, start), this.#runtime));
    } catch (error) {
      if (!(error instanceof EvalError)) throw error;
      this.#generates = false;
    }
  }
}
