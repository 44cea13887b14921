/**
 * The shapes that this process has met, and the decoders generated for those it meets again and
 * again. It is one for all pools: collections of many tenants have the same shapes. It counts; how
 * a decoder is written is not its business.
 */
import { compile, type Generated, type Runtime } from './generate';
import { refusesCode } from './generated-code';
import { fieldsOf, shapeOf } from './shape';
import type { Document } from './options';
import { Site } from './site';
import type { Source } from './source';

/** Documents of a shape that are read element by element before it gets a decoder. */
const FAMILIAR = 16;
/** Shapes that are counted, at most: a power of two. */
const COUNTED = 1024;
/** Decoders, at most. */
const DECODERS = 512;
/**
 * Documents to read element by element before one of a full set of decoders makes room. What it costs to
 * generate one is then lost among them, however many shapes want one.
 */
const PATIENCE = 1024;
/** Uses that are counted of a decoder. */
const MOST = 255;
/** Documents in a row of no known shape, after which a place looks only now and then. */
const STRANGE = 32;

/** A shape that has been met often; one that no decoder is written for has none. */
interface Known {
  readonly generated: Generated | undefined;
  /** How often it was looked up, {@link MOST} at most; halved whenever it is asked to make room. */
  uses: number;
}

export class Shapes {
  readonly #runtime: Runtime;
  /**
   * By hash, in the order in which they are asked to make room. A decoder compares keys byte by byte, so
   * that a collision is a miss, and no more.
   */
  readonly #known = new Map<number, Known>();
  /** The places outside of decoders. */
  readonly #sites: Site[] = [];
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

  /** A place that stays. Others may be made without being known here, if they don't. */
  site(): Site {
    const site = new Site();
    this.#sites.push(site);
    return site;
  }

  /** Reads a document by the decoder of its shape; nothing if there is none. */
  read(source: Source, start: number, site: Site): Document | undefined {
    if (this.#known.size === 0) return undefined;
    if (site.strangers > STRANGE && (site.strangers & STRANGE) !== 0) {
      site.strangers++;
      return undefined;
    }
    const known = this.#known.get(shapeOf(source, start));
    if (known !== undefined && known.uses < MOST) known.uses++;
    const decoder = known?.generated?.decoder;
    const document = decoder?.(source, start);
    if (document === undefined) {
      site.strangers++;
      return undefined;
    }
    site.strangers = 0;
    site.decoder = decoder!;
    return document;
  }

  /**
   * Counts a document of a shape that was read element by element. Shapes that share a count take from
   * each other's: one that comes again and again gets there, among any number that do not.
   */
  note(shape: number, source: Source, start: number): void {
    if (!this.#generates) return;
    this.#interpreted++;
    const slot = shape & (COUNTED - 1);
    if (this.#counted[slot] !== shape) {
      if (this.#counts[slot]! > 0) {
        this.#counts[slot]!--;
        return;
      }
      this.#counted[slot] = shape;
    }
    if (++this.#counts[slot]! < FAMILIAR) return;
    this.#counts[slot] = 0;
    this.#add(shape, source, start);
  }

  #add(shape: number, source: Source, start: number): void {
    if (this.#known.has(shape)) return;
    const isFull = this.#known.size >= DECODERS;
    if (isFull && this.#interpreted < PATIENCE) return;
    this.#interpreted = 0;
    try {
      // Without a decoder if none is written for it: it is not tried again.
      const generated = compile(fieldsOf(source, start), this.#runtime);
      if (isFull) this.#makeRoom();
      this.#known.set(shape, { generated, uses: 0 });
    } catch (error) {
      this.#generates = !refusesCode(error);
    }
  }

  /** Gives up the first without a use that still counts; those with some lose half, and get in line again. */
  #makeRoom(): void {
    for (const [shape, known] of this.#known) {
      this.#known.delete(shape);
      if (known.uses === 0) {
        if (known.generated !== undefined) this.#forget(known.generated);
        return;
      }
      known.uses >>= 1;
      this.#known.set(shape, known);
    }
  }

  /** No place keeps a decoder that was given up, or there would be more of them than are counted. */
  #forget({ decoder, sites }: Generated): void {
    for (const site of sites) site.reset();
    for (const site of this.#sites) site.forget(decoder);
    for (const { generated } of this.#known.values()) {
      if (generated !== undefined) for (const site of generated.sites) site.forget(decoder);
    }
  }
}
