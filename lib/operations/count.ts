/**
 * Counting: exactly, by a pipeline; from the collection's metadata; and by the `count` command that
 * cursors still offer. The commands and their replies.
 */
import type { CountDocumentsOptions, CountOptions, EstimatedDocumentCountOptions } from 'mongodb';
import type { Abortable } from '../abort';
import { contradicts, resolveBSONOptions, type Document } from '../bson/options';
import { aggregateOperation } from './aggregate';
import { addComment, readOperation, type CommandTraits } from './command';
import type { Operation, Scope } from './operation';

const TRAITS: CommandTraits = { retryable: true, movable: true };

/** Counts the documents that match. */
export function countDocumentsOperation(
  scope: Scope,
  filter: Document,
  options: (CountDocumentsOptions & Abortable) | null | undefined
): Operation {
  const pipeline: Document[] = [{ $match: filter }];
  if (typeof options?.skip === 'number') pipeline.push({ $skip: options.skip });
  if (typeof options?.limit === 'number') pipeline.push({ $limit: options.limit });
  pipeline.push({ $group: { _id: 1, n: { $sum: 1 } } });
  // The one small document is read here, so it is never handed over as bytes.
  return aggregateOperation(scope, scope.collection, pipeline, { ...options, raw: false });
}

/** The server gives no document at all when it counted none. */
export function readCountDocuments(documents: readonly Document[]): number {
  return (documents[0]?.['n'] as number | undefined) ?? 0;
}

/** Asks the collection's metadata how many documents there are. */
export function estimatedCountOperation(
  scope: Scope,
  options: EstimatedDocumentCountOptions | null | undefined
): Operation {
  const command: Document = { count: scope.collection };
  if (options) addComment(command, options);
  return readable(readOperation(scope, command, options, TRAITS), options);
}

/** The `count` command. */
export function countOperation(scope: Scope, filter: Document, options: CountOptions): Operation {
  const command: Document = { count: scope.collection, query: filter };
  if (typeof options.limit === 'number') command['limit'] = options.limit;
  if (typeof options.skip === 'number') command['skip'] = options.skip;
  if (options.hint !== undefined && options.hint !== null) command['hint'] = options.hint;
  return readable(readOperation(scope, command, options, TRAITS), options);
}

/**
 * The reply is read here, so options that js-bson refuses together do not count, as in the driver. What
 * an `explain` gives is the user's.
 */
function readable(
  operation: Operation,
  options: { explain?: unknown } | null | undefined
): Operation {
  const { bson } = operation;
  if (!contradicts(bson.deserialize) || options?.explain) return operation;
  return { ...operation, bson: resolveBSONOptions({ useBigInt64: false }, bson) };
}

export function readCount(reply: Document): number {
  return Number(reply['n'] ?? 0);
}
