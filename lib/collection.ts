/**
 * A collection: the driver's methods, each a thin layer over an operation and the executor. It
 * holds its place and what it inherits, and no state of the server's. It is long because the
 * driver's class has that many methods, each with its documentation.
 */
/* eslint-disable max-lines -- see above */
import type {
  AggregateOptions,
  AnyBulkWriteOperation,
  BulkWriteOptions,
  BulkWriteResult,
  ChangeStreamDocument,
  CollectionOptions,
  CountDocumentsOptions,
  CountOptions,
  CreateIndexesOptions,
  CreateIndexOptions,
  DeleteOptions,
  DeleteResult,
  DistinctOptions,
  DropCollectionOptions,
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
  ListIndexesOptions,
  ListSearchIndexesOptions,
  ModifyResult,
  OperationOptions,
  OptionalUnlessRequiredId,
  ReadConcern,
  ReadPreference,
  RenameOptions,
  ReplaceOptions,
  SearchIndexDescription,
  Sort,
  UpdateFilter,
  UpdateOptions,
  UpdateResult,
  WithId,
  WithoutId,
  WriteConcern
} from 'mongodb';
import type { Abortable } from './abort';
import type { BSONSerializeOptions, Document } from './bson/options';
import { OrderedBulkOperation } from './bulk/ordered';
import { UnorderedBulkOperation } from './bulk/unordered';
import { watch, type ChangeStream } from './change-stream';
import type { WatchOptions } from './change-streams/options';
import { toReadConcern, toWriteConcern } from './concern';
import { AggregationCursor } from './cursor/aggregation-cursor';
import { FindCursor } from './cursor/find-cursor';
import { ListIndexesCursor } from './cursor/list-indexes-cursor';
import { ListSearchIndexesCursor } from './cursor/list-search-indexes-cursor';
import type { Db } from './db';
import { driverErrors, invalidArgument } from './error';
import { MongoDBCollectionNamespace } from './namespace';
import {
  countDocumentsOperation,
  countOperation,
  estimatedCountOperation,
  readCount,
  readCountDocuments
} from './operations/count';
import { coalescible, findTogether, type CoalesceOptions } from './operations/coalesce';
import { deleteOperation, readDelete } from './operations/delete';
import { distinctOperation, readDistinct } from './operations/distinct';
import { isNamespaceNotFound } from './operations/drop';
import { executeCommand, executeCursor } from './operations/execute';
import { findOneOperation } from './operations/find';
import {
  findOneAndDeleteOperation,
  findOneAndReplaceOperation,
  findOneAndUpdateOperation,
  readFindAndModify
} from './operations/find-and-modify';
import { normalizeHint } from './operations/hint';
import {
  createIndexesOperation,
  dropIndexesOperation,
  indexKeys,
  isThrownByDropIndexes
} from './operations/indexes';
import { insertOneOperation, readInsertOne } from './operations/insert';
import { insertMany } from './operations/insert-many';
import { executeOneJSON, jsonRequest, type JSONOptions } from './operations/json';
import { collectionScope, NO_SETTINGS, type Scope } from './operations/operation';
import { renameOperation } from './operations/rename';
import {
  createSearchIndexesOperation,
  dropSearchIndexOperation,
  readCreateSearchIndexes,
  updateSearchIndexOperation
} from './operations/search-indexes';
import { readUpdate, updateOperation } from './operations/update';
import type { PolyPool } from './pool';
import { toReadPreference } from './read-preference';

/** Documents as BSON bytes, where `raw: true` allows them. */
type RawBSON = Uint8Array;

export class Collection<TSchema extends Document = Document> {
  /** The database it was made by. */
  readonly db: Db;
  /** The pool it runs on. */
  readonly client: PolyPool;
  readonly #scope: Scope;
  /** As given, for the collection that {@link rename} gives. */
  readonly #options: (CollectionOptions & CoalesceOptions) | null | undefined;
  /** See {@link hint}. */
  #hint: Hint | undefined;

  /** @internal */
  constructor(db: Db, name: string, options?: (CollectionOptions & CoalesceOptions) | null) {
    if (typeof name !== 'string') throw invalidArgument('Argument "name" must be a string');
    this.db = db;
    this.client = db.client;
    this.#options = options;
    this.#scope = collectionScope(options, db.scope, name);
  }

