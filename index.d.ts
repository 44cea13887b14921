// Generated from lib/ by `npm run build`. Do not edit: change lib/ and build.

import {
  BSON,
  BSONError,
  BSONRegExp,
  BSONSymbol,
  BSONType,
  Binary,
  Code,
  DBRef,
  Decimal128,
  Double,
  EJSON,
  Int32,
  Long,
  MaxKey,
  MinKey,
  ObjectId,
  Timestamp,
  UUID,
  deserialize,
  onDemand,
  serialize
} from 'bson';
import * as Driver from 'mongodb';
import {
  AbstractCursor as DriverCursor,
  AbstractCursorEvents,
  AggregateOptions,
  AnyBulkWriteOperation,
  BSONSerializeOptions,
  BulkOperationBase as DriverBulkOperation,
  BulkWriteOptions,
  BulkWriteResult,
  ChangeStream as DriverChangeStream,
  ChangeStreamDocument,
  ChangeStreamEvents,
  ChangeStreamOptions,
  ClientBulkWriteModel,
  ClientBulkWriteOptions,
  ClientBulkWriteResult,
  ClientSession,
  ClientSession as DriverSession,
  ClientSessionOptions,
  ClusterTime,
  CollationOptions,
  Collection as DriverCollection,
  CollectionInfo,
  CollectionOptions,
  CommandOperationOptions,
  CountDocumentsOptions,
  CountOptions,
  CreateCollectionOptions,
  CreateIndexOptions,
  CreateIndexesOptions,
  CursorFlag,
  Db as DriverDb,
  DbOptions,
  DbStatsOptions,
  DeleteOptions,
  DeleteResult,
  DeleteStatement,
  DistinctOptions,
  Document,
  DriverInfo,
  DropCollectionOptions,
  DropDatabaseOptions,
  DropIndexesOptions,
  EstimatedDocumentCountOptions,
  EventsDescription,
  ExplainCommandOptions,
  ExplainVerbosityLike,
  ExplainableCursor as DriverCursor$1,
  Filter,
  FindOneAndDeleteOptions,
  FindOneAndReplaceOptions,
  FindOneAndUpdateOptions,
  FindOneOptions,
  FindOptions,
  Flatten,
  GridFSBucketEvents,
  GridFSBucketOptions,
  GridFSBucketReadStreamOptions,
  GridFSBucketReadStreamOptionsWithRevision,
  GridFSBucketWriteStreamOptions,
  GridFSChunk,
  GridFSFile,
  Hint,
  IndexDescription,
  IndexDescriptionCompact,
  IndexDescriptionInfo,
  IndexInformationOptions,
  IndexOptions,
  IndexSpecification,
  InsertManyResult,
  InsertOneOptions,
  InsertOneResult,
  ListCollectionsOptions,
  ListDatabasesOptions,
  ListDatabasesResult,
  ListIndexesOptions,
  ListSearchIndexesOptions,
  ModifyResult,
  MongoClient,
  MongoClientEvents,
  MongoClientOptions,
  MongoDBNamespace as DriverNamespace,
  MongoOptions,
  OperationOptions,
  OptionalUnlessRequiredId,
  ProfilingLevel,
  ProfilingLevelOptions,
  ReadConcern,
  ReadConcernLike,
  ReadPreference,
  ReadPreferenceLike,
  RemoveUserOptions,
  RenameOptions,
  ReplaceOptions,
  ResumeToken,
  RunCommandOptions,
  RunCursorCommandOptions,
  SearchIndexDescription,
  ServerApi,
  SetProfilingLevelOptions,
  Sort,
  SortDirection,
  TopologyDescription,
  TypedEventEmitter,
  UpdateFilter,
  UpdateOptions,
  UpdateResult,
  UpdateStatement,
  ValidateCollectionOptions,
  WithId,
  WithSessionCallback,
  WithoutId,
  WriteConcern
} from 'mongodb';
import { EventEmitter } from 'node:events';
import { Readable, Writable } from 'node:stream';

export declare class Admin {
  #private;
  /** Runs a command as it is given. */
  command(command: Document, options?: RunCommandOptions): Promise<Document>;
  /** What the server is: version, build, limits. */
  buildInfo(options?: CommandOperationOptions): Promise<Document>;
  /** As {@link buildInfo}. */
  serverInfo(options?: CommandOperationOptions): Promise<Document>;
  /** What the server is doing. */
  serverStatus(options?: CommandOperationOptions): Promise<Document>;
  /** Whether the server answers. */
  ping(options?: CommandOperationOptions): Promise<Document>;
  /** The server's databases. Inherits nothing but its client's retries, as in the driver. */
  listDatabases(options?: ListDatabasesOptions): Promise<ListDatabasesResult>;
  /** The state of the replica set, as this member sees it. */
  replSetGetStatus(options?: CommandOperationOptions): Promise<Document>;
  /** Removes a user of the `admin` database. */
  removeUser(username: string, options?: RemoveUserOptions): Promise<boolean>;
  /**
   * Checks a collection of the database that {@link Admin} came from.
   * @throws MongoUnexpectedServerResponseError when it is damaged
   */
  validateCollection(
    collectionName: string,
    options?: ValidateCollectionOptions
  ): Promise<Document>;
}
interface Abortable {
  /** Takes the operation back when it is aborted; its `reason` is the error then. */
  signal?: AbortSignal | undefined;
}
type TypedEmitterClass = (abstract new <
  Events extends EventsDescription
>() => TypedEventEmitter<Events>) &
  Omit<typeof EventEmitter, 'prototype'>;
declare const TypedEmitter: TypedEmitterClass;
/** What was found to be left behind: its types. It finds nothing itself. */
/** Something that was opened and not given back, or that goes on for longer than it should. */
export interface Leak {
  readonly kind: 'session' | 'cursor' | 'changeStream' | 'operation' | 'connection';
  /**
   * `garbage`: nobody can end it any more, so polypool has. `idle`: open, and unused for `leakMS`.
   * `overdue`: under way for longer than `leakMS`.
   */
  readonly reason: 'garbage' | 'idle' | 'overdue';
  /** Milliseconds since it was opened, or began. */
  readonly ageMS: number;
  /** Milliseconds since it was used, of what is `idle`. */
  readonly idleMS?: number;
  /** Database and collection of a cursor or change stream, the database of an operation. */
  readonly namespace?: string;
  /** Of an operation, its command's name. */
  readonly command?: string;
  /** Of a connection, its server. */
  readonly address?: string;
  /** Of a connection, its number in the events of the pool. */
  readonly connectionId?: number;
  /** Where it was made, of what JavaScript made: the frames of the application. */
  readonly stack?: string;
}
interface MongooseInstance {
  readonly version: string;
  setDriver(driver: never): unknown;
  connect(uri: string, options?: never): Promise<unknown>;
}
interface WrapModelOptions {
  /**
   * Whether a tenant's indexes are made when its view is first used: once by a pool, in the background. A
   * function decides for each tenant. By default what Mongoose would do decides: the schema's `autoIndex`, the
   * connection's, Mongoose's.
   */
  autoIndex?: boolean | ((tenant: string) => boolean);
}
type Wrapped<M extends object> = M & {
  readonly db: (name: string) => M;
};
interface MongooseOptions {
  /** The database, instead of the connection string's. */
  dbName?: string;
  user?: string;
  pass?: string;
  autoIndex?: boolean;
  autoCreate?: boolean;
  autoSearchIndex?: boolean;
  bufferCommands?: boolean;
  /** Milliseconds. */
  bufferTimeoutMS?: number;
  sanitizeFilter?: boolean;
}
/** Where a stream's cursor is. */
export interface StreamConnection {
  /** `host:port` of the server that has the cursor. */
  readonly address: string;
  /** The connection that waits for events right now, as connection events number it. */
  readonly connectionId?: number;
}
/** One change stream that is open on the server. */
export interface Watch {
  /** `database.collection`, `database`, or `*` for a whole deployment. */
  readonly namespace: string;
  /** When it was first opened. */
  readonly since: Date;
  /** Events that it has given. */
  readonly events: number;
  /** When the last of them was given; null before the first. */
  readonly lastEvent: Date | null;
  /** How old that event was then by the server's clock, in milliseconds; null when not known. */
  readonly lagMS: number | null;
  /** For how long the place where it could go on has been the same, in milliseconds; null without one. */
  readonly resumeTokenAgeMS: number | null;
  /** How often a failed cursor has been replaced. */
  readonly resumes: number;
  /** Who reads it: more than one of a shared stream. */
  readonly listeners: number;
  /** Null while its cursor is being replaced. */
  readonly connection: StreamConnection | null;
}
/** The driver's options, and polypool's own. */
export interface WatchOptions extends ChangeStreamOptions {
  /**
   * What becomes of a stream whose place in the oplog is gone (the server's code 286), or is on another
   * deployment than the one in use (`fallbackURIs`): it ends with the error, or goes on from now and
   * emits `historyLost` with the token that was of no use.
   * @defaultValue 'error'
   */
  onHistoryLost?: 'error' | 'restart';
  /**
   * Has one stream of the server feed everybody who watches the same with the same options through
   * the same pool. Events are shared, too: don't change them.
   * @defaultValue false
   */
  shared?: boolean;
  /**
   * Events that wait for a reader of a shared stream. One that is further behind ends with a
   * `SlowListenerError`.
   * @defaultValue 1000
   */
  maxBuffered?: number;
}
/** How much a message matters. */
export type LogLevel = 'error' | 'warn' | 'info' | 'debug' | 'trace';
/** What a logger has at the least: those of its methods that are missing fall back to the one before. */
export interface Logger {
  error(...given: unknown[]): unknown;
  warn?(...given: unknown[]): unknown;
  info?(...given: unknown[]): unknown;
  debug?(...given: unknown[]): unknown;
  trace?(...given: unknown[]): unknown;
}
/** The options of a pool that say what is logged, and where. */
export interface LogOptions {
  /** Takes the messages: pino, winston, the console or their like. Object only. */
  logger?: Logger;
  /**
   * A directory: `polypool.log` in it, lines of JSON, up to five files of 5 MB, and `error.log` with
   * the errors alone. Written off the JavaScript thread.
   */
  logPath?: string;
  /**
   * The least important messages.
   * @defaultValue 'info', with `debug` 'debug'
   */
  logLevel?: LogLevel;
  /**
   * Whether everything from the level `debug` on goes to the console.
   * @defaultValue false
   */
  debug?: boolean;
  /**
   * Milliseconds from which on an operation is logged as slow, while there is a log. 0: none is.
   * @defaultValue 0
   */
  slowMS?: number;
}
declare class MongoDBNamespace {
  readonly db: string;
  readonly collection: string | undefined;
  constructor(db: string, collection?: string);
  toString(): string;
  withCollection(collection: string): MongoDBCollectionNamespace;
}
declare class MongoDBCollectionNamespace extends MongoDBNamespace {
  readonly collection: string;
  constructor(db: string, collection: string);
}
type Parent = MongoClient | DriverDb | DriverCollection;
/** To the compiler a stream is one of the driver's, as a pool is a client (see there). */
export interface ChangeStream<
  TSchema extends Document = Document,
  TChange extends Document = ChangeStreamDocument<TSchema>
> extends DriverChangeStream<TSchema, TChange> {}
/**
 * Emits `change` when something has happened, once somebody listens to that; `resumeTokenChanged`
 * when it can go on from a later point than before; `historyLost` when it goes on
 * from now, with the token that was of no use; `error` with what ends it; and `close` when a
 * cursor of its has ended, one that was replaced after a failure, too.
 */
export declare class ChangeStream<
  TSchema extends Document = Document,
  TChange extends Document = ChangeStreamDocument<TSchema>
