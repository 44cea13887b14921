/**
 * `find`: its options, its command and the one for a single document. The command is the driver's
 * (mongodb 7.8, `makeFindCommand`), element by element. It does not read replies: batches need no
 * interpreting.
 */
import type { FindOneOptions, FindOptions } from 'mongodb';
import type { Abortable } from '../abort';
import type { RequestOptions } from '../bridge/request';
import type { Document } from '../bson/options';
import { driverErrors, invalidArgument } from '../error';
import { formatSort } from '../sort';
import { addComment, readOperation, type CommandTraits } from './command';
import { normalizeHint } from './hint';
import type { Operation, Scope } from './operation';

/** Options of `find`, the flags that only a cursor sets among them. */
export type FindCommandOptions = FindOptions & Abortable;

const TRAITS: CommandTraits = { explainable: true, retryable: true };

/** Opens a cursor over the documents that match. */
export function findOperation(
  scope: Scope,
  filter: Document,
  options: FindCommandOptions
): Operation {
  const command = findCommand(scope.collection, filter, options);
  const operation = readOperation(scope, command, options, TRAITS);
  const getMore = getMoreOptions(options);
  if (getMore === undefined) return operation;
  return { ...operation, options: { ...operation.options, ...getMore } };
}

/** Reads the first document that matches; the server keeps no cursor. */
export function findOneOperation(
  scope: Scope,
  filter: Document,
  options: (FindOneOptions & Abortable) | null | undefined
): Operation {
  if (!options) {
    const find = scope.collection;
    const command = { find, filter: checkedFilter(filter), limit: 1, singleBatch: true };
    return readOperation(scope, command, undefined, TRAITS);
  }
  if (options.tailable) {
    const { MongoTailableCursorError } = driverErrors();
    throw new MongoTailableCursorError('Tailable cursor does not support limit');
  }
  const { skip, batchSize } = options as FindCommandOptions;
  const limits = { skip, limit: 1, batchSize, singleBatch: true };
  const command = findCommand(scope.collection, filter, options, limits);
  return readOperation(scope, command, options, TRAITS);
}

/**
 * How a cursor's later batches are fetched; undefined when the server's defaults will do.
 * A batch size below zero means a single batch, so there is no later one.
 */
export function getMoreOptions(options: {
  batchSize?: number | undefined;
  maxAwaitTimeMS?: number | undefined;
  comment?: unknown;
  /** Both together: at the end of its collection the cursor waits for what is yet to come. */
  tailable?: unknown;
  awaitData?: unknown;
}): RequestOptions | undefined {
  const { batchSize, maxAwaitTimeMS, comment, tailable, awaitData } = options;
  const sized = typeof batchSize === 'number' && batchSize !== 0;
  const limited = typeof maxAwaitTimeMS === 'number';
  const awaits = tailable === true && awaitData === true;
  if (!sized && !limited && !awaits && comment === undefined) return undefined;
  return {
    ...(sized && { batchSize: Math.abs(batchSize) }),
    ...(limited && { maxTimeMS: maxAwaitTimeMS }),
    ...(awaits && { awaitData: true }),
    ...(comment !== undefined && { comment })
  };
}

/** @throws MongoInvalidArgumentError for a filter that is not an object */
function checkedFilter(filter: Document): Document {
  if (typeof filter !== 'object' || Array.isArray(filter)) {
    throw invalidArgument('Query filter must be a plain object or ObjectId');
  }
  return filter !== null && filter['_bsontype'] === 'ObjectId' ? { _id: filter } : filter;
}

/** Options that go into the command as they are when they are booleans. */
const FLAGS = ['returnKey', 'showRecordId', 'tailable', 'oplogReplay'] as const;
const LATER_FLAGS = ['awaitData', 'allowPartialResults', 'allowDiskUse'] as const;

/** @param limits - those of the options, or of a single document */
function findCommand(
  find: string,
  filter: Document,
  options: FindCommandOptions,
  limits: Limits = options
): Document {
  const command: Document = { find, filter: checkedFilter(filter) };
  const sort = options.sort && formatSort(options.sort);
  if (sort) command['sort'] = sort;
  if (options.projection) command['projection'] = projectionOf(options.projection);
  if (options.hint) command['hint'] = normalizeHint(options.hint);
  addLimits(command, limits);
  addComment(command, options);
  if (options.max) command['max'] = options.max;
  if (options.min) command['min'] = options.min;
  copyFlags(command, options, FLAGS);
  if (typeof options.timeout === 'boolean') command['noCursorTimeout'] = !options.timeout;
  else copyFlags(command, options, ['noCursorTimeout']);
  copyFlags(command, options, LATER_FLAGS);
  if (options.let) command['let'] = options.let;
  return command;
}

function copyFlags(
  command: Document,
  options: FindCommandOptions,
  names: ReadonlyArray<keyof FindCommandOptions>
): void {
  for (const name of names) {
    if (typeof options[name] === 'boolean') command[name] = options[name];
  }
}

/** A list of fields counts as a projection that includes them. */
function projectionOf(projection: Document): Document {
  if (!Array.isArray(projection)) return projection;
  const fields = projection.length > 0 ? (projection as string[]) : ['_id'];
  return Object.fromEntries(fields.map(field => [field, 1]));
}

type Limits = Pick<FindCommandOptions, 'skip' | 'limit' | 'batchSize' | 'singleBatch'>;

/** Skip, limit and batch sizes; negative ones ask for a single batch. */
function addLimits(command: Document, limits: Limits): void {
  const { skip, limit, batchSize, singleBatch } = limits;
  if (typeof skip === 'number') command['skip'] = skip;
  if (typeof limit === 'number') command['limit'] = Math.abs(limit);
  if (typeof limit === 'number' && limit < 0) command['singleBatch'] = true;
  if (typeof batchSize === 'number') {
    if (batchSize < 0) command['limit'] = -batchSize;
    // One more than the limit, so that the server closes the cursor with the first batch.
    else command['batchSize'] = batchSize === limit ? batchSize + 1 : batchSize;
  }
  if (typeof singleBatch === 'boolean') command['singleBatch'] = singleBatch;
}
