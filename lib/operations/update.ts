/**
 * `update` of one or many documents, by operators, a pipeline or a replacement: the command and
 * its reply.
 */
import type { ReplaceOptions, Sort, UpdateOptions, UpdateResult, InferIdType } from 'mongodb';
import { serialize } from '../bson/bson';
import { DocumentSequence, withDocument } from '../bson/encode';
import { resolveBSONOptions, type Document, type ResolvedBSONOptions } from '../bson/options';
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
  const statement = updateStatement(kind, filter, options);
  if (update === undefined || update === null || typeof update !== 'object') {
    throw invalidArgument('Document must be a valid JavaScript object');
  }
  const bson = options ? resolveBSONOptions(options, scope.bson) : scope.bson;
  const raw = isRawDocument(update, bson, kind.replace ? 'replacement' : 'update');
  checkOperators(raw ? hasRawOperators(update) : hasOperators(update, kind, bson), kind);
  const traits = kind.replace ? REPLACE_TRAITS : kind.multi ? MANY_TRAITS : ONE_TRAITS;
  const command: Document = { update: scope.collection };
  let sequence: DocumentSequence | undefined;
  if (raw) {
    refuseExplain(options);
    sequence = new DocumentSequence('updates');
    const rest = serialize({ q: filter, ...statement }, bson.serialize);
    sequence.addBytes(withDocument(rest, 'u', update));
  } else {
    command['updates'] = [{ q: filter, u: update, ...statement }];
  }
  command['ordered'] = options?.ordered ?? true;
  const operation = writeOperation(scope, withUpdateOptions(command, options), options, traits);
  return sequence === undefined ? operation : { ...operation, sequence };
}

/** Bytes can only be the command's last element, and the explained command is not the outermost. */
function refuseExplain(options: UpdateCommandOptions | null | undefined): void {
  if (options?.explain === undefined || options.explain === null) return;
  throw invalidArgument('options.explain: an update given as BSON bytes cannot be explained');
}

/** A statement but for the filter and the update. */
function updateStatement(
  kind: UpdateKind,
  filter: Document,
  options: UpdateCommandOptions | null | undefined
): Document {
  if (filter === undefined || filter === null || typeof filter !== 'object') {
    throw invalidArgument('Selector must be a valid JavaScript object');
  }
  const statement: Document = {};
  if (typeof options?.upsert === 'boolean') statement['upsert'] = options.upsert;
  if (kind.multi) statement['multi'] = true;
  if (!options) return statement;
  if (options.hint) statement['hint'] = options.hint;
  if (options.arrayFilters) statement['arrayFilters'] = options.arrayFilters;
  if (options.collation) statement['collation'] = options.collation;
  if (!kind.multi && options.sort !== undefined && options.sort !== null) {
    statement['sort'] = formatSort(options.sort);
  }
  return statement;
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