> extends TypedEmitter<ChangeStreamEvents<TSchema, TChange>> {
  #private;
  static readonly RESPONSE: 'response';
  static readonly MORE: 'more';
  static readonly INIT: 'init';
  static readonly CLOSE: 'close';
  static readonly CHANGE: 'change';
  static readonly END: 'end';
  static readonly ERROR: 'error';
  static readonly RESUME_TOKEN_CHANGED: 'resumeTokenChanged';
  /** What was asked to watch. */
  readonly parent: Parent;
  /** The user's stages; the very array that was given, as in the driver. */
  readonly pipeline: Document[];
  readonly namespace: MongoDBNamespace;
  /** Named `Collection`, `Database` or `Cluster`. */
  readonly type: symbol;
  /** The options, with the read preference that the stream has from its parent. */
  get options(): ChangeStreamOptions;
  /** Where a later stream can go on, with `resumeAfter` or `startAfter`; null when not known. */
  get resumeToken(): ResumeToken;
  /** Events that have arrived and not been read. */
  bufferedCount(): number;
  /** It has ended, and no event is left. */
  get closed(): boolean;
  /**
   * Waits for the next event.
   * @throws MongoAPIError after {@link close}, also when that comes while it waits
   * @throws MongoRuntimeError after the last event, which an `invalidate` is
   * @throws MongoServerError, MongoNetworkError that the stream does not survive; it is closed then
   */
  next(): Promise<TChange>;
  /** Waits until there is a next event; false when there can't be one. */
  hasNext(): Promise<boolean>;
  /** The next event, or null when the server has none right now: asks it once at most. */
  tryNext(): Promise<TChange | null>;
  [Symbol.asyncIterator](): AsyncGenerator<TChange, void, void>;
  /**
   * The events as a stream. It does not survive failures, and {@link resumeToken} does not follow.
   * @throws MongoChangeStreamError after {@link close}
   */
  stream(): Readable & AsyncIterable<TChange>;
  /** Ends it, here and on the server; whoever waits for an event is told. Never fails. */
  close(): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
}
/** When a connect that failed is tried again. */
export interface ConnectRetryOptions {
  /**
   * How many attempts there are, the first included; `Infinity` for as many as it takes. Each may
   * take `serverSelectionTimeoutMS`.
   * @defaultValue 5
   */
  attempts?: number;
  /**
   * The longest delay after the first attempt, in milliseconds. It doubles with each.
   * @defaultValue 1000
   */
  baseMS?: number;
  /**
   * The longest delay of all, in milliseconds.
   * @defaultValue 30000
   */
  maxMS?: number;
  /**
   * The part of each delay that is left to chance, from 0 to 1.
   * @defaultValue 0.5
   */
  jitter?: number;
  /**
   * Called with each attempt that fails, for callers who have no pool yet to listen to: it gets what
   * listeners of `connectAttemptFailed` get. A pool that `connect()` finds made already calls it, too,
   * until this call has its answer.
   */
  onAttemptFailed?: AttemptListener;
}
/** Who is told of attempts that fail. */
export type AttemptListener = (event: ConnectAttemptFailedEvent) => void;
interface ConnectionOptions {
  /**
   * Has `connect()` try again when servers can't be reached; not when they refuse the login, or can't
   * be the ones that were meant. `true` stands for the defaults.
   * @defaultValue true for the function `connect`, else false
   */
  connectRetry?: ConnectRetryOptions | boolean;
  /**
   * Has `connect()` wait until each server has `minPoolSize` connections, for `connectTimeoutMS` at
   * most.
   * @defaultValue false
   */
  warm?: boolean;
  /**
   * How often the connections are replaced by new ones, see `refresh()`, in milliseconds, at least
   * 1,000; 0: never.
   * @defaultValue 0
   */
  refreshIntervalMS?: number;
  /**
   * Connection strings of deployments that stand in, in this order, while the pool's own can't be
   * selected within `serverSelectionTimeoutMS`. The other options count for them, too, except
   * `replicaSet` and `directConnection`.
   */
  fallbackURIs?: readonly string[];
}
/** What one call of `connect()` takes. */
export interface ConnectCallOptions {
  /** Ends the wait; the connect too, when nobody else waits for it. */
  signal?: AbortSignal | undefined;
}
/** An attempt of a `connect()` begins. */
export interface ConnectAttemptStartedEvent {
  /** Which one; the first is 1. */
  readonly attempt: number;
  /** How many there may be; `Infinity` without end. */
  readonly attempts: number;
}
/** An attempt has connected. */
export interface ConnectAttemptSucceededEvent extends ConnectAttemptStartedEvent {
  /** How long the attempt took. */
  readonly durationMS: number;
}
/** An attempt has failed. */
export interface ConnectAttemptFailedEvent extends ConnectAttemptStartedEvent {
  readonly error: Error;
  /** No attempt would mend it, so there is none. */
  readonly fatal: boolean;
  /** How long until the next attempt; absent when there is none. It may come sooner. */
  readonly delayMS?: number;
  /** When that is. */
  readonly nextAttemptAt?: Date;
}
/** Why connections were replaced: somebody asked for it, it was time, or none could be had. */
export type RefreshReason = 'request' | 'interval' | 'stalled';
/** A pool's connections have been replaced. */
export interface RefreshedEvent {
  readonly reason: RefreshReason;
}
/** A pool's connections were to be replaced, and the new ones could not be made. */
export interface RefreshFailedEvent extends RefreshedEvent {
  readonly error: Error;
}
/** Another deployment stands in from now on. */
export interface FallbackStartedEvent {
  /** Its hosts; none where an SRV record names them. */
  readonly hosts: readonly string[];
  /** Why the one before was of no use. */
  readonly error: Error;
}
interface ConnectEvents {
  refreshed(event: RefreshedEvent): void;
  refreshFailed(event: RefreshFailedEvent): void;
  fallbackStarted(event: FallbackStartedEvent): void;
  /** The pool's own deployment answers again, and is used. */
  fallbackEnded(event: object): void;
  connectAttemptStarted(event: ConnectAttemptStartedEvent): void;
  connectAttemptSucceeded(event: ConnectAttemptSucceededEvent): void;
  connectAttemptFailed(event: ConnectAttemptFailedEvent): void;
}
type BatchType = Driver.BatchType;
declare const BatchType: typeof Driver.BatchType;
type Statement = Document | UpdateStatement | DeleteStatement;
/** Statements that go in one command. Fields and their names are the driver's. */
export declare class Batch<T = Statement> {
  /** Where among all statements the first one is. */
  originalZeroIndex: number;
  currentIndex: number;
  /** Where among all statements each one is. */
  originalIndexes: number[];
  batchType: BatchType;
  operations: T[];
  /** The statements as they are sent; empty once they have been. */
  serializedOperations: Uint8Array[];
  /** How many statements there are. */
  size: number;
  /** Their bytes, with the longest possible key for each. */
  sizeBytes: number;
  constructor(batchType: BatchType, originalZeroIndex: number);
}
export declare class FindOperators {
  #private;
  bulkOperation: BulkOperationBase;
  /** Changes every document that matches. */
  update(updateDocument: Document | Document[]): BulkOperationBase;
  /**
   * Changes the first document that matches.
   * @throws MongoInvalidArgumentError for an update without operators
   */
  updateOne(updateDocument: Document | Document[]): BulkOperationBase;
  /**
   * Replaces the first document that matches.
   * @throws MongoInvalidArgumentError for a replacement with operators
   */
  replaceOne(replacement: Document): BulkOperationBase;
  /** Deletes the first document that matches. */
  deleteOne(): BulkOperationBase;
  /** Deletes every document that matches. */
  delete(): BulkOperationBase;
  /** Has the update insert a document when none matches. */
  upsert(): this;
  collation(collation: CollationOptions): this;
  /** Says which elements of arrays the update is about. */
  arrayFilters(arrayFilters: Document[]): this;
  /** Names the index to use. */
  hint(hint: Hint): this;
}
export interface BulkOperationBase extends DriverBulkOperation {}
export declare abstract class BulkOperationBase {
  #private;
  /** Whether statements run in their order, and none after one that is refused. */
  isOrdered: boolean;
  /** Never set, as in the driver. */
  operationId?: number;
  /** How many statements there are. */
  get length(): number;
  get bsonOptions(): BSONSerializeOptions;
  get writeConcern(): WriteConcern | undefined;
  /** The statements by the commands they go in. */
  get batches(): Batch[];
  /**
   * Adds a document. One without `_id` gets it here, and keeps it.
   * @throws MongoInvalidArgumentError for what is not a document
   */
  insert(document: Document): this;
  /**
   * Begins an update, a replacement or a deletion of what matches.
   * @throws MongoInvalidArgumentError without a selector
   */
  find(selector: Document): FindOperators;
  /**
   * Adds what a model of `bulkWrite`'s says.
   * @throws MongoInvalidArgumentError for what is none
   */
  raw(op: AnyBulkWriteOperation): this;
  /** Adds a statement as the server takes it. */
  addToOperationsList(
    batchType: BatchType,
    document: Document | UpdateStatement | DeleteStatement
  ): this;
  /**
   * Runs the statements, in as few commands as the server's limits allow. Can be done once.
   * @param options - take precedence over those it was made with
   * @throws MongoBulkWriteError for what the server refused, with what it did not
   * @throws MongoBatchReExecutionError the second time
   */
  execute(options?: BulkWriteOptions): Promise<BulkWriteResult>;
}
export declare class OrderedBulkOperation extends BulkOperationBase {}
export declare class UnorderedBulkOperation extends BulkOperationBase {
  /** @throws MongoBulkWriteError for what a result says was refused, or was not durable */
  handleWriteError(writeResult: BulkWriteResult): void;
}
/** As in abstract-cursor.ts. */
export interface ExplainableCursor<TSchema = any> extends DriverCursor$1<TSchema> {
  clone(): ExplainableCursor<TSchema>;
  map<T = any>(transform: (document: TSchema) => T): ExplainableCursor<T>;
}
export declare abstract class ExplainableCursor<TSchema = any> extends AbstractCursor<TSchema> {
  /**
   * The server's explanation of the query, which does not run for the cursor.
   * @param verbosity - `allPlansExecution` by default
   */
  explain(
    verbosity?:
      | ExplainVerbosityLike
      | ExplainCommandOptions
      | {
          timeoutMS?: number;
        },
    _options?: {
      timeoutMS?: number;
    }
  ): Promise<Document>;
}
export declare class AggregationCursor<TSchema = any> extends ExplainableCursor<TSchema> {
  #private;
  /** The stages; the very array that was given, as in the driver. */
  readonly pipeline: Document[];
  clone(): AggregationCursor<TSchema>;
  map<T>(transform: (document: TSchema) => T): AggregationCursor<T>;
  /** Adds a stage of any kind. */
  addStage(stage: Document): this;
  addStage<T = Document>(stage: Document): AggregationCursor<T>;
  group<T = TSchema>($group: Document): AggregationCursor<T>;
  limit($limit: number): this;
  match($match: Document): this;
  out(
    $out:
      | {
          db: string;
          coll: string;
        }
      | string
  ): this;
  project<T extends Document = Document>($project: Document): AggregationCursor<T>;
  lookup($lookup: Document): this;
  redact($redact: Document): this;
  skip($skip: number): this;
  sort($sort: Sort): this;
  unwind($unwind: Document | string): this;
  geoNear($geoNear: Document): this;
}
export declare class FindCursor<TSchema = any> extends ExplainableCursor<TSchema> {
  #private;
  clone(): FindCursor<TSchema>;
  map<T>(transform: (document: TSchema) => T): FindCursor<T>;
  /** The server counts the limit only with the batch after it, which is not worth asking for. */
  protected hasEnough(returned: number): boolean;
  /** @deprecated use `collection.countDocuments` or `collection.estimatedDocumentCount` */
  count(options?: CountOptions): Promise<number>;
  filter(filter: Document): this;
  hint(hint: Hint): this;
  /** The inclusive lower bound of an index; needs a {@link hint}. */
  min(min: Document): this;
  /** The exclusive upper bound of an index; needs a {@link hint}. */
  max(max: Document): this;
  /** Only the keys of the index that was used. */
  returnKey(value: boolean): this;
  /** Adds each document's `$recordId`. */
  showRecordId(value: boolean): this;
  /**
   * Sets an option by its name in the old query language.
   * @throws MongoInvalidArgumentError for a name that is none of its
   */
  addQueryModifier(name: string, value: string | boolean | number | Document): this;
  /** Shown in the server's logs and profiler, for this and the later batches. */
  comment(value: string): this;
  /** @param value - milliseconds the server waits for new documents of a tailable cursor */
  maxAwaitTimeMS(value: number): this;
  project<T extends Document = Document>(value: Document): FindCursor<T>;
  /** @param direction - when `sort` is one field's name */
  sort(sort: Sort | string, direction?: SortDirection): this;
  /** Lets a {@link sort} use the server's disk when it needs more memory than it may have. */
  allowDiskUse(allow?: boolean): this;
  collation(value: CollationOptions): this;
  /** @param value - documents at most; below zero, in a single batch */
  limit(value: number): this;
  skip(value: number): this;
}
export declare class ListIndexesCursor extends AbstractCursor {
  /** The collection that it lists the indexes of. */
  readonly parent: Collection;
  readonly options: ListIndexesOptions | undefined;
  clone(): ListIndexesCursor;
}
export declare class ListSearchIndexesCursor extends AggregationCursor<{
  name: string;
}> {}
interface CoalesceOptions {
  /**
   * Whether `findOne` by `_id` alone may be answered together with others of the same tick.
   * @defaultValue false
   */
  coalesce?: boolean;
}
type RawBSON = Uint8Array;
export declare class Collection<TSchema extends Document = Document> {
  #private;
  /** The database it was made by. */
  readonly db: Db;
  /** The pool it runs on. */
  readonly client: PolyPool;
  get dbName(): string;
  get collectionName(): string;
  /** Database and collection, with a dot between them. */
  get namespace(): string;
  get readConcern(): ReadConcern | undefined;
  get readPreference(): ReadPreference;
  get bsonOptions(): BSONSerializeOptions;
  get writeConcern(): WriteConcern | undefined;
  /** Kept and normalised, and, as in the driver, not part of any operation. */
  get hint(): Hint | undefined;
  set hint(hint: Hint | undefined);
  /** Milliseconds that an operation may take in all; undefined without limit. */
  get timeoutMS(): number | undefined;
  /**
   * Inserts a document. One without `_id` gets it here, and keeps it.
   * @param doc - with `raw: true` it may be BSON bytes, which stay as they are
   * @throws MongoServerError when the server refuses it
   */
  insertOne(
    doc: OptionalUnlessRequiredId<TSchema> | RawBSON,
    options?: InsertOneOptions
  ): Promise<InsertOneResult<TSchema>>;
  /**
   * Inserts documents, in as few commands as the server's limits allow.
   * @param docs - with `raw: true` each may be BSON bytes, which stay as they are
   * @throws MongoBulkWriteError when the server refuses some of them
   */
  insertMany(
    docs: ReadonlyArray<OptionalUnlessRequiredId<TSchema> | RawBSON>,
    options?: BulkWriteOptions
  ): Promise<InsertManyResult<TSchema>>;
  /**
   * Runs many writes of any kind, in as few commands as their order and the server's limits allow.
   * @param operations - with `raw: true` documents and updates may be BSON bytes
   * @throws MongoInvalidArgumentError for what can't be sent; nothing is sent then
   * @throws MongoBulkWriteError when the server refuses some of them
   */
  bulkWrite(
    operations: ReadonlyArray<AnyBulkWriteOperation<TSchema>>,
    options?: BulkWriteOptions
  ): Promise<BulkWriteResult>;
  /**
   * Begins a bulk write whose statements run in their order.
   * @throws MongoNotConnectedError after `close()`
   */
  initializeOrderedBulkOp(options?: BulkWriteOptions): OrderedBulkOperation;
  /**
   * Begins a bulk write whose statements run in any order.
   * @throws MongoNotConnectedError after `close()`
   */
  initializeUnorderedBulkOp(options?: BulkWriteOptions): UnorderedBulkOperation;
  /**
   * Changes the first document that matches.
   * @param update - operators or a pipeline; with `raw: true` it may be BSON bytes
   */
  updateOne(
    filter: Filter<TSchema>,
    update: UpdateFilter<TSchema> | Document[] | RawBSON,
    options?: UpdateOptions & {
      sort?: Sort;
    }
  ): Promise<UpdateResult<TSchema>>;
  /**
   * Changes every document that matches.
   * @param update - operators or a pipeline; with `raw: true` it may be BSON bytes
   */
  updateMany(
    filter: Filter<TSchema>,
    update: UpdateFilter<TSchema> | Document[] | RawBSON,
    options?: UpdateOptions
  ): Promise<UpdateResult<TSchema>>;
  /**
   * Replaces the first document that matches.
   * @param replacement - with `raw: true` it may be BSON bytes
   */
  replaceOne(
    filter: Filter<TSchema>,
    replacement: WithoutId<TSchema> | RawBSON,
    options?: ReplaceOptions
  ): Promise<UpdateResult<TSchema>>;
  /** Deletes the first document that matches. */
  deleteOne(filter?: Filter<TSchema>, options?: DeleteOptions): Promise<DeleteResult>;
  /** Deletes every document that matches. */
  deleteMany(filter?: Filter<TSchema>, options?: DeleteOptions): Promise<DeleteResult>;
  /** The first document that matches, or null. */
  findOne(
    filter?: Filter<TSchema>,
    options?: Omit<FindOneOptions, 'timeoutMode'> & Abortable & CoalesceOptions
  ): Promise<WithId<TSchema> | null>;
  findOne<T = TSchema>(
    filter?: Filter<TSchema>,
    options?: Omit<FindOneOptions, 'timeoutMode'> & Abortable & CoalesceOptions
  ): Promise<T | null>;
  /**
   * The first document that matches as JSON in UTF-8, made off the JavaScript thread; or null.
   * @throws MongoAPIError with the option `raw`
   */
  findOneJSON(
    filter?: Filter<TSchema>,
    options?: Omit<FindOneOptions, 'timeoutMode'> & Abortable & JSONOptions
  ): Promise<Buffer | null>;
  /** A cursor over the documents that match. Sends nothing until it is read. */
  find(filter?: Filter<TSchema>, options?: FindOptions & Abortable): FindCursor<WithId<TSchema>>;
  find<T extends Document>(
    filter: Filter<TSchema>,
    options?: FindOptions & Abortable
  ): FindCursor<T>;
  /**
   * A cursor over what a pipeline gives. Sends nothing until it is read.
   * @throws MongoInvalidArgumentError for a pipeline that is not an array
   */
  aggregate<T extends Document = Document>(
    pipeline?: Document[],
    options?: AggregateOptions & Abortable
  ): AggregationCursor<T>;
  /**
   * The changes to the collection from now on, or from where the options say. Sends nothing until
   * it is read.
   * @param pipeline - stages that the events go through; may be left out
   */
  watch<TLocal extends Document = TSchema, TChange extends Document = ChangeStreamDocument<TLocal>>(
    pipeline?: Document[],
    options?: WatchOptions
  ): ChangeStream<TLocal, TChange>;
  /** How many documents match, counted. */
  countDocuments(
    filter?: Filter<TSchema>,
    options?: CountDocumentsOptions & Abortable
  ): Promise<number>;
  /** How many documents the collection's metadata knows of. */
  estimatedDocumentCount(options?: EstimatedDocumentCountOptions): Promise<number>;
  /** @deprecated use {@link countDocuments} or {@link estimatedDocumentCount} */
  count(filter?: Filter<TSchema>, options?: CountOptions): Promise<number>;
  /** The different values of a field among the documents that match. */
  distinct<Key extends keyof WithId<TSchema>>(
    key: Key,
    filter?: Filter<TSchema>,
    options?: DistinctOptions
  ): Promise<Array<Flatten<WithId<TSchema>[Key]>>>;
  distinct<Key extends keyof WithId<TSchema>>(
    key: Key,
    filter: Filter<TSchema>,
    options: DistinctOptions & {
      explain: ExplainVerbosityLike | ExplainCommandOptions;
    }
  ): Promise<Document>;
  distinct(key: string, filter?: Filter<TSchema>, options?: DistinctOptions): Promise<any[]>;
  /** Deletes the first document that matches and gives it back, or null. */
  findOneAndDelete(
    filter: Filter<TSchema>,
    options: FindOneAndDeleteOptions & {
      includeResultMetadata: true;
    }
  ): Promise<ModifyResult<TSchema>>;
  findOneAndDelete(
    filter: Filter<TSchema>,
    options?: FindOneAndDeleteOptions
  ): Promise<WithId<TSchema> | null>;
  /** Replaces the first document that matches and gives back the old one, or the new. */
  findOneAndReplace(
    filter: Filter<TSchema>,
    replacement: WithoutId<TSchema>,
    options: FindOneAndReplaceOptions & {
      includeResultMetadata: true;
    }
  ): Promise<ModifyResult<TSchema>>;
  findOneAndReplace(
    filter: Filter<TSchema>,
    replacement: WithoutId<TSchema>,
    options?: FindOneAndReplaceOptions
  ): Promise<WithId<TSchema> | null>;
  /** Changes the first document that matches and gives back the old one, or the new. */
  findOneAndUpdate(
    filter: Filter<TSchema>,
    update: UpdateFilter<TSchema> | Document[],
    options: FindOneAndUpdateOptions & {
      includeResultMetadata: true;
    }
  ): Promise<ModifyResult<TSchema>>;
  findOneAndUpdate(
    filter: Filter<TSchema>,
    update: UpdateFilter<TSchema> | Document[],
    options?: FindOneAndUpdateOptions
  ): Promise<WithId<TSchema> | null>;
  /** Creates an index, if there is none like it, and gives its name. */
  createIndex(keys: IndexSpecification, options?: CreateIndexesOptions): Promise<string>;
  createIndex(
    keys: IndexSpecification,
    indexOptions: IndexOptions | undefined,
    commandOptions: CreateIndexOptions | undefined
  ): Promise<string>;
  /** Creates indexes and gives their names. */
  createIndexes(
    indexes: IndexDescription[],
    options?: CreateIndexesOptions,
    allowUnknownIndexOptions?: boolean
  ): Promise<string[]>;
  dropIndex(indexName: string, options?: DropIndexesOptions): Promise<Document>;
  /**
   * Drops all indexes but the one on `_id`. False, as in the installed driver, when that failed.
   * @throws MongoOperationTimeoutError; what else failed with mongodb 7.9 or later, unless there was no collection
   */
  dropIndexes(options?: DropIndexesOptions): Promise<boolean>;
  /** A cursor over the collection's indexes. */
  listIndexes(options?: ListIndexesOptions): ListIndexesCursor;
  /** The collection's indexes; with `full: false`, their keys by name. */
  indexes(
    options: IndexInformationOptions & {
      full?: true;
    }
  ): Promise<IndexDescriptionInfo[]>;
  indexes(
    options: IndexInformationOptions & {
      full: false;
    }
  ): Promise<IndexDescriptionCompact>;
  indexes(
    options: IndexInformationOptions
  ): Promise<IndexDescriptionCompact | IndexDescriptionInfo[]>;
  indexes(options?: ListIndexesOptions): Promise<IndexDescriptionInfo[]>;
  /** Drops the collection. False when there was none. */
  drop(options?: DropCollectionOptions): Promise<boolean>;
  /** Gives the collection another name. Inherits nothing, as in the driver. */
  rename(newName: string, options?: RenameOptions): Promise<Collection>;
  /**
   * What the collection was created with.
   * @throws MongoAPIError when it does not exist
   */
  options(options?: OperationOptions): Promise<Document>;
  isCapped(options?: OperationOptions): Promise<boolean>;
  /** Whether all indexes of these names are there. */
  indexExists(indexes: string | string[], options?: ListIndexesOptions): Promise<boolean>;
  /** The collection's indexes: their keys by name or, with `full: true`, all about them. */
  indexInformation(
    options: IndexInformationOptions & {
      full: true;
    }
  ): Promise<IndexDescriptionInfo[]>;
  indexInformation(
    options?: IndexInformationOptions & {
      full?: false;
    }
  ): Promise<IndexDescriptionCompact>;
  indexInformation(
    options: IndexInformationOptions
  ): Promise<IndexDescriptionCompact | IndexDescriptionInfo[]>;
  /** A cursor over Atlas Search's indexes of the collection, all or the one of this name. */
  listSearchIndexes(options?: ListSearchIndexesOptions): ListSearchIndexesCursor;
  listSearchIndexes(name: string, options?: ListSearchIndexesOptions): ListSearchIndexesCursor;
  /** Has a search index built and gives its name; the server goes on building after it. */
  createSearchIndex(description: SearchIndexDescription): Promise<string>;
  createSearchIndexes(descriptions: SearchIndexDescription[]): Promise<string[]>;
  updateSearchIndex(name: string, definition: Document): Promise<void>;
  /** No error when there is no such collection. */
  dropSearchIndex(name: string): Promise<void>;
}
export declare class ListCollectionsCursor<
  T extends Pick<CollectionInfo, 'name' | 'type'> | CollectionInfo =
    Pick<CollectionInfo, 'name' | 'type'> | CollectionInfo
