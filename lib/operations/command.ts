/**
 * What commands have in common: the options that every one of them takes, applied in one place.
 * It knows whether a command reads or writes, not which command it is.
 */
import type { CollationOptions, ClientSession } from 'mongodb';
import { resolveBSONOptions, type Document, type ResolvedBSONOptions } from '../bson/options';
import { isAcknowledged, readConcernSetting, writeConcernSetting } from '../concern';
import { timeoutOf } from '../deadline';
import { invalidArgument } from '../error';
import { explained, type Explain } from '../explain';
import { readPreferenceOf, requestReadPreference } from '../read-preference';
import type { DatabaseScope, Operation, SettingOptions } from './operation';
import { sessionOf, transactionReadPreference } from './session';

/** Options of every command. Others are ignored, and `null` counts as not given. */
export interface CommandOptions extends SettingOptions {
  session?: ClientSession | null | undefined;
  collation?: CollationOptions | null | undefined;
  maxTimeMS?: number | null | undefined;
  comment?: unknown;
  explain?: Explain | null | undefined;
  /** Another database to run on, see {@link CommandTraits.movable}. */
  dbName?: string | null | undefined;
  /** The same, by its older name. */
  authdb?: string | null | undefined;
  /** Takes the operation back when it is aborted. */
  signal?: AbortSignal | null | undefined;
}

/** How a kind of command treats the common options. */
export interface CommandTraits {
  /** It can be explained. */
  explainable?: boolean;
  /** A collation is part of its statements, not of the command. */
  collatesStatements?: boolean;
  /** It has no read concern, though it reads. */
  ignoresReadConcern?: boolean;
  /** It may be sent once more after some errors, if the client's options agree. */
  retryable?: boolean;
  /** `dbName` or `authdb` among the options send it to another database. */
  movable?: boolean;
}

/** A command that reads: it obeys the read preference and the read concern. */
export function readOperation(
  scope: DatabaseScope,
  command: Document,
  options: CommandOptions | null | undefined,
  traits: CommandTraits
): Operation {
  let { readConcern, readPreference, bson, timeoutMS } = scope;
  const session = options ? sessionOf(options) : undefined;
  if (options) {
    readConcern = readConcernSetting(options.readConcern) ?? readConcern;
    readPreference =
      readPreferenceOf(options) ?? transactionReadPreference(session) ?? readPreference;
    bson = resolveBSONOptions(options, bson);
    timeoutMS = timeoutOf(options, timeoutMS);
  }
  // A transaction has a read concern of its own.
  const concerned = !traits.ignoresReadConcern && !session?.inTransaction();
  if (readConcern !== undefined && concerned) command['readConcern'] = readConcern;
  const asked = requestReadPreference(readPreference);
  return {
    database: databaseOf(scope, options, traits),
    command: options ? withCommonOptions(command, options, traits) : command,
    bson,
    options: asked && { readPreference: asked },
    session,
    retry: traits.retryable && scope.retryReads !== false ? 'read' : undefined,
    timeoutMS,
    signal: options?.signal
  };
}

/** A command that writes: it runs on the primary and obeys the write concern. */
export function writeOperation(
  scope: DatabaseScope,
  command: Document,
  options: CommandOptions | null | undefined,
  traits: CommandTraits
): Operation {
  let { writeConcern, bson, timeoutMS } = scope;
  const session = options ? sessionOf(options) : undefined;
  // A transaction has a write concern of its own.
  const inTransaction = session?.inTransaction() === true;
  if (options) {
    writeConcern = writeConcernSetting(options) ?? (inTransaction ? undefined : writeConcern);
    bson = resolveBSONOptions(options, bson);
    timeoutMS = timeoutOf(options, timeoutMS);
  }
  const acknowledged = isAcknowledged(writeConcern);
  if (writeConcern !== undefined && !inTransaction) command['writeConcern'] = writeConcern;
  const retried = traits.retryable && scope.retryWrites !== false && acknowledged;
  return {
    database: databaseOf(scope, options, traits),
    command: options ? withCommonOptions(command, options, traits) : command,
    bson: bson.raw ? cooked(bson) : bson,
    acknowledged,
    session,
    retry: retried && !isExplained(options) ? 'write' : undefined,
    timeoutMS,
    signal: options?.signal
  };
}

function isExplained(options: CommandOptions | null | undefined): boolean {
  return options?.explain !== undefined && options.explain !== null;
}

function databaseOf(
  scope: DatabaseScope,
  options: CommandOptions | null | undefined,
  traits: CommandTraits
): string {
  const moved = traits.movable && options ? options.dbName || options.authdb : undefined;
  return moved || scope.database;
}

/** The options of replies that are read here: `raw` is about documents of the user's. */
function cooked(bson: ResolvedBSONOptions): ResolvedBSONOptions {
  return resolveBSONOptions({ raw: false }, bson);
}

function withCommonOptions(
  command: Document,
  options: CommandOptions,
  traits: CommandTraits
): Document {
  const { collation, maxTimeMS } = options;
  if (collation && typeof collation === 'object' && !traits.collatesStatements) {
    command['collation'] = collation;
  }
  if (typeof maxTimeMS === 'number') command['maxTimeMS'] = maxTimeMS;
  if (!isExplained(options)) return command;
  if (!traits.explainable) {
    throw invalidArgument('Option "explain" is not supported on this command');
  }
  return explained(command, options.explain!);
}

/** Copies a comment, which may be any value but `undefined`. */
export function addComment(command: Document, options: { comment?: unknown }): void {
  if (options.comment !== undefined) command['comment'] = options.comment;
}
