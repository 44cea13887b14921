/**
 * The one executor: sends an operation and turns its reply into a value or an error. Every method
 * of the public classes goes through it. It knows no verb.
 */
import { kind, type Reply } from '../bridge/completion';
import type { Hold } from '../bridge/pool';
import { decodeBatch, decodeDocument, type Batch } from '../bson/decode';
import { deserialize } from '../bson/bson';
import type { Document, ResolvedBSONOptions } from '../bson/options';
import { driverErrors, fromRecord, type ErrorRecord } from '../error';
import type { Operation } from './operation';

/** Who lends the hold: connected, or connecting with the first operation. */
export interface Executor {
  /** @throws MongoNotConnectedError after `close()` */
  hold(): Hold;
}

/** Runs a command and reads the server's reply. */
export async function executeCommand(on: Executor, operation: Operation): Promise<Document> {
  const reply = await on.hold().command(request(operation));
  // Made here, in the async function that the caller awaits, an error's stack names the caller.
  if (reply.kind === kind.ERROR) return unanswered(operation, toError(reply));
  if (operation.acknowledged === false) return UNANSWERED;
  const document = decodeDocument(reply, operation.bson);
  if (document['writeConcernError'] !== undefined) throw writeConcernError(document);
  return document;
}

/** What a command without an answer is taken to answer. */
const UNANSWERED: Document = Object.freeze({ ok: 1 });

/** The server answers all the same; as in the driver, nobody hears of its refusal. */
function unanswered(operation: Operation, error: Error): Document {
  if (operation.acknowledged === false && error instanceof driverErrors().MongoServerError) {
    return UNANSWERED;
  }
  throw error;
}

/** Runs a command that opens a cursor and reads its first batch. */
export async function executeCursor(on: Executor, operation: Operation): Promise<Batch> {
  const reply = await on.hold().openCursor(request(operation));
  if (reply.kind === kind.ERROR) throw toError(reply);
  return decodeBatch(reply, operation.bson);
}

/** Reads the next batch of a cursor. */
export async function executeGetMore(
  hold: Hold,
  cursor: number,
  bson: ResolvedBSONOptions
): Promise<Batch> {
  const reply = await hold.getMore(cursor);
  if (reply.kind === kind.ERROR) throw toError(reply);
  return decodeBatch(reply, bson);
}

function request(operation: Operation) {
  const { database, command, sequence, options, bson, meta } = operation;
  return { database, command, sequence, options, meta, serialize: bson.serialize };
}

/** A command that ran, but not as durably as was asked for. */
function writeConcernError(reply: Document): Error {
  const { MongoWriteConcernError } = driverErrors();
  return new MongoWriteConcernError(
    reply as ConstructorParameters<typeof MongoWriteConcernError>[0]
  );
}

/** The error that a reply of that kind holds. */
export function toError(reply: Reply): Error {
  const bytes = reply.buffer.subarray(reply.start, reply.end);
  return fromRecord(deserialize(bytes) as unknown as ErrorRecord);
}
