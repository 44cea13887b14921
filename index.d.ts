// Generated from lib/ by `npm run build`. Do not edit: change lib/ and build.

import {
  BSONRegExp,
  BSONSymbol,
  Binary,
  Code,
  DBRef,
  Decimal128,
  Double,
  Int32,
  Long,
  MaxKey,
  MinKey,
  ObjectId,
  Timestamp,
  UUID,
  deserialize,
  onDemand,
  serialize,
  serializeWithBufferAndIndex
} from 'bson';
import * as Driver from 'mongodb';
import {
  AbstractCursorOptions,
  AggregateOptions,
  BSONSerializeOptions,
  BulkWriteOptions,
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
  DbOptions,
  DbStatsOptions,
  DeleteOptions,
  DeleteResult,
  DistinctOptions,
  Document,
  DropCollectionOptions,
  DropDatabaseOptions,
  DropIndexesOptions,
  EstimatedDocumentCountOptions,
  ExplainCommandOptions,
  ExplainVerbosityLike,
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
  ModifyResult,
  MongoClientOptions,
  MongoOptions,
  OptionalUnlessRequiredId,
  PkFactory,
  ReadConcern,
  ReadConcernLike,
  ReadPreference,
  ReadPreferenceLike,
  ReplaceOptions,
  RunCommandOptions,
  Sort,
  SortDirection,
  UpdateFilter,
  UpdateOptions,
  UpdateResult,
  W,
  WithId,
  WithoutId,
  WriteConcern
} from 'mongodb';
import { EventEmitter } from 'node:events';
import { Readable } from 'node:stream';

