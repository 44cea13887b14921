/**
 * A database: collections, and commands that are no collection's. It holds its name and what it
 * inherits, and no state of the server's.
 */
import type {
  AggregateOptions,
  ChangeStreamDocument,
  CollectionInfo,
  CollectionOptions,
  CreateCollectionOptions,
  CreateIndexesOptions,
  DbOptions,
  DbStatsOptions,
  DropCollectionOptions,
  DropDatabaseOptions,
  IndexDescriptionCompact,
  IndexDescriptionInfo,
  IndexDescription,
  IndexInformationOptions,
  IndexSpecification,
  ListCollectionsOptions,
  ProfilingLevel,
  ProfilingLevelOptions,
  ReadConcern,
  ReadPreference,
  RemoveUserOptions,
  RenameOptions,
  RunCommandOptions,
  RunCursorCommandOptions,
  SetProfilingLevelOptions,
  WriteConcern
} from 'mongodb';
import type { Abortable } from './abort';
import { Admin } from './admin';
import type { BSONSerializeOptions, Document } from './bson/options';
import { watch, type ChangeStream } from './change-stream';
import type { WatchOptions } from './change-streams/options';
import { Collection } from './collection';
import { toReadConcern, toWriteConcern } from './concern';
import { AggregationCursor } from './cursor/aggregation-cursor';
import { ListCollectionsCursor } from './cursor/list-collections-cursor';
import { RunCommandCursor } from './cursor/run-command-cursor';
import { invalidArgument } from './error';
import { DATABASE } from './operations/aggregate';
import type { CoalesceOptions } from './operations/coalesce';
import { createCollectionOperation } from './operations/create-collection';
import {
  dropCollectionOperation,
  dropDatabaseOperation,
  isNamespaceNotFound
} from './operations/drop';
import { executeCommand } from './operations/execute';
import { createIndexesOperation, indexKeys } from './operations/indexes';
import { databaseScope, inherit, NO_SETTINGS, type DatabaseScope } from './operations/operation';
import {
  profilingLevelOperation,
  readProfilingLevel,
  setProfilingLevelOperation
} from './operations/profiling-level';
import { removeUserOperation } from './operations/remove-user';
import { renameOperation } from './operations/rename';
import { runCommandOperation } from './operations/run-command';
import { statsOperation } from './operations/stats';
import type { PolyPool } from './pool';
import { toReadPreference } from './read-preference';

/** The options of a client that its databases have, too (mongodb 7.8, `Db`). */
const OPTION_NAMES = [
  'writeConcern',
  'readPreference',
  'readPreferenceTags',
  'forceServerObjectId',
  'pkFactory',
  'serializeFunctions',
  'raw',
  'authSource',
  'ignoreUndefined',
  'readConcern',
  'useBigInt64',
  'promoteBuffers',
  'promoteLongs',
  'bsonRegExp',
  'enableUtf8Validation',
  'promoteValues',
  'retryWrites'
] as const;

export class Db {
  static SYSTEM_NAMESPACE_COLLECTION = 'system.namespaces';
  static SYSTEM_INDEX_COLLECTION = 'system.indexes';
  static SYSTEM_PROFILE_COLLECTION = 'system.profile';
  static SYSTEM_USER_COLLECTION = 'system.users';
  static SYSTEM_COMMAND_COLLECTION = '$cmd';
  static SYSTEM_JS_COLLECTION = 'system.js';

  /** The pool it runs on. */
  readonly client: PolyPool;
  /** Its place, and what it hands down. @internal */
  readonly scope: DatabaseScope;
  readonly #options: DbOptions | undefined;

  /** As `client.db(databaseName, options)`. */
  constructor(client: PolyPool, databaseName: string, options?: DbOptions) {
    if (typeof databaseName !== 'string') throw invalidArgument('Argument "name" must be a string');
    if (databaseName.includes('.')) {
      throw invalidArgument("Database names cannot contain the character '.'");
    }
    this.client = client;
    this.#options = options;
    this.scope = databaseScope(inherit(options, client.settings), databaseName);
  }

  get databaseName(): string {
    return this.scope.database;
  }