> extends AbstractCursor<T> {
  /** The database that it lists the collections of. */
  readonly parent: Db;
  readonly filter: Document;
  readonly options: (ListCollectionsOptions & Abortable) | undefined;
  /** As `db.listCollections(filter, options)`. */
  constructor(db: Db, filter: Document, options?: (ListCollectionsOptions & Abortable) | null);
  clone(): ListCollectionsCursor<T>;
}
interface GetMore {
  comment?: unknown;
  /** Milliseconds the server waits for new documents of a tailable cursor. */
  maxAwaitTimeMS?: number;
  /** Documents a batch. */
  batchSize?: number;
}
export declare class RunCommandCursor extends AbstractCursor {
  readonly command: Readonly<Record<string, unknown>>;
  /** What the setters were given. They count until the first batch is asked for. */
  readonly getMoreOptions: GetMore;
  /** Goes with every `getMore`. */
  setComment(comment: unknown): this;
  /** @param maxTimeMS - milliseconds the server waits for new documents of a tailable cursor */
  setMaxTimeMS(maxTimeMS: number): this;
  /** @param batchSize - documents in each batch after the first */
  setBatchSize(batchSize: number): this;
  /** @throws MongoAPIError always */
  clone(): never;
  /** @throws MongoAPIError always */
  withReadConcern(_readConcern: unknown): never;
  /** @throws MongoAPIError always */
  addCursorFlag(_flag: string, _value: boolean): never;
  /** @throws MongoAPIError always */
  maxTimeMS(_value: number): never;
  /** @throws MongoAPIError always */
  batchSize(_value: number): never;
}
export declare class Db {
  #private;
  static SYSTEM_NAMESPACE_COLLECTION: string;
  static SYSTEM_INDEX_COLLECTION: string;
  static SYSTEM_PROFILE_COLLECTION: string;
  static SYSTEM_USER_COLLECTION: string;
  static SYSTEM_COMMAND_COLLECTION: string;
  static SYSTEM_JS_COLLECTION: string;
  /** The pool it runs on. */
  readonly client: PolyPool;
  /** As `client.db(databaseName, options)`. */
  constructor(client: PolyPool, databaseName: string, options?: DbOptions);
  get databaseName(): string;
  get namespace(): string;
  /** The client's options as far as they concern databases, and its own over them. */
  get options(): DbOptions;
  /** Whether reads may go to a secondary. */
  get secondaryOk(): boolean;
  get readConcern(): ReadConcern | undefined;
  get readPreference(): ReadPreference;
  get bsonOptions(): BSONSerializeOptions;
  get writeConcern(): WriteConcern | undefined;
  /** Milliseconds that an operation may take in all; undefined without limit. */
  get timeoutMS(): number | undefined;
  /** A collection. Does nothing on the server. */
  collection<TSchema extends Document = Document>(
    name: string,
    options?: CollectionOptions & CoalesceOptions
  ): Collection<TSchema>;
  /** Runs a command as it is given: it inherits no concern and no read preference. */
  command(command: Document, options?: RunCommandOptions & Abortable): Promise<Document>;
  /** A cursor over what a pipeline without a collection gives. Sends nothing until it is read. */
  aggregate<T extends Document = Document>(
    pipeline?: Document[],
    options?: AggregateOptions & Abortable
  ): AggregationCursor<T>;
  /**
   * The changes to the database's collections from now on, or from where the options say. Sends
   * nothing until it is read.
   * @param pipeline - stages that the events go through; may be left out
   */
  watch<
    TSchema extends Document = Document,
    TChange extends Document = ChangeStreamDocument<TSchema>
  >(pipeline?: Document[], options?: WatchOptions): ChangeStream<TSchema, TChange>;
  /** Commands on the `admin` database. */
  admin(): Admin;
  /** The database's sizes. */
  stats(options?: DbStatsOptions): Promise<Document>;
  /**
   * Creates a collection with options that writing to it would not give it.
   * @throws MongoServerError with code 48 when it exists with other options
   */
  createCollection<TSchema extends Document = Document>(
    name: string,
    options?: CreateCollectionOptions
  ): Promise<Collection<TSchema>>;
  /** Drops a collection. False when there was none. */
  dropCollection(name: string, options?: DropCollectionOptions): Promise<boolean>;
  dropDatabase(options?: DropDatabaseOptions): Promise<boolean>;
  /** A cursor over the database's collections. Sends nothing until it is read. */
  listCollections(
    filter: Document,
    options: ListCollectionsOptions & {
      nameOnly: true;
    }
  ): ListCollectionsCursor<Pick<CollectionInfo, 'name' | 'type'>>;
  listCollections(
    filter: Document,
    options: ListCollectionsOptions & {
      nameOnly: false;
    }
  ): ListCollectionsCursor<CollectionInfo>;
  listCollections<
    T extends Pick<CollectionInfo, 'name' | 'type'> | CollectionInfo =
      Pick<CollectionInfo, 'name' | 'type'> | CollectionInfo
  >(filter?: Document, options?: ListCollectionsOptions): ListCollectionsCursor<T>;
  /** The database's collections. */
  collections(options?: ListCollectionsOptions): Promise<Collection[]>;
  /** Creates an index of a collection and gives its name. Inherits nothing, as in the driver. */
  createIndex(
    name: string,
    indexSpec: IndexSpecification,
    options?: CreateIndexesOptions
  ): Promise<string>;
  /** The indexes of a collection: their keys by name or, with `full: true`, all about them. */
  indexInformation(
    name: string,
    options: IndexInformationOptions & {
      full: true;
    }
  ): Promise<IndexDescriptionInfo[]>;
  indexInformation(
    name: string,
    options?: IndexInformationOptions & {
      full?: false;
    }
  ): Promise<IndexDescriptionCompact>;
  indexInformation(
    name: string,
    options: IndexInformationOptions
  ): Promise<IndexDescriptionCompact | IndexDescriptionInfo[]>;
  /** Gives a collection another name. Inherits nothing, as in the driver. */
  renameCollection<TSchema extends Document = Document>(
    fromCollection: string,
    toCollection: string,
    options?: RenameOptions
  ): Promise<Collection<TSchema>>;
  /** Removes a user of this database. */
  removeUser(username: string, options?: RemoveUserOptions): Promise<boolean>;
  /** Which operations the server's profiler records, of all or of slow ones. */
  setProfilingLevel(
    level: ProfilingLevel,
    options?: SetProfilingLevelOptions
  ): Promise<ProfilingLevel>;
  profilingLevel(options?: ProfilingLevelOptions): Promise<string>;
  /**
   * A cursor over what a command gives that opens one. The command is sent as it is; nothing is
   * sent until the cursor is read.
   */
  runCursorCommand(command: Document, options?: RunCursorCommandOptions): RunCommandCursor;
}
interface Listened {}
declare const ListenedEmitter: (abstract new () => TypedEventEmitter<MongoClientEvents> &
  Listened) &
  Omit<typeof EventEmitter, 'prototype'>;
