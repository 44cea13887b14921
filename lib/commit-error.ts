/**
 * What an error of a commit says about the transaction: whether to send the commit again, and
 * whether it may have succeeded all the same. The rules are the driver's (mongodb 7.8,
 * `sessions.ts`).
 */
import type { MongoError, MongoServerError } from 'mongodb';
import { driverErrors } from './error';

const RETRYABLE = ['RetryableWriteError', 'PoolRequestedRetry'];

/** Server codes: too slow; a write concern that no set of members could meet, or that has no name. */
const MAX_TIME_EXPIRED = 50;
const UNSATISFIABLE_WRITE_CONCERN = 100;
const UNKNOWN_WRITE_CONCERN = 79;

/** Names of errors that say, whatever their codes, that the write concern was wrong. */
const WRONG_WRITE_CONCERN: ReadonlySet<unknown> = new Set([
  'CannotSatisfyWriteConcern',
  'UnknownReplWriteConcern',
  'UnsatisfiableWriteConcern'
]);

/** The command may be sent once more. */
export function isRetryable(error: unknown): error is MongoError {
  return (
    error instanceof driverErrors().MongoError &&
    RETRYABLE.some(label => error.hasErrorLabel(label))
  );
}

/** The server gave up because the time that it was given had passed. */
export function isMaxTimeExpired(error: unknown): boolean {
  if (!(error instanceof driverErrors().MongoServerError)) return false;
  const { code, writeConcernError } = error as MongoServerError & {
    writeConcernError?: { code?: number };
  };
  return code === MAX_TIME_EXPIRED || writeConcernError?.code === MAX_TIME_EXPIRED;
}

/** The commit may or may not have happened, or may yet be undone. */
export function leavesResultUnknown(error: MongoError): boolean {
  if (isMaxTimeExpired(error)) return true;
  if (isWriteConcernWrong(error)) return false;
  return isRetryable(error) || isNotDurable(error);
}

/** The error is one of those that {@link leavesResultUnknown} decides about. */
export function concernsDurability(error: MongoError): boolean {
  return isRetryable(error) || isNotDurable(error) || isMaxTimeExpired(error);
}

function isNotDurable(error: MongoError): boolean {
  return error instanceof driverErrors().MongoWriteConcernError;
}

function isWriteConcernWrong(error: MongoError): boolean {
  const { code } = error;
  if (code === UNSATISFIABLE_WRITE_CONCERN || code === UNKNOWN_WRITE_CONCERN) return true;
  return (
    error instanceof driverErrors().MongoServerError && WRONG_WRITE_CONCERN.has(error['codeName'])
  );
}
