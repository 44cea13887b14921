/**
 * The batches of a bulk write: statements of one kind that go in one command, cut by the driver's
 * rules (mongodb 7.8, `bulk`). Statements come with their bytes; what they say is not its business.
 */
import type { DeleteStatement, UpdateStatement } from 'mongodb';
import { DocumentSequence, type Sequence } from '../bson/encode';
import type { Document } from '../bson/options';
import { BatchType } from '../driver/constants';
import { invalidArgument } from '../error';

/** A document to insert, or what to update or delete. */
export type Statement = Document | UpdateStatement | DeleteStatement;

/** What a server takes in one write command, see its `hello` reply. */
export interface WriteLimits {
  /** Bytes of the largest document, and of a command's statements together. */
  readonly maxBsonObjectSize: number;
  /** Statements of the largest command. */
  readonly maxWriteBatchSize: number;
}

/** What one command of a bulk write is about, whoever gathered it. */
export interface Content {
  readonly batchType: BatchType;
  /** Where among all statements the first one is. */
  readonly originalZeroIndex: number;
  /** How many statements there are. */
  readonly size: number;
  /** One of its statements, and where among all statements it is. */
  statementAt(at: number): { index: number | undefined; op: Statement | undefined };
  /** Whether any of them can change many documents, so that it may not be sent again. */
  readonly changesMany: boolean;
  /** The statements as they are sent, once: they are the sequence's from then on. */
  take(field: string): Sequence;
}

/** Everything that a bulk write is about. */
export interface Contents {
  readonly ordered: boolean;
  /** In the order in which they go. */
  readonly batches: readonly Content[];
  /** The `_id`s of the documents to insert, each with where among all statements it is. */
  readonly insertedIds: Array<{ index: number; _id: unknown }>;
}

/** Statements that go in one command. Fields and their names are the driver's. */
export class Batch<T = Statement> {
  /** Where among all statements the first one is. */
  originalZeroIndex: number;
  currentIndex = 0;
  /** Where among all statements each one is. */
  originalIndexes: number[] = [];
  batchType: BatchType;
  operations: T[] = [];
  /** The statements as they are sent; empty once they have been. */
  serializedOperations: Uint8Array[] = [];
  /** How many statements there are. */
  size = 0;
  /** Their bytes, with the longest possible key for each. */
  sizeBytes = 0;

  constructor(batchType: BatchType, originalZeroIndex: number) {
    this.batchType = batchType;
    this.originalZeroIndex = originalZeroIndex;
  }

  /** @internal */
  statementAt(at: number): { index: number | undefined; op: Statement | undefined } {
    return { index: this.originalIndexes[at], op: this.operations[at] as Statement | undefined };
  }

  /** @internal */
  get changesMany(): boolean {
    const statements = this.operations as Document[];
    if (this.batchType === BatchType.UPDATE) return statements.some(({ multi }) => Boolean(multi));
    return this.batchType === BatchType.DELETE && statements.some(({ limit }) => limit === 0);
  }

  /** @internal */
  take(field: string): Sequence {
    const sequence = new DocumentSequence(field, this.serializedOperations);
    // Sent for good or bad: what is left to come should not keep these in memory.
    this.serializedOperations = [];
    return sequence;
  }
}

export class BatchList implements Contents {
  readonly #ordered: boolean;
  readonly #limits: WriteLimits;
  /** What the caller's statements are called in errors. */
  readonly #argument: string;
  /** See {@link keySize}. */
  readonly #keySize: number;
  /** Batches that take no further statement. */
  readonly #full: Batch[] = [];
  /** Those that do: by kind of statement, or the only one at 0 when the order is to be kept. */
  readonly #open: Array<Batch | undefined> = [];
  /** How many statements there are. */
  #length = 0;
  /** The `_id`s of the documents to insert, in order. */
  readonly #ids: unknown[] = [];
  /** Where among all statements each of them is. */
  readonly #idIndexes: number[] = [];

  constructor(ordered: boolean, limits: WriteLimits, argument: string) {
    this.#ordered = ordered;
    this.#limits = limits;
    this.#argument = argument;
    this.#keySize = keySize(limits);
  }

  get ordered(): boolean {
    return this.#ordered;
  }

  /** How many statements there are. */
  get length(): number {
    return this.#length;
  }

  /** The next statement's name in errors. */
  get next(): string {
    return `${this.#argument}[${this.#length}]`;
  }

  /** The same, each with where among all statements it is. */
  get insertedIds(): Array<{ index: number; _id: unknown }> {
    return this.#ids.map((_id, i) => ({ index: this.#idIndexes[i]!, _id }));
  }

  /** In the order in which they go. */
  get batches(): Batch[] {
    return [...this.#full, ...this.#open.filter(batch => batch !== undefined)];
  }

  /** @throws MongoInvalidArgumentError for a document that no server takes */
  addInsert(document: Document, bytes: Uint8Array, id: unknown): void {
    const index = this.#length;
    this.add(BatchType.INSERT, document, bytes);
    this.#ids.push(id);
    this.#idIndexes.push(index);
  }

  /** @throws MongoInvalidArgumentError for a statement that no server takes */
  add(type: BatchType, statement: Statement, bytes: Uint8Array): void {
    refuseSize(bytes.length, this.#limits, this.next);
    const size = this.#keySize + bytes.length;
    const batch = this.#batchFor(type, size);
    batch.originalIndexes.push(this.#length);
    batch.operations.push(statement);
    batch.serializedOperations.push(bytes);
    batch.size += 1;
    batch.sizeBytes += size;
    this.#length += 1;
  }

  #batchFor(type: BatchType, size: number): Batch {
    const place = this.#ordered ? 0 : type;
    const open = this.#open[place];
    if (open !== undefined) {
      if (open.batchType === type && hasRoom(open, size, this.#limits)) return open;
      this.#full.push(open);
    }
    return (this.#open[place] = new Batch(type, this.#length));
  }
}

/** Bytes that the driver counts for a statement's key in the array: the longest possible one. */
export function keySize({ maxWriteBatchSize }: WriteLimits): number {
  return String(maxWriteBatchSize - 1).length + 2;
}

/**
 * @param path - names the statement in the error
 * @throws MongoInvalidArgumentError for a statement that no server takes
 */
export function refuseSize(bytes: number, { maxBsonObjectSize }: WriteLimits, path: string): void {
  if (bytes < maxBsonObjectSize) return;
  throw invalidArgument(`Document is larger than the maximum size ${maxBsonObjectSize} (${path})`);
}

/** Whether a batch takes a statement more. As in the driver, it stays one short of the server's number. */
export function hasRoom(
  batch: { readonly size: number; readonly sizeBytes: number },
  size: number,
  { maxBsonObjectSize, maxWriteBatchSize }: WriteLimits
): boolean {
  return batch.size + 1 < maxWriteBatchSize && batch.sizeBytes + size < maxBsonObjectSize;
}