/**
 * The circuit of a pool as users see it: its option and its events. When it opens and closes,
 * `src/resilience/breaker.rs` decides.
 */
/** When the circuit of a pool opens and closes. */
export interface BreakerOptions {
  /**
   * Failures to reach a server, within the window, that open it.
   * @defaultValue 5
   */
  failures?: number;
  /**
   * How long a failure counts, in milliseconds.
   * @defaultValue 10000
   */
  windowMS?: number;
  /**
   * How long it stays open before an operation may try it, in milliseconds.
   * @defaultValue 5000
   */
  openMS?: number;
  /**
   * How many operations may try it at a time, and have to succeed before it closes.
   * @defaultValue 1
   */
  halfOpen?: number;
}
/** The circuit has opened: operations are refused. */
export interface CircuitOpenedEvent {
  /** Failures within the window that open it. */
  readonly failures: number;
  /** Milliseconds until it is tried. */
  readonly retryAfterMS: number;
  /** Of whose own client it is; undefined of the pool's. */
  readonly database?: string;
}
interface CircuitEvents {
  circuitOpened: (event: CircuitOpenedEvent) => void;
  /** Operations try whether servers can be reached again. */
  circuitHalfOpened: (event: object) => void;
  circuitClosed: (event: object) => void;
}
/**
 * `disconnected`: nobody has wanted a server yet, or none could be had, the pool is closed, or no server that holds data
 * answers any more.
 * `connecting`: `connect()` or an operation waits for a server, and none has let the pool in so far.
 * `connected`: a server that holds data answers; an election does not change that while secondaries do.
 * `disconnecting`: it is being closed, by `close()` or a signal; while it drains, operations go on.
 */
