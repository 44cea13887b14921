/**
 * The documents of a large batch. They stay in Rust, and are copied a few at a time into memory that serves
 * for all batches, one after the other, or made into text a piece at a time: neither is the server's reply
 * kept until it is garbage, nor is there garbage of its size. Faces `Kept` in `src/pool/presented.rs`.
 */
import type { Reply } from './completion';

/** Bytes of the memory: what fits into a processor's own. */
const SLAB = 256 * 1024;

/** What Rust does with kept batches, by their number. */
export interface KeptCalls {
  /** Copies documents; returns the bytes written or, below zero, the bytes that the next one needs. */
  read: (batch: number, slab: Buffer) => number;
  /** Asks for the next piece of text, of a batch that was asked for as that. */
  text: (batch: number) => Promise<Reply>;
  /** Gives a batch up. */
  drop: (batch: number) => void;
}

/** Some documents, back to back, in memory where other things may lie around them. */
export interface Chunk {
  readonly buffer: Buffer;
  readonly start: number;
  readonly end: number;
}

/** Shared, and a byte longer than what is written: nobody may think that a chunk owns it. */
let slab: Buffer | undefined;

/** Gives up batches that were dropped before they were read. */
const forgotten = new FinalizationRegistry<() => void>(drop => drop());

export class KeptBatch {
  readonly #calls: KeptCalls;
  readonly #number: number;

  constructor(calls: KeptCalls, number: number) {
    this.#calls = calls;
    this.#number = number;
    forgotten.register(this, () => calls.drop(number), this);
  }

  /**
   * The next documents; there must be some. The memory is written to again by the next call for any
   * batch. With the last documents the batch is given up.
   */
  read(): Chunk {
    slab ??= Buffer.allocUnsafeSlow(SLAB + 1);
    const written = this.#calls.read(this.#number, slab.subarray(0, SLAB));
    if (written >= 0) return { buffer: slab, start: 0, end: written };
    const own = Buffer.allocUnsafeSlow(-written + 1);
    return {
      buffer: own,
      start: 0,
      end: this.#calls.read(this.#number, own.subarray(0, -written))
    };
  }

  /** Asks for the next piece of text; there must be one. With the last piece, or an error, the batch is given up. */
  text(): Promise<Reply> {
    return this.#calls.text(this.#number);
  }

  /** All has been read. */
  ended(): void {
    forgotten.unregister(this);
  }

  /** Gives up what has not been read. */
  drop(): void {
    forgotten.unregister(this);
    this.#calls.drop(this.#number);
  }
}
