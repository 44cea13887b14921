/**
 * The text of a large batch, which Rust makes a piece at a time: it is asked for as it is wanted, and the pieces
 * are garbage soon. How pieces are read and what errors say is not its business.
 */
import type { Reply } from '../bridge/completion';
import type { KeptBatch } from '../bridge/kept-batch';

export class KeptText {
  readonly #batch: KeptBatch;
  /** See {@link left}. */
  #left: number;

  /** @param size - bytes of the batch's documents */
  constructor(batch: KeptBatch, size: number) {
    this.#batch = batch;
    this.#left = size;
  }

  /** Bytes of the documents that have not come as text, about; 0 when all is over. */
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