export type PoolState = 'disconnected' | 'connecting' | 'connected' | 'disconnecting';
/** Reads with `coalesce`, since the pool was opened. */
export interface CoalescingStats {
  /** `findOne`s by `_id` alone, which can go together with others. */
  readonly reads: number;
  /** Commands that were sent for those, be it for one of them or for many. */
  readonly commands: number;
  /** Those of `reads` whose `_id` another one had asked for in the same command. */
  readonly shared: number;
  /** Those of `reads` that were read again by themselves, as the command did not tell for certain. */
  readonly repeated: number;
  /** `findOne`s that ask for more, or in another way. Each is a command of its own. */
  readonly excluded: number;
}
/** Connections by what they are doing, and what became of those before. */
export interface ConnectionStats {
  /** Those that are not closed: available, in use and pending. */
  readonly size: number;
  /** Established, and nobody uses them. */
  readonly available: number;
  /** An operation has them. */
  readonly inUse: number;
  /** Being established. */
  readonly pending: number;
  /** `minPoolSize`, times the servers in a total. */
  readonly min: number;
  /** `maxPoolSize`, times the servers in a total; Infinity without a limit. */
  readonly max: number;
  /** Operations that have chosen the server and have no connection yet. */
  readonly checkingOut: number;
  /** Connections that were ever begun. */
  readonly created: number;
  /** Connections that are closed, by reason. */
  readonly closed: {
    /** Older than the last time that the server's pool was cleared. */
    readonly stale: number;
    /** Unused for `maxIdleTimeMS`. */
    readonly idle: number;
    /** Failed, or not to be established. */
    readonly error: number;
    /** Their operation was taken back while the server was at work. */
    readonly dropped: number;
    readonly poolClosed: number;
  };
  /** How often an operation got a connection. */
  readonly checkouts: number;
  /** How often one got none. */
  readonly checkoutsFailed: number;
  /** Milliseconds from asking for a place in the pool to having a connection; undefined when nobody asked lately. */
  readonly waitMS: WaitStats | undefined;
}
/** Times of the last one to two minutes, in milliseconds; percentiles are at most an eighth too high. */
export interface WaitStats {
  readonly count: number;
  readonly p50: number;
  readonly p90: number;
  readonly p95: number;
  readonly p99: number;
  readonly max: number;
}
/** How many of something took at most so long, since the pool began; made to be a Prometheus histogram. */
export interface WaitHistogram {
  /** Of each upper bound those that took at most that; the bounds are always the same. */
  readonly buckets: ReadonlyArray<{
    /** In milliseconds: 0.25, 0.5, 1, 2, … 65,536, Infinity. */
    readonly leMS: number;
    /** Those of the buckets before included. */
    readonly count: number;
  }>;
  /** All of them. */
  readonly count: number;
  /** How long all of them took together, in milliseconds. */
  readonly sumMS: number;
}
/** One server, and its connections. */
export interface ServerStats extends ConnectionStats {
  /** `host:port` */
  readonly address: string;
  /** `RSPrimary` and the like; undefined of a server that has left. */
  readonly type: string | undefined;
  /** The average of its heartbeats; undefined while it does not answer. */
  readonly roundTripTimeMS: number | undefined;
  /** How often its connections were given up together, after a failure. */
  readonly generation: number;
  /** Connections beside the pool that watch the server, which count for the server as any. */
  readonly monitors: {
    /** Those that heartbeats come on. */
    readonly heartbeat: number;
    /** Those that measure round trips: 0, or undefined when there may be one. The core does not say. */
    readonly roundTrip: number | undefined;
  };
}
/** Operations under way, and those that ever were. */
export interface OperationCounts {
  readonly inFlight: number;
  readonly total: number;
  /** Those of all that ended with an error, writes that the server refused among them. */
  readonly failed: number;
}
/** The operations on one database. */
export interface DatabaseOperations extends OperationCounts {
  /**
   * Those in flight that wait for a server, or for a place in the pool. Without those that stand in no
   * database's line: of open transactions, and of change streams and their like.
   */
  readonly waiting: number;
  /** Milliseconds that they took, waits for a place included; undefined when none has ended lately. */
  readonly timeMS: WaitStats | undefined;
}
/** Whether operations are let through, and what became of those that were not. */
export interface CircuitStats {
  readonly state: 'closed' | 'open' | 'halfOpen';
  /** Operations that were refused. */
  readonly refused: number;
  /** How often it has opened. */
  readonly opened: number;
}
/** What is open now, and how often one was opened. */
export interface OpenCounts {
  readonly open: number;
  readonly opened: number;
}
/** What a pool is doing. Of a shared pool, all that its holders do together. */
export interface PoolStats {
  readonly state: PoolState;
  /** How often the connections as a whole were made: 0 before the first operation, 1 after it. */
  readonly generation: number;
  /** The type of the deployment: `ReplicaSetWithPrimary` and the like; `Unknown` before it is known. */
  readonly topology: string;
  readonly servers: readonly ServerStats[];
  /** Of all servers, those that have left included. */
  readonly total: ConnectionStats;
  readonly waitQueue: {
    /** Operations without a connection: queued ones, and those that are checking out. */
    readonly size: number;
    /** Operations that wait for a server to be there, or for a place in the pool before one is chosen. */
    readonly queued: number;
    /** Operations that have waited for one since the pool began, instead of finding one at once. */
    readonly waited: number;
    /** How long the wait for a place was, of all since the pool began, at most an eighth too high; undefined before the first. */
    readonly waitMS: Omit<WaitStats, 'max'> | undefined;
    /** The same as counts, those that gave up waiting included; undefined before the first. */
    readonly histogram: WaitHistogram | undefined;
  };
  /** The breaker; undefined without the option `breaker`. */
  readonly circuit: CircuitStats | undefined;
  readonly operations: OperationCounts & {
    /** Commands that were sent again, each time. */
    readonly retries: number;
    /** The databases that were used last: 1,000 at most. One that comes again later counts from zero. */
    readonly byDatabase: ReadonlyMap<string, DatabaseOperations>;
    /** All others together; undefined while there are none. */
    readonly others: DatabaseOperations | undefined;
  };
  /** Cursors that the servers keep, change streams' included. */
  readonly cursors: OpenCounts;
  /** Those of them that are change streams'. */
  readonly watches: OpenCounts;
  /** Server sessions: in use by operations, cursors and `ClientSession`s, idle, or given up after a failure. */
  readonly sessions: {
    readonly inUse: number;
    readonly idle: number;
    readonly resting: number;
  };
  /** What of it is this holder's: its cursors, and the server sessions of its `ClientSession`s. */
  readonly held: {
    readonly cursors: number;
    readonly sessions: number;
  };
  /** Databases with a client of their own. What these do is in none of the figures above. */
  readonly dedicated: ReadonlyMap<string, DedicatedStats>;
  /** This holder's reads with the option `coalesce`, on databases with a client of their own, too. */
  readonly coalescing: CoalescingStats;
}
/** A database with a client of its own. */
export interface DedicatedStats {
  /** `disconnected` also while its client is closed: the next operation opens it. */
  readonly state: Exclude<PoolState, 'disconnecting'>;
  /** Of the deployment, `host:port`, as the connection string names them. */
  readonly hosts: readonly string[];
  /** To each server; Infinity without a limit. */
  readonly maxConnections: number;
  /** Milliseconds after which an idle client is closed; undefined without `autoClose`. */
  readonly ttlMS: number | undefined;
  /** How often its client was opened. */
  readonly opened: number;
  /** How often it was closed because nobody used it. */
  readonly closedIdle: number;
  /** Milliseconds since it was last used; undefined before that. */
  readonly idleMS: number | undefined;
  /** The figures of its client; undefined while that is closed. */
  readonly pool: Omit<PoolStats, 'state' | 'dedicated' | 'coalescing'> | undefined;
}
/** How well something is, and how statuses add up. It knows nothing that has one. */
/** `degraded` works, but something needs attention; `unhealthy` does not work. */
export type HealthStatus = 'healthy' | 'degraded' | 'unhealthy';
/** When an answer is late, and where a document is written. */
export interface DatabaseLimits {
  /** Milliseconds from which on an answer is degraded, the wait for a place in the pool included. @defaultValue 100 */
  degradedMS?: number;
  /** Milliseconds from which on an answer is unhealthy, without that wait. @defaultValue 500 */
  unhealthyMS?: number;
  /** Where the document of `readwrite` is written. @defaultValue the pool's database */
  database?: string;
  /** @defaultValue `'polypool_health'` */
  collection?: string;
}
/** The connections, in short; `pool.stats()` has all of it. */
export interface PoolHealth {
  readonly size: number;
  readonly available: number;
  readonly inUse: number;
  readonly pending: number;
  readonly waitQueue: number;
  /** Infinity without a limit. */
  readonly max: number;
}
export interface DatabaseHealth {
  readonly status: HealthStatus;
  readonly connection: PoolState;
  /** Milliseconds until a ping was answered, `waitMS` not included; undefined when none was. */
  readonly latencyMS: number | undefined;
  /**
   * Milliseconds that it waited before, for a place in the pool, as far as that was noticed: at most a
   * fifth too low. 0 when it was answered in half of `degradedMS`, undefined when it was not answered.
   */
  readonly waitMS?: number | undefined;
  /** Milliseconds until a document was written, read and removed; undefined when it was not tried or failed. */
  readonly readWriteMS?: number | undefined;
  readonly pool: PoolHealth;
  readonly message: string;
}
/** Limits beyond which a process is degraded. A process that answers is never worse. */
export interface ProcessLimits {
  /** Of the heap's limit, between 0 and 1. @defaultValue 0.9 */
  maxHeapUse?: number;
  /** Milliseconds that the event loop may be late. @defaultValue 100 */
  maxDelayMS?: number;
}
export interface MemoryHealth {
  readonly status: HealthStatus;
  /** Memory of the process that is in RAM, in bytes; polypool's connections included. */
  readonly rssBytes: number;
  readonly heapUsedBytes: number;
  /** Where V8 gives up; see `--max-old-space-size`. */
  readonly heapLimitBytes: number;
  /** Of buffers and the like, in bytes. */
  readonly externalBytes: number;
  readonly message?: string;
}
export interface CPUHealth {
  readonly status: HealthStatus;
  /** Time of one processor that the process's threads took, in percent, since it was asked last. */
  readonly percent: number;
  /** The machine's, over 1, 5 and 15 minutes; zeros on Windows, which has none. */
  readonly loadAverage: readonly number[];
  /** How late a timer was that was set to measure that, in milliseconds. */
  readonly eventLoopDelayMS: number;
  /** The share of time in which JavaScript ran, between 0 and 1, since it was asked last. */
  readonly eventLoopUtilization: number;
  readonly message?: string;
}
export interface ReplicaSetLimits {
  /** Milliseconds that a secondary may be behind the primary. @defaultValue 10,000 */
  maxLagMS?: number;
  /** Milliseconds that the log of operations has to span. @defaultValue none: a young set has a short one */
  minOplogWindowMS?: number;
}
export interface MemberHealth {
  /** `host:port` */
  readonly address: string;
  /** `PRIMARY`, `SECONDARY`, `ARBITER`, `(not reachable/healthy)`, and so on */
  readonly state: string;
  readonly healthy: boolean;
  /** Milliseconds behind the primary; undefined of others than secondaries, and without a primary. */
  readonly lagMS: number | undefined;
}
export interface ReplicaSetHealth {
  readonly status: HealthStatus;
  /** Its name; undefined of what is no replica set, or can't be asked. */
  readonly name: string | undefined;
  /** Where writes go; undefined during an election. */
  readonly primary: string | undefined;
  readonly members: readonly MemberHealth[];
  /** Milliseconds between the first and the last operation in the primary's log; undefined when it can't be read. */
  readonly oplogWindowMS: number | undefined;
  readonly message: string;
}
/**
 * `connection`: what the pool knows by itself; nothing is sent. `ping`: a command is answered.
 * `readwrite`: after that, a document is written and removed. `replicaSet`: after the ping, the set's
 * members are asked for.
 */
