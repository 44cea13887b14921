/**
 * The documents of a large batch that have arrived and are not objects yet: they become objects a few at
 * a time, so that those are garbage soon. How documents are read is not its business.
 */
import type { Chunk, KeptBatch } from '../bridge/kept-batch';
import type { Document } from './options';

/** Reads all documents of a chunk, which results may not refer to. */
export type ReadChunk = (chunk: Chunk, count: number) => Document[];

export class KeptDocuments {
  readonly #batch: KeptBatch;
  readonly #read: ReadChunk;
  /** How many have not been read. */
  #count: number;
  /** How many have been read, and their bytes. */
  #taken = 0;
  #bytes = 0;

  constructor(batch: KeptBatch, count: number, read: ReadChunk) {
    this.#batch = batch;
    this.#count = count;
    this.#read = read;
  }

  get count(): number {
    return this.#count;
  }

  /** Bytes of those that have not been read, if they are like those that have. */
  get size(): number {
    return this.#taken === 0 ? Infinity : (this.#count * this.#bytes) / this.#taken;
  }

  /** Takes the next few; there must be some. */
  take(): Document[] {
    const chunk = this.#batch.read();
    let count = 0;
    for (let at = chunk.start; at < chunk.end; at += chunk.buffer.readInt32LE(at)) count += 1;
    this.#bytes += chunk.end - chunk.start;
    this.#taken += count;
    this.#count -= count;
    if (this.#count === 0) this.#batch.ended();
    return this.#read(chunk, count);
  }

  /** Gives the rest up. */
  drop(): void {
    if (this.#count > 0) this.#batch.drop();
    this.#count = 0;
  }
}
