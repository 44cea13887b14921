/**
 * Operations in a session: what its state adds to their commands, and what their replies change in
 * it. The rules are the driver's (mongodb 7.8, `applySession`, `updateSessionFromResponse` and
 * `executeOperation`); `lsid` and `$clusterTime` are added by Rust. Operations without a session
 * never come here.
 */
import type { ClientSession as DriverSession, ClusterTime } from 'mongodb';
import { kind, type Reply } from '../bridge/completion';
import type { CommandRequest, Hold } from '../bridge/pool';
import type { RequestOptions } from '../bridge/request';
import { deserialize, type Timestamp } from '../bson/bson';
import { decodeDocument } from '../bson/decode';
import { OWN_LIBRARY, timestampIn, type BSONLibrary } from '../bson/library';
import { resolveBSONOptions, type Document, type ResolvedBSONOptions } from '../bson/options';
import { driverErrors, invalidArgument, type ErrorRecord } from '../error';
import type { ReadPreferenceSetting } from '../read-preference';
import { processTimeMS } from '../server-session';
import type { ClientSession } from '../session';
import type { Executor } from './execute';
import type { Operation } from './operation';

/** An operation in a session. */
export type SessionOperation = Operation & { readonly session: ClientSession };

/** The wire version of MongoDB 5.0, the first with reads of a snapshot. */
const SNAPSHOT_WIRE_VERSION = 13;

/** Commands that wait for the session's last operation if they are told of its time. */
const AFTER_CLUSTER_TIME = [
  'aggregate',
  'count',
  'distinct',
  'find',
  'geoNear',
  'bulkWrite',
  'create',
  'createIndexes',
  'delete',
  'drop',
  'dropDatabase',
  'dropIndexes',
  'findAndModify',
  'insert',
  'update'
] as const;

/** How the parts of a reply are read that are for the session, whatever its documents are to be. */
const PLAIN = resolveBSONOptions(undefined);

/**
 * The session that options name. Whose it is shows when the operation runs.
 * @throws MongoInvalidArgumentError for what is no session
 */
export function sessionOf(options: {
  session?: DriverSession | null | undefined;
}): ClientSession | undefined {
  const session = (options.session ?? undefined) as unknown as ClientSession | undefined;
  if (session !== undefined && typeof session.inTransaction !== 'function') {
    throw invalidArgument('options.session must be a ClientSession');
  }
  return session;
}

/** The read preference that the session's last transaction was started with. */
export function transactionReadPreference(
  session: ClientSession | undefined
): ReadPreferenceSetting | undefined {
  return session?.transaction?.settings?.readPreference;
}

/**
 * Sends an operation in its session.
 * @throws MongoExpiredSessionError, MongoInvalidArgumentError, MongoCompatibilityError,
 * MongoTransactionError, MongoAPIError for operations that can't run in the session
 */
export async function sendInSession(
  on: Executor,
  operation: SessionOperation,
  send: (hold: Hold, request: CommandRequest) => Promise<Reply>
): Promise<Reply> {
  const { session } = operation;
  const hold = on.hold();
  checkSession(on, operation);
  // What a session may do depends on the servers, which are known from the first connection on.
  const { database } = operation;
  if (hold.retryableWrites(session.handle, database) === undefined) await on.connectTo?.(database);
  // The driver leaves it open what becomes of operations beside the one that starts a transaction.
  while (session.starting !== undefined) await session.starting;
  checkSession(on, operation);
  checkTransaction(operation);
  const request = requestOf(hold, operation);
  const reply = noted(session, send(hold, request));
  if (request.command['startTransaction'] === true) {
    const started = (): void => void (session.starting = undefined);
    session.starting = reply.then(started, started);
  }
  return await reply;
}

/**
 * Before a cursor's next batch: Rust sends that in the cursor's session by itself.
 * @throws MongoExpiredSessionError for a session that has ended
 */
export function continueInSession(session: ClientSession): void {
  checkNotEnded(session);
  session.serverSession.lastUse = processTimeMS();
  if (!session.inTransaction()) leaveTransaction(session);
}

function checkNotEnded(session: ClientSession): void {
  if (!session.hasEnded) return;
  const { MongoExpiredSessionError } = driverErrors();
  throw new MongoExpiredSessionError('Use of expired sessions is not permitted');
}

