/**
 * `commitTransaction` and `abortTransaction`: the commands, the one retry of each, and the label
 * that tells users a commit may have succeeded. The rules are the driver's (mongodb 7.8,
 * `sessions.ts`); the state of the transaction is its session's business.
 */
import { resolveBSONOptions, type Document } from '../bson/options';
import { concernsDurability, isRetryable, leavesResultUnknown } from '../commit-error';
import type { WriteConcernSetting } from '../concern';
import { Deadline } from '../deadline';
import { driverErrors } from '../error';
import type { ClientSession } from '../session';
import { executeCommand, type Executor } from './execute';
import type { Operation } from './operation';

/** How long the members may take when nothing else is said, in milliseconds. */
const WTIMEOUT_MS = 10_000;

const UNKNOWN_RESULT = 'UnknownTransactionCommitResult';

/**
 * Commits the session's transaction.
 * @param again - a commit has been sent before, so this one has to be as durable as can be
 */
export async function commitTransaction(
  executor: Executor,
  session: ClientSession,
  again: boolean,
  timeoutMS: number | undefined
): Promise<void> {
  const deadline = Deadline.of(timeoutMS);
  const command = commitCommand(session, again);
  try {
    await executeCommand(executor, operationOf(session, command, deadline));
    return;
  } catch (error) {
    if (!isRetryable(error)) throw judged(session, error);
  }
  // Whether the first try got through is unknown. Another router may have to tell.
  session.unpin();
  command['writeConcern'] = durable(session, true);
  try {
    await executeCommand(executor, operationOf(session, command, deadline));
  } catch (error) {
    throw judged(session, error);
  }
}

/** Aborts the session's transaction. The server gives it up in time, even if this fails. */
export async function abortTransaction(
  executor: Executor,
  session: ClientSession,
  timeoutMS: number | undefined
): Promise<void> {
  const command: Document = { abortTransaction: 1 };
  if (writeConcernOf(session)) command['writeConcern'] = durable(session, false);
  addRecoveryToken(command, session);
  const operation = operationOf(session, command, Deadline.of(timeoutMS));
  try {
    await executeCommand(executor, operation);
  } catch (error) {
    session.unpin();
    if (isRetryable(error)) await executeCommand(executor, operation).catch(() => undefined);
  }
  session.unpin();
}

function operationOf(
  session: ClientSession,
  command: Document,
  deadline: Deadline | undefined
): Operation {
  const timeoutMS = deadline?.remaining();
  return { database: 'admin', command, bson: resolveBSONOptions(undefined), session, timeoutMS };
}

function commitCommand(session: ClientSession, again: boolean): Document {
  const command: Document = { commitTransaction: 1 };
  if (again || writeConcernOf(session)) command['writeConcern'] = durable(session, again);
  const { maxTimeMS } = session.transaction.settings;
  if (maxTimeMS !== undefined) command['maxTimeMS'] = maxTimeMS;
  addRecoveryToken(command, session);
  return command;
}

function addRecoveryToken(command: Document, session: ClientSession): void {
  const { recoveryToken } = session.transaction;
  if (recoveryToken !== undefined) command['recoveryToken'] = recoveryToken;
}

function writeConcernOf(session: ClientSession): WriteConcernSetting | undefined {
  return session.transaction.settings.writeConcern ?? session.client.settings.writeConcern;
}

/** The transaction's write concern, with what it lacks; `majority` in any case where `force`d. */
function durable(session: ClientSession, force: boolean): WriteConcernSetting {
  const given = writeConcernOf(session);
  return {
    w: force ? 'majority' : (given?.w ?? 'majority'),
    wtimeout: given?.wtimeout ?? WTIMEOUT_MS,
    ...(given?.j !== undefined && { j: given.j })
  };
}

/** The error of a commit, labelled if it leaves open whether the commit has happened. */
function judged(session: ClientSession, error: unknown): unknown {
  if (!(error instanceof driverErrors().MongoError)) return error;
  if (leavesResultUnknown(error)) {
    error.addErrorLabel(UNKNOWN_RESULT);
    session.unpin();
  } else if (!concernsDurability(error) && error.hasErrorLabel('TransientTransactionError')) {
    session.unpin();
  }
  return error;
}
