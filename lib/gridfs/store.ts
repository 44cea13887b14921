/**
 * The two collections of a bucket and all that is asked of them, so that whatever every operation
 * of a bucket has to have (a deadline, say) has one place. It uses collections as anybody would; it
 * knows no streams.
 */
import type {
  DeleteResult,
  FindOptions,
  GridFSChunk,
  GridFSFile,
  ReadPreference,
  Sort
} from 'mongodb';
import type { Document } from '../bson/options';
import type { Collection } from '../collection';
import type { WriteConcernSetting } from '../concern';
import type { FindCursor } from '../cursor/find-cursor';
import type { Db } from '../db';
import type { TimeoutOptions } from '../deadline';
import { isNamespaceNotFound } from '../operations/drop';
import { executeCommand } from '../operations/execute';
import { insertOperation } from '../operations/insert';
import { collectionScope, type Scope } from '../operations/operation';
import { throwIfRefused } from '../operations/write-errors';
import { timed, type Limit } from './limit';

/** Which file document to take: the one after `skip` others that match, in the order of `sort`. */
export interface FileQuery {
  readonly filter: Document;
  readonly sort?: Sort | undefined;
  readonly skip?: number | undefined;
}

/** Which of a file's chunks to read, in the order of their numbers. */
export interface ChunkQuery {
  /** The number of the first. */
  readonly first: number;
  /** How many at most; 0 for all that follow. */
  readonly limit: number;
}

/** How durable an insert has to be; undefined for what the collection inherits. */
type Durability = WriteConcernSetting | undefined;

export class Store {
  readonly files: Collection<GridFSFile>;
  readonly chunks: Collection<GridFSChunk>;
  /** Of {@link chunks}; a database of the driver's has none. */
  readonly #chunkScope: Scope | undefined;
  readonly #readPreference: ReadPreference | undefined;
  /** An upload has begun, which sees to the indexes. */
  #prepared = false;

  /** @param readPreference - of downloads; undefined for what the database has */
  constructor(db: Db, bucketName: string, readPreference: ReadPreference | undefined) {
    // Fields of both are read here, so a database that gives its documents as bytes must not.
    this.files = db.collection<GridFSFile>(`${bucketName}.files`, { raw: false });
    // Bytes of chunks are handed on, mostly all of a reply's: views of it do, without a copy.
    const options = { raw: false, promoteBuffers: true };
    this.chunks = db.collection<GridFSChunk>(`${bucketName}.chunks`, options);
    const { scope } = db as Partial<Pick<Db, 'scope'>>;
    this.#chunkScope = scope && collectionScope(options, scope, this.chunks.collectionName);
    this.#readPreference = readPreference;
  }

  async findFile({ filter, sort, skip }: FileQuery, limit: Limit): Promise<GridFSFile | null> {
    const options: FindOptions = this.#readOptions(limit);
    if (sort) options.sort = sort;
    if (skip) options.skip = skip;
    return await this.files.findOne<GridFSFile>(filter, options);
  }

  findChunks(fileId: unknown, { first, limit }: ChunkQuery, time: Limit): FindCursor<GridFSChunk> {
    const filter: Document = { files_id: { $eq: fileId } };
    // By the index: skip() would have the server read what it skips.
    if (first > 0) filter['n'] = { $gte: first };
    return this.chunks
      .find<GridFSChunk>(filter, this.#readOptions(time))
      .sort({ n: 1 })
      .limit(limit);
  }

  #readOptions(limit: Limit): FindOptions & TimeoutOptions {
    const readPreference = this.#readPreference;
    return { ...timed(limit), ...(readPreference && { readPreference }) };
  }

  /**
   * Stores chunks in one command, which they have to fit in; by the driver's client each in its own.
   * @throws MongoServerError for the first that the server refuses, as the insert of a single one does
   */
  async insertChunks(
    chunks: readonly GridFSChunk[],
    writeConcern: Durability,
    limit: Limit
  ): Promise<void> {
    const options = { writeConcern, ...timed(limit) };
    if (this.#chunkScope === undefined) {
      await Promise.all(chunks.map(chunk => this.chunks.insertOne(chunk, options)));
      return;
    }
    const operation = insertOperation(this.#chunkScope, chunks, options);
    const reply = await executeCommand(this.chunks.client, operation);
    // Of a chunk that is inserted alone, its place in the command says nothing.
    for (const error of (reply['writeErrors'] ?? []) as Document[]) error['index'] = 0;
    throwIfRefused(reply);
  }

  async insertFile(file: GridFSFile, writeConcern: Durability, limit: Limit): Promise<void> {
    await this.files.insertOne(file, { writeConcern, ...timed(limit) });
  }

  async deleteFile(id: unknown, limit: Limit): Promise<DeleteResult> {
    return await this.files.deleteOne({ _id: { $eq: id } } as Document, timed(limit));
  }

  async deleteChunks(fileId: unknown, limit: Limit): Promise<void> {
    await this.chunks.deleteMany({ files_id: { $eq: fileId } } as Document, timed(limit));
  }

  /** @returns how many files have that id */
  async renameFile(id: unknown, filename: string, limit: Limit): Promise<number> {
    const filter = { _id: { $eq: id } } as Document;
    const update = { $set: { filename } };
    const { matchedCount } = await this.files.updateOne(filter, update, timed(limit));
    return matchedCount;
  }

  async drop(limit: Limit): Promise<void> {
    await this.files.drop(timed(limit));
    await this.chunks.drop(timed(limit));
  }

  /**
   * Sees to the indexes, before the first upload. As in the driver, one that may not create them
   * goes on without, and none waits for another's.
   * @returns whether this call found or created them
   */
  async prepareUploads(limit: Limit): Promise<boolean> {
    if (this.#prepared) return false;
    this.#prepared = true;
    try {
      await this.#ensureIndexes(limit);
      return true;
    } catch {
      return false;
    }
  }

  /** A bucket that has a file has its indexes, too. */
  async #ensureIndexes(limit: Limit): Promise<void> {
    if (await this.files.findOne({}, { projection: { _id: 1 }, ...timed(limit) })) return;
    await ensureIndex(this.files, { filename: 1, uploadDate: 1 }, {}, limit);
    await ensureIndex(this.chunks, { files_id: 1, n: 1 }, { unique: true }, limit);
  }
}

type Keys = Record<string, 1>;

async function ensureIndex<T extends Document>(
  collection: Collection<T>,
  keys: Keys,
  options: { unique?: boolean },
  limit: Limit
): Promise<void> {
  const indexes = await indexKeys(collection, limit);
  if (!indexes.some(existing => hasKeys(existing, keys))) {
    await collection.createIndex(keys, { ...options, ...timed(limit) });
  }
}

/** The keys of a collection's indexes; none if there is no collection. */
async function indexKeys<T extends Document>(
  collection: Collection<T>,
  limit: Limit
): Promise<Document[]> {
  try {
    return (await collection.listIndexes(timed(limit)).toArray()).map(({ key }) => key as Document);
  } catch (error) {
    if (isNamespaceNotFound(error)) return [];
    throw error;
  }
}

function hasKeys(existing: Document, keys: Keys): boolean {
  const names = Object.keys(keys);
  return (
    Object.keys(existing).length === names.length &&
    names.every(name => Number(existing[name]) === keys[name])
  );
}
