/**
 * A file as a readable stream. It asks for a chunk when one is wanted, so that it holds no more of
 * a file than a batch of chunks. Which bytes of which chunk come next is `chunk-sequence.ts`'s.
 */
import { Readable } from 'node:stream';
import type { GridFSBucketReadStreamOptions, GridFSChunk } from 'mongodb';
import type { FindCursor } from '../cursor/find-cursor';
import { driverErrors } from '../error';
import { ChunkSequence, isEmpty, type Range } from './chunk-sequence';
import type { Limit } from './limit';
import type { FileQuery, Store } from './store';

/** A file that is being read. */
interface Download {
  readonly cursor: FindCursor<GridFSChunk>;
  readonly sequence: ChunkSequence;
}

/** Made by `openDownloadStream` and `openDownloadStreamByName` of a bucket. */
export class GridFSBucketReadStream extends Readable {
  /** The file's document has been found: `(file: GridFSFile) => void`. */
  static readonly FILE = 'file' as const;

  readonly #store: Store;
  readonly #query: FileQuery;
  /** Of all that the stream sends, from its beginning to its end. */
  readonly #limit: Limit;
  #range: Range;
  /** It has been read from, so the range stays what it is. */
  #started = false;
  /** What is read; undefined before the file has been found, and of an empty one. */
  #download: Download | undefined;
  /** The end of the cursor on its server. */
  #closing: Promise<void> | undefined;

  /** @internal */
  constructor(
    store: Store,
    filter: FileQuery['filter'],
    options: GridFSBucketReadStreamOptions,
    limit?: Limit
  ) {
    super();
    this.#limit = limit;
    const { sort, skip, start, end } = { start: 0, end: 0, ...options };
    this.#store = store;
    this.#query = { filter, sort, skip };
    this.#range = { start, end };
  }

  /**
   * Reads from this byte on. Needs an {@link end}, too.
   * @param start - counted from 0
   * @throws MongoGridFSStreamError once the stream is being read
   */
  start(start = 0): this {
    this.#throwIfStarted();
    this.#range = { ...this.#range, start };
    return this;
  }

  /**
   * Reads up to this byte, without it.
   * @param end - counted from 0; 0 stands for the end of the file
   * @throws MongoGridFSStreamError once the stream is being read
   */
  end(end = 0): this {
    this.#throwIfStarted();
    this.#range = { ...this.#range, end };
    return this;
  }

  /** Ends the stream before the end of the file, and the cursor on its server. */
  async abort(): Promise<void> {
    this.push(null);
    this.destroy();
    await this.#closing;
  }

  /** @internal */
  override _read(): void {
    void this.#advance();
  }

  /** @internal */
  override _destroy(error: Error | null, callback: (error?: Error | null) => void): void {
    // Nobody but the server is concerned, so nobody waits.
    this.#closing = this.#download?.cursor.close();
    callback(error);
  }

  #throwIfStarted(): void {
    if (!this.#started) return;
    const { MongoGridFSStreamError } = driverErrors();
    throw new MongoGridFSStreamError('Options cannot be changed after the stream is initialized');
  }

  /** Pushes the next bytes, or the end. Never fails; what goes wrong is the stream's error. */
  async #advance(): Promise<void> {
    try {
      if (!this.#started) await this.#open();
      if (this.destroyed) return;
      const bytes = await this.#next();
      if (!this.destroyed) this.push(bytes ?? null);
    } catch (error) {
      this.destroy(error as Error);
    }
  }

  async #open(): Promise<void> {
    this.#started = true;
    const file = await this.#store.findFile(this.#query, this.#limit);
    if (this.destroyed) return;
    if (file === null) throw notFound(this.#query.filter);
    if (isEmpty(file)) return;
    const sequence = new ChunkSequence(file, this.#range);
    const cursor = this.#store.findChunks(file._id, sequence.query, this.#limit);
    this.#download = { cursor, sequence };
    this.emit(GridFSBucketReadStream.FILE, file);
  }

  /** The next bytes; undefined at the end. */
  async #next(): Promise<Uint8Array | undefined> {
    if (this.#download === undefined) return undefined;
    const { cursor, sequence } = this.#download;
    const chunk = await cursor.next();
    if (chunk !== null) return sequence.take(chunk);
    if (!this.destroyed) sequence.finish();
    return undefined;
  }
}

function notFound(filter: FileQuery['filter']): Error {
  const byId = filter['_id'] as { $eq: unknown } | undefined;
  const file: unknown = byId === undefined ? filter['filename'] : byId.$eq;
  const { MongoRuntimeError } = driverErrors();
  const error = new MongoRuntimeError(`FileNotFound: file ${String(file)} was not found`);
  error.code = 'ENOENT';
  return error;
}
