/**
 * A bulk write on a client, over any of its databases (MongoDB 8.0 and later): its commands, sent
 * one after the other, and the cursors of their results, read to the end.
 */
import type {
  AnyClientBulkWriteModel,
  ClientBulkWriteOptions,
  ClientBulkWriteResult,
  ClientSession,
  ClientSessionOptions
} from 'mongodb';
import { resolveBSONOptions, type Document } from '../bson/options';
import { isAcknowledged, writeConcernSetting } from '../concern';
import { driverErrors, invalidArgument } from '../error';
import { ClientBatches, type ClientBatch, type ClientWriteLimits } from './client-bulk-write-batch';
import { ClientBulkOutcome, unacknowledged } from './client-bulk-write-outcome';
import { executeCommand, executeCursor, executeGetMore, type Executor } from './execute';
import type { Settings } from './operation';

/** What is to be known of a deployment. */
export interface ClientWriteServer extends ClientWriteLimits {
  /** What it speaks; undefined before it was asked. */
  readonly maxWireVersion?: number;
}

/** The client that writes. */
export interface BulkWriter extends Executor {
  readonly settings: Settings;
  readonly limits: ClientWriteServer;
  /** Asks the deployment what it can do, unless that is known. */
  connect(): Promise<unknown>;
  withSession<T>(
    options: ClientSessionOptions,
    callback: (session: ClientSession) => Promise<T>
  ): Promise<T>;
}

/** The wire version of MongoDB 8.0, the first with the command. */
const WIRE_VERSION = 25;

/**
 * @throws MongoClientBulkWriteExecutionError without models
 * @throws MongoInvalidArgumentError, MongoAPIError for models and options that can't be sent
 * @throws MongoCompatibilityError before MongoDB 8.0
 * @throws MongoClientBulkWriteError for what the server refused, with what it did not
 */
export async function clientBulkWrite(
  client: BulkWriter,
  models: ReadonlyArray<AnyClientBulkWriteModel<Document>>,
  given: ClientBulkWriteOptions | null | undefined
): Promise<ClientBulkWriteResult> {
  if (!Array.isArray(models)) throw invalidArgument('Argument "models" must be an array of models');
  if (models.length === 0) {
    const { MongoClientBulkWriteExecutionError } = driverErrors();
    throw new MongoClientBulkWriteExecutionError('No client bulk write models were provided.');
  }
  const options: ClientBulkWriteOptions = {
    ordered: true,
    bypassDocumentValidation: false,
    verboseResults: false,
    ...given
  };
  const acknowledged = isAcknowledged(writeConcernSetting(options) ?? client.settings.writeConcern);
  if (!acknowledged) checkUnacknowledged(options);
  // A closed pool says so itself, and is not opened again to be asked.
  client.hold();
  await client.connect();
  checkVersion(client.limits);
  if (!acknowledged) return await writeUnacknowledged(client, models, options);
  if (options.session != null) return await writeAcknowledged(client, models, options);
  // A cursor goes on in the session that it was opened in.
  return await client.withSession({ causalConsistency: false }, session =>
    writeAcknowledged(client, models, { ...options, session })
  );
}

/** @throws MongoInvalidArgumentError for what takes an answer */
function checkUnacknowledged({ verboseResults, ordered }: ClientBulkWriteOptions): void {
  const what = verboseResults ? 'verbose results' : ordered ? 'ordered writes' : undefined;
  if (what === undefined) return;
  throw invalidArgument(`Cannot request unacknowledged write concern and ${what}`);
}

function checkVersion({ maxWireVersion }: ClientWriteServer): void {
  if (maxWireVersion === undefined || maxWireVersion >= WIRE_VERSION) return;
  const { MongoCompatibilityError } = driverErrors();
  throw new MongoCompatibilityError('A bulk write on a client requires MongoDB 8.0 or later');
}

function batchesOf(
  { settings, limits }: BulkWriter,
  models: ReadonlyArray<AnyClientBulkWriteModel<Document>>,
  options: ClientBulkWriteOptions
): ClientBatches {
  const scope = { ...settings, bson: resolveBSONOptions(options, settings.bson) };
  return new ClientBatches({ ...scope, database: 'admin' }, models, options, limits);
}

async function writeUnacknowledged(
  client: BulkWriter,
  models: ReadonlyArray<AnyClientBulkWriteModel<Document>>,
  options: ClientBulkWriteOptions
): Promise<ClientBulkWriteResult> {
  const batches = batchesOf(client, models, options);
  for (let batch = batches.next(); batch; batch = batches.next()) {
    await executeCommand(client, batch.operation);
  }
  return unacknowledged();
}

async function writeAcknowledged(
  client: BulkWriter,
  models: ReadonlyArray<AnyClientBulkWriteModel<Document>>,
  options: ClientBulkWriteOptions
): Promise<ClientBulkWriteResult> {
  const outcome = new ClientBulkOutcome(options);
  const batches = batchesOf(client, models, options);
  for (let batch = batches.next(); batch; batch = batches.next()) {
    try {
      await writeBatch(client, batch, outcome);
    } catch (error) {
      throw outcome.failure(error as Error);
    }
  }
  outcome.throwIfRefused();
  return outcome.result();
}

/** Results are read here whatever the BSON options, but for the `_id`s of upserts. */
const READ_HERE = { raw: false, promoteValues: true } as const;

async function writeBatch(
  client: BulkWriter,
  batch: ClientBatch,
  outcome: ClientBulkOutcome
): Promise<void> {
  const { operation } = batch;
  const hold = client.hold();
  const bson = resolveBSONOptions(READ_HERE, operation.bson);
  const first = await executeCursor(client, { ...operation, bson });
  outcome.addReply(first.meta ?? {});
  let { cursor, documents } = first;
  try {
    for (;;) {
      for (const document of documents) outcome.addResult(batch, document);
      if (cursor === 0) return;
      const handle = cursor;
      // If this fails, the cursor is gone.
      cursor = 0;
      const next = { hold, cursor: handle, bson, session: operation.session };
      ({ cursor, documents } = await executeGetMore(next));
    }
  } finally {
    if (cursor !== 0) await hold.killCursor(cursor);
  }
}
