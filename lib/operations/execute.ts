/**
 * The one executor: sends an operation and turns its reply into a value or an error. Every method
 * of the public classes goes through it. It knows no verb.
 */
import { kind, type Reply } from '../bridge/completion';
import type { Hold } from '../bridge/pool';
import {
  decodeDocument,
  decodePiece,
  decodeText,
  openBatch,
  wholeBatch,
  type Batch,
  type TextBatch
} from '../bson/decode';
import type { KeptText } from '../bson/kept-text';
import { OWN_LIBRARY, type BSONLibrary } from '../bson/library';
import type { Document, ResolvedBSONOptions } from '../bson/options';
import { classified, driverErrors, fromRecord, type ErrorRecord } from '../error';
import type { LeakWatch } from '../leaks/leak-watch';
import type { ClientSession } from '../session';
import type { Operation } from './operation';
import {
  continueInSession,
  noteDocument,
  noteFailure,
  noteReply,
  sendInSession,
  type SessionOperation
} from './session';

/** Who lends the hold: connected, or connecting with the first operation. */
export interface Executor {
  /** @throws MongoNotConnectedError after `close()` */
  hold(): Hold;
  /** Waits until servers of a database are known. Absent where they always are. */
  connectTo?(database: string): Promise<unknown>;
  /** How often it has been closed. */
  readonly closes?: number;
  /** Takes note of what is left open, if that is wanted. */
  readonly leakWatch?: LeakWatch | undefined;
  /** Its one server is a load balancer. */
  readonly balanced?: boolean;
}

/** Runs the command that `connect()` tries the pool with. No listener is told of it. */
export async function executeConnect(on: Executor, operation: Operation): Promise<void> {
  const reply = await on.hold().connect(request(operation));
  if (reply.kind === kind.ERROR) throw toError(reply);
}

/** Replaces the client by a new one. */
export async function executeRefresh(on: Executor): Promise<void> {
  const reply = await on.hold().refresh();
  if (reply.kind === kind.ERROR) throw toError(reply);
}

/**
 * Has Rust read lines of EJSON, see `src/codec/ejson`.
 * @returns documents in BSON, behind each other
 * @throws BSONError naming the line that is at fault
 */
export async function executeReadLines(
  on: Executor,
  lines: Uint8Array,
  first: number
): Promise<Buffer> {
  const reply = await on.hold().readLines(lines, first);
  if (reply.kind === kind.ERROR) throw toError(reply);
  return reply.buffer.subarray(reply.start, reply.end);
}

/** Runs a command and reads the server's reply. */
export async function executeCommand(on: Executor, operation: Operation): Promise<Document> {
  const { session, signal } = operation;
  signal?.throwIfAborted();
  const reply =
    session === undefined
      ? await on.hold().command(request(operation))
      : await sendInSession(on, operation as SessionOperation, (hold, sent) => hold.command(sent));
  // Made here, in the async function that the caller awaits, an error's stack names the caller.
  if (reply.kind === kind.ERROR) {
    return unanswered(operation, failure(reply, operation.bson, signal));
  }
  if (operation.acknowledged === false) return UNANSWERED;
  const document = decodeDocument(reply, operation.bson);
  if (session !== undefined) noteDocument(session, reply, document, operation.bson);
  if (document['writeConcernError'] !== undefined) throw writeConcernError(document);
  return document;
}

/** What a command without an answer is taken to answer. */
const UNANSWERED: Document = Object.freeze({ ok: 1 });

/** The server answers all the same; as in the driver, nobody hears of its refusal. */
function unanswered(operation: Operation, error: Error): Document {
  const { MongoServerError } = driverErrors();
  if (!(error instanceof MongoServerError)) throw error;
  if (operation.acknowledged === false) return UNANSWERED;
  if (error.code !== ILLEGAL_OPERATION || operation.acknowledged === undefined) throw error;
  // As in the driver, whatever it was about the write that the server found illegal.
  const message = NO_RETRYABLE_WRITES;
  throw classified(new MongoServerError({ message, errmsg: message, originalError: error }));
}

/** The server's code for a transaction number where there can be none, among other things. */
const ILLEGAL_OPERATION = 20;
const NO_RETRYABLE_WRITES =
  'This MongoDB deployment does not support retryable writes. Please add retryWrites=false to your connection string.';

/** Runs a command that opens a cursor and reads its first batch. */
export async function executeCursor(
  on: Executor,
  operation: Operation
): Promise<Batch | TextBatch> {
  return wholeBatch(await openCursor(on, operation));
}

