/** What is said of a stream whose place in the server's history is gone. */
import type { Document } from '../bson/options';

/** The server's code for it, ChangeStreamHistoryLost. */
const HISTORY_LOST = 286;

const ADVICE =
  'The oplog no longer reaches back to where this change stream was to go on, so events are lost. ' +
  'Read again what you derive from them, and open a stream without resumeAfter, startAfter and ' +
  "startAtOperationTime; with onHistoryLost: 'restart' a stream goes on from now by itself. A larger " +
  'oplog keeps more history';

/** Whether the server said so. */
export function isHistoryLost(error: unknown): error is Error {
  return error instanceof Error && (error as { code?: unknown }).code === HISTORY_LOST;
}

/** Adds what is to be done to the server's words. */
export function withAdvice(error: Error): Error {
  if (!error.message.includes(ADVICE)) error.message = `${error.message}. ${ADVICE}`;
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
