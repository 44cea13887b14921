/**
 * `insert` of many documents: a bulk write of nothing else. Every document is written to BSON once,
 * before anything is sent.
 */
import type { BulkWriteOptions, InsertManyResult } from 'mongodb';
import { resolveBSONOptions, type Document } from '../bson/options';
import { invalidArgument } from '../error';
import type { WriteLimits } from './bulk-batch';
import { serverMakesBulkIds, writeBatches } from './bulk-write';
import { ensureId, ensureRawId } from './document-id';
import type { Executor } from './execute';
import { InsertBatches } from './insert-batch';
import type { Scope } from './operation';
import { isRawDocument } from './raw-document';

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
  const batches = split(scope, documents, options, limits);
  const { outcome, acknowledged } = await writeBatches(on, scope, batches, options);
  const insertedIds = byIndex<TSchema>(batches.ids);
  return { acknowledged, insertedCount: outcome.inserted, insertedIds };
}

function byIndex<TSchema>(ids: readonly unknown[]): InsertManyResult<TSchema>['insertedIds'] {
  const result: Record<number, unknown> = {};
  for (let index = 0; index < ids.length; index++) result[index] = ids[index];
  return result as InsertManyResult<TSchema>['insertedIds'];
}

function split(
  scope: Scope,
  documents: readonly Document[],
  options: BulkWriteOptions | null | undefined,
  limits: WriteLimits
): InsertBatches {
  if (!Array.isArray(documents)) {
    throw invalidArgument('Argument "docs" must be an array of documents');
  }
  if (documents.length === 0) {
    throw invalidArgument('Invalid BulkOperation, Batch cannot be empty');
  }
  const bson = options ? resolveBSONOptions(options, scope.bson) : scope.bson;
  const serverMakes = serverMakesBulkIds(scope, options);
  const batches = new InsertBatches(documents, options?.ordered !== false, limits);
  for (const document of documents as Document[]) {
    if (bson.raw && isRawDocument(document, bson, batches.next)) {
      const { bytes, id } = ensureRawId(document, scope, bson, serverMakes);
      batches.add(bytes, id);
    } else {
      checkDocument(document, batches);
      if (!serverMakes) ensureId(document, scope);
      batches.write(document, bson.serialize);
    }
  }
  return batches;
}

function checkDocument(document: unknown, batches: InsertBatches): void {
  if (document === undefined || document === null) {
    throw invalidArgument(
      'Collection.insertMany() cannot be called with an array that has null/undefined values ' +
        `(${batches.next})`
    );
  }
  if (typeof document !== 'object' || Array.isArray(document)) {
    throw invalidArgument(`Argument "${batches.next}" must be an object`);
  }
}
