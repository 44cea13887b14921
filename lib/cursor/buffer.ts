/**
 * Documents that have arrived and not been asked for yet: a queue that does not move its rest. Those of
 * a large batch become objects when they are wanted.
 */
import type { Batch } from '../bson/decode';
import type { KeptDocuments } from '../bson/kept';

export class DocumentBuffer {
  #documents: unknown[] = [];
  /** Where the first document is that has not been taken. */
  #next = 0;
  /** Those behind them, which are still bytes. */
  #kept: KeptDocuments | undefined;
  readonly #onRead: () => void;

  /** @param onRead - called when some of the documents that were bytes have become objects */
  constructor(onRead: () => void) {
    this.#onRead = onRead;
  }

  get length(): number {
    return this.#documents.length - this.#next + (this.#kept?.count ?? 0);
  }

  /** Bytes of the documents that are no objects yet, about. */
  get keptSize(): number {
    return this.#kept?.size ?? 0;
  }

  /** Replaces what is left by the documents of a batch. */
  fill({ documents, kept }: Pick<Batch<unknown>, 'documents' | 'kept'>): void {
    this.#kept?.drop();
    this.#kept = kept;
    this.#documents = documents;
    this.#next = 0;
  }

  /** Drops what is left. */
  clear(): void {
    this.fill({ documents: [] });
  }

  /**
   * Takes the first; there must be one.
   * @throws what reading a document throws
   */
  shift(): unknown {
    if (this.#next === this.#documents.length) this.#more();
    const document = this.#documents[this.#next];
    // Not kept alive by the buffer once it has been handed out.
    this.#documents[this.#next++] = undefined;
    return document;
  }

  /**
   * Takes up to `count`, all by default.
   * @throws what reading a document throws
   */
  take(count = this.length): unknown[] {
    if (count >= this.length) return this.#takeAll();
    const taken: unknown[] = [];
    while (taken.length < count) taken.push(this.shift());
    return taken;
  }

  #takeAll(): unknown[] {
    const taken = this.#next === 0 ? this.#documents : this.#documents.slice(this.#next);
    this.#documents = [];
    this.#next = 0;
    const kept = this.#kept;
    while (kept !== undefined && kept.count > 0) {
      for (const document of kept.take()) taken.push(document);
    }
    return taken;
  }

  #more(): void {
    this.#next = 0;
    this.#documents = [];
    this.#documents = this.#kept?.take() ?? [];
    this.#onRead();
  }
}
