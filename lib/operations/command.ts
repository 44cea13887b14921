/**
 * What commands have in common: the options that every one of them takes, applied in one place.
 * It knows whether a command reads or writes, not which command it is.
 */
import type { CollationOptions, ClientSession } from 'mongodb';
import { resolveBSONOptions, type Document, type ResolvedBSONOptions } from '../bson/options';
import { isAcknowledged, readConcernSetting, writeConcernSetting } from '../concern';
import { driverErrors, invalidArgument } from '../error';
import { explained, type Explain } from '../explain';
import { readPreferenceOf, requestReadPreference } from '../read-preference';
import type { DatabaseScope, Operation, SettingOptions } from './operation';

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
  let readConcern = scope.readConcern;
  let readPreference = scope.readPreference;
  let bson = scope.bson;
  if (options) {
    refuseSession(options);
    readConcern = readConcernSetting(options.readConcern) ?? readConcern;
    readPreference = readPreferenceOf(options) ?? readPreference;
    bson = resolveBSONOptions(options, bson);
  }
  if (readConcern !== undefined && !traits.ignoresReadConcern) command['readConcern'] = readConcern;
  const asked = requestReadPreference(readPreference);
  return {
    database: databaseOf(scope, options, traits),
    command: options ? withCommonOptions(command, options, traits) : command,
    bson,
    options: asked && { readPreference: asked },
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
  let writeConcern = scope.writeConcern;
  let bson = scope.bson;
  if (options) {
    refuseSession(options);
    writeConcern = writeConcernSetting(options) ?? writeConcern;
    bson = resolveBSONOptions(options, bson);
  }
  if (writeConcern !== undefined) command['writeConcern'] = writeConcern;
  return {
    database: databaseOf(scope, options, traits),
    command: options ? withCommonOptions(command, options, traits) : command,
    bson: bson.raw ? cooked(bson) : bson,
    acknowledged: isAcknowledged(writeConcern),
    signal: options?.signal
  };
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
  const { collation, maxTimeMS, explain } = options;
  if (collation && typeof collation === 'object' && !traits.collatesStatements) {
    command['collation'] = collation;
  }
  if (typeof maxTimeMS === 'number') command['maxTimeMS'] = maxTimeMS;
  if (explain === undefined || explain === null) return command;
  if (!traits.explainable) {
    throw invalidArgument('Option "explain" is not supported on this command');
  }
  return explained(command, explain);
}

/**
 * Sessions cannot be honoured, and ignoring one would break a transaction silently.
 * @throws MongoCompatibilityError
 */
export function refuseSession(options: { session?: ClientSession | null | undefined }): void {
  if (options.session !== undefined && options.session !== null) {
    const { MongoCompatibilityError } = driverErrors();
    throw new MongoCompatibilityError('options.session: polypool does not support sessions yet');
  }
}

/** Copies a comment, which may be any value but `undefined`. */
export function addComment(command: Document, options: { comment?: unknown }): void {
  if (options.comment !== undefined) command['comment'] = options.comment;
}
