/**
 * `update` of one or many documents, by operators, a pipeline or a replacement: the command and
 * its reply.
 */
import { isUint8Array } from 'node:util/types';
import type {
  InferIdType,
  ReplaceOptions,
  Sort,
  UpdateOptions,
  UpdateResult,
  UpdateStatement
} from 'mongodb';
import { DocumentSequence, withDocument } from '../bson/encode';
import { resolveBSONOptions, type Document, type ResolvedBSONOptions } from '../bson/options';
import { serialize } from '../bson/serialize';
import { invalidArgument } from '../error';
import { formatSort } from '../sort';
import { addComment, writeOperation, type CommandTraits } from './command';
import type { Operation, Scope } from './operation';
import { hasRawOperators, isRawDocument } from './raw-document';
import { throwIfRefused } from './write-errors';

/** Options of the update methods; each of them documents which it takes. */
export type UpdateCommandOptions = UpdateOptions &
  ReplaceOptions & { sort?: Sort; ordered?: boolean };

/** What to update, as the methods differ. */
export interface UpdateKind {
  /** Every document that matches, not the first. */
  readonly multi?: true;
  /** By a whole document instead of operators. */
  readonly replace?: true;
}

const MANY_TRAITS: CommandTraits = { explainable: true, collatesStatements: true };
const ONE_TRAITS: CommandTraits = { ...MANY_TRAITS, retryable: true };
const REPLACE_TRAITS: CommandTraits = { collatesStatements: true, retryable: true };

/** @throws MongoInvalidArgumentError for a filter or an update that is none */
export function updateOperation(
  scope: Scope,
  kind: UpdateKind,
  filter: Document,
  update: Document | Document[] | Uint8Array,
  options: UpdateCommandOptions | null | undefined
): Operation {
  const statement = updateStatement(kind, filter, update, options);
  const bson = options ? resolveBSONOptions(options, scope.bson) : scope.bson;
  const bytes = rawUpdateStatement(statement, bson, kind.replace ? 'replacement' : 'update');
  checkOperators(isOperators(statement.u, kind, bson), kind);
  const traits = kind.replace ? REPLACE_TRAITS : kind.multi ? MANY_TRAITS : ONE_TRAITS;
  const command: Document = { update: scope.collection };
  if (bytes === undefined) command['updates'] = [statement];
  else refuseExplain(options);
  command['ordered'] = options?.ordered ?? true;
  const operation = writeOperation(scope, withUpdateOptions(command, options), options, traits);
  if (bytes === undefined) return operation;
  return { ...operation, sequence: new DocumentSequence('updates', [bytes]) };
}

/** Bytes can only be the command's last element, and the explained command is not the outermost. */
function refuseExplain(options: UpdateCommandOptions | null | undefined): void {
  if (options?.explain === undefined || options.explain === null) return;
  throw invalidArgument('options.explain: an update given as BSON bytes cannot be explained');
}

/**
 * What to update, as `update` takes it.
 * @throws MongoInvalidArgumentError for a filter or an update that is no object
 */
export function updateStatement(
  kind: UpdateKind,
  filter: Document,
  update: Document | Document[] | Uint8Array,
  options: UpdateCommandOptions | null | undefined
): UpdateStatement {
  if (filter === undefined || filter === null || typeof filter !== 'object') {
    throw invalidArgument('Selector must be a valid JavaScript object');
  }
  if (update === undefined || update === null || typeof update !== 'object') {
    throw invalidArgument('Document must be a valid JavaScript object');
  }
  const statement: UpdateStatement = { q: filter, u: update };
  if (typeof options?.upsert === 'boolean') statement.upsert = options.upsert;
  if (kind.multi) statement.multi = true;
  if (!options) return statement;
  if (options.hint) statement.hint = options.hint;
  if (options.arrayFilters) statement.arrayFilters = options.arrayFilters;
  if (options.collation) statement.collation = options.collation;
  if (!kind.multi && options.sort !== undefined && options.sort !== null) {
    statement.sort = formatSort(options.sort)!;
  }
  return statement;
}

/**
 * A statement whose update is bytes, as bytes; undefined for any other.
 * @throws MongoInvalidArgumentError naming the path, for bytes that are not a BSON document
 */
export function rawUpdateStatement(
  statement: UpdateStatement,
  bson: ResolvedBSONOptions,
  path: string
): Uint8Array | undefined {
  if (!isRawDocument(statement.u, bson, path)) return undefined;
  const { u: update, ...rest } = statement;
  return withDocument(serialize(rest, bson.serialize), 'u', update);
}

function withUpdateOptions(
  command: Document,
  options: UpdateCommandOptions | null | undefined
): Document {
  if (!options) return command;
  if (typeof options.bypassDocumentValidation === 'boolean') {
    command['bypassDocumentValidation'] = options.bypassDocumentValidation;
  }
  if (options.let) command['let'] = options.let;
  addComment(command, options);
  return command;
}

/** Whether an update, in any of its forms, consists of operators. See {@link hasOperators}. */
export function isOperators(
  update: Document | Document[] | Uint8Array,
  kind: UpdateKind,
  bson: ResolvedBSONOptions
): boolean {
  const raw = bson.raw && isUint8Array(update);
  return raw ? hasRawOperators(update) : hasOperators(update, kind, bson);
}

/**
 * Whether a document's keys, or those of a pipeline's stages, are operators.
 * @throws MongoInvalidArgumentError when an update would be left without any
 */
export function hasOperators(
  update: Document | Document[],
  kind: UpdateKind,
  bson: ResolvedBSONOptions
): boolean {
  if (Array.isArray(update)) {
    return update.some((stage: Document) => startsWithOperator(Object.keys(stage)));
  }
  const keys = Object.keys(update);
  if (!kind.replace && bson.serialize.ignoreUndefined) {
    if (keys.every(key => update[key] === undefined)) {
      throw invalidArgument(
        'Update operations require that all atomic operators have defined values, but none were provided.'
      );
    }
  }
  return startsWithOperator(keys);
}

function startsWithOperator(keys: string[]): boolean {
  return keys[0]?.startsWith('$') ?? false;
}

function checkOperators(present: boolean, kind: UpdateKind): void {
  if (present && kind.replace) {
    throw invalidArgument('Replacement document must not contain atomic operators');
  }
  if (!present && !kind.replace) {
    throw invalidArgument('Update document requires atomic operators');
  }
}

/**
 * The result; or, when the update was to be explained, the server's explanation.
 * @throws MongoServerError when the server refused the update
 */
export function readUpdate<TSchema extends Document>(
  operation: Operation,
  reply: Document
): UpdateResult<TSchema> {
  if (operation.command['explain'] !== undefined) return reply as UpdateResult<TSchema>;
  throwIfRefused(reply);
  const upserted = reply['upserted'] as Document[] | undefined;
  const upsertedCount = upserted?.length ?? 0;
  return {
    acknowledged: operation.acknowledged !== false,
    modifiedCount: (reply['nModified'] ?? reply['n']) as number,
    upsertedId: (upsertedCount > 0 ? upserted![0]!['_id'] : null) as InferIdType<TSchema> | null,
    upsertedCount,
    matchedCount: upsertedCount > 0 ? 0 : (reply['n'] as number)
  };
}