  get dbName(): string {
    return this.#scope.database;
  }

  get collectionName(): string {
    return this.#scope.collection;
  }

  /** Database and collection, with a dot between them. */
  get namespace(): string {
    return this.fullNamespace.toString();
  }

  /** @internal */
  get fullNamespace(): MongoDBCollectionNamespace {
    return new MongoDBCollectionNamespace(this.#scope.database, this.#scope.collection);
  }

  get readConcern(): ReadConcern | undefined {
    return toReadConcern(this.#scope.readConcern);
  }

  get readPreference(): ReadPreference {
    return toReadPreference(this.#scope.readPreference);
  }

  get bsonOptions(): BSONSerializeOptions {
    return this.#scope.bson.given;
  }

  get writeConcern(): WriteConcern | undefined {
    return toWriteConcern(this.#scope.writeConcern);
  }

  /** Kept and normalised, and, as in the driver, not part of any operation. */
  get hint(): Hint | undefined {
    return this.#hint;
  }

  set hint(hint: Hint | undefined) {
    this.#hint = normalizeHint(hint);
  }

  /** Milliseconds that an operation may take in all; undefined without limit. */
  get timeoutMS(): number | undefined {
    return this.#scope.timeoutMS;
  }

  /**
   * Inserts a document. One without `_id` gets it here, and keeps it.
   * @param doc - with `raw: true` it may be BSON bytes, which stay as they are
   * @throws MongoServerError when the server refuses it
   */
  async insertOne(
    doc: OptionalUnlessRequiredId<TSchema> | RawBSON,
    options?: InsertOneOptions
  ): Promise<InsertOneResult<TSchema>> {
    const insert = insertOneOperation(this.#scope, doc, options);
    return readInsertOne(insert, await executeCommand(this.client, insert.operation));
  }

  /**
   * Inserts documents, in as few commands as the server's limits allow.
   * @param docs - with `raw: true` each may be BSON bytes, which stay as they are
   * @throws MongoBulkWriteError when the server refuses some of them
   */
  async insertMany(
    docs: ReadonlyArray<OptionalUnlessRequiredId<TSchema> | RawBSON>,
    options?: BulkWriteOptions
  ): Promise<InsertManyResult<TSchema>> {
    return await insertMany(this.client, this.#scope, docs, options, this.client.limits);
  }

  /**
   * Runs many writes of any kind, in as few commands as their order and the server's limits allow.
   * @param operations - with `raw: true` documents and updates may be BSON bytes
   * @throws MongoInvalidArgumentError for what can't be sent; nothing is sent then
   * @throws MongoBulkWriteError when the server refuses some of them
   */
  async bulkWrite(
    operations: ReadonlyArray<AnyBulkWriteOperation<TSchema>>,
    options?: BulkWriteOptions
  ): Promise<BulkWriteResult> {
    if (!Array.isArray(operations)) {
      throw invalidArgument('Argument "operations" must be an array of documents');
    }
    const bulk =
      options?.ordered === false
        ? this.initializeUnorderedBulkOp(options)
        : this.initializeOrderedBulkOp(options);
    for (const operation of operations as AnyBulkWriteOperation[]) bulk.raw(operation);
    return await bulk.execute();
  }

  /**
   * Begins a bulk write whose statements run in their order.
   * @throws MongoNotConnectedError after `close()`
   */
  initializeOrderedBulkOp(options?: BulkWriteOptions): OrderedBulkOperation {
    return new OrderedBulkOperation(this.client, this.#scope, options, this.client.limits);
  }

  /**
   * Begins a bulk write whose statements run in any order.
   * @throws MongoNotConnectedError after `close()`
   */
  initializeUnorderedBulkOp(options?: BulkWriteOptions): UnorderedBulkOperation {
    return new UnorderedBulkOperation(this.client, this.#scope, options, this.client.limits);
  }

  /**
   * Changes the first document that matches.
   * @param update - operators or a pipeline; with `raw: true` it may be BSON bytes
   */
  async updateOne(
    filter: Filter<TSchema>,
    update: UpdateFilter<TSchema> | Document[] | RawBSON,
    options?: UpdateOptions & { sort?: Sort }
  ): Promise<UpdateResult<TSchema>> {
    const operation = updateOperation(this.#scope, {}, filter, update, options);
    return readUpdate(operation, await executeCommand(this.client, operation));
  }

  /**
   * Changes every document that matches.
   * @param update - operators or a pipeline; with `raw: true` it may be BSON bytes
   */
  async updateMany(
    filter: Filter<TSchema>,
    update: UpdateFilter<TSchema> | Document[] | RawBSON,
    options?: UpdateOptions
  ): Promise<UpdateResult<TSchema>> {
    const operation = updateOperation(this.#scope, { multi: true }, filter, update, options);
    return readUpdate(operation, await executeCommand(this.client, operation));
  }

  /**
   * Replaces the first document that matches.
   * @param replacement - with `raw: true` it may be BSON bytes
   */
  async replaceOne(
    filter: Filter<TSchema>,
    replacement: WithoutId<TSchema> | RawBSON,
    options?: ReplaceOptions
  ): Promise<UpdateResult<TSchema>> {
    const kind = { replace: true } as const;
    const operation = updateOperation(this.#scope, kind, filter, replacement, options);
    return readUpdate(operation, await executeCommand(this.client, operation));
  }

  /** Deletes the first document that matches. */
  async deleteOne(filter: Filter<TSchema> = {}, options?: DeleteOptions): Promise<DeleteResult> {
    const operation = deleteOperation(this.#scope, 1, filter, options);
    return readDelete(operation, await executeCommand(this.client, operation));
  }

  /** Deletes every document that matches. */
  async deleteMany(filter: Filter<TSchema> = {}, options?: DeleteOptions): Promise<DeleteResult> {
    const operation = deleteOperation(this.#scope, 0, filter, options);
    return readDelete(operation, await executeCommand(this.client, operation));
  }

  /** The first document that matches, or null. */
  async findOne(
    filter?: Filter<TSchema>,
    options?: Omit<FindOneOptions, 'timeoutMode'> & Abortable & CoalesceOptions
  ): Promise<WithId<TSchema> | null>;
  async findOne<T = TSchema>(
    filter?: Filter<TSchema>,
    options?: Omit<FindOneOptions, 'timeoutMode'> & Abortable & CoalesceOptions
  ): Promise<T | null>;
  async findOne(
    filter: Filter<TSchema> = {},
    options?: FindOneOptions & Abortable & CoalesceOptions
  ): Promise<Document | null> {
    if (options?.coalesce ?? this.#scope.coalesce) {
      const read = coalescible(this.client, this.#scope, filter, options);
      const found = read && (await findTogether(this.client, this.#scope, read));
      if (found !== undefined) return found;
    }
    const operation = findOneOperation(this.#scope, filter, options);
    if (operation.command['explain'] !== undefined) {
      return await executeCommand(this.client, operation);
    }
    const batch = await executeCursor(this.client, operation);
    return batch.documents[0] ?? null;
  }

  /**
   * The first document that matches as JSON in UTF-8, made off the JavaScript thread; or null.
   * @throws MongoAPIError with the option `raw`
   */
  async findOneJSON(
    filter: Filter<TSchema> = {},
    options?: Omit<FindOneOptions, 'timeoutMode'> & Abortable & JSONOptions
  ): Promise<Buffer | null> {
    const request = jsonRequest(options, false);
    const operation = findOneOperation(this.#scope, filter, options);
    return await executeOneJSON(this.client, operation, request);
  }

  /** A cursor over the documents that match. Sends nothing until it is read. */
  find(filter?: Filter<TSchema>, options?: FindOptions & Abortable): FindCursor<WithId<TSchema>>;
  find<T extends Document>(
    filter: Filter<TSchema>,
    options?: FindOptions & Abortable
  ): FindCursor<T>;
  find(
    filter: Filter<TSchema> = {},
    options?: FindOptions & Abortable
  ): FindCursor<WithId<TSchema>> {
    return new FindCursor(this.client, this.#scope, filter, options);
  }

  /**
   * A cursor over what a pipeline gives. Sends nothing until it is read.
   * @throws MongoInvalidArgumentError for a pipeline that is not an array
   */
  aggregate<T extends Document = Document>(
    pipeline: Document[] = [],
    options?: AggregateOptions & Abortable
  ): AggregationCursor<T> {
    if (!Array.isArray(pipeline)) {
      throw invalidArgument('Argument "pipeline" must be an array of aggregation stages');
    }
    const { collection } = this.#scope;
    // An empty name stands for the database, as in the driver.
    return new AggregationCursor(this.client, this.#scope, collection || 1, pipeline, options);
  }

  /**
   * The changes to the collection from now on, or from where the options say. Sends nothing until
   * it is read.
   * @param pipeline - stages that the events go through; may be left out
   */
  watch<TLocal extends Document = TSchema, TChange extends Document = ChangeStreamDocument<TLocal>>(
    pipeline: Document[] = [],
    options: WatchOptions = {}
  ): ChangeStream<TLocal, TChange> {
    const { collection } = this.#scope;
    return watch(this, this.client, { scope: this.#scope, collection }, pipeline, options);
  }

  /** How many documents match, counted. */
  async countDocuments(
    filter: Filter<TSchema> = {},
    options?: CountDocumentsOptions & Abortable
  ): Promise<number> {
    const operation = countDocumentsOperation(this.#scope, filter, options);
    // As in the driver, which looks for a count in the plan.
    if ('explain' in operation.command) {
      return readCountDocuments([await executeCommand(this.client, operation)]);
    }
    return readCountDocuments((await executeCursor(this.client, operation)).documents);
  }

  /** How many documents the collection's metadata knows of. */
  async estimatedDocumentCount(options?: EstimatedDocumentCountOptions): Promise<number> {
    const operation = estimatedCountOperation(this.#scope, options);
    return readCount(await executeCommand(this.client, operation));
  }

  /** @deprecated use {@link countDocuments} or {@link estimatedDocumentCount} */
  async count(filter: Filter<TSchema> = {}, options?: CountOptions): Promise<number> {
    const operation = countOperation(this.#scope, filter, options ?? {});
    return readCount(await executeCommand(this.client, operation));
  }

  /** The different values of a field among the documents that match. */
  distinct<Key extends keyof WithId<TSchema>>(
    key: Key,
    filter?: Filter<TSchema>,
    options?: DistinctOptions
  ): Promise<Array<Flatten<WithId<TSchema>[Key]>>>;
  distinct<Key extends keyof WithId<TSchema>>(
    key: Key,
    filter: Filter<TSchema>,
    options: DistinctOptions & { explain: ExplainVerbosityLike | ExplainCommandOptions }
  ): Promise<Document>;
  // eslint-disable-next-line @typescript-eslint/no-explicit-any -- the driver's signature for paths it can't type
  distinct(key: string, filter?: Filter<TSchema>, options?: DistinctOptions): Promise<any[]>;
  async distinct(
    key: string,
    filter: Filter<TSchema> = {},
    options?: DistinctOptions
  ): Promise<unknown> {
    const operation = distinctOperation(this.#scope, key, filter, options);
    return readDistinct(operation, await executeCommand(this.client, operation));
  }

  /** Deletes the first document that matches and gives it back, or null. */
  async findOneAndDelete(
    filter: Filter<TSchema>,
    options: FindOneAndDeleteOptions & { includeResultMetadata: true }
  ): Promise<ModifyResult<TSchema>>;
  async findOneAndDelete(
    filter: Filter<TSchema>,
    options?: FindOneAndDeleteOptions
  ): Promise<WithId<TSchema> | null>;
  async findOneAndDelete(
    filter: Filter<TSchema>,
    options?: FindOneAndDeleteOptions
  ): Promise<Document | null> {
    const operation = findOneAndDeleteOperation(this.#scope, filter, options);
    return readFindAndModify(await executeCommand(this.client, operation), options);
  }

  /** Replaces the first document that matches and gives back the old one, or the new. */
  async findOneAndReplace(
    filter: Filter<TSchema>,
    replacement: WithoutId<TSchema>,
    options: FindOneAndReplaceOptions & { includeResultMetadata: true }
  ): Promise<ModifyResult<TSchema>>;
  async findOneAndReplace(
    filter: Filter<TSchema>,
    replacement: WithoutId<TSchema>,
    options?: FindOneAndReplaceOptions
  ): Promise<WithId<TSchema> | null>;
  async findOneAndReplace(
    filter: Filter<TSchema>,
    replacement: WithoutId<TSchema>,
    options?: FindOneAndReplaceOptions
  ): Promise<Document | null> {
    const operation = findOneAndReplaceOperation(this.#scope, filter, replacement, options);
    return readFindAndModify(await executeCommand(this.client, operation), options);
  }

  /** Changes the first document that matches and gives back the old one, or the new. */
  async findOneAndUpdate(
    filter: Filter<TSchema>,
    update: UpdateFilter<TSchema> | Document[],
    options: FindOneAndUpdateOptions & { includeResultMetadata: true }
  ): Promise<ModifyResult<TSchema>>;
  async findOneAndUpdate(
    filter: Filter<TSchema>,
    update: UpdateFilter<TSchema> | Document[],
    options?: FindOneAndUpdateOptions
  ): Promise<WithId<TSchema> | null>;
  async findOneAndUpdate(
    filter: Filter<TSchema>,
    update: UpdateFilter<TSchema> | Document[],
    options?: FindOneAndUpdateOptions
  ): Promise<Document | null> {
    const operation = findOneAndUpdateOperation(this.#scope, filter, update, options);
    return readFindAndModify(await executeCommand(this.client, operation), options);
  }

  /** Creates an index, if there is none like it, and gives its name. */
  createIndex(keys: IndexSpecification, options?: CreateIndexesOptions): Promise<string>;
  createIndex(
    keys: IndexSpecification,
    indexOptions: IndexOptions | undefined,
    commandOptions: CreateIndexOptions | undefined
  ): Promise<string>;
  async createIndex(
    keys: IndexSpecification,
    indexOptions?: CreateIndexesOptions | IndexOptions,
    commandOptions?: CreateIndexOptions
  ): Promise<string> {
    const separate = commandOptions !== undefined && commandOptions !== null;
    const description = { ...indexOptions, key: indexKeys(keys) } as IndexDescription;
    const { operation, names } = createIndexesOperation(
      this.#scope,
      [description],
      separate ? commandOptions : indexOptions,
      separate
    );
    await executeCommand(this.client, operation);
    return names[0]!;
  }

  /** Creates indexes and gives their names. */
  async createIndexes(
    indexes: IndexDescription[],
    options?: CreateIndexesOptions,
    allowUnknownIndexOptions = false
  ): Promise<string[]> {
    const { operation, names } = createIndexesOperation(
      this.#scope,
      indexes,
      options && { ...options, maxTimeMS: undefined },
      allowUnknownIndexOptions
    );
    await executeCommand(this.client, operation);
    return names;
  }

  async dropIndex(indexName: string, options?: DropIndexesOptions): Promise<Document> {
    const operation = dropIndexesOperation(this.#scope, indexName, options);
    return await executeCommand(this.client, operation);
  }

  /**
   * Drops all indexes but the one on `_id`. False, as in the installed driver, when that failed.
   * @throws MongoOperationTimeoutError; what else failed with mongodb 7.9 or later, unless there was no collection
   */
  async dropIndexes(options?: DropIndexesOptions): Promise<boolean> {
    try {
      await executeCommand(this.client, dropIndexesOperation(this.#scope, '*', options));
      return true;
    } catch (error) {
      if (isThrownByDropIndexes(error)) throw error;
      return false;
    }
  }

  /** A cursor over the collection's indexes. */
  listIndexes(options?: ListIndexesOptions): ListIndexesCursor {
    return new ListIndexesCursor(this as unknown as Collection, this.#scope, options);
  }

  /** The collection's indexes; with `full: false`, their keys by name. */
  indexes(options: IndexInformationOptions & { full?: true }): Promise<IndexDescriptionInfo[]>;
  indexes(options: IndexInformationOptions & { full: false }): Promise<IndexDescriptionCompact>;
  indexes(
    options: IndexInformationOptions
  ): Promise<IndexDescriptionCompact | IndexDescriptionInfo[]>;
  indexes(options?: ListIndexesOptions): Promise<IndexDescriptionInfo[]>;
  async indexes(
    options?: IndexInformationOptions
  ): Promise<IndexDescriptionCompact | IndexDescriptionInfo[]> {
    const indexes = (await this.listIndexes(options).toArray()) as IndexDescriptionInfo[];
    if (options?.full ?? true) return indexes;
    return Object.fromEntries(
      indexes.map(({ name, key }) => [name, Object.entries(key)])
    ) as IndexDescriptionCompact;
  }

  /** Drops the collection. False when there was none. */
  async drop(options?: DropCollectionOptions): Promise<boolean> {
    return await this.db.dropCollection(this.collectionName, options);
  }

  /** Gives the collection another name. Inherits nothing, as in the driver. */
  async rename(newName: string, options?: RenameOptions): Promise<Collection> {
    await executeCommand(this.client, renameOperation(this.#scope, newName, options));
    return new Collection(this.db, newName, this.#options);
  }

  /**
   * What the collection was created with.
   * @throws MongoAPIError when it does not exist
   */
  async options(options?: OperationOptions): Promise<Document> {
    const [collection] = await this.db
      .listCollections({ name: this.collectionName }, { ...options, nameOnly: false })
      .toArray();
    if (collection?.options !== undefined) return collection.options;
    const { MongoAPIError } = driverErrors();
    throw new MongoAPIError(`collection ${this.namespace} not found`);
  }

  async isCapped(options?: OperationOptions): Promise<boolean> {
    return Boolean((await this.options(options))['capped']);
  }

  /** Whether all indexes of these names are there. */
  async indexExists(indexes: string | string[], options?: ListIndexesOptions): Promise<boolean> {
    const names = new Set<unknown>();
    for (const { name } of await this.indexes(options)) names.add(name);
    return (Array.isArray(indexes) ? indexes : [indexes]).every(name => names.has(name));
  }

  /** The collection's indexes: their keys by name or, with `full: true`, all about them. */
  indexInformation(
    options: IndexInformationOptions & { full: true }
  ): Promise<IndexDescriptionInfo[]>;
  indexInformation(
    options?: IndexInformationOptions & { full?: false }
  ): Promise<IndexDescriptionCompact>;
  indexInformation(
    options: IndexInformationOptions
  ): Promise<IndexDescriptionCompact | IndexDescriptionInfo[]>;
  async indexInformation(
    options?: IndexInformationOptions
  ): Promise<IndexDescriptionCompact | IndexDescriptionInfo[]> {
    return await this.indexes({ ...options, full: options?.full ?? false });
  }

  /** A cursor over Atlas Search's indexes of the collection, all or the one of this name. */
  listSearchIndexes(options?: ListSearchIndexesOptions): ListSearchIndexesCursor;
  listSearchIndexes(name: string, options?: ListSearchIndexesOptions): ListSearchIndexesCursor;
  listSearchIndexes(
    nameOrOptions?: string | ListSearchIndexesOptions,
    options?: ListSearchIndexesOptions
  ): ListSearchIndexesCursor {
    const separate = typeof nameOrOptions !== 'object';
    const name = separate ? (nameOrOptions ?? null) : null;
    return new ListSearchIndexesCursor(
      this.client,
      this.#place(),
      name,
      separate ? options : nameOrOptions
    );
  }

  /** Has a search index built and gives its name; the server goes on building after it. */
  async createSearchIndex(description: SearchIndexDescription): Promise<string> {
    const [index] = await this.createSearchIndexes([description]);
    return index!;
  }

  async createSearchIndexes(descriptions: SearchIndexDescription[]): Promise<string[]> {
    const operation = createSearchIndexesOperation(this.#scope, descriptions);
    return readCreateSearchIndexes(await executeCommand(this.client, operation));
  }

  async updateSearchIndex(name: string, definition: Document): Promise<void> {
    const operation = updateSearchIndexOperation(this.#scope, name, definition);
    await executeCommand(this.client, operation);
  }

  /** No error when there is no such collection. */
  async dropSearchIndex(name: string): Promise<void> {
    try {
      await executeCommand(this.client, dropSearchIndexOperation(this.#scope, name));
    } catch (error) {
      if (!isNamespaceNotFound(error)) throw error;
    }
  }

  /** The collection without what it inherits, but for its client's retries. */
  #place(): Scope {
    const { database, collection, retryReads, retryWrites } = this.#scope;
    return { ...NO_SETTINGS, database, collection, retryReads, retryWrites };
  }
}
