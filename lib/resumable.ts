/**
 * Which errors a change stream survives, by the change streams specification ("Resumable Error").
 * It judges an error that was met; what is done about it is the stream's business.
 */
import type { MongoError } from 'mongodb';
import { driverErrors } from './error';

/** From this wire version on (MongoDB 4.4) servers label the errors that a stream survives. */
const LABELS_SINCE = 9;

/** The server no longer has the cursor. It puts no label on that. */
const CURSOR_NOT_FOUND = 43;

/** The errors of a `getMore` that a stream survives on servers that don't label them. */
const CODES: ReadonlySet<unknown> = new Set([
  6, // HostUnreachable
  7, // HostNotFound
  CURSOR_NOT_FOUND,
  63, // StaleShardVersion
  89, // NetworkTimeout
  91, // ShutdownInProgress
  133, // FailedToSatisfyReadPreference
  150, // StaleEpoch
  189, // PrimarySteppedDown
  234, // RetryChangeStream
  262, // ExceededTimeLimit
  9001, // SocketException
  10107, // NotWritablePrimary
  11600, // InterruptedAtShutdown
  11602, // InterruptedDueToReplStateChange
  13388, // StaleConfig
  13435, // NotPrimaryNoSecondaryOk
  13436 // NotPrimaryOrSecondary
]);

/**
 * Whether a stream whose cursor had been open is to be opened anew.
 * @param wireVersion - the highest that the cursor's server speaks; that of the oldest supported
 *   server, 4.4, unless it is known to be lower
 */
export function isResumable(error: unknown, wireVersion = LABELS_SINCE): boolean {
  const { MongoError, MongoNetworkError, MongoServerSelectionError } = driverErrors();
  if (!(error instanceof MongoError)) return false;
  if (error instanceof MongoNetworkError || error instanceof MongoServerSelectionError) return true;
  return wireVersion >= LABELS_SINCE ? isLabelled(error) : CODES.has(error.code);
}

function isLabelled(error: MongoError): boolean {
  return error.code === CURSOR_NOT_FOUND || error.hasErrorLabel('ResumableChangeStreamError');
}
