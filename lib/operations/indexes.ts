/** `createIndexes`, `dropIndexes` and `listIndexes`: the commands. */
import type {
  CommandOperationOptions,
  CreateIndexesOptions,
  DropIndexesOptions,
  IndexDescription,
  IndexDirection,
  IndexSpecification,
  ListIndexesOptions
} from 'mongodb';
import type { Document } from '../bson/options';
import { driverErrors, invalidArgument } from '../error';
import { addComment, readOperation, writeOperation, type CommandTraits } from './command';
import { isNamespaceNotFound } from './drop';
import { getMoreOptions } from './find';
import type { Operation, Scope } from './operation';

/** Options of an index; other options are about the command (mongodb 7.8). */
const INDEX_OPTIONS: ReadonlySet<string> = new Set([
  'background',
  'unique',
  'name',
  'partialFilterExpression',
  'sparse',
  'hidden',
  'expireAfterSeconds',
  'storageEngine',
  'collation',
  'version',
  'weights',
  'default_language',
  'language_override',
  'textIndexVersion',
  '2dsphereIndexVersion',
  'bits',
  'min',
  'max',
  'bucketSize',
  'wildcardProjection'
]);

/** Options whose names on the server differ. */
const SERVER_NAMES: ReadonlyMap<string, string> = new Map([
  ['version', 'v'],
  ['defaultLanguage', 'default_language'],
  ['languageOverride', 'language_override']
]);

const LIST_TRAITS: CommandTraits = {
  ignoresReadConcern: true,
  retryable: true,
  movable: true
};

/** Indexes to create, and the names they get. */
export interface CreateIndexes {
  readonly operation: Operation;
  readonly names: string[];
}

/**
 * @param anyOption - every property of a description is an index's, known or not
 * @throws MongoInvalidArgumentError for descriptions that are not an array
 */
export function createIndexesOperation(
  scope: Scope,
  descriptions: readonly IndexDescription[],
  options: (CreateIndexesOptions & CommandOperationOptions) | null | undefined,
  anyOption = false
): CreateIndexes {
  const given: unknown = descriptions;
  if (!Array.isArray(given)) {
    throw invalidArgument('Argument "indexSpecs" must be an array of index descriptions');
  }
  const indexes = descriptions.map(description => toIndex(description, anyOption));
  const command: Document = { createIndexes: scope.collection, indexes };
  const commitQuorum = options?.commitQuorum;
  if (commitQuorum !== undefined && commitQuorum !== null) command['commitQuorum'] = commitQuorum;
  // A collation is each index's own.
  const shared = options && { ...options, collation: undefined };
  return {
    operation: writeOperation(scope, command, shared, {}),
    names: indexes.map(index => index['name'] as string)
  };
}

function toIndex(description: IndexDescription, anyOption: boolean): Document {
  // The order of the keys is part of an index's meaning, hence a map.
  const key =
    description.key instanceof Map ? description.key : new Map(Object.entries(description.key));
  const index: Document = {};
  for (const [option, value] of Object.entries(description)) {
    if (option === 'key' || !(anyOption || INDEX_OPTIONS.has(option))) continue;
    index[SERVER_NAMES.get(option) ?? option] = value as unknown;
  }
  index['name'] = description.name ?? [...key].flat().join('_');
  index['key'] = key;
  return index;
}

/** The keys of a specification, in any of the forms the driver takes. */
export function indexKeys(specification: IndexSpecification): Map<string, IndexDirection> {
  const keys = new Map<string, IndexDirection>();
  const parts: unknown[] =
    !Array.isArray(specification) || isPair(specification) ? [specification] : specification;
  for (const part of parts) {
    for (const [field, direction] of entriesOf(part)) keys.set(field, direction ?? 1);
  }
  return keys;
}

type Entry = [string, IndexDirection | undefined];

function entriesOf(part: unknown): Entry[] {
  if (typeof part === 'string') return [[part, 1]];
  if (Array.isArray(part)) return [part as Entry];
  if (part instanceof Map) return [...(part as Map<string, IndexDirection>)];
  if (typeof part !== 'object' || part === null) return [];
  return Object.entries(part as Record<string, IndexDirection>);
}

const KINDS: ReadonlySet<unknown> = new Set(['2d', '2dsphere', 'text', 'geoHaystack']);

function isPair(value: readonly unknown[]): boolean {
  return value.length === 2 && (typeof value[1] === 'number' || KINDS.has(value[1]));
}

/** @param name - an index's name, or `*` for all but the one on `_id` */
export function dropIndexesOperation(
  scope: Scope,
  name: string,
  options: DropIndexesOptions | null | undefined
): Operation {
  return writeOperation(scope, { dropIndexes: scope.collection, index: name }, options, {});
}

/**
 * Whether `dropIndexes` throws this failure, or answers false, as the installed driver does: from mongodb 7.9
 * on it throws all but that the collection does not exist, before that nothing but a missed deadline.
 */
export function isThrownByDropIndexes(error: unknown): boolean {
  // The function came with the change.
  const isNew = 'isNamespaceNotFoundError' in driverErrors();
  if (isNew) return !isNamespaceNotFound(error);
  return (error as Error).name === 'MongoOperationTimeoutError';
}

/** Opens a cursor over a collection's indexes. */
export function listIndexesOperation(scope: Scope, options: ListIndexesOptions): Operation {
  const cursor = options.batchSize ? { batchSize: options.batchSize } : {};
  const command: Document = { listIndexes: scope.collection, cursor };
  addComment(command, options);
  const operation = readOperation(scope, command, options, LIST_TRAITS);
  return { ...operation, options: { ...operation.options, ...getMoreOptions(options) } };
}
