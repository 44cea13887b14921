/**
 * The text of a large batch that has arrived and was not taken over yet: it comes a piece at a time, so that
 * the pieces are garbage soon. What the text says is not its business.
 */
import type { KeptBatch } from '../bridge/kept-batch';

/** Bytes of a piece: some times what a stream buffers, and little beside a batch. */
const PIECE = 256 * 1024;

export class KeptText {
  readonly #batch: KeptBatch;
  /** Bytes that have not been taken. */
  #length: number;

  constructor(batch: KeptBatch, length: number) {
    this.#batch = batch;
    this.#length = length;
  }

  get length(): number {
    return this.#length;
  }

  /** Takes the next piece, of so many bytes at most; there must be one. */
  take(most = PIECE): Buffer {
    const piece = Buffer.allocUnsafeSlow(Math.min(most, this.#length));
    this.#batch.fill(piece);
    this.#length -= piece.length;
    if (this.#length === 0) this.#batch.ended();
    return piece;
  }

  /** Gives the rest up. */
  drop(): void {
    if (this.#length > 0) this.#batch.drop();
    this.#length = 0;
  }
}

/** Text in one piece. */
export function wholeText(text: Buffer | KeptText): Buffer {
  return text instanceof KeptText ? text.take(text.length) : text;
}
