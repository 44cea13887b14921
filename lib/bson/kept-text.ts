/**
 * The text of a large batch, which Rust makes a piece at a time: it is asked for as it is wanted, and the pieces
 * are garbage soon. How pieces are read and what errors say is not its business.
 */
import type { Reply } from '../bridge/completion';
import type { KeptBatch } from '../bridge/kept-batch';

export class KeptText {
  readonly #batch: KeptBatch;
  /** See {@link left}. */
  #left = Infinity;

  constructor(batch: KeptBatch) {
    this.#batch = batch;
  }

  /** Bytes of the documents that are not text yet, once a piece has come; 0 when all is over. */
  get left(): number {
    return this.#left;
  }

  /** Asks for the next piece; there must be one. */
  next(): Promise<Reply> {
    return this.#batch.text();
  }

  /** A piece has come, which says how much is left: with nothing, or an error, Rust has given the batch up. */
  took(left: number): void {
    if (left === 0 && this.#left > 0) this.#batch.ended();
    this.#left = left;
  }

  /** Gives the rest up. */
  drop(): void {
    if (this.#left > 0) this.#batch.drop();
    this.#left = 0;
  }
}