  get namespace(): string {
    return this.scope.database;
  }

  /** The client's options as far as they concern databases, and its own over them. */
  get options(): DbOptions {
    const all: Document = { ...this.client.options, ...this.#options };
    return Object.fromEntries(
      OPTION_NAMES.filter(name => all[name] !== undefined).map(name => [name, all[name]])
    );
  }

  /** Whether reads may go to a secondary. */
  get secondaryOk(): boolean {
    return this.readPreference.mode !== 'primary';
  }

  get readConcern(): ReadConcern | undefined {
    return toReadConcern(this.scope.readConcern);
  }

  get readPreference(): ReadPreference {
    return toReadPreference(this.scope.readPreference);
  }

  get bsonOptions(): BSONSerializeOptions {
    return this.scope.bson.given;
  }

  get writeConcern(): WriteConcern | undefined {
    return toWriteConcern(this.scope.writeConcern);
  }

  /** Milliseconds that an operation may take in all; undefined without limit. */
  get timeoutMS(): number | undefined {
    return this.scope.timeoutMS;
  }

  /** A collection. Does nothing on the server. */
  collection<TSchema extends Document = Document>(
    name: string,
    options?: CollectionOptions & CoalesceOptions
  ): Collection<TSchema> {
    if (typeof options === 'function') {
      throw invalidArgument('The callback form of this helper has been removed.');
    }
    return new Collection<TSchema>(this, name, options);
  }

  /** Runs a command as it is given: it inherits no concern and no read preference. */
  async command(command: Document, options?: RunCommandOptions & Abortable): Promise<Document> {
    const operation = runCommandOperation(
      this.databaseName,
      command,
      options,
      this.scope.bson.library,
      this.scope.timeoutMS
    );
    return await executeCommand(this.client, operation);
  }

  /** A cursor over what a pipeline without a collection gives. Sends nothing until it is read. */
  aggregate<T extends Document = Document>(
    pipeline: Document[] = [],
    options?: AggregateOptions & Abortable
  ): AggregationCursor<T> {
    if (!Array.isArray(pipeline)) {
      throw invalidArgument('Argument "pipeline" must be an array of aggregation stages');
    }
    return new AggregationCursor(this.client, this.scope, DATABASE, pipeline, options);
  }

  /**
   * The changes to the database's collections from now on, or from where the options say. Sends
   * nothing until it is read.
   * @param pipeline - stages that the events go through; may be left out
   */
  watch<
    TSchema extends Document = Document,
    TChange extends Document = ChangeStreamDocument<TSchema>
  >(pipeline: Document[] = [], options: WatchOptions = {}): ChangeStream<TSchema, TChange> {
    return watch(this, this.client, { scope: this.scope }, pipeline, options);
  }

  /** Commands on the `admin` database. */
  admin(): Admin {
    return new Admin(this.client, this.scope);
  }

  /** The database's sizes. */
  async stats(options?: DbStatsOptions): Promise<Document> {
    return await executeCommand(this.client, statsOperation(this.scope, options));
  }

  /**
   * Creates a collection with options that writing to it would not give it.
   * @throws MongoServerError with code 48 when it exists with other options
   */
  async createCollection<TSchema extends Document = Document>(
    name: string,
    options?: CreateCollectionOptions
  ): Promise<Collection<TSchema>> {
    await executeCommand(this.client, createCollectionOperation(this.scope, name, options));
    return this.collection<TSchema>(name, options);
  }

  /** Drops a collection. False when there was none. */
  async dropCollection(name: string, options?: DropCollectionOptions): Promise<boolean> {
    try {
      await executeCommand(this.client, dropCollectionOperation(this.scope, name, options));
      return true;
    } catch (error) {
      if (isNamespaceNotFound(error)) return false;
      throw error;
    }
  }

  async dropDatabase(options?: DropDatabaseOptions): Promise<boolean> {
    try {
      await executeCommand(this.client, dropDatabaseOperation(this.scope, options));
    } finally {
      // It may be gone in spite of an error.
      this.client.tenancy.forget(this.scope.database);
    }
    return true;
  }

  /** A cursor over the database's collections. Sends nothing until it is read. */
  listCollections(
    filter: Document,
    options: ListCollectionsOptions & { nameOnly: true }
  ): ListCollectionsCursor<Pick<CollectionInfo, 'name' | 'type'>>;
  listCollections(
    filter: Document,
    options: ListCollectionsOptions & { nameOnly: false }
  ): ListCollectionsCursor<CollectionInfo>;
  listCollections<
    T extends Pick<CollectionInfo, 'name' | 'type'> | CollectionInfo =
      Pick<CollectionInfo, 'name' | 'type'> | CollectionInfo
  >(filter?: Document, options?: ListCollectionsOptions): ListCollectionsCursor<T>;
  listCollections<T extends Pick<CollectionInfo, 'name' | 'type'> | CollectionInfo>(
    filter: Document = {},
    options?: ListCollectionsOptions
  ): ListCollectionsCursor<T> {
    return new ListCollectionsCursor<T>(this, filter, options);
  }

  /** The database's collections. */
  async collections(options?: ListCollectionsOptions): Promise<Collection[]> {
    const found = await this.listCollections({}, { ...options, nameOnly: true }).toArray();
    return found
      .filter(({ name }) => !name.includes('$'))
      .map(({ name }) => this.collection(name, this.#options));
  }

  /** Creates an index of a collection and gives its name. Inherits nothing, as in the driver. */
  async createIndex(
    name: string,
    indexSpec: IndexSpecification,
    options?: CreateIndexesOptions
  ): Promise<string> {
    const scope = { ...NO_SETTINGS, database: this.databaseName, collection: name };
    const description = { ...options, key: indexKeys(indexSpec) } as IndexDescription;
    const { operation, names } = createIndexesOperation(scope, [description], options);
    await executeCommand(this.client, operation);
    return names[0]!;
  }

  /** The indexes of a collection: their keys by name or, with `full: true`, all about them. */
  indexInformation(
    name: string,
    options: IndexInformationOptions & { full: true }
  ): Promise<IndexDescriptionInfo[]>;
  indexInformation(
    name: string,
    options?: IndexInformationOptions & { full?: false }
  ): Promise<IndexDescriptionCompact>;
  indexInformation(
    name: string,
    options: IndexInformationOptions
  ): Promise<IndexDescriptionCompact | IndexDescriptionInfo[]>;
  async indexInformation(
    name: string,
    options?: IndexInformationOptions
  ): Promise<IndexDescriptionCompact | IndexDescriptionInfo[]> {
    return await this.collection(name).indexInformation(options ?? {});
  }

  /** Gives a collection another name. Inherits nothing, as in the driver. */
  async renameCollection<TSchema extends Document = Document>(
    fromCollection: string,
    toCollection: string,
    options?: RenameOptions
  ): Promise<Collection<TSchema>> {
    const scope = { ...this.scope, collection: fromCollection };
    await executeCommand(this.client, renameOperation(scope, toCollection, options));
    return this.collection<TSchema>(toCollection);
  }

  /** Removes a user of this database. */
  async removeUser(username: string, options?: RemoveUserOptions): Promise<boolean> {
    await executeCommand(this.client, removeUserOperation(this.scope, username, options));
    return true;
  }

  /** Which operations the server's profiler records, of all or of slow ones. */
  async setProfilingLevel(
    level: ProfilingLevel,
    options?: SetProfilingLevelOptions
  ): Promise<ProfilingLevel> {
    await executeCommand(this.client, setProfilingLevelOperation(this.scope, level, options));
    return level;
  }

  async profilingLevel(options?: ProfilingLevelOptions): Promise<string> {
    const operation = profilingLevelOperation(this.scope, options);
    return readProfilingLevel(await executeCommand(this.client, operation));
  }

  /**
   * A cursor over what a command gives that opens one. The command is sent as it is; nothing is
   * sent until the cursor is read.
   */
  runCursorCommand(command: Document, options?: RunCursorCommandOptions): RunCommandCursor {
    return new RunCommandCursor(this.client, this.scope, command, options);
  }
}
