/**
 * The `aggregate` that opens a change stream: which of the options belong to its `$changeStream`
 * stage. It opens nothing and reads nothing.
 */
import type { ChangeStreamOptions } from 'mongodb';
import type { Document } from '../bson/options';
import { aggregateOperation, DATABASE } from './aggregate';
import type { DatabaseScope, Operation } from './operation';

/** What a stream watches. */
export interface Watched {
  readonly scope: DatabaseScope;
  /** The collection; a database as a whole when absent. */
  readonly collection?: string | undefined;
  /** Every database of the deployment; the scope is that of `admin` then. */
  readonly cluster?: boolean;
}

/**
 * Options that the driver knows and the stage does not (mongodb 7.8). Any other goes to the server,
 * which says what it thinks of it.
 */
const OUTSIDE_STAGE: ReadonlySet<string> = new Set([
  'allowDiskUse',
  'authdb',
  'batchSize',
  'bsonRegExp',
  'bypassDocumentValidation',
  'bypassPinningCheck',
  'checkKeys',
  'collation',
  'comment',
  'cursor',
  'dbName',
  'enableUtf8Validation',
  'explain',
  'fieldsAsRaw',
  'hint',
  'ignoreUndefined',
  'let',
  'maxAwaitTimeMS',
  'maxBuffered',
  'maxTimeMS',
  'omitMaxTimeMS',
  'onHistoryLost',
  'out',
  'promoteBuffers',
  'promoteLongs',
  'promoteValues',
  'raw',
  'rawData',
  'readConcern',
  'readPreference',
  'serializeFunctions',
  'session',
  'shared',
  'timeoutContext',
  'timeoutMS',
  'timeoutMode',
  'useBigInt64',
  'willRetryWrite',
  'writeConcern'
]);

/** The stages of a stream: its own, then the user's. */
export function watchPipeline(
  { cluster }: Watched,
  pipeline: readonly Document[],
  options: ChangeStreamOptions
): Document[] {
  const own = Object.entries(options).filter(([name]) => !OUTSIDE_STAGE.has(name));
  const $changeStream = Object.fromEntries(own);
  if (cluster) $changeStream['allChangesForCluster'] = true;
  return [{ $changeStream }, ...pipeline];
}

/**
 * Opens a change stream. Its batches are wanted with what the server says around them, and who
 * closes it does not wait for a `getMore` that waits for changes.
 */
export function watchOperation(
  { scope, collection }: Watched,
  stages: readonly Document[],
  options: ChangeStreamOptions
): Operation {
  // An empty name stands for the database, as in the driver.
  const target = collection || DATABASE;
  const operation = aggregateOperation(scope, target, stages, options);
  return { ...operation, meta: true, options: { ...operation.options, awaitData: true } };
}
