/**
 * Running a function in a transaction, again and again while the errors are of the kind that
 * passes: the convenient API for transactions, as driver 7.8 has it. It knows a session by what its
 * users can do with it.
 */
import { setTimeout } from 'node:timers/promises';
import type { MongoError, TransactionOptions } from 'mongodb';
import { isMaxTimeExpired } from './commit-error';
import { driverErrors, invalidArgument } from './error';
import { processTimeMS } from './server-session';
import type { ClientSession } from './session';
import { TxnState } from './transaction';

/** Milliseconds after which nothing is tried again, where no other limit is set. */
const TIME_LIMIT_MS = 120_000;
/** Milliseconds of the first pause, at most. */
const FIRST_PAUSE_MS = 5;
/** Milliseconds that no pause exceeds. */
const LONGEST_PAUSE_MS = 500;
/** How much longer each pause may be than the one before. */
const GROWTH = 1.5;

const TRANSIENT = 'TransientTransactionError';
const UNKNOWN_RESULT = 'UnknownTransactionCommitResult';

/** What came of one attempt: a result to hand out, or an error after which to try again. */
type Attempt<T> = { result: T } | { again: Error };

/**
 * @param attempt - how often it has been tried, from 1 on
 * @param jitter - at random from 0 to 1
 * @returns milliseconds to wait before the next try
 */
export function pauseMS(attempt: number, jitter: number): number {
  return jitter * Math.min(FIRST_PAUSE_MS * GROWTH ** attempt, LONGEST_PAUSE_MS);
}

export async function withTransaction<T>(
  session: ClientSession,
  callback: () => Promise<T>,
  options: TransactionOptions | undefined,
  timeoutMS = TIME_LIMIT_MS
): Promise<T> {
  const deadline = processTimeMS() + timeoutMS;
  for (let attempt = 1; ; attempt++) {
    const outcome = await attemptOnce(session, callback, options, deadline);
    if ('result' in outcome) return outcome.result;
    const pause = pauseMS(attempt, Math.random());
    if (processTimeMS() + pause >= deadline) throw outcome.again;
    await setTimeout(pause);
  }
}

async function attemptOnce<T>(
  session: ClientSession,
  callback: () => Promise<T>,
  options: TransactionOptions | undefined,
  deadline: number
): Promise<Attempt<T>> {
  session.startTransaction(options);
  let result: T;
  try {
    const promise = callback() as PromiseLike<T> | undefined;
    if (typeof promise?.then !== 'function') {
      throw invalidArgument('Function provided to `withTransaction` must return a Promise');
    }
    result = await promise;
  } catch (error) {
    return { again: await afterFailure(session, error, deadline) };
  }
  if (ENDED_BY_CALLBACK.has(session.transaction.state)) return { result };
  const error = await commit(session, deadline);
  return error === undefined ? { result } : { again: error };
}

/** States in which the callback has decided by itself what becomes of the transaction. */
const ENDED_BY_CALLBACK: ReadonlySet<TxnState> = new Set([
  TxnState.NO_TRANSACTION,
  TxnState.TRANSACTION_COMMITTED,
  TxnState.TRANSACTION_ABORTED
]);

/** Aborts; gives the callback's error back if it may pass, and throws it if not. */
async function afterFailure(
  session: ClientSession,
  error: unknown,
  deadline: number
): Promise<Error> {
  // As in the driver, this one abort does not ask whether there is something to abort.
  if (!isLabelled(error) || error.name === 'MongoInvalidArgumentError') {
    await session.abortTransaction();
    throw error;
  }
  if (session.inTransaction()) await session.abortTransaction();
  if (error.hasErrorLabel(TRANSIENT) && processTimeMS() < deadline) return error;
  throw error;
}

/**
 * Commits, again while the outcome is unknown.
 * @returns the error after which the whole transaction is to be tried again, if any
 */
async function commit(session: ClientSession, deadline: number): Promise<Error | undefined> {
  for (;;) {
    try {
      await session.commitTransaction();
      return undefined;
    } catch (error) {
      if (!isLabelled(error)) throw error;
      if (error.hasErrorLabel(UNKNOWN_RESULT) && !isMaxTimeExpired(error)) {
        if (processTimeMS() >= deadline) throw error;
        continue;
      }
      if (error.hasErrorLabel(TRANSIENT)) return error;
      throw error;
    }
  }
}

/**
 * An error of the driver's: of this copy, or of another one that the callback uses. Users throw
 * them, too, for their labels.
 */
function isLabelled(error: unknown): error is MongoError {
  if (error instanceof driverErrors().MongoError) return true;
  return (
    error instanceof Error && typeof (error as Partial<MongoError>).hasErrorLabel === 'function'
  );
}