export type HealthLevel = 'connection' | 'ping' | 'readwrite' | 'replicaSet';
export interface HealthOptions extends DatabaseLimits, ReplicaSetLimits, ProcessLimits {
  /** @defaultValue `'ping'` */
  level?: HealthLevel;
  /** Milliseconds after which it answers, whatever is still open; 0 for no limit. @defaultValue 5,000 */
  timeoutMS?: number;
  /** Of the application, for the answer. @defaultValue polypool's own, `unknown` in a bundle without it */
  version?: string;
}
/** An answer, made to be sent as JSON. It holds no credentials. */
export interface Health {
  /** The worst of the checks. */
  readonly status: HealthStatus;
  /** ISO 8601. */
  readonly timestamp: string;
  /** Seconds that the process has run. */
  readonly uptime: number;
  readonly checks: {
    readonly database: DatabaseHealth;
    /** Only of the level `replicaSet`. */
    readonly replicaSet?: ReplicaSetHealth;
    readonly memory: MemoryHealth;
    readonly cpu: CPUHealth;
  };
  readonly version: string;
  /** `NODE_ENV`, or `development`. */
  readonly environment: string;
}
/** How a database's own client is. */
export interface ScaleOptions {
  /**
   * Connections that it may have to each server.
   * @defaultValue the pool's `maxPoolSize`
   */
  maxConnections?: number;
  /**
   * Closes it when nobody has used it for `ttl` milliseconds. The next operation opens it again.
   * @defaultValue false
   */
  autoClose?: boolean;
  /**
   * Milliseconds without an operation, an open cursor, change stream or session, after which
   * `autoClose` closes it; 0 for never.
   * @defaultValue 60000
   */
  ttl?: number;
  /**
   * Whether it connects with the first operation; `false` connects as soon as this is known.
   * @defaultValue true
   */
  coldStart?: boolean;
}
/** What `setDB` and `connectDB` take. */
export interface ScaleDatabaseOptions extends ScaleOptions {
  /**
   * The deployment that the database is on; the other options are the pool's.
   * @defaultValue the pool's connection string
   */
  mongoURI?: string;
}
/** One entry of the option `dbSpecific`. */
export interface DedicatedDatabase {
  dbName: string;
  /** See {@link ScaleDatabaseOptions.mongoURI}. */
  mongoURI?: string;
  options?: ScaleOptions;
}
interface DedicatedOptions {
  /** Databases that are served by a client of their own. */
  dbSpecific?: readonly DedicatedDatabase[];
}
/** Of clients of databases of their own. */
export interface DedicatedEvents {
  /** The client of a database has become connected. */
  databaseConnected: (event: { readonly database: string }) => void;
  /** No server answers it any more, or it was closed because nobody used it. */
  databaseDisconnected: (
    event: DisconnectedEvent & {
      readonly database: string;
    }
  ) => void;
  /** A server answers it again. `databaseConnected` comes before it. */
  databaseReconnected: (
    event: ReconnectedEvent & {
      readonly database: string;
    }
  ) => void;
  /** With `coldStart: false`, it did not connect. The first operation tries again. */
  databaseConnectFailed: (event: { readonly database: string; readonly error: Error }) => void;
}
/** A tenant, as `pool.tenants()` shows it. */
export interface TenantInfo {
  /** Also of its database. */
  name: string;
  lastUsedAt: Date;
}
/** The collection and the indexes of a tenant's model were made when it was first used, or were not. */
export interface TenantIndexesEvent {
  /** Also of its database. */
  readonly tenant: string;
  /** The model's name. */
  readonly model: string;
  readonly collection: string;
  readonly durationMS: number;
  /** Why not. They are made when a view of the model is next needed. */
  readonly error?: Error;
}
/** What listeners of a pool get beside the driver's `MongoClientEvents`. */
export interface PolyPoolEvents extends ConnectEvents, CircuitEvents, DedicatedEvents {
  /** The pool has become connected, for the first time or again. */
  connected: () => void;
  /** No server that holds data answers any more, or the pool was closed. */
  disconnected: (event: DisconnectedEvent) => void;
  /** A server answers again after `downMS` milliseconds. `connected` comes before it. */
  reconnected: (event: ReconnectedEvent) => void;
  /** With `healthIntervalMS`: the status differs from the `previous` one, which is undefined at first. */
  health: (health: Health, previous: HealthStatus | undefined) => void;
  /** A tenant's indexes were made in the background, see docs/tenants.md. */
  tenantIndexes: (event: TenantIndexesEvent) => void;
  /** With `leakMS`: something was left open, or takes too long. */
  leak: (leak: Leak) => void;
}
/** Why a pool is no longer connected. */
export interface DisconnectedEvent {
  /** `close()` ended it. */
  readonly closed: boolean;
  /** What each server last answered. */
  readonly servers: ReadonlyArray<{
    readonly address: string;
    readonly message?: string;
  }>;
}
/** A pool is connected again. */
export interface ReconnectedEvent {
  readonly downMS: number;
}
interface Listen<Pool> {
  <Name extends keyof PolyPoolEvents>(event: Name, listener: PolyPoolEvents[Name]): Pool;
  <Name extends keyof MongoClientEvents>(event: Name, listener: MongoClientEvents[Name]): Pool;
  (event: string | symbol, listener: (...args: any[]) => void): Pool;
}
/** How a pool ends with its process. */
export interface ShutdownOptions {
  /**
   * Whether SIGTERM, SIGINT and SIGUSR2 close the pool when its operations have ended.
   * @defaultValue true for `connect`, false for `createPool` and `new PolyPool`
   */
  handleSignals?: boolean;
  /**
   * How long a signal waits for operations, in milliseconds.
   * @defaultValue 8000
   */
  drainMS?: number;
}
/** How a pool is closed. */
export interface CloseOptions {
  /**
   * How long operations go on before what is left of them is interrupted, in milliseconds; new ones
   * are taken as long. Change streams end at once. It is over when nothing was under way for a tenth
   * of a second. Of several calls, the one whose time is over first decides. Absent or 0, what runs is
   * interrupted at once, as by the driver's.
   */
  drainMS?: number;
  /** No effect, as in the driver. */
  force?: boolean;
}
/** What `new PolyPool`, `createPool` and `connect` take: the driver's options and polypool's own. */
export interface PolyPoolOptions
  extends
    MongoClientOptions,
    CoalesceOptions,
    ConnectionOptions,
    DedicatedOptions,
    ShutdownOptions,
    LogOptions {
  /**
   * Whether to share the process's pool for the same connection string and options. A sharer's
   * `close()` gives back its hold only.
   * @defaultValue true for `connect` and `createPool`, false for `new PolyPool`
   */
  shared?: boolean;
  /**
   * Milliseconds between health checks that the pool makes by itself, each a ping; 0 for none. Of what
   * they find, changes are told, as `health` events and in the log; without a log, there are none while nobody
   * listens to these.
   * @defaultValue 30,000 for the function `connect`, else 0
   */
  healthIntervalMS?: number;
  /**
   * Milliseconds after which an open session, cursor or change stream that nobody uses is a leak, and an operation
   * under way; 0 to look for none. Takes note of a stack for each of them.
   * @defaultValue 0
   */
  leakMS?: number;
  /**
   * Operations that may wait for a place in the pool; one more is refused with a
   * `PoolOverloadedError`. 0 is no limit.
   * @defaultValue 0
   */
  maxQueued?: number;
  /**
   * Makes an operation by a wrapped Mongoose model outside of a tenant's context an error.
   * @defaultValue false
   */
  requireTenant?: boolean;
  /**
   * Refuses operations at once, with a `CircuitOpenError`, while servers can't be reached. `true`
   * stands for the defaults.
   * @defaultValue false
   */
  breaker?: BreakerOptions | boolean;
  /** What each database may have of the pool, and `byName` what those named there may have instead. */
  tenants?: TenantLimits & {
    byName?: Record<string, TenantLimits>;
  };
}
/** What one database may have of a pool. */
export interface TenantLimits {
  /**
   * Operations that may have a place in the pool at a time. 0 is no limit.
   * @defaultValue 0
   */
  maxConcurrent?: number;
  /**
   * Operations that may wait for one; one more is refused with a `PoolOverloadedError`. 0 is no
   * limit.
   * @defaultValue 0
   */
  maxQueued?: number;
}
declare class Scale {
  #private;
  /**
   * Gives databases a client of their own each, or other settings: what has begun ends on the client
   * that it began on. Connects nothing, unless `coldStart` is false.
   * @throws MongoInvalidArgumentError, MongoParseError naming the option at fault
   */
  setDB(names: readonly string[], options?: ScaleDatabaseOptions): void;
  /**
   * Gives databases a client of their own each, and connects those that are not. Options that were
   * set before stay, but for those that are given.
   * @throws what keeps one of them from connecting
   */
  connectDB(names: readonly string[], options?: ScaleDatabaseOptions): Promise<void>;
}
interface Owner {
  readonly options: object;
}
declare class Topology {
  #private;
  readonly client: Owner;
  get description(): TopologyDescription;
  get loadBalanced(): boolean;
  get serverApi(): ServerApi | undefined;
  get commonWireVersion(): number;
  get logicalSessionTimeoutMinutes(): number | null;
  /** The latest of those that the servers' monitors were told. */
  get clusterTime(): ClusterTime | undefined;
  /** The description of a server that has answered. */
  lastHello(): Document;
  isConnected(): boolean;
  isDestroyed(): boolean;
}
/**
 * To the compiler, too, a pool is a MongoClient: it holds classes with private members for the same
 * only when one is derived from the other.
 */
