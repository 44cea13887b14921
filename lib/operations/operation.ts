/**
 * What every operation is made of: the command, where it runs, how its documents are written and
 * read. Each file beside this one builds one verb's; `execute.ts` runs them.
 */
import type { PkFactory, ReadConcernLike, WriteConcernOptions } from 'mongodb';
import type { RequestOptions, Retry } from '../bridge/request';
import type { Sequence } from '../bson/encode';
import {
  resolveBSONOptions,
  type BSONSerializeOptions,
  type Document,
  type ResolvedBSONOptions
} from '../bson/options';
import { timeoutOf } from '../deadline';
import {
  readConcernSetting,
  writeConcernSetting,
  type ReadConcernSetting,
  type WriteConcernSetting
} from '../concern';
import {
  readPreferenceOf,
  type ReadPreferenceOptions,
  type ReadPreferenceSetting
} from '../read-preference';
import type { ClientSession } from '../session';

/** What a level hands down to the next: the client to its databases, they to their collections. */
export interface Settings {
  readonly bson: ResolvedBSONOptions;
  readonly readPreference?: ReadPreferenceSetting | undefined;
  readonly readConcern?: ReadConcernSetting | undefined;
  readonly writeConcern?: WriteConcernSetting | undefined;
  /** Makes the `_id` of documents that have none; ObjectIds when absent. */
  readonly pkFactory?: PkFactory | undefined;
  /** Documents without an `_id` get it from the server. */
  readonly forceServerObjectId?: boolean | undefined;
  /** Reads of one document by its `_id` may be answered together. */
  readonly coalesce?: boolean | undefined;
  /** Milliseconds that an operation may take in all; without limit when absent. */
  readonly timeoutMS?: number | undefined;
  /** The client's; false for none. */
  readonly retryReads?: boolean | undefined;
  /** The client's; false for none. */
  readonly retryWrites?: boolean | undefined;
}

/** The options of a level that replace what it was handed down. */
export interface SettingOptions
  extends BSONSerializeOptions, WriteConcernOptions, ReadPreferenceOptions {
  readConcern?: ReadConcernLike | null;
  pkFactory?: PkFactory | null;
  forceServerObjectId?: boolean | null;
  coalesce?: boolean | null;
  timeoutMS?: number | null | undefined;
}

/** A level's settings: its options' where given, those of the level above elsewhere. */
export function inherit(options: SettingOptions | null | undefined, parent: Settings): Settings {
  if (options === undefined || options === null) return parent;
  return {
    bson: resolveBSONOptions(options, parent.bson),
    readPreference: readPreferenceOf(options) ?? parent.readPreference,
    readConcern: readConcernSetting(options.readConcern) ?? parent.readConcern,
    writeConcern: writeConcernSetting(options) ?? parent.writeConcern,
    pkFactory: options.pkFactory ?? parent.pkFactory,
    forceServerObjectId: options.forceServerObjectId ?? parent.forceServerObjectId,
    coalesce: options.coalesce ?? parent.coalesce,
    timeoutMS: timeoutOf(options, parent.timeoutMS),
    retryReads: parent.retryReads,
    retryWrites: parent.retryWrites
  };
}

/** What is inherited where nothing is: the driver's defaults. */
export const NO_SETTINGS: Settings = { bson: resolveBSONOptions(undefined) };

/** A database, and what it hands down. */
export interface DatabaseScope extends Settings {
  readonly database: string;
}

/** A collection's place, and what it inherits from its database and client. */
export interface Scope extends DatabaseScope {
  readonly collection: string;
}

/** All of it, whether there is a value or not. */
type Complete<T> = { readonly [Name in keyof Required<T>]: T[Name] };

/**
 * A database with what its client hands down. Written out, as V8 takes a microsecond or two for a spread
 * that further fields are added to, and applications make handles by the request.
 */
export function databaseScope(settings: Settings, database: string): DatabaseScope {
  const scope: Complete<DatabaseScope> = {
    bson: settings.bson,
    readPreference: settings.readPreference,
    readConcern: settings.readConcern,
    writeConcern: settings.writeConcern,
    pkFactory: settings.pkFactory,
    forceServerObjectId: settings.forceServerObjectId,
    coalesce: settings.coalesce,
    timeoutMS: settings.timeoutMS,
    retryReads: settings.retryReads,
    retryWrites: settings.retryWrites,
    database
  };
  return scope;
}

/** A collection with what its database hands down, and what its own options say. */
export function collectionScope(
  options: SettingOptions | null | undefined,
  parent: DatabaseScope,
  collection: string
): Scope {
  const settings = inherit(options, parent);
  const scope: Complete<Scope> = {
    bson: settings.bson,
    readPreference: settings.readPreference,
    readConcern: settings.readConcern,
    writeConcern: settings.writeConcern,
    // Collections have no options of their own for ids, as in the driver.
    pkFactory: parent.pkFactory,
    forceServerObjectId: parent.forceServerObjectId,
    coalesce: settings.coalesce,
    timeoutMS: settings.timeoutMS,
    retryReads: settings.retryReads,
    retryWrites: settings.retryWrites,
    database: parent.database,
    collection
  };
  return scope;
}

/** One command to run. */
export interface Operation {
  readonly database: string;
  readonly command: Document;
  /** Documents that become the last element of the command. */
  readonly sequence?: Sequence | undefined;
  readonly bson: ResolvedBSONOptions;
  /** Only what differs from the defaults: a primary's operation without a cursor has none. */
  readonly options?: RequestOptions | undefined;
  /**
   * False when the write concern asks for no answer, so that refusals of the server's are lost.
   * Only commands that write have it.
   */
  readonly acknowledged?: boolean;
  /** The user's session that it runs in; without one, it gets one of Rust's. */
  readonly session?: ClientSession | undefined;
  /** It may be sent once more: as a read, or as a write under one number. */
  readonly retry?: Retry | undefined;
  /** Milliseconds that it may take, from here to its reply and with all its tries. */
  readonly timeoutMS?: number | undefined;
  /** The user has written the command. */
  readonly own?: boolean;
  /** Takes it back, also while it runs, when it is aborted. */
  readonly signal?: AbortSignal | null | undefined;
  /** The batches of the cursor it opens are to come with the rest of the server's replies. */
  readonly meta?: boolean;
  /** Its batches are to come as JSON, in a form of `bridge/request.ts`; as BSON when absent. */
  readonly json?: number | undefined;
}