function checkSession(on: Executor, { session }: SessionOperation): void {
  checkNotEnded(session);
  const version = session.client.limits?.maxWireVersion;
  if (session.snapshotEnabled && version !== undefined && version < SNAPSHOT_WIRE_VERSION) {
    const { MongoCompatibilityError } = driverErrors();
    throw new MongoCompatibilityError('Snapshot reads require MongoDB 5.0 or later');
  }
  if (!session.belongsTo?.(on)) {
    const { MongoInvalidArgumentError } = driverErrors();
    throw new MongoInvalidArgumentError('ClientSession must be from the same MongoClient');
  }
}

function checkTransaction({ session, options, acknowledged }: SessionOperation): void {
  const mode = options?.readPreference?.mode;
  if (mode !== undefined && session.inTransaction()) {
    const { MongoTransactionError } = driverErrors();
    throw new MongoTransactionError(
      `Read preference in a transaction must be primary, not: ${mode}`
    );
  }
  if (acknowledged === false) {
    const { MongoAPIError } = driverErrors();
    throw new MongoAPIError('Cannot have explicit session with unacknowledged writes');
  }
}

/** Everything but the lease of the session: what crosses the boundary. */
function requestOf(hold: Hold, operation: SessionOperation): CommandRequest {
  const { session, database, sequence, bson } = operation;
  const inTransaction = session.inTransaction();
  const server = session.serverSessionFor(database);
  const numbered =
    operation.retry === 'write' &&
    !inTransaction &&
    hold.retryableWrites(server.handle, database) === true;
  if (numbered) session.incrementTransactionNumber();
  const command = applySession(session, operation.command, numbered, bson.library);
  return {
    database,
    command,
    sequence: sequence!,
    options: withGossip(session, operation.options)!,
    serialize: bson.serialize,
    signal: operation.signal,
    timeoutMS: session.timeLeft(operation.timeoutMS),
    own: operation.own,
    session: server.handle,
    retry: numbered || (operation.retry === 'read' && !inTransaction) ? operation.retry : undefined,
    meta: true,
    json: operation.json,
    inTransaction: inTransaction && !endsTransaction(command)
  };
}

/** What the request says for the session, once. */
function withGossip(
  session: ClientSession,
  options: RequestOptions | undefined
): RequestOptions | undefined {
  if (!session.gossips && !session.unpins) return options;
  const given: RequestOptions = { ...options };
  if (session.gossips) given.clusterTime = session.clusterTime!;
  if (session.unpins) given.unpin = true;
  session.gossips = false;
  session.unpins = false;
  return given;
}

/**
 * The command with what the session's state adds to it.
 * @param numbered - it is a write that may be sent again under its transaction number
 * @param library - what writes the command
 */
export function applySession(
  session: ClientSession,
  given: Document,
  numbered: boolean,
  library: BSONLibrary = OWN_LIBRARY
): Document {
  const command: Document =
    given instanceof Map ? Object.fromEntries(given as Map<string, unknown>) : { ...given };
  const server = session.serverSession;
  server.lastUse = processTimeMS();
  const inTransaction = session.inTransaction() || endsTransaction(command);
  if (numbered || inTransaction) {
    server.txnNumber += session.txnNumberIncrement;
    session.txnNumberIncrement = 0;
    command['txnNumber'] = library.Long.fromNumber(server.txnNumber);
  }
  if (inTransaction) applyTransaction(session, command, library);
  else applyConsistency(session, command, library);
  return command;
}

function endsTransaction(command: Document): boolean {
  return Boolean(command['commitTransaction'] || command['abortTransaction']);
}

/** A transaction that has ended is history with the next operation. */
function leaveTransaction({ transaction }: ClientSession): void {
  if (transaction.state !== 'NO_TRANSACTION') transaction.transition('NO_TRANSACTION');
}

