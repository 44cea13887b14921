/**
 * `findAndModify`, behind `findOneAndUpdate`, `findOneAndReplace` and `findOneAndDelete`: the
 * commands and their reply.
 */
import type {
  FindOneAndDeleteOptions,
  FindOneAndReplaceOptions,
  FindOneAndUpdateOptions
} from 'mongodb';
import { resolveBSONOptions, type Document } from '../bson/options';
import { invalidArgument } from '../error';
import { formatSort } from '../sort';
import { addComment, writeOperation, type CommandTraits } from './command';
import type { Operation, Scope } from './operation';
import { hasOperators } from './update';

type CommonOptions = Pick<
  FindOneAndUpdateOptions,
  'sort' | 'projection' | 'let' | 'comment' | 'hint' | 'includeResultMetadata'
>;
type ChangeOptions = FindOneAndReplaceOptions & Pick<FindOneAndUpdateOptions, 'arrayFilters'>;

const TRAITS: CommandTraits = { explainable: true, retryable: true, movable: true };

/** @throws MongoInvalidArgumentError for a filter that is not an object */
export function findOneAndDeleteOperation(
  scope: Scope,
  filter: Document,
  options: FindOneAndDeleteOptions | null | undefined
): Operation {
  const command = findAndModifyCommand(scope, filter, options);
  command['remove'] = true;
  return operationOf(scope, command, options);
}

/** @throws MongoInvalidArgumentError for a filter or a replacement that is none */
export function findOneAndReplaceOperation(
  scope: Scope,
  filter: Document,
  replacement: Document,
  options: FindOneAndReplaceOptions | null | undefined
): Operation {
  const command = findAndModifyCommand(scope, filter, options);
  checkObject('replacement', replacement);
  if (hasOperators(replacement, { replace: true }, scope.bson)) {
    throw invalidArgument('Replacement document must not contain atomic operators');
  }
  return operationOf(scope, withChange(command, replacement, options), options);
}

/** @throws MongoInvalidArgumentError for a filter or an update that is none */
export function findOneAndUpdateOperation(
  scope: Scope,
  filter: Document,
  update: Document | Document[],
  options: FindOneAndUpdateOptions | null | undefined
): Operation {
  const command = findAndModifyCommand(scope, filter, options);
  checkObject('update', update);
  const bson = options ? resolveBSONOptions(options, scope.bson) : scope.bson;
  if (!hasOperators(update, {}, bson)) {
    throw invalidArgument('Update document requires atomic operators');
  }
  return operationOf(scope, withChange(command, update, options), options);
}

/** The reply's document is the user's, so `raw` holds for it, unlike for other writes' replies. */
function operationOf(
  scope: Scope,
  command: Document,
  options: FindOneAndUpdateOptions | null | undefined
): Operation {
  const bson = options ? resolveBSONOptions(options, scope.bson) : scope.bson;
  return { ...writeOperation(scope, command, options, TRAITS), bson };
}

function checkObject(argument: string, value: unknown): void {
  if (value === undefined || value === null || typeof value !== 'object') {
    throw invalidArgument(`Argument "${argument}" must be an object`);
  }
}

function findAndModifyCommand(
  scope: Scope,
  filter: Document,
  options: CommonOptions | null | undefined
): Document {
  checkObject('filter', filter);
  const command: Document = {
    findAndModify: scope.collection,
    query: filter,
    remove: false,
    new: false,
    upsert: false
  };
  if (!options) return command;
  const sort = formatSort(options.sort);
  if (sort) command['sort'] = sort;
  if (options.projection) command['fields'] = options.projection;
  if (options.let) command['let'] = options.let;
  addComment(command, options);
  if (options.hint) command['hint'] = options.hint;
  return command;
}

function withChange(
  command: Document,
  change: Document | Document[],
  options: ChangeOptions | null | undefined
): Document {
  command['update'] = change;
  if (!options) return command;
  command['new'] = options.returnDocument === 'after';
  command['upsert'] = options.upsert === true;
  const { bypassDocumentValidation } = options;
  if (typeof bypassDocumentValidation === 'boolean') {
    command['bypassDocumentValidation'] = bypassDocumentValidation;
  }
  if (options.arrayFilters) command['arrayFilters'] = options.arrayFilters;
  return command;
}

/** The document, or null; with `includeResultMetadata`, the server's whole reply. */
export function readFindAndModify(
  reply: Document,
  options: CommonOptions | null | undefined
): Document | null {
  return options?.includeResultMetadata ? reply : ((reply['value'] as Document | null) ?? null);
}