export interface PolyPool extends MongoClient {
  on: Listen<this>;
  once: Listen<this>;
  off: Listen<this>;
  addListener: Listen<this>;
  removeListener: Listen<this>;
}
export declare class PolyPool extends ListenedEmitter {
  #private;
  /**
   * Parses the connection string and the options; connects nothing until `connect()` or the first
   * operation. Has a pool of its own unless `shared: true`.
   * @throws MongoParseError, MongoInvalidArgumentError naming the part or the option at fault
   */
  constructor(uri: string, options?: PolyPoolOptions);
  /** Makes a pool of its own and connects it. */
  static connect(uri: string, options?: PolyPoolOptions): Promise<PolyPool>;
  /** Has connections from now on name one more library to the server, once. */
  appendMetadata(driverInfo: DriverInfo): void;
  /**
   * Connects and logs in, so that what is wrong shows now. Not needed: operations connect.
   * After `close()` it opens the pool again. With `connectRetry`, it tries again while servers can't
   * be reached.
   */
  connect({ signal }?: ConnectCallOptions): Promise<this>;
  /** Gives databases a client of their own, see docs/dedicated-pools.md. */
  get scale(): Scale;
  /**
   * Replaces the connections by new ones, without an operation failing or waiting for it. What has begun, cursors and sessions go on with the old ones, which end with it.
   * @throws what keeps the new ones from connecting; the old ones stay, then
   */
  refresh(): Promise<void>;
  /** Whether one of `fallbackURIs` stands in for the connection string's deployment. */
  get degraded(): boolean;
  /** What is known of the servers; undefined before the first operation and after `close()`. */
  get topology(): Topology | undefined;
  /**
   * Ends this pool's cursors on their servers and gives the connections back; of a shared pool only
   * the last holder's close ends them. What runs is interrupted, at once or after `drainMS`.
   * @param how - the driver's `force`, without effect as there, or options
   */
  close(how?: boolean | CloseOptions): Promise<void>;
  /** Whether it is connected, and if not, how far it is from that. */
  get state(): PoolState;
  /** Whether a server that holds data answers, and one has let the pool in; also while it drains. */
  isConnected(): boolean;
  /** What its connections, operations, cursors and sessions are doing now. Asks no server. */
  stats(): PoolStats;
  /** How it, its servers and this process are, see {@link HealthOptions}. Never throws, and answers in time. */
  health(options?: HealthOptions): Promise<Health>;
  /** What is open or under way for longer than `leakMS`, and what has become garbage instead of being closed. */
  leaks(): Leak[];
  [Symbol.asyncDispose](): Promise<void>;
  /**
   * A database. Does nothing on the server.
   * @param name - defaults to the connection string's, and that to `test`
   */
  db(name?: string, options?: DbOptions): Db;
  /**
   * Gives a Mongoose model `db(name)`: the same model in a tenant's database, at next to no cost. Inside
   * `withTenant` the model itself is that. See docs/tenants.md.
   * @returns the model that was given
   */
  wrapModel<M extends object>(model: M, options?: WrapModelOptions): Wrapped<M>;
  /** Runs a function as a tenant's: what it does by wrapped models is done in that database. */
  withTenant<T>(name: string, work: () => T): T;
  /** The tenants in use, the one used last at the front. */
  tenants(): TenantInfo[];
  /**
   * The changes to all databases but `admin`, `config` and `local` from now on, or from where the
   * options say. Sends nothing until it is read.
   * @param pipeline - stages that the events go through; may be left out
   */
  watch<
    TSchema extends Document = Document,
    TChange extends Document = ChangeStreamDocument<TSchema>
  >(pipeline?: Document[], options?: WatchOptions): ChangeStream<TSchema, TChange>;
  /** The change streams that are open, one entry for each that the server has. */
  watches(): Watch[];
  /** Ends the change streams of a database and of its collections; all without one. Never fails. */
  closeWatches(database?: string): Promise<void>;
  /** A session, in which operations follow one another and may be a transaction. Sends nothing. */
  startSession(options?: ClientSessionOptions): ClientSession;
  /** Calls `callback` with a session, which ends when what it gives has settled. */
  withSession<T = any>(callback: WithSessionCallback<T>): Promise<T>;
  withSession<T = any>(options: ClientSessionOptions, callback: WithSessionCallback<T>): Promise<T>;
  /**
   * Runs many writes of any kind on any collections, in as few commands as the server's limits
   * allow. MongoDB 8.0 and later.
   * @throws MongoCompatibilityError before that
   * @throws MongoClientBulkWriteExecutionError without models
   * @throws MongoClientBulkWriteError when the server refuses some of them
   */
  bulkWrite<SchemaMap extends Record<string, Document> = Record<string, Document>>(
    models: ReadonlyArray<ClientBulkWriteModel<SchemaMap>>,
    options?: ClientBulkWriteOptions
  ): Promise<ClientBulkWriteResult>;
  /** The options with every default in place. */
  get options(): Readonly<MongoOptions & MongoClientOptions>;
  /** From the next connect on; before anything was done, that is now. */
  set monitorCommands(value: boolean);
  get bsonOptions(): BSONSerializeOptions;
  get serverApi(): Readonly<ServerApi | undefined>;
  get readConcern(): ReadConcern | undefined;
  get writeConcern(): WriteConcern | undefined;
  get readPreference(): ReadPreference;
  /** Milliseconds that an operation may take in all; undefined without limit. */
  get timeoutMS(): number | undefined;
}
/**
 * The class by the type that the driver has for it, so that users need no other: callbacks are
 * given it, and the options of operations take it.
 */
declare const UserSession: typeof DriverSession;
type UserSession = DriverSession;
/**
 * Whose JSON documents become.
 *
 * `plain`, the default, is byte for byte what `JSON.stringify` makes of documents that are read with the
 * driver's default options: an ObjectId is its hexadecimal digits, a Date its ISO time. `ejson` is what
 * `EJSON.stringify` of the `bson` package makes of them, which keeps the types; with `relaxed: false`,
 * those of numbers, too.
 */
export interface JSONOptions {
  /** `plain` by default. */
  dialect?: 'plain' | 'ejson';
  /** Of `ejson` alone: numbers and times in the short form. True by default. */
  relaxed?: boolean;
}
/** Of a stream. */
export interface JSONStreamOptions extends Omit<JSONOptions, 'dialect'> {
  /**
   * Or `ndjson`: instead of an array, each document on a line of its own, in canonical Extended JSON and
   * exactly as it is: numbers keep their types, and keys their order.
   */
  dialect?: JSONOptions['dialect'] | 'ndjson';
}
/** To the compiler a cursor is one of the driver's, as a pool is a client (see there). */
export interface AbstractCursor<TSchema = any> extends DriverCursor<TSchema> {}
/** Emits `close` when it has ended on the server, or was closed; documents may be left then. */
export declare abstract class AbstractCursor<
  TSchema = any
> extends TypedEmitter<AbstractCursorEvents> {
  #private;
  static readonly CLOSE: 'close';
  /** A new cursor with the same options that has not started. */
  abstract clone(): AbstractCursor<TSchema>;
  /**
   * Undefined before the first batch, zero once the server has closed the cursor. In between it
   * names the cursor within its pool; the server's own number stays with the pool.
   */
  get id(): Long | undefined;
  get namespace(): DriverNamespace;
  get readPreference(): ReadPreference;
  get readConcern(): ReadConcern | undefined;
  get loadBalanced(): boolean;
  /** It has ended and no document is left. */
  get closed(): boolean;
  /** It was ended on the server before it had given all its documents. */
  get killed(): boolean;
  /** Documents that have arrived and not been read. */
  bufferedCount(): number;
  /** Takes documents that have arrived, all or the first `number`, without their transforms. */
  readBufferedDocuments(number?: number): NonNullable<TSchema>[];
  /**
   * The next document, or null when there is none.
   * @throws MongoCursorExhaustedError after {@link close} came before the end
   */
  next(): Promise<TSchema | null>;
  /** The next document, or null when the server has none right now: asks it once at most. */
  tryNext(): Promise<TSchema | null>;
  hasNext(): Promise<boolean>;
  [Symbol.asyncIterator](): AsyncGenerator<TSchema, void, void>;
  /** All documents that are left. */
  toArray(): Promise<TSchema[]>;
  /**
   * Calls `iterator` with one document after the other, until it returns false.
   * @throws MongoInvalidArgumentError for an iterator that is not a function
   */
  forEach(iterator: (document: TSchema) => boolean | void): Promise<void>;
  /** The documents as a stream. Destroying it closes the cursor. */
  stream(): Readable & AsyncIterable<TSchema>;
  /**
   * All documents that are left as one JSON array in UTF-8, made off the JavaScript thread.
   * @throws MongoAPIError with {@link map} or the option `raw`
   * @throws MongoCursorExhaustedError when the cursor is closed meanwhile
   */
  toJSONBytes(options?: JSONOptions): Promise<Buffer>;
  /**
   * The JSON of {@link toJSONBytes} as a stream of bytes, a batch at a time and large ones in pieces, for results
   * that are too large for one text. Destroying it closes the cursor.
   * @throws MongoAPIError with {@link map}
   */
  jsonStream(options?: JSONStreamOptions): Readable;
  /**
   * Ends the cursor, on its server too. Never fails.
   * @param options - `timeoutMS` is how long the server is waited for; it is told all the same. What is no
   * time sets no limit: to the driver it never means anything
   */
  close(options?: { timeoutMS?: number }): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
  /** Makes it a cursor that has not started; the next document asked for runs the query again. */
  rewind(): void;
  /** Hands out what `transform` makes of each document; after transforms given before. */
  map<T>(transform: (document: TSchema) => T): AbstractCursor<T>;
  addCursorFlag(flag: CursorFlag, value: boolean): this;
  withReadPreference(readPreference: ReadPreferenceLike): this;
  withReadConcern(readConcern: ReadConcernLike): this;
  /** @param value - milliseconds the server may take */
  maxTimeMS(value: number): this;
  /** @param value - documents a batch */
  batchSize(value: number): this;
}
/** Those that `addCursorFlag` takes. */
export declare const CURSOR_FLAGS: readonly [
  'tailable',
  'oplogReplay',
  'noCursorTimeout',
  'awaitData',
  'exhaust',
  'partial'
];
/** The options of `connect`. */
export interface ConnectOptions extends PolyPoolOptions, ConnectCallOptions {}
/** The options of `connect` with Mongoose: those of `mongoose.connect()` and the pool's. */
export interface ConnectMongooseOptions extends PolyPoolOptions, MongooseOptions {
  /** Mongoose, the package's export or an instance of it, whose default connection is opened. */
  mongoose: MongooseInstance;
}
/**
 * The process's pool for a connection string and options, connected. The same call gives the same
 * pool, also from another copy of this module; after its `close()`, a new one.
 * @param uri - defaults to the environment's `MONGODB_URI`
 * @param options - `shared: false` gives a pool of the caller's own; `connectRetry: false` fails with
 * the first attempt
 */
export declare function connect(uri?: string, options?: ConnectOptions): Promise<PolyPool>;
/**
 * Has Mongoose connect by polypool, as `polypool/mongoose` does, and opens its default connection.
 * @param uri - defaults to the environment's `MONGODB_URI`
 * @param options - Mongoose, and what `mongoose.connect()` takes
 * @returns the pool of the connection, which ends with `mongoose.disconnect()` or its own `close()`
 */
export declare function connect(
  uri: string | undefined,
  options: ConnectMongooseOptions
): Promise<PolyPool>;
/**
 * A pool that shares the process's connections for the same connection string and options, with a
 * `close()` and listeners of its own. Connects with its first operation.
 * @param options - `shared: false` gives connections of its own
 */
export declare function createPool(uri: string, options?: PolyPoolOptions): PolyPool;
/** What else may be allowed. */
export interface DatabaseNameOptions {
  /**
   * Whether `admin`, `config` and `local` will do.
   * @defaultValue false
   */
  allowReserved?: boolean;
}
/**
 * Checks the name of a database that a user, or a request, has chosen.
 * @returns the name
 * @throws MongoInvalidArgumentError for what is no string, empty, longer than 63 bytes, has a
 *   character that not every server takes, or is reserved
 */
