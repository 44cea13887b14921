/**
 * `GridFSBucket`: files of any size in a database, cut into chunks. It owns a bucket's names and
 * defaults and hands out streams; how files are cut up and put together is theirs.
 */
import type {
  Filter,
  FindOptions,
  GridFSBucketEvents,
  GridFSBucketOptions,
  GridFSBucketReadStreamOptions,
  GridFSBucketReadStreamOptionsWithRevision,
  GridFSBucketWriteStreamOptions,
  GridFSFile
} from 'mongodb';
import type { ObjectId } from '../bson/bson';
import { writeConcernSetting, type WriteConcernSetting } from '../concern';
import type { FindCursor } from '../cursor/find-cursor';
import type { Db } from '../db';
import { TypedEmitter } from '../emitter';
import { driverErrors, invalidArgument } from '../error';
import { GridFSBucketReadStream } from './download';
import { limitOf, timeoutGiven, type Limit } from './limit';
import { Store, type FileQuery } from './store';
import { checkedChunkSize, GridFSBucketWriteStream } from './upload';

const DEFAULT_NAME = 'fs';
/** Bytes. With what else is in its document, a chunk stays below 256 KiB. */
const DEFAULT_CHUNK_SIZE = 255 * 1024;

/** What a bucket hands down to its uploads. */
interface BucketSettings {
  readonly chunkSizeBytes: number;
  /** Undefined for what the database has. */
  readonly writeConcern: WriteConcernSetting | undefined;
  /** As it was given: undefined for what each command inherits, 0 for none. */
  readonly timeoutMS: number | null | undefined;
}

/** How long it may take. */
interface TimeoutOption {
  /** Of all that it sends, in milliseconds; the bucket's by default. In the driver 7.8 it has no effect. */
  timeoutMS?: number;
}

/** Emits `index` when the first upload has found or created the indexes. */
export class GridFSBucket extends TypedEmitter<GridFSBucketEvents> {
  static readonly INDEX = 'index' as const;

  /** @internal */
  readonly store: Store;
  /** @internal */
  readonly settings: BucketSettings;

  /**
   * Does nothing on the server.
   * @param options - by default the bucket is `fs`, and its chunks have 255 KiB
   * @throws MongoInvalidArgumentError naming the option at fault
   */
  constructor(db: Db, options?: GridFSBucketOptions) {
    super();
    // As in the driver: an 'error' event without a listener must not end the process.
    this.on('error', () => undefined);
    this.setMaxListeners(0);
    const name: unknown = options?.bucketName ?? DEFAULT_NAME;
    if (typeof name !== 'string') throw invalidArgument('options.bucketName must be a string');
    this.settings = {
      chunkSizeBytes: checkedChunkSize(options?.chunkSizeBytes ?? DEFAULT_CHUNK_SIZE),
      writeConcern: writeConcernSetting(options),
      timeoutMS: timeoutGiven(options)
    };
    limitOf(this.settings);
    this.store = new Store(db, name, options?.readPreference);
  }

  /**
   * A stream that stores what is written to it as a file. Its `id` is the file's.
   * @throws MongoInvalidArgumentError for `chunkSizeBytes` that is no positive integer
   */
  openUploadStream(
    filename: string,
    options?: GridFSBucketWriteStreamOptions
  ): GridFSBucketWriteStream {
    return new GridFSBucketWriteStream(this, filename, { ...options });
  }

  /** The same, for a file with that `_id`. */
  openUploadStreamWithId(
    id: ObjectId,
    filename: string,
    options?: GridFSBucketWriteStreamOptions
  ): GridFSBucketWriteStream {
    return new GridFSBucketWriteStream(this, filename, { ...options, id });
  }

  /**
   * A stream of a file's bytes, all or those from `start` to before `end`. When there is no such
   * file its error has the code `ENOENT`.
   */
  openDownloadStream(
    id: ObjectId,
    options?: GridFSBucketReadStreamOptions
  ): GridFSBucketReadStream {
    const filter = { _id: { $eq: id } };
    return new GridFSBucketReadStream(this.store, filter, { ...options }, this.#limit(options));
  }

  /**
   * The same for a file of that name, the latest unless `revision` says which: 0 is the oldest, 1
   * the one after it, -1 the latest, -2 the one before it.
   */
  openDownloadStreamByName(
    filename: string,
    options?: GridFSBucketReadStreamOptionsWithRevision
  ): GridFSBucketReadStream {
    const given = { ...options, ...orderOf(options?.revision ?? -1) };
    return new GridFSBucketReadStream(this.store, { filename }, given, this.#limit(options));
  }

  /**
   * Deletes a file.
   * @throws MongoRuntimeError when there is none with that id; chunks with it are deleted then, too
   */
  async delete(id: ObjectId, options?: TimeoutOption): Promise<void> {
    const limit = this.#limit(options);
    const { deletedCount } = await this.store.deleteFile(id, limit);
    await this.store.deleteChunks(id, limit);
    if (deletedCount === 0) throw runtimeError(`File not found for id ${String(id)}`);
  }

  /** A cursor over the documents of files. Sends nothing until it is read. */
  find(filter: Filter<GridFSFile> = {}, options: FindOptions = {}): FindCursor<GridFSFile> {
    const { timeoutMS } = this.settings;
    const inherited = typeof timeoutMS === 'number' ? { timeoutMS } : {};
    return this.store.files.find<GridFSFile>(filter, { ...inherited, ...options });
  }

  /** @throws MongoRuntimeError when there is no file with that id */
  async rename(id: ObjectId, filename: string, options?: TimeoutOption): Promise<void> {
    const renamed = await this.store.renameFile(id, filename, this.#limit(options));
    if (renamed === 0) throw runtimeError(`File with id ${String(id)} not found`);
  }

  /** Drops all files. */
  async drop(options?: TimeoutOption): Promise<void> {
    await this.store.drop(this.#limit(options));
  }

  /** The limit on all that something sends which begins now. */
  #limit(options: TimeoutOption | null | undefined): Limit {
    return limitOf(options, this.settings);
  }
}

/** The order in which the file of a revision comes after `skip` others. */
function orderOf(revision: number): Omit<FileQuery, 'filter'> {
  return revision >= 0
    ? { sort: { uploadDate: 1 }, skip: revision }
    : { sort: { uploadDate: -1 }, skip: -revision - 1 };
}

function runtimeError(message: string): Error {
  return new (driverErrors().MongoRuntimeError)(message);
}
