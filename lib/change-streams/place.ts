/**
 * What is said of a stream that can't go on where it was: that place is gone from the server's history,
 * or is on another deployment. Whether it begins anew, its options say; that is not decided here.
 */
import type { Document } from '../bson/options';
import { driverErrors } from '../error';

/** The server's codes: ChangeStreamHistoryLost, and InvalidResumeToken for a token that it can't read. */
const HISTORY_LOST = 286;
const INVALID_TOKEN = 280;

const WHAT_TO_DO =
  'Read again what you derive from them, and open a stream without resumeAfter, startAfter and ' +
  "startAtOperationTime; with onHistoryLost: 'restart' a stream goes on from now by itself";

const OF_HISTORY =
  'The oplog no longer reaches back to where this change stream was to go on, so events are lost. ' +
  `${WHAT_TO_DO}. A larger oplog keeps more history`;

const OF_TOKEN =
  'The token may be one of another deployment (fallbackURIs), where it means nothing, so events are ' +
  `lost. ${WHAT_TO_DO}`;

const OF_DEPLOYMENT =
  'The pool uses another deployment (fallbackURIs) than this change stream was on, whose events are ' +
  `others, so events are lost. ${WHAT_TO_DO}. The resumeToken of this one is of use again when the pool ` +
  'is back where the stream was';

/** What {@link leftDeployment} has made. */
const made = new WeakSet<Error>();

/**
 * What a stream is told whose deployment is not in use any more.
 * @param cause - what came of it, if anything did
 */
export function leftDeployment(cause?: unknown): Error {
  const error = new (driverErrors().MongoChangeStreamError)(OF_DEPLOYMENT);
  if (cause !== undefined) {
    Object.defineProperty(error, 'cause', { configurable: true, value: cause, writable: true });
  }
  made.add(error);
  return error;
}

/** Whether it is such a one. */
export function hasLeftDeployment(error: unknown): boolean {
  return made.has(error as Error);
}

/**
 * Whether a stream can't go on where it was.
 * @param hasFallback - its pool has other deployments, which don't know one another's tokens
 */
export function isPlaceLost(error: unknown, hasFallback: boolean): error is Error {
  if (!(error instanceof Error)) return false;
  const { code } = error as { code?: unknown };
  return made.has(error) || code === HISTORY_LOST || (hasFallback && code === INVALID_TOKEN);
}

/** Adds what is to be done to the server's words. */
export function withAdvice(error: Error): Error {
  if (made.has(error)) return error;
  const advice = (error as { code?: unknown }).code === HISTORY_LOST ? OF_HISTORY : OF_TOKEN;
  if (!error.message.includes(advice)) error.message = `${error.message}. ${advice}`;
  return error;
}

/** The options of a stream without those that say where it begins. */
export function fromNow<T extends Document>(options: T): T {
  const rest: Document = { ...options };
  delete rest['resumeAfter'];
  delete rest['startAfter'];
  delete rest['startAtOperationTime'];
  return rest as T;
}
