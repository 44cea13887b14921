/**
 * The batches of an insert of many documents: written to BSON once, where they are sent from, and cut as
 * every bulk write is (`bulk-batch.ts`). It checks no document but its size.
 */
import type { Sequence } from '../bson/encode';
import type { Document, SerializeOptions } from '../bson/options';
import { WrittenSequence } from '../bson/written-sequence';
import { BatchType } from '../driver/constants';
import {
  hasRoom,
  keySize,
  refuseSize,
  type Content,
  type Contents,
  type WriteLimits
} from './bulk-batch';

const FIELD = 'documents';

/** Documents that go in one command. */
class InsertBatch implements Content {
  readonly batchType = BatchType.INSERT;
  readonly changesMany = false;
  readonly originalZeroIndex: number;
  readonly #documents: readonly Document[];
  /** Nothing once it was taken. */
  #sequence: WrittenSequence | undefined;
  /** How many documents there are. */
  size = 0;
  /** Their bytes, with the longest possible key for each. */
  sizeBytes = 0;

  /** @param documents - all of the insert's */
  constructor(documents: readonly Document[], first: number) {
    this.#documents = documents;
    this.originalZeroIndex = first;
    this.#sequence = new WrittenSequence(FIELD, documents.length - first);
  }

  get sequence(): WrittenSequence {
    return this.#sequence!;
  }

  statementAt(at: number): { index: number; op: Document | undefined } {
    const index = this.originalZeroIndex + at;
    return { index, op: this.#documents[index] };
  }

  take(): Sequence {
    const { sequence } = this;
    this.#sequence = undefined;
    return sequence;
  }
}

export class InsertBatches implements Contents {
  readonly ordered: boolean;
  readonly #documents: readonly Document[];
  readonly #limits: WriteLimits;
  /** See {@link keySize}. */
  readonly #keySize: number;
  /** The last one takes further documents. */
  readonly batches: InsertBatch[] = [];
  /** The `_id`s of the documents, in order. */
  readonly ids: unknown[] = [];

  constructor(documents: readonly Document[], ordered: boolean, limits: WriteLimits) {
    this.ordered = ordered;
    this.#documents = documents;
    this.#limits = limits;
    this.#keySize = keySize(limits);
  }

  /** The next document's name in errors. */
  get next(): string {
    return `docs[${this.ids.length}]`;
  }

  get insertedIds(): Array<{ index: number; _id: unknown }> {
    return this.ids.map((_id, index) => ({ index, _id }));
  }

  /** @throws MongoInvalidArgumentError, BSONError for a document that no server takes */
  write(document: Document, options: SerializeOptions): void {
    const batch = this.#last();
    this.#added(batch, batch.sequence.write(document, options), document['_id']);
  }

  /** The same for a document that is bytes. */
  add(bytes: Uint8Array, id: unknown): void {
    const batch = this.#last();
    this.#added(batch, batch.sequence.add(bytes), id);
  }

  #last(): InsertBatch {
    return this.batches.at(-1) ?? this.#begin();
  }

  #begin(): InsertBatch {
    const batch = new InsertBatch(this.#documents, this.ids.length);
    this.batches.push(batch);
    return batch;
  }

  /** Counts the document that was written last, in the batch after this one if it has no room for it. */
  #added(batch: InsertBatch, bytes: number, id: unknown): void {
    refuseSize(bytes, this.#limits, this.next);
    const size = this.#keySize + bytes;
    let home = batch;
    if (batch.size > 0 && !hasRoom(batch, size, this.#limits)) {
      home = this.#begin();
      home.sequence.add(batch.sequence.takeBack());
    }
    home.size += 1;
    home.sizeBytes += size;
    this.ids.push(id);
  }
}