/** Outside of transactions, reads are of a time that the session knows. */
function applyConsistency(session: ClientSession, command: Document, library: BSONLibrary): void {
  const { operationTime, snapshotTime } = session;
  leaveTransaction(session);
  if (
    session.supports.causalConsistency &&
    operationTime &&
    AFTER_CLUSTER_TIME.some(name => command[name])
  ) {
    addToReadConcern(command, { afterClusterTime: timestampIn(library, operationTime) });
  } else if (session.snapshotEnabled) {
    command['readConcern'] ||= { level: 'snapshot' };
    if (snapshotTime) {
      addToReadConcern(command, { atClusterTime: timestampIn(library, snapshotTime) });
    }
  }
}

function applyTransaction(session: ClientSession, command: Document, library: BSONLibrary): void {
  const { transaction, operationTime } = session;
  // Which tells a transaction from a write that may be sent again.
  command['autocommit'] = false;
  if (!transaction.isStarting) return;
  command['startTransaction'] = true;
  const readConcern = transaction.settings.readConcern ?? session.client.settings.readConcern;
  if (readConcern) command['readConcern'] = readConcern;
  if (session.supports.causalConsistency && operationTime) {
    addToReadConcern(command, { afterClusterTime: timestampIn(library, operationTime) });
  }
}

function addToReadConcern(command: Document, elements: Document): void {
  command['readConcern'] = { ...(command['readConcern'] as Document | undefined), ...elements };
}

/** The reply to come, of whose kind the session learns before anybody else. */
async function noted(session: ClientSession, sent: Promise<Reply>): Promise<Reply> {
  const reply = await sent;
  if (reply.kind === kind.ERROR) noteFailure(session, reply);
  else noteStart(session);
  return reply;
}

/** The server has the transaction. */
function noteStart({ transaction }: ClientSession): void {
  if (transaction.isStarting) transaction.transition('TRANSACTION_IN_PROGRESS');
}

/** Classes of errors after which the server may still be at work for the session. */
const BROKEN: ReadonlySet<string> = new Set([
  'MongoNetworkError',
  'MongoNetworkTimeoutError',
  'MongoOperationTimeoutError'
]);

/** Tells a session of an error reply. */
export function noteFailure(session: ClientSession, reply: Reply): void {
  const bytes = reply.buffer.subarray(reply.start, reply.end);
  const record = deserialize(bytes) as unknown as ErrorRecord;
  const labels = record.labels ?? [];
  if (record.response !== undefined) {
    noteReply(session, record.response);
    if (!labels.includes('RetryableError')) noteStart(session);
  } else if (BROKEN.has(record.class)) {
    if (!session.hasEnded) session.serverSession.isDirty = true;
    noteStart(session);
  } else if (record.class === 'AbortError') {
    // Taken back by its signal, while the server may have begun.
    noteStart(session);
  }
  if (labels.includes('TransientTransactionError')) session.transaction.unpin();
}

/** Tells a session of a reply that was read by `bson`'s options. */
export function noteDocument(
  session: ClientSession,
  reply: Reply,
  document: Document,
  bson: ResolvedBSONOptions
): void {
  noteReply(session, isPlain(bson) ? document : decodeDocument(reply, PLAIN));
}

/** Times and tokens come out as the driver reads them. */
function isPlain({ deserialize: options, library }: ResolvedBSONOptions): boolean {
  if (library !== OWN_LIBRARY) return false;
  const { raw, promoteBuffers, promoteLongs, promoteValues, useBigInt64 } = options;
  return !raw && !promoteBuffers && promoteLongs && promoteValues && !useBigInt64;
}

/** Tells a session of a reply, or of what a batch says beside its documents. */
export function noteReply(session: ClientSession, reply: Document): void {
  const { transaction } = session;
  const clusterTime = reply['$clusterTime'] as ClusterTime | undefined;
  if (clusterTime) session.noteClusterTime(clusterTime);
  const operationTime = reply['operationTime'] as Timestamp | undefined;
  if (operationTime && session.supports.causalConsistency) {
    session.advanceOperationTime(operationTime);
  }
  const recoveryToken = reply['recoveryToken'] as Document | undefined;
  if (recoveryToken && session.inTransaction()) {
    transaction.recoveryToken = recoveryToken;
    // Only routers give one.
    transaction.pin();
  }
  if (session.snapshotEnabled) {
    const cursor = reply['cursor'] as Document | undefined;
    const time = (cursor?.['atClusterTime'] ?? reply['atClusterTime']) as Timestamp | undefined;
    session.snapshotTime ??= time;
  }
}