interface SerializeOptions {
  /** Functions are written as code instead of being left out. */
  serializeFunctions: boolean;
  /** `undefined` properties are left out instead of being written as null. */
  ignoreUndefined: boolean;
  /** Keys with dots or dollars are refused. */
  checkKeys: boolean;
}
interface DeserializeOptions {
  promoteLongs: boolean;
  promoteBuffers: boolean;
  promoteValues: boolean;
  useBigInt64: boolean;
  bsonRegExp: boolean;
  /** Documents in the document are left as bytes. */
  raw: boolean;
  fieldsAsRaw?: Document;
  validation: {
    utf8: boolean;
  };
  /** Where in the buffer the document starts, in bytes. */
  index: number;
  allowObjectSmallerThanBufferSize: true;
}
interface ResolvedBSONOptions {
  /** For writing commands. */
  readonly serialize: SerializeOptions;
  /** For reading replies. `index` is set anew for every document. */
  readonly deserialize: DeserializeOptions;
  /** Replies are handed over as BSON bytes. */
  readonly raw: boolean;
  /** As given, for levels below and for the driver's `bsonOptions` getters. */
  readonly given: Readonly<BSONSerializeOptions>;
}
type Explain = ExplainVerbosityLike | ExplainCommandOptions;
interface Abortable {
  signal?: AbortSignal | undefined;
}
declare class DocumentSequence {
  #private;
  /** The array's field in the command. */
  readonly field: string;
  constructor(field: string);
  /** How many documents there are. */
  get count(): number;
  /** Bytes that the command grows by. */
  get size(): number;
  /**
   * Writes a document.
   * @returns its size in bytes
   * @throws what js-bson throws when it can't be serialised; the sequence is as before then
   */
  add(document: Document, options: SerializeOptions): number;
  /**
   * Adds a document that is bytes.
   * @returns its size in bytes
   */
  addBytes(document: Uint8Array): number;
  /** Moves the last document to another sequence. */
  moveLast(to: DocumentSequence): void;
  /**
   * Writes a command with the array into `target`, behind the command that js-bson wrote there.
   * @param start - where the command starts
   * @param end - where it ends, its terminator included
   * @returns the new end; `target` must have room for {@link size} more bytes
   */
  appendTo(target: Buffer, start: number, end: number): number;
}
interface RequestOptions {
  readPreference?: {
    mode: string;
    tags?: Document[];
    maxStalenessSeconds?: number;
    hedge?: Document;
  };
  /** Documents in each batch after the first. */
  batchSize?: number;
  /** How long the server may wait for new data of a tailable cursor, in milliseconds. */
  maxTimeMS?: number;
  /** Goes with each `getMore`. */
  comment?: unknown;
}
interface ReadConcernSetting {
  level: string;
}
interface WriteConcernSetting {
  w?: W;
  /** Milliseconds. */
  wtimeout?: number;
  j?: boolean;
}
type ReadPreferenceSetting = NonNullable<RequestOptions['readPreference']>;
interface Settings {
  readonly bson: ResolvedBSONOptions;
  readonly readPreference?: ReadPreferenceSetting | undefined;
  readonly readConcern?: ReadConcernSetting | undefined;
  readonly writeConcern?: WriteConcernSetting | undefined;
  /** Makes the `_id` of documents that have none; ObjectIds when absent. */
  readonly pkFactory?: PkFactory | undefined;
  /** Documents without an `_id` get it from the server. */
  readonly forceServerObjectId?: boolean | undefined;
}
interface DatabaseScope extends Settings {
  readonly database: string;
}
interface Scope extends DatabaseScope {
  readonly collection: string;
}
interface Operation {
  readonly database: string;
  readonly command: Document;
  /** Documents that become the last element of the command. */
  readonly sequence?: DocumentSequence | undefined;
  readonly bson: ResolvedBSONOptions;
  /** Only what differs from the defaults: a primary's operation without a cursor has none. */
  readonly options?: RequestOptions | undefined;
  /** False when the write concern asks for no answer, so that refusals of the server's are lost. */
  readonly acknowledged?: boolean;
}
type AggregateCommandOptions = AggregateOptions & Abortable;
declare const DATABASE = 1;
declare class Reply {
  /** One of {@link kind}. */
  readonly kind: number;
  /** Holds the payload, and other replies' beside it when it is a slab. */
  readonly buffer: Buffer;
  /** Where the payload starts, in bytes. */
  readonly start: number;
  /** Where it ends. */
  readonly end: number;
  constructor(
    /** One of {@link kind}. */
    kind: number,
    /** Holds the payload, and other replies' beside it when it is a slab. */
    buffer: Buffer,
    /** Where the payload starts, in bytes. */
    start: number,
    /** Where it ends. */
    end: number
  );
  /** True when the buffer holds this payload and no other. */
  get ownsBuffer(): boolean;
}
interface CommandRequest {
  database: string;
  command: Document;
  sequence?: DocumentSequence;
  options?: RequestOptions;
  serialize?: SerializeOptions;
}
declare class Hold {
  #private;
  /** The options with every default in place, under the driver's names. */
  readonly resolved: Document;
  private constructor();
  /**
   * Claims the pool that a connection string and options describe. Connects nothing.
   * @throws MongoParseError and its kin, naming the part of the URI or the option at fault
   */
  static open(uri: string, options: Document, shared: boolean): Hold;
  /** Runs a command; the reply is a document. */
  command(request: CommandRequest): Promise<Reply>;
  /** Runs a command that opens a cursor; the reply is its first batch. */
  openCursor(request: CommandRequest): Promise<Reply>;
  /** Fetches the next batch of a cursor. */
  getMore(cursor: number): Promise<Reply>;
  /** Ends a cursor on its server. */
  killCursor(cursor: number): Promise<Reply>;
  /** Interrupts what runs and gives the pool back; the last holder's close ends it. */
  close(): Promise<Reply>;
  /** Makes an operation's task panic, to prove what becomes of it. For tests. */
  injectPanic(): Promise<Reply>;
}
interface Executor {
  /** @throws MongoNotConnectedError after `close()` */
  hold(): Hold;
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
type CursorOptions = AbstractCursorOptions & Abortable;
interface CursorEvents {
  /** It has ended on the server, or was closed. Documents that have arrived may be left. */
  close: [];
  error: [Error];
}
declare abstract class AbstractCursor<TSchema = any>
  extends EventEmitter<CursorEvents>
  implements AsyncDisposable
{
  #private;
  static readonly CLOSE: 'close';
  /** @internal */
  protected readonly executor: Executor;
  /** Where it runs, and what it inherits. @internal */
  protected readonly scope: DatabaseScope;
  /** The options so far; setters write to them. @internal */
  protected readonly cursorOptions: CursorOptions;
  /** @internal */
  protected constructor(
    executor: Executor,
    scope: DatabaseScope,
    collection: string | undefined,
    options: CursorOptions
  );
  /** The command that opens it. @internal */
  protected abstract openOperation(): Operation;
  /** A new cursor with the same options that has not started. */
  abstract clone(): AbstractCursor<TSchema>;
  /** True when `returned` documents are all that were asked for. @internal */
  protected hasEnough(_returned: number): boolean;
  /**
   * Undefined before the first batch, zero once the server has closed the cursor. In between it
   * names the cursor within its pool; the server's own number stays with the pool.
   */
  get id(): Long | undefined;
  get namespace(): MongoDBNamespace;
  get readPreference(): ReadPreference;
  get readConcern(): ReadConcern | undefined;
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
  /** Ends the cursor, on its server too. Never fails. */
  close(_options?: { timeoutMS?: number }): Promise<void>;
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
  /** @internal */
  protected set(options: object): this;
  /** @internal */
  protected setNumber(option: string, value: number, refusal: string): this;
  /** @throws MongoCursorInUseError once the cursor has started. @internal */
  protected throwIfInitialized(): void;
}
declare abstract class ExplainableCursor<TSchema = any> extends AbstractCursor<TSchema> {
  /** The command that explains the query. @internal */
  protected abstract explainOperation(explain: Explain): Operation;
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
  /** @internal */
  protected readonly cursorOptions: AggregateCommandOptions;
  /** @internal */
  constructor(
    executor: Executor,
    scope: DatabaseScope,
    target: string | typeof DATABASE,
    pipeline: Document[],
    options?: AggregateCommandOptions | null
  );
  clone(): AggregationCursor<TSchema>;
  map<T>(transform: (document: TSchema) => T): AggregationCursor<T>;
  /** @internal */
  protected openOperation(): Operation;
  /** @internal */
  protected explainOperation(explain: Explain): Operation;
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
type FindCommandOptions = FindOptions & Abortable;
export declare class FindCursor<TSchema = any> extends ExplainableCursor<TSchema> {
  #private;
  /** @internal */
  protected readonly scope: Scope;
  /** @internal */
  protected readonly cursorOptions: FindCommandOptions;
  /** @internal */
  constructor(
    executor: Executor,
    scope: Scope,
    filter: Document,
    options?: FindCommandOptions | null
  );
  clone(): FindCursor<TSchema>;
  map<T>(transform: (document: TSchema) => T): FindCursor<T>;
  /** @internal */
  protected openOperation(): Operation;
  /** @internal */
  protected explainOperation(explain: Explain): Operation;
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
  /** @internal */
  protected readonly scope: Scope;
  /** @internal */
  constructor(executor: Executor, scope: Scope, options?: ListIndexesOptions | null);
  clone(): ListIndexesCursor;
  /** @internal */
  protected openOperation(): Operation;
}
declare class Admin {
  #private;
  /** @internal */
  constructor(executor: Executor, settings: Settings);
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
  /** The server's databases. */
  listDatabases(options?: ListDatabasesOptions): Promise<ListDatabasesResult>;
}
declare class ListCollectionsCursor<
  T extends Pick<CollectionInfo, 'name' | 'type'> | CollectionInfo =
    Pick<CollectionInfo, 'name' | 'type'> | CollectionInfo
> extends AbstractCursor<T> {
  readonly filter: Document;
  /** @internal */
  protected readonly cursorOptions: CursorOptions & ListCollectionsOptions;
  /** @internal */
  constructor(
    executor: Executor,
    scope: DatabaseScope,
    filter: Document,
    options?: ListCollectionsOptions | null
  );
  clone(): ListCollectionsCursor<T>;
  /** @internal */
  protected openOperation(): Operation;
}
/** What `new PolyPool`, `createPool` and `connect` take: the driver's options and polypool's own. */
export interface PolyPoolOptions extends MongoClientOptions {
  /**
   * Whether to share the process's pool for the same connection string and options. A sharer's
   * `close()` gives back its hold only.
   * @defaultValue true for `connect` and `createPool`, false for `new PolyPool`
   */
  shared?: boolean;
}
interface ServerLimits {
  /** Bytes of the largest document. */
  maxBsonObjectSize: number;
  /** Statements of the largest write command. */
  maxWriteBatchSize: number;
}
export declare class PolyPool extends EventEmitter implements Executor {
  #private;
  /** What databases inherit. @internal */
  readonly settings: Settings;
  /** Limits of the deployment. */
  readonly limits: ServerLimits;
  /**
   * Parses the connection string and the options; connects nothing until `connect()` or the first
   * operation. Has a pool of its own unless `shared: true`.
   * @throws MongoParseError, MongoInvalidArgumentError naming the part or the option at fault
   */
  constructor(uri: string, options?: PolyPoolOptions);
  /** Makes a pool of its own and connects it. */
  static connect(uri: string, options?: PolyPoolOptions): Promise<PolyPool>;
  /**
   * Connects and logs in, so that what is wrong shows now. Not needed: operations connect.
   * After `close()` it opens the pool again.
   */
  connect(): Promise<this>;
  /** @internal */
  hold(): Hold;
  /**
   * Makes a task of the pool panic. Proves on any build that a defect rejects one promise, with a
   * `PolyPoolInternalError`, and harms nothing else.
   * @internal
   */
  injectPanic(): Promise<never>;
  /**
   * Interrupts what runs, ends this pool's cursors on their servers and gives the connections
   * back; of a shared pool only the last holder's close ends them.
   * @param _force - has no effect, as in the driver
   */
  close(_force?: boolean): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
  /**
   * A database. Does nothing on the server.
   * @param name - defaults to the connection string's, and that to `test`
   */
  db(name?: string, options?: DbOptions): Db;
  /** The options with every default in place. */
  get options(): Readonly<MongoOptions & MongoClientOptions>;
  /** Makes the `_id`s of documents without one; undefined stands for ObjectIds. @internal */
  get pkFactory(): PkFactory | undefined;
  /** Leaves the `_id`s of documents without one to the server. @internal */
  get forceServerObjectId(): boolean;
  get bsonOptions(): BSONSerializeOptions;
  get readConcern(): ReadConcern | undefined;
  get writeConcern(): WriteConcern | undefined;
  get readPreference(): ReadPreference;
  /** No effect, as in the driver. */
  get timeoutMS(): undefined;
}
export declare class Db {
  #private;
  /** The pool it runs on. */
  readonly client: PolyPool;
  /** Its place, and what it hands down. @internal */
  readonly scope: DatabaseScope;
  /** @internal */
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
  /** No effect, as in the driver. */
  get timeoutMS(): undefined;
  /** A collection. Does nothing on the server. */
  collection<TSchema extends Document = Document>(
    name: string,
    options?: CollectionOptions
  ): Collection<TSchema>;
  /** Runs a command as it is given: it inherits no concern and no read preference. */
  command(command: Document, options?: RunCommandOptions & Abortable): Promise<Document>;
  /** A cursor over what a pipeline without a collection gives. Sends nothing until it is read. */
  aggregate<T extends Document = Document>(
    pipeline?: Document[],
    options?: AggregateOptions & Abortable
  ): AggregationCursor<T>;
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
  /** Creates an index of a collection and gives its name. */
  createIndex(
    name: string,
    keys: IndexSpecification,
    options?: CreateIndexesOptions
  ): Promise<string>;
}
type RawBSON = Uint8Array;
export declare class Collection<TSchema extends Document = Document> {
  #private;
  /** The database it was made by. */
  readonly db: Db;
  /** The pool it runs on. */
  readonly client: PolyPool;
  /** @internal */
  constructor(db: Db, name: string, options?: CollectionOptions | null);
  get dbName(): string;
  get collectionName(): string;
  /** Database and collection, with a dot between them. */
  get namespace(): string;
  get fullNamespace(): MongoDBCollectionNamespace;
  get readConcern(): ReadConcern | undefined;
  get readPreference(): ReadPreference;
  get bsonOptions(): BSONSerializeOptions;
  get writeConcern(): WriteConcern | undefined;
  /** Kept and normalised, and, as in the driver, not part of any operation. */
  get hint(): Hint | undefined;
  set hint(hint: Hint | undefined);
  /** No effect, as in the driver. */
  get timeoutMS(): undefined;
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
    options?: Omit<FindOneOptions, 'timeoutMode'> & Abortable
  ): Promise<WithId<TSchema> | null>;
  findOne<T = TSchema>(
    filter?: Filter<TSchema>,
    options?: Omit<FindOneOptions, 'timeoutMode'> & Abortable
  ): Promise<T | null>;
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
      full: false;
    }
  ): Promise<IndexDescriptionCompact>;
  indexes(
    options?: IndexInformationOptions & {
      full?: true;
    }
  ): Promise<IndexDescriptionInfo[]>;
  /** Drops the collection. False when there was none. */
  drop(options?: DropCollectionOptions): Promise<boolean>;
}
/**
 * The process's pool for a connection string and options, connected. The same call gives the same
 * pool, also from another copy of this module; after its `close()`, a new one.
 * @param uri - defaults to the environment's `MONGODB_URI`
 * @param options - `shared: false` gives a pool of the caller's own
 */
export declare function connect(uri?: string, options?: PolyPoolOptions): Promise<PolyPool>;
/**
 * A pool that shares the process's connections for the same connection string and options, with a
 * `close()` and listeners of its own. Connects with its first operation.
 * @param options - `shared: false` gives connections of its own
 */
export declare function createPool(uri: string, options?: PolyPoolOptions): PolyPool;
type PolyPoolErrorClass = ReturnType<typeof definePolyPoolErrors>['PolyPoolError'];
/** The base class of polypool's own errors; extends the driver's `MongoError`. */
export type PolyPoolError = InstanceType<PolyPoolErrorClass>;
declare function definePolyPoolErrors(): {
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

export {
  BSONRegExp,
  BSONSymbol,
  Binary,
  Code,
  DBRef,
  Decimal128,
  Double,
  Int32,
  Long,
  MaxKey,
  MinKey,
  ObjectId,
  PolyPool as MongoClient,
  Timestamp,
  UUID
};

export {};
