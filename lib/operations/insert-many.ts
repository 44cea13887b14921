/**
 * `insert` of many documents: split into commands the server takes, and put together again from
 * their replies. Every document is written to BSON once, before anything is sent.
 */
import type { BulkWriteOptions, InsertManyResult } from 'mongodb';
import { DocumentSequence } from '../bson/encode';
import { resolveBSONOptions, type Document, type ResolvedBSONOptions } from '../bson/options';
import { invalidArgument } from '../error';
import { BulkOutcome, type BulkBatch } from './bulk-outcome';
import { writeOperation, type CommandTraits } from './command';
import { ensureId, ensureRawId, serverMakesIds } from './document-id';
import { executeCommand, type Executor } from './execute';
import { withInsertOptions } from './insert';
import type { Operation, Scope } from './operation';
import { isRawDocument } from './raw-document';

/** What a server takes in one write command, see its `hello` reply. */
export interface WriteLimits {
  /** Bytes of the largest document, and of a command's statements together. */
  readonly maxBsonObjectSize: number;
  /** Statements of the largest command. */
  readonly maxWriteBatchSize: number;
}

/** Documents that go in one command. */
interface Chunk extends BulkBatch {
  readonly sequence: DocumentSequence;
  /** Bytes as the driver counts them, see {@link Splitter.add}. */
  size: number;
}

const TRAITS: CommandTraits = { retryable: true };

/**
 * @throws MongoNotConnectedError after `close()`
 * @throws MongoInvalidArgumentError, BSONError for documents that can't be sent; none is sent then
 * @throws MongoBulkWriteError for what the server refused, with what it did not
 */
export async function insertMany<TSchema>(
  on: Executor,
  scope: Scope,
  documents: readonly Document[],
  options: BulkWriteOptions | null | undefined,
  limits: WriteLimits
): Promise<InsertManyResult<TSchema>> {
  // A closed pool says so itself, not by way of a bulk write's error.
  on.hold();
  const { ids, chunks } = split(scope, documents, options, limits);
  const ordered = options?.ordered !== false;
  const outcome = new BulkOutcome(ordered, ids);
  let acknowledged = true;
  for (const chunk of chunks) {
    const operation = insertManyOperation(scope, chunk.sequence, ordered, options);
    acknowledged = operation.acknowledged !== false;
    let reply: Document;
    try {
      reply = await executeCommand(on, operation);
    } catch (error) {
      throw outcome.failure(chunk, error as Error);
    }
    outcome.merge(chunk, reply);
    if (ordered) outcome.throwIfRefused();
  }
  outcome.throwIfRefused();
  return { acknowledged, insertedCount: outcome.inserted, insertedIds: byIndex<TSchema>(ids) };
}

function byIndex<TSchema>(ids: readonly unknown[]): InsertManyResult<TSchema>['insertedIds'] {
  const result: Record<number, unknown> = {};
  for (let index = 0; index < ids.length; index++) result[index] = ids[index];
  return result as InsertManyResult<TSchema>['insertedIds'];
}

export function insertManyOperation(
  scope: Scope,
  sequence: DocumentSequence,
  ordered: boolean,
  options: BulkWriteOptions | null | undefined
): Operation {
  const command = withInsertOptions({ insert: scope.collection, ordered }, options);
  // The driver sends this option only to say yes when there are many documents.
  if (command['bypassDocumentValidation'] === false) delete command['bypassDocumentValidation'];
  return { ...writeOperation(scope, command, options, TRAITS), sequence };
}

function split(
  scope: Scope,
  documents: readonly Document[],
  options: BulkWriteOptions | null | undefined,
  limits: WriteLimits
): { ids: unknown[]; chunks: Chunk[] } {
  if (!Array.isArray(documents)) {
    throw invalidArgument('Argument "docs" must be an array of documents');
  }
  if (documents.length === 0) {
    throw invalidArgument('Invalid BulkOperation, Batch cannot be empty');
  }
  const bson = options ? resolveBSONOptions(options, scope.bson) : scope.bson;
  const serverMakes = serverMakesIds(scope, options);
  const splitter = new Splitter(documents, bson, limits);
  const ids = documents.map((document: Document, index) => {
    if (isRawDocument(document, bson, `docs[${index}]`)) {
      const { bytes, id } = ensureRawId(document, scope, bson, serverMakes);
      splitter.addBytes(index, bytes);
      return id;
    }
    checkDocument(document, index);
    if (!serverMakes) ensureId(document, scope);
    splitter.add(index, document);
    return document['_id'] as unknown;
  });
  return { ids, chunks: splitter.chunks };
}

function checkDocument(document: unknown, index: number): void {
  if (document === undefined || document === null) {
    throw invalidArgument(
      'Collection.insertMany() cannot be called with an array that has null/undefined values ' +
        `(docs[${index}])`
    );
  }
  if (typeof document !== 'object' || Array.isArray(document)) {
    throw invalidArgument(`Argument "docs[${index}]" must be an object`);
  }
}

/** Fills one command's documents after the other, by the driver's rules (mongodb 7.8, `bulk`). */
class Splitter {
  readonly chunks: Chunk[] = [];
  readonly #documents: readonly Document[];
  readonly #bson: ResolvedBSONOptions;
  readonly #limits: WriteLimits;
  /** Bytes that the driver counts for a document's key in the array: the longest possible one. */
  readonly #keySize: number;

  constructor(documents: readonly Document[], bson: ResolvedBSONOptions, limits: WriteLimits) {
    this.#documents = documents;
    this.#bson = bson;
    this.#limits = limits;
    this.#keySize = String(limits.maxWriteBatchSize - 1).length + 2;
    this.#start(0);
  }

  add(index: number, document: Document): void {
    const { sequence } = this.#current();
    this.#added(index, sequence.add(document, this.#bson.serialize));
  }

  addBytes(index: number, bytes: Uint8Array): void {
    this.#added(index, this.#current().sequence.addBytes(bytes));
  }

  #current(): Chunk {
    return this.chunks[this.chunks.length - 1]!;
  }

  #start(first: number): Chunk {
    const sequence = new DocumentSequence('documents');
    const chunk = { first, statements: this.#documents, sequence, size: 0 };
    this.chunks.push(chunk);
    return chunk;
  }

  /** The document is written; only now its size tells whether it belongs in the next command. */
  #added(index: number, bytes: number): void {
    const { maxBsonObjectSize, maxWriteBatchSize } = this.#limits;
    if (bytes >= maxBsonObjectSize) {
      throw invalidArgument(
        `Document is larger than the maximum size ${maxBsonObjectSize} (docs[${index}])`
      );
    }
    let chunk = this.#current();
    const size = this.#keySize + bytes;
    const { count } = chunk.sequence;
    if (count > 1 && (count >= maxWriteBatchSize || chunk.size + size >= maxBsonObjectSize)) {
      const next = this.#start(index);
      chunk.sequence.moveLast(next.sequence);
      chunk = next;
    }
    chunk.size += size;
  }
}
