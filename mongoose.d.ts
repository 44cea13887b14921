// Generated from lib/ by `npm run build`. Do not edit: change lib/ and build.

import {
  BSONRegExp,
  BSONType,
  Binary,
  Decimal128,
  Double,
  Int32,
  Long,
  ObjectId,
  Timestamp,
  UUID
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
import { Readable } from 'node:stream';

/**
 * What users hand over, by shape: whichever copy and version of Mongoose (8 or 9) they have, none is
 * imported. It describes, and does nothing.
 */
/** An instance of Mongoose: the package's export, or one of `new Mongoose()`. */
export interface MongooseInstance {
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
declare class Admin {
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
interface Leak {
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
interface WrapModelOptions$1 {
  /**
   * Whether a tenant's indexes are made when its view is first used: once by a pool, in the background. A
   * function decides for each tenant. By default what Mongoose would do decides: the schema's `autoIndex`, the
   * connection's, Mongoose's.
   */
  autoIndex?: boolean | ((tenant: string) => boolean);
}
type Wrapped$1<M extends object> = M & {
  readonly db: (name: string) => M;
};
interface StreamConnection {
  /** `host:port` of the server that has the cursor. */
  readonly address: string;
  /** The connection that waits for events right now, as connection events number it. */
  readonly connectionId?: number;
}
interface Watch {
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
interface WatchOptions extends ChangeStreamOptions {
  /**
   * What becomes of a stream whose place in the oplog is gone (the server's code 286): it ends with
   * the error, or goes on from now and emits `historyLost` with the token that was of no use.
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
type LogLevel = 'error' | 'warn' | 'info' | 'debug' | 'trace';
interface Logger {
  error(...given: unknown[]): unknown;
  warn?(...given: unknown[]): unknown;
  info?(...given: unknown[]): unknown;
  debug?(...given: unknown[]): unknown;
  trace?(...given: unknown[]): unknown;
}
interface LogOptions {
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
interface ChangeStream<
  TSchema extends Document = Document,
  TChange extends Document = ChangeStreamDocument<TSchema>
> extends DriverChangeStream<TSchema, TChange> {}
declare class ChangeStream<
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
interface ConnectRetryOptions {
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
}
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
   * How often the connections are replaced by new ones, see `refresh()`, in milliseconds; 0: never.
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
interface ConnectCallOptions {
  /** Ends the wait; the connect too, when nobody else waits for it. */
  signal?: AbortSignal | undefined;
}
interface ConnectAttemptStartedEvent {
  /** Which one; the first is 1. */
  readonly attempt: number;
  /** How many there may be; `Infinity` without end. */
  readonly attempts: number;
}
interface ConnectAttemptSucceededEvent extends ConnectAttemptStartedEvent {
  /** How long the attempt took. */
  readonly durationMS: number;
}
interface ConnectAttemptFailedEvent extends ConnectAttemptStartedEvent {
  readonly error: Error;
  /** No attempt would mend it, so there is none. */
  readonly fatal: boolean;
  /** How long until the next attempt; absent when there is none. It may come sooner. */
  readonly delayMS?: number;
  /** When that is. */
  readonly nextAttemptAt?: Date;
}
type RefreshReason = 'request' | 'interval' | 'stalled';
interface RefreshedEvent {
  readonly reason: RefreshReason;
}
interface RefreshFailedEvent extends RefreshedEvent {
  readonly error: Error;
}
interface FallbackStartedEvent {
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
declare class Batch<T = Statement> {
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
declare class FindOperators {
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
interface BulkOperationBase extends DriverBulkOperation {}
declare abstract class BulkOperationBase {
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
declare class OrderedBulkOperation extends BulkOperationBase {}
declare class UnorderedBulkOperation extends BulkOperationBase {
  /** @throws MongoBulkWriteError for what a result says was refused, or was not durable */
  handleWriteError(writeResult: BulkWriteResult): void;
}
interface ExplainableCursor<TSchema = any> extends DriverCursor$1<TSchema> {
  clone(): ExplainableCursor<TSchema>;
  map<T = any>(transform: (document: TSchema) => T): ExplainableCursor<T>;
}
declare abstract class ExplainableCursor<TSchema = any> extends AbstractCursor<TSchema> {
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
declare class AggregationCursor<TSchema = any> extends ExplainableCursor<TSchema> {
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
declare class FindCursor<TSchema = any> extends ExplainableCursor<TSchema> {
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
declare class ListIndexesCursor extends AbstractCursor {
  /** The collection that it lists the indexes of. */
  readonly parent: Collection;
  readonly options: ListIndexesOptions | undefined;
  clone(): ListIndexesCursor;
}
declare class ListSearchIndexesCursor extends AggregationCursor<{
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
declare class Collection<TSchema extends Document = Document> {
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
  /** Drops all indexes but the one on `_id`. False, as in the driver, when that failed. */
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
declare class ListCollectionsCursor<
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
declare class RunCommandCursor extends AbstractCursor {
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
declare class Db {
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
interface BreakerOptions {
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
interface CircuitOpenedEvent {
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
type PoolState = 'disconnected' | 'connecting' | 'connected' | 'disconnecting';
interface ConnectionStats {
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
interface WaitStats {
  readonly count: number;
  readonly p50: number;
  readonly p90: number;
  readonly p95: number;
  readonly p99: number;
  readonly max: number;
}
interface ServerStats extends ConnectionStats {
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
interface OperationCounts {
  readonly inFlight: number;
  readonly total: number;
  /** Those of all that ended with an error. */
  readonly failed: number;
}
interface DatabaseOperations extends OperationCounts {
  /** Milliseconds that they took, waits for a place included; undefined when none has ended lately. */
  readonly timeMS: WaitStats | undefined;
}
interface CircuitStats {
  readonly state: 'closed' | 'open' | 'halfOpen';
  /** Operations that were refused. */
  readonly refused: number;
  /** How often it has opened. */
  readonly opened: number;
}
interface OpenCounts {
  readonly open: number;
  readonly opened: number;
}
interface PoolStats {
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
    /** How long the wait for a place was, of all since the pool began, at most a quarter too high; undefined before the first. */
    readonly waitMS: Omit<WaitStats, 'max'> | undefined;
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
}
interface DedicatedStats {
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
  readonly pool: Omit<PoolStats, 'state' | 'dedicated'> | undefined;
}
type HealthStatus = 'healthy' | 'degraded' | 'unhealthy';
interface DatabaseLimits {
  /** Milliseconds from which on an answer is degraded. @defaultValue 100 */
  degradedMS?: number;
  /** Milliseconds from which on an answer is unhealthy. @defaultValue 500 */
  unhealthyMS?: number;
  /** Where the document of `readwrite` is written. @defaultValue the pool's database */
  database?: string;
  /** @defaultValue `'polypool_health'` */
  collection?: string;
}
interface PoolHealth {
  readonly size: number;
  readonly available: number;
  readonly inUse: number;
  readonly pending: number;
  readonly waitQueue: number;
  /** Infinity without a limit. */
  readonly max: number;
}
interface DatabaseHealth {
  readonly status: HealthStatus;
  readonly connection: PoolState;
  /** Milliseconds until a ping was answered; undefined when none was. */
  readonly latencyMS: number | undefined;
  /** Milliseconds until a document was written, read and removed; undefined when it was not tried or failed. */
  readonly readWriteMS?: number | undefined;
  readonly pool: PoolHealth;
  readonly message: string;
}
interface ProcessLimits {
  /** Of the heap's limit, between 0 and 1. @defaultValue 0.9 */
  maxHeapUse?: number;
  /** Milliseconds that the event loop may be late. @defaultValue 100 */
  maxDelayMS?: number;
}
interface MemoryHealth {
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
interface CPUHealth {
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
interface ReplicaSetLimits {
  /** Milliseconds that a secondary may be behind the primary. @defaultValue 10,000 */
  maxLagMS?: number;
  /** Milliseconds that the log of operations has to span. @defaultValue none: a young set has a short one */
  minOplogWindowMS?: number;
}
interface MemberHealth {
  /** `host:port` */
  readonly address: string;
  /** `PRIMARY`, `SECONDARY`, `ARBITER`, `(not reachable/healthy)`, … */
  readonly state: string;
  readonly healthy: boolean;
  /** Milliseconds behind the primary; undefined of others than secondaries, and without a primary. */
  readonly lagMS: number | undefined;
}
interface ReplicaSetHealth {
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
type HealthLevel = 'connection' | 'ping' | 'readwrite' | 'replicaSet';
interface HealthOptions extends DatabaseLimits, ReplicaSetLimits, ProcessLimits {
  /** @defaultValue `'ping'` */
  level?: HealthLevel;
  /** Milliseconds after which it answers, whatever is still open. @defaultValue 5,000 */
  timeoutMS?: number;
  /** Of the application, for the answer. @defaultValue polypool's own, `unknown` in a bundle without it */
  version?: string;
}
interface Health {
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
interface ScaleOptions {
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
interface ScaleDatabaseOptions extends ScaleOptions {
  /**
   * The deployment that the database is on; the other options are the pool's.
   * @defaultValue the pool's connection string
   */
  mongoURI?: string;
}
interface DedicatedDatabase {
  dbName: string;
  /** See {@link ScaleDatabaseOptions.mongoURI}. */
  mongoURI?: string;
  options?: ScaleOptions;
}
interface DedicatedOptions {
  /** Databases that are served by a client of their own. */
  dbSpecific?: readonly DedicatedDatabase[];
}
interface DedicatedEvents {
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
interface TenantInfo {
  /** Also of its database. */
  name: string;
  lastUsedAt: Date;
}
interface TenantIndexesEvent {
  /** Also of its database. */
  readonly tenant: string;
  /** The model's name. */
  readonly model: string;
  readonly collection: string;
  readonly durationMS: number;
  /** Why not. They are made when a view of the model is next needed. */
  readonly error?: Error;
}
interface PolyPoolEvents extends ConnectEvents, CircuitEvents, DedicatedEvents {
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
interface DisconnectedEvent {
  /** `close()` ended it. */
  readonly closed: boolean;
  /** What each server last answered. */
  readonly servers: ReadonlyArray<{
    readonly address: string;
    readonly message?: string;
  }>;
}
interface ReconnectedEvent {
  readonly downMS: number;
}
interface Listen<Pool> {
  <Name extends keyof PolyPoolEvents>(event: Name, listener: PolyPoolEvents[Name]): Pool;
  <Name extends keyof MongoClientEvents>(event: Name, listener: MongoClientEvents[Name]): Pool;
  (event: string | symbol, listener: (...args: any[]) => void): Pool;
}
interface ShutdownOptions {
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
interface CloseOptions {
  /**
   * How long operations go on before what is left of them is interrupted, in milliseconds; new ones
   * are taken as long. Change streams end at once. It is over when nothing was under way for a tenth
   * of a second. Absent, what runs is interrupted at once, as by the driver's.
   */
  drainMS?: number;
  /** No effect, as in the driver. */
  force?: boolean;
}
interface PolyPoolOptions
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
interface TenantLimits {
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
interface PolyPool extends MongoClient {
  on: Listen<this>;
  once: Listen<this>;
  off: Listen<this>;
  addListener: Listen<this>;
  removeListener: Listen<this>;
}
declare class PolyPool extends ListenedEmitter {
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
  /** Whether a server that holds data answers, and one has let the pool in. */
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
  wrapModel<M extends object>(model: M, options?: WrapModelOptions$1): Wrapped$1<M>;
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
interface JSONOptions {
  /** `plain` by default. */
  dialect?: 'plain' | 'ejson';
  /** Of `ejson` alone: numbers and times in the short form. True by default. */
  relaxed?: boolean;
}
interface JSONStreamOptions extends Omit<JSONOptions, 'dialect'> {
  /**
   * Or `ndjson`: instead of an array, each document on a line of its own, in canonical Extended JSON and
   * exactly as it is: numbers keep their types, and keys their order.
   */
  dialect?: JSONOptions['dialect'] | 'ndjson';
}
interface AbstractCursor<TSchema = any> extends DriverCursor<TSchema> {}
declare abstract class AbstractCursor<TSchema = any> extends TypedEmitter<AbstractCursorEvents> {
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
   * The JSON of {@link toJSONBytes} as a stream of bytes, a batch at a time, for results that are too
   * large for one piece. Destroying it closes the cursor.
   * @throws MongoAPIError with {@link map}
   */
  jsonStream(options?: JSONStreamOptions): Readable;
  /**
   * Ends the cursor, on its server too. Never fails.
   * @param options - `timeoutMS` is how long the server is waited for; it is told all the same
   * @throws MongoInvalidArgumentError for a `timeoutMS` that is no time
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
/**
 * Has a Mongoose connect by polypool from now on: the instance given, and every `new Mongoose()` of
 * the same package after it. Call it before the first `connect()`; models may exist already.
 * Installing twice is installing once.
 *
 * @param mongoose - the package's export, or an instance
 * @returns what gives Mongoose its own driver back; it, too, wants every connection closed
 * @throws MongooseError while one of the instance's connections is open
 */
export declare function install(mongoose: MongooseInstance): () => void;
/**
 * The lean result of a query or an aggregation as JSON; null for a `findOne` that found nothing. The
 * same as their method of this name, which Mongoose's types do not have.
 *
 * @param of - of a Mongoose that polypool is the driver of
 */
export declare function toJSONBytes(
  of: {
    exec(): Promise<unknown>;
  },
  options?: JSONOptions
): Promise<Buffer | null>;
/** A connection, and what it follows. */
export interface LazyConnection {
  readonly pool: PolyPool;
  /** Mongoose's: models are made on it. */
  readonly connection: object;
  /** Opens the connection now, if the pool is connected. */
  open(): void;
  /** The same connection in another database, by its name. */
  in(database: string): object;
}
/**
 * A connection of a Mongoose's, whatever the driver of its other connections, and the pool that it follows.
 * Connects nothing.
 *
 * @param mongoose - the package's export, or an instance
 * @param options - of the pool; `dbName` is the connection's database, too
 */
export declare function createLazyConnection(
  mongoose: MongooseInstance,
  uri: string,
  options: PolyPoolOptions & {
    dbName: string;
  }
): LazyConnection;
/**
 * Gives a model `db(name)`. Wrapping it again, or by another pool, only changes the pool and the options.
 *
 * @returns the model
 * @throws TypeError for what is no model
 */
export declare function wrapModel<M extends object>(
  pool: PolyPool,
  given: M,
  options?: WrapModelOptions
): Wrapped<M>;
/** For `mongoose.setDriver()`, which `install` calls: Mongoose's connection on a pool of polypool's. */
export declare const Connection: new (mongoose?: unknown) => object;
/** Mongoose's collection. */
declare const Collection$1: new (name: string, connection: object, options: object) => object;
/** That of Mongoose's driver. */
declare const BulkWriteResult$1: unknown;
/** Throws MongoCompatibilityError when it is constructed. */
export declare const ClientEncryption: unknown;
/** Plugins that every schema gets. */
export declare const plugins: unknown[];

export { BulkWriteResult$1 as BulkWriteResult, Collection$1 as Collection };

export {};