export declare function validateDatabaseName(name: unknown, options?: DatabaseNameOptions): string;
/** Made by `openDownloadStream` and `openDownloadStreamByName` of a bucket. */
export declare class GridFSBucketReadStream extends Readable {
  #private;
  /** The file's document has been found: `(file: GridFSFile) => void`. */
  static readonly FILE: 'file';
  /**
   * Reads from this byte on. Needs an {@link end}, too.
   * @param start - counted from 0
   * @throws MongoGridFSStreamError once the stream is being read
   */
  start(start?: number): this;
  /**
   * Reads up to this byte, without it.
   * @param end - counted from 0; 0 stands for the end of the file
   * @throws MongoGridFSStreamError once the stream is being read
   */
  end(end?: number): this;
  /** Ends the stream before the end of the file, and the cursor on its server. */
  abort(): Promise<void>;
}
/** Made by `openUploadStream` and `openUploadStreamWithId` of a bucket. */
export declare class GridFSBucketWriteStream extends Writable {
  #private;
  bucket: GridFSBucket;
  /** Where the chunks go. */
  chunks: Collection<GridFSChunk>;
  /** Where the file's document goes. */
  files: Collection<GridFSFile>;
  filename: string;
  options: GridFSBucketWriteStreamOptions;
  /** All chunks are stored, and the file's document is on its way or there. */
  done: boolean;
  /** The file's `_id`. */
  id: ObjectId;
  /** Bytes of each chunk but the last. */
  chunkSizeBytes: number;
  /** The first {@link pos} bytes of the chunk that is not yet complete. */
  bufToStore: Uint8Array;
  /** Bytes written so far. */
  length: number;
  /** The number of the next chunk to be completed. */
  n: number;
  pos: number;
  state: {
    /** All has been written. */
    streamEnd: boolean;
    /** Chunks that are on their way. */
    outstandingRequests: number;
    /** The server refused a part. */
    errored: boolean;
    /** {@link abort} was called. */
    aborted: boolean;
  };
  /** The file's document, from the event `finish` on. */
  gridFSFile: GridFSFile | null;
  /** Of every insert. */
  get writeConcern(): WriteConcern | undefined;
  /**
   * Lets nothing more be written and deletes the chunks that have been.
   * @throws MongoAPIError after the end, and the second time
   */
  abort(): Promise<void>;
}
interface TimeoutOption {
  /** Of all that it sends, in milliseconds; the bucket's by default. In the driver 7.8 it has no effect. */
  timeoutMS?: number;
}
/** Emits `index` when the first upload has found or created the indexes. */
export declare class GridFSBucket extends TypedEmitter<GridFSBucketEvents> {
  #private;
  static readonly INDEX: 'index';
  /**
   * Does nothing on the server.
   * @param options - by default the bucket is `fs`, and its chunks have 255 KiB
   * @throws MongoInvalidArgumentError naming the option at fault
   */
  constructor(db: Db, options?: GridFSBucketOptions);
  /**
   * A stream that stores what is written to it as a file. Its `id` is the file's.
   * @throws MongoInvalidArgumentError for `chunkSizeBytes` that is no positive integer
   */
  openUploadStream(
    filename: string,
    options?: GridFSBucketWriteStreamOptions
  ): GridFSBucketWriteStream;
  /** The same, for a file with that `_id`. */
  openUploadStreamWithId(
    id: ObjectId,
    filename: string,
    options?: GridFSBucketWriteStreamOptions
  ): GridFSBucketWriteStream;
  /**
   * A stream of a file's bytes, all or those from `start` to before `end`. When there is no such
   * file its error has the code `ENOENT`.
   */
  openDownloadStream(id: ObjectId, options?: GridFSBucketReadStreamOptions): GridFSBucketReadStream;
  /**
   * The same for a file of that name, the latest unless `revision` says which: 0 is the oldest, 1
   * the one after it, -1 the latest, -2 the one before it.
   */
  openDownloadStreamByName(
    filename: string,
    options?: GridFSBucketReadStreamOptionsWithRevision
  ): GridFSBucketReadStream;
  /**
   * Deletes a file.
   * @throws MongoRuntimeError when there is none with that id; chunks with it are deleted then, too
   */
  delete(id: ObjectId, options?: TimeoutOption): Promise<void>;
  /** A cursor over the documents of files. Sends nothing until it is read. */
  find(filter?: Filter<GridFSFile>, options?: FindOptions): FindCursor<GridFSFile>;
  /** @throws MongoRuntimeError when there is no file with that id */
  rename(id: ObjectId, filename: string, options?: TimeoutOption): Promise<void>;
  /** Drops all files. */
  drop(options?: TimeoutOption): Promise<void>;
}
/**
 * Marks an object with operators as the program's own, so that {@link sanitizeFilter} leaves it.
 * @returns the object
 */
export declare function trusted<T extends object>(object: T): T;
/**
 * A filter without operators where a user could have put them: objects with keys that begin with `$`
 * become values to compare with, `{ $eq: … }`, as by Mongoose's option of this name. What is given is
 * not changed.
 * @throws MongoInvalidArgumentError for what is no object, and for operators that are no part of a
 *   field, such as `$where`, but for `$and`, `$or` and `$nor`
 */
export declare function sanitizeFilter<TSchema extends Document = Document>(
  filter: unknown
): Filter<TSchema>;
/**
 * What may be done about a failure: its cause may pass by itself (`retryable`), more of the same
 * would make it worse for a while (`overload`), or another try fails like this one (`fatal`).
 */
export type RetryPolicy = 'retryable' | 'overload' | 'fatal';
type PolyPoolErrors = ReturnType<typeof definePolyPoolErrors>;
/** The base class of polypool's own errors; extends the driver's `MongoError`. */
export type PolyPoolError = InstanceType<PolyPoolErrors['PolyPoolError']>;
/** No server could be reached of late, so that operations are refused at once. Its code is `POLYPOOL_CIRCUIT_OPEN`. */
export type CircuitOpenError = InstanceType<PolyPoolErrors['CircuitOpenError']>;
/** As many operations wait for a place in the pool as may. Its code is `POLYPOOL_OVERLOADED`. */
export type PoolOverloadedError = InstanceType<PolyPoolErrors['PoolOverloadedError']>;
declare function definePolyPoolErrors(): {
  ShutdownTimeoutError: {
    new (message: string): {
      get name(): string;
      get errorLabels(): string[];
      code?: number | string;
      topologyVersion?: Driver.TopologyVersion;
      connectionGeneration?: number;
      cause?: Error;
      get errmsg(): string;
      hasErrorLabel(label: string): boolean;
      addErrorLabel(label: string): void;
      message: string;
      stack?: string;
    };
    captureStackTrace(targetObject: object, constructorOpt?: Function): void;
    prepareStackTrace(err: Error, stackTraces: NodeJS.CallSite[]): any;
    stackTraceLimit: number;
  };
  SlowListenerError: {
    new (limit: number): {
      /** That of the last event that was read; a stream of one's own goes on behind it. */
      resumeToken: unknown;
      get name(): string;
      get errorLabels(): string[];
      code?: number | string;
      topologyVersion?: Driver.TopologyVersion;
      connectionGeneration?: number;
      cause?: Error;
      get errmsg(): string;
      hasErrorLabel(label: string): boolean;
      addErrorLabel(label: string): void;
      message: string;
      stack?: string;
    };
    captureStackTrace(targetObject: object, constructorOpt?: Function): void;
    prepareStackTrace(err: Error, stackTraces: NodeJS.CallSite[]): any;
    stackTraceLimit: number;
  };
  PoolOverloadedError: {
    new (
      message: string,
      queued: number,
      database: string | undefined
    ): {
      /** Operations that waited when this one came, those of {@link database} if it is named. */
      readonly queued: number;
      /** The database whose `tenants.maxQueued` was reached; the pool's `maxQueued` when absent. */
      readonly database?: string;
      get name(): string;
      get errorLabels(): string[];
      code?: number | string;
      topologyVersion?: Driver.TopologyVersion;
      connectionGeneration?: number;
      cause?: Error;
      get errmsg(): string;
      hasErrorLabel(label: string): boolean;
      addErrorLabel(label: string): void;
      message: string;
      stack?: string;
    };
  };
  CircuitOpenError: {
    new (
      message: string,
      retryAfterMS: number
    ): {
      /** Milliseconds after which it is worth trying again. */
      readonly retryAfterMS: number;
      get name(): string;
      get errorLabels(): string[];
      code?: number | string;
      topologyVersion?: Driver.TopologyVersion;
      connectionGeneration?: number;
      cause?: Error;
      get errmsg(): string;
      hasErrorLabel(label: string): boolean;
      addErrorLabel(label: string): void;
      message: string;
      stack?: string;
    };
  };
  PolyPoolError: {
    new (
      message: string,
      code: string
    ): {
      get name(): string;
      get errorLabels(): string[];
      code?: number | string;
      topologyVersion?: Driver.TopologyVersion;
      connectionGeneration?: number;
      cause?: Error;
      get errmsg(): string;
      hasErrorLabel(label: string): boolean;
      addErrorLabel(label: string): void;
      message: string;
      stack?: string;
    };
    captureStackTrace(targetObject: object, constructorOpt?: Function): void;
    prepareStackTrace(err: Error, stackTraces: NodeJS.CallSite[]): any;
    stackTraceLimit: number;
  };
  PolyPoolInternalError: {
    new (message: string): {
      get name(): string;
      get errorLabels(): string[];
      code?: number | string;
      topologyVersion?: Driver.TopologyVersion;
      connectionGeneration?: number;
      cause?: Error;
      get errmsg(): string;
      hasErrorLabel(label: string): boolean;
      addErrorLabel(label: string): void;
      message: string;
      stack?: string;
    };
    captureStackTrace(targetObject: object, constructorOpt?: Function): void;
    prepareStackTrace(err: Error, stackTraces: NodeJS.CallSite[]): any;
    stackTraceLimit: number;
  };
};
/** What polypool's errors, and the driver's as polypool makes them, say beside what the driver's do. */
export interface ClassifiedError extends Error {
  /** Its cause may pass: another try, perhaps later, may go better. Not that nothing has been done. */
  readonly retryable: boolean;
  /** The same in more words: whether trying at once would only make it worse. */
  readonly retryPolicy: RetryPolicy;
}
export * from 'mongodb';

export {
  AbstractCursorEvents,
  AggregateOptions,
  AnyBulkWriteOperation,
  BSON,
  BSONRegExp,
  BSONSerializeOptions,
  BSONSymbol,
  BSONType,
  Binary,
  BulkWriteOptions,
  BulkWriteResult,
  ChangeStreamDocument,
  ChangeStreamEvents,
  ChangeStreamOptions,
  ClientBulkWriteModel,
  ClientBulkWriteOptions,
  ClientBulkWriteResult,
  ClientSessionOptions,
  ClusterTime,
  Code,
  CollationOptions,
  CollectionInfo,
  CollectionOptions,
  CommandOperationOptions,
  CountDocumentsOptions,
  CountOptions,
  CreateCollectionOptions,
  CreateIndexOptions,
  CreateIndexesOptions,
  CursorFlag,
  DBRef,
  DbOptions,
  DbStatsOptions,
  Decimal128,
  DeleteOptions,
  DeleteResult,
  DeleteStatement,
  DistinctOptions,
  Document,
  Double,
  DriverInfo,
  DriverNamespace as MongoDBNamespace,
  DropCollectionOptions,
  DropDatabaseOptions,
  DropIndexesOptions,
  EstimatedDocumentCountOptions,
  EventsDescription,
  ExplainCommandOptions,
  ExplainVerbosityLike,
  Filter,
  FindOneAndDeleteOptions,
  FindOneAndReplaceOptions,
  FindOneAndUpdateOptions,
  FindOneOptions,
  FindOptions,
  Flatten,
  GridFSBucketEvents,
  GridFSBucketOptions,
  GridFSBucketReadStreamOptions,
  GridFSBucketReadStreamOptionsWithRevision,
  GridFSBucketWriteStreamOptions,
  GridFSChunk,
  GridFSFile,
  Hint,
  IndexDescription,
  IndexDescriptionCompact,
  IndexDescriptionInfo,
  IndexInformationOptions,
  IndexOptions,
  IndexSpecification,
  InsertManyResult,
  InsertOneOptions,
  InsertOneResult,
  Int32,
  ListCollectionsOptions,
  ListDatabasesOptions,
  ListDatabasesResult,
  ListIndexesOptions,
  ListSearchIndexesOptions,
  Long,
  MaxKey,
  MinKey,
  ModifyResult,
  MongoClientEvents,
  MongoClientOptions,
  MongoOptions,
  ObjectId,
  OperationOptions,
  OptionalUnlessRequiredId,
  PolyPool as MongoClient,
  ProfilingLevel,
  ProfilingLevelOptions,
  ReadConcern,
  ReadConcernLike,
  ReadPreference,
  ReadPreferenceLike,
  RemoveUserOptions,
  RenameOptions,
  ReplaceOptions,
  ResumeToken,
  RunCommandOptions,
  RunCursorCommandOptions,
  SearchIndexDescription,
  ServerApi,
  SetProfilingLevelOptions,
  Sort,
  SortDirection,
  Timestamp,
  TopologyDescription,
  TypedEventEmitter,
  UUID,
  UpdateFilter,
  UpdateOptions,
  UpdateResult,
  UpdateStatement,
  UserSession as ClientSession,
  ValidateCollectionOptions,
  WithId,
  WithSessionCallback,
  WithoutId,
  WriteConcern,
  deserialize,
  serialize
};

export {};