/** As {@link executeCursor}; documents of a large batch are left as bytes. */
export async function openCursor(on: Executor, operation: Operation): Promise<Batch | TextBatch> {
  const { session, signal } = operation;
  signal?.throwIfAborted();
  const reply =
    session === undefined
      ? await on.hold().openCursor(request(operation))
      : await sendInSession(on, operation as SessionOperation, (hold, sent) =>
          hold.openCursor(sent)
        );
  if (reply.kind === kind.ERROR) throw failure(reply, operation.bson, signal);
  const batch = decode(reply, operation.bson, operation.json);
  if (session !== undefined && batch.meta !== undefined) noteReply(session, batch.meta);
  return batch;
}

/** Runs a command that opens a cursor, in no session, and gives the reply as it came. */
export async function openReply(on: Executor, operation: Operation): Promise<Reply> {
  return await on.hold().openCursor(request(operation));
}

/** The reply with the next batch of such a cursor, as it came. */
export async function executeMore(on: Executor, cursor: number): Promise<Reply> {
  return await on.hold().getMore(cursor);
}

/** Which batch is wanted next, and how. */
export interface NextBatch {
  hold: Hold;
  /** The cursor's handle. */
  cursor: number;
  bson: ResolvedBSONOptions;
  /** The one it was opened in, if any. */
  session?: ClientSession | undefined;
  signal?: AbortSignal | null | undefined;
  /** As what it is to come; as BSON when absent. */
  json?: number | undefined;
  /** How long it may take. */
  timeoutMS?: number | undefined;
  /** The reply with its documents as BSON, if it was asked for before. */
  ahead?: Promise<Reply> | undefined;
}

/** Reads the next batch of a cursor; documents of a large one are left as bytes. */
export async function executeNextBatch(next: NextBatch): Promise<Batch | TextBatch> {
  const { bson, session, signal, ahead, timeoutMS } = next;
  const json = ahead === undefined ? next.json : undefined;
  if (session !== undefined) continueInSession(session);
  const reply = await (ahead ?? next.hold.getMore(next.cursor, signal, json, timeoutMS));
  if (reply.kind === kind.ERROR) {
    if (session !== undefined) noteFailure(session, reply);
    throw failure(reply, bson, signal);
  }
  const batch = decode(reply, bson, json);
  if (session !== undefined && batch.meta !== undefined) noteReply(session, batch.meta);
  return batch;
}

/** Reads all of the next batch of a cursor. */
export async function executeGetMore(next: NextBatch): Promise<Batch | TextBatch> {
  return wholeBatch(await executeNextBatch(next));
}

/** Takes what there is of a cursor's JSON, wanted whole, when no more of it is. */
export async function executeTakeText(hold: Hold, cursor: number): Promise<Buffer | KeptText> {
  const reply = await hold.takeText(cursor);
  if (reply.kind === kind.ERROR) throw toError(reply);
  return decodeText(reply).text;
}

/** Takes the next piece of a large batch's text; there must be one. */
export async function executeNextText(text: KeptText): Promise<Buffer> {
  const reply = await text.next();
  if (reply.kind === kind.ERROR) {
    text.took(0);
    throw toError(reply);
  }
  const { left, piece } = decodePiece(reply);
  text.took(left);
  return piece;
}

function decode(
  reply: Reply,
  bson: ResolvedBSONOptions,
  json: number | undefined
): Batch | TextBatch {
  return json === undefined ? openBatch(reply, bson) : decodeText(reply);
}

function request(operation: Operation) {
  const { database, command, sequence, options, retry, signal, meta, json, timeoutMS, own } =
    operation;
  const { serialize } = operation.bson;
  return {
    database,
    command,
    sequence,
    options,
    serialize,
    retry,
    signal,
    meta,
    json,
    timeoutMS,
    own
  };
}

/** A command that ran, but not as durably as was asked for. */
function writeConcernError(reply: Document): Error {
  const { MongoWriteConcernError } = driverErrors();
  return classified(
    new MongoWriteConcernError(reply as ConstructorParameters<typeof MongoWriteConcernError>[0])
  );
}

/** The error that a reply holds; that of a signal, if it took the operation back. */
function failure(
  reply: Reply,
  { library }: ResolvedBSONOptions,
  signal: AbortSignal | null | undefined
): Error {
  return signal?.aborted ? (signal.reason as Error) : toError(reply, library);
}

/** The error that a reply of that kind holds. */
export function toError(reply: Reply, library: BSONLibrary = OWN_LIBRARY): Error {
  const bytes = reply.buffer.subarray(reply.start, reply.end);
  return fromRecord(library.deserialize(bytes) as unknown as ErrorRecord);
}
