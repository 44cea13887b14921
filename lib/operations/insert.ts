/**
 * `insert` in one command: of a document, and its reply, or of few. Any number is `insert-many.ts`'s.
 */
import type { InferIdType, InsertOneOptions, InsertOneResult } from 'mongodb';
import { DocumentSequence } from '../bson/encode';
import { resolveBSONOptions, type Document } from '../bson/options';
import { invalidArgument } from '../error';
import { addComment, writeOperation, type CommandOptions, type CommandTraits } from './command';
import { ensureId, ensureRawId, serverMakesIds } from './document-id';
import type { Operation, Scope } from './operation';
import { isRawDocument } from './raw-document';
import { throwIfRefused } from './write-errors';

const TRAITS: CommandTraits = { retryable: true };

/** An insert to run, and the `_id` its document will have. */
export interface InsertOne {
  readonly operation: Operation;
  readonly id: unknown;
}

/** @throws MongoInvalidArgumentError for what is not a document */
export function insertOneOperation(
  scope: Scope,
  document: Document,
  options: InsertOneOptions | null | undefined
): InsertOne {
  if (typeof document !== 'object' || document === null) {
    throw invalidArgument('Argument "doc" must be an object');
  }
  const bson = options ? resolveBSONOptions(options, scope.bson) : scope.bson;
  const serverMakes = serverMakesIds(scope, options);
  if (isRawDocument(document, bson, 'doc')) {
    const { bytes, id } = ensureRawId(document, scope, bson, serverMakes);
    const sequence = new DocumentSequence('documents', [bytes]);
    const command = withInsertOptions({ insert: scope.collection, ordered: true }, options);
    const operation = writeOperation(scope, command, options, TRAITS);
    return { operation: { ...operation, sequence }, id };
  }
  if (!serverMakes) ensureId(document, scope);
  return { operation: insertOperation(scope, [document], options), id: document['_id'] };
}

/** Inserts documents that have what they need, in one command; the first refusal is its end. */
export function insertOperation(
  scope: Scope,
  documents: readonly Document[],
  options: InsertOneOptions | null | undefined
): Operation {
  const command = { insert: scope.collection, documents, ordered: true };
  return writeOperation(scope, withInsertOptions(command, options), options, TRAITS);
}

/** The options of every insert. */
export function withInsertOptions(
  command: Document,
  options: (CommandOptions & { bypassDocumentValidation?: boolean }) | null | undefined
): Document {
  if (!options) return command;
  if (typeof options.bypassDocumentValidation === 'boolean') {
    command['bypassDocumentValidation'] = options.bypassDocumentValidation;
  }
  addComment(command, options);
  return command;
}

/** @throws MongoServerError when the server refused the document */
export function readInsertOne<TSchema>(
  insert: InsertOne,
  reply: Document
): InsertOneResult<TSchema> {
  throwIfRefused(reply);
  return {
    acknowledged: insert.operation.acknowledged !== false,
    insertedId: insert.id as InferIdType<TSchema>
  };
}
