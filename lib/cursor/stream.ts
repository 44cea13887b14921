/** A cursor as a readable stream of documents. It knows a cursor by `next()` and `close()` only. */
import { Readable } from 'node:stream';

/** What a stream reads from. */
interface Source {
  next(): Promise<unknown>;
  close(): Promise<void>;
}

/** Reads a document when it is asked for one; being destroyed, closes the cursor. */
export class CursorStream extends Readable {
  readonly #source: Source;
  /** A loop of reads is under way; further demands are its business. */
  #reading = false;

  constructor(source: Source) {
    super({ objectMode: true, autoDestroy: false, highWaterMark: 1 });
    this.#source = source;
  }

  override _read(): void {
    if (this.#reading) return;
    this.#reading = true;
    void this.#pump();
  }

  override _destroy(error: Error | null, callback: (error?: Error | null) => void): void {
    this.#source.close().then(
      () => callback(error),
      (closing: unknown) => callback(error ?? (closing as Error))
    );
  }

  async #pump(): Promise<void> {
    try {
      for (;;) {
        const document = await this.#source.next();
        if (this.destroyed) return;
        if (document === null || document === undefined) {
          this.push(null);
          return;
        }
        if (!this.push(document)) break;
      }
      this.#reading = false;
    } catch (error) {
      // A cursor that was closed under the stream ends it; anything else is the stream's error.
      if (isExhausted(error)) this.push(null);
      else this.destroy(error as Error);
    }
  }
}

function isExhausted(error: unknown): boolean {
  return error instanceof Error && error.name === 'MongoCursorExhaustedError';
}
