/**
 * A file as a writable stream: cuts what is written into chunks and stores them, and at the end the
 * file's document, without which there is no file. Its public fields are the driver's.
 */
import { Writable } from 'node:stream';
import type {
  GridFSBucketWriteStreamOptions,
  GridFSChunk,
  GridFSFile,
  WriteConcern
} from 'mongodb';
import { ObjectId } from '../bson/bson';
import type { Collection } from '../collection';
import { toWriteConcern, writeConcernSetting, type WriteConcernSetting } from '../concern';
import { driverErrors, invalidArgument } from '../error';
import type { GridFSBucket } from './bucket';
import { limitOf, timeoutGiven, type Limit } from './limit';
import type { Store } from './store';

/**
 * Commands of a stream that are under way at once. One writes while another waits for the disk; dozens wait
 * for each other in the server.
 */
const LANES = 8;
/** Bytes of a command at most, if its first chunk is not larger alone. It has several where there are more than lanes. */
const GROUP_BYTES = 2 * 1024 * 1024;
/** Bytes of a chunk's document beside its data, about. */
const CHUNK_OVERHEAD = 100;

type Callback = (error?: Error | null) => void;

/** Made by `openUploadStream` and `openUploadStreamWithId` of a bucket. */
export class GridFSBucketWriteStream extends Writable {
  bucket: GridFSBucket;
  /** Where the chunks go. */
  chunks: Collection<GridFSChunk>;
  /** Where the file's document goes. */
  files: Collection<GridFSFile>;
  filename: string;
  options: GridFSBucketWriteStreamOptions;
  /** All chunks are stored, and the file's document is on its way or there. */
  done = false;
  /** The file's `_id`. */
  id: ObjectId;
  /** Bytes of each chunk but the last. */
  chunkSizeBytes: number;
  /** The first {@link pos} bytes of the chunk that is not yet complete. */
  bufToStore: Uint8Array;
  /** Bytes written so far. */
  length = 0;
  /** The number of the next chunk to be completed. */
  n = 0;
  pos = 0;
  state = {
    /** All has been written. */
    streamEnd: false,
    /** Chunks that are on their way. */
    outstandingRequests: 0,
    /** The server refused a part. */
    errored: false,
    /** {@link abort} was called. */
    aborted: false
  };
  /** The file's document, from the event `finish` on. */
  gridFSFile: GridFSFile | null = null;
  readonly #store: Store;
  /** Of every insert; undefined for what the collections inherit. */
  readonly #writeConcern: WriteConcernSetting | undefined;
  /** Of all that the stream sends, from its beginning to its end. */
  readonly #limit: Limit;
  /** The same, from now on. */
  readonly #newLimit: () => Limit;
  /** Settles, never badly, when no chunk is on its way. */
  #arrival: Promise<unknown> = Promise.resolve();

  /** @internal */
  constructor(bucket: GridFSBucket, filename: string, options: GridFSBucketWriteStreamOptions) {
    const { store, settings } = bucket;
    // What is refused must not get as far as the indexes.
    const chunkSizeBytes = checkedChunkSize(options.chunkSizeBytes || settings.chunkSizeBytes);
    super();
    this.#store = store;
    const timeoutMS = timeoutGiven(options);
    this.#newLimit = () => limitOf({ timeoutMS }, settings);
    this.#limit = this.#newLimit();
    this.#writeConcern = writeConcernSetting(options) ?? settings.writeConcern;
    this.bucket = bucket;
    this.chunks = store.chunks;
    this.files = store.files;
    this.filename = filename;
    this.options = options;
    this.id = options.id || new ObjectId();
    this.chunkSizeBytes = chunkSizeBytes;
    this.bufToStore = Buffer.allocUnsafe(chunkSizeBytes);
  }

  /** Of every insert. */
  get writeConcern(): WriteConcern | undefined {
    return toWriteConcern(this.#writeConcern) ?? this.files.writeConcern;
  }

  /**
   * Lets nothing more be written and deletes the chunks that have been.
   * @throws MongoAPIError after the end, and the second time
   */
  async abort(): Promise<void> {
    if (this.state.streamEnd) throw apiError('Cannot abort a stream that has already completed');
    if (this.state.aborted) throw apiError('Cannot call abort() on a stream twice');
    this.state.aborted = true;
    // One that came after the delete would stay.
    await this.#arrival;
    // The time may be over; this has it again.
    await this.#store.deleteChunks(this.id, this.#newLimit());
  }

  /** @internal */
  override _construct(callback: Callback): void {
    settle(this.#prepare(), callback);
  }

  /** @internal */
  override _write(input: Uint8Array, _encoding: BufferEncoding, callback: Callback): void {
    settle(this.#write(input), callback);
  }

  /** @internal */
  override _final(callback: Callback): void {
    this.state.streamEnd = true;
    settle(this.#finish(), callback);
  }

  async #prepare(): Promise<void> {
    if (await this.#store.prepareUploads(this.#limit)) this.bucket.emit('index');
  }

  /** Takes in bytes and stores the chunks that they complete. */
  async #write(input: Uint8Array): Promise<void> {
    this.#throwIfAborted();
    this.length += input.length;
    const count = Math.floor((this.pos + input.length) / this.chunkSizeBytes);
    this.state.outstandingRequests += count;
    const groups = this.#grouped(input, Math.ceil(count / LANES));
    const lanes = Array.from({ length: LANES }, () => this.#insertAll(groups));
    this.#arrival = Promise.allSettled(lanes);
    await Promise.all(lanes);
  }

  /** Stores one group after the other, beside others that do; none after a refusal, or when it is aborted. */
  async #insertAll(groups: Iterable<readonly GridFSChunk[]>): Promise<void> {
    // Whoever leaves the loop early ends the groups for all.
    for (const chunks of groups) {
      await this.#insertChunks(chunks);
      if (this.state.aborted) break;
    }
  }

  /**
   * The chunks that `input` completes, as commands take them. What is left of it waits for more.
   * @param most - how many a command takes, if they are small
   */
  *#grouped(input: Uint8Array, most: number): Generator<readonly GridFSChunk[], void, void> {
    let group: GridFSChunk[] = [];
    let bytes = 0;
    for (const data of this.#completed(input)) {
      const size = data.length + CHUNK_OVERHEAD;
      if (group.length > 0 && (group.length === most || bytes + size > GROUP_BYTES)) {
        yield group;
        group = [];
        bytes = 0;
      }
      group.push(this.#chunk(this.n++, data));
      bytes += size;
    }
    if (group.length > 0) yield group;
  }

  /** What the chunks that `input` completes hold. */
  *#completed(input: Uint8Array): Generator<Uint8Array, void, void> {
    for (let at = 0; at < input.length;) {
      const part = input.subarray(at, at + this.chunkSizeBytes - this.pos);
      at += part.length;
      // A whole chunk needs no copy: `input` is the stream's until the write is done.
      if (part.length === this.chunkSizeBytes) {
        yield part;
        continue;
      }
      this.bufToStore.set(part, this.pos);
      this.pos += part.length;
      if (this.pos < this.chunkSizeBytes) continue;
      yield this.bufToStore;
      this.bufToStore = Buffer.allocUnsafe(this.chunkSizeBytes);
      this.pos = 0;
    }
  }

  #chunk(n: number, data: Uint8Array): GridFSChunk {
    return { _id: new ObjectId(), files_id: this.id, n, data };
  }

  async #insertChunks(chunks: readonly GridFSChunk[]): Promise<void> {
    await this.#insert(this.#store.insertChunks(chunks, this.#writeConcern, this.#limit));
    this.state.outstandingRequests -= chunks.length;
  }

  /** Stores what is left, and the file's document. */
  async #finish(): Promise<void> {
    if (this.pos > 0) {
      this.#throwIfAborted();
      this.state.outstandingRequests++;
      await this.#insertChunks([this.#chunk(this.n, this.bufToStore.subarray(0, this.pos))]);
    }
    this.done = true;
    this.#throwIfAborted();
    const file = this.#file();
    await this.#insert(this.#store.insertFile(file, this.#writeConcern, this.#limit));
    this.gridFSFile = file;
  }

  async #insert(insert: Promise<void>): Promise<void> {
    try {
      await insert;
    } catch (error) {
      this.state.errored = true;
      throw error;
    }
  }

  #file(): GridFSFile {
    const { id: _id, length, chunkSizeBytes: chunkSize, filename, options } = this;
    const file: GridFSFile = { _id, length, chunkSize, uploadDate: new Date(), filename };
    if (options.metadata) file.metadata = options.metadata;
    return file;
  }

  #throwIfAborted(): void {
    if (this.state.aborted) throw apiError('Stream has been aborted');
  }
}

/** @throws MongoInvalidArgumentError for what no file could be cut into */
export function checkedChunkSize(bytes: number): number {
  if (Number.isInteger(bytes) && bytes > 0) return bytes;
  throw invalidArgument('options.chunkSizeBytes must be a positive integer');
}

function settle(work: Promise<void>, callback: Callback): void {
  work.then(() => callback(), callback);
}

function apiError(message: string): Error {
  return new (driverErrors().MongoAPIError)(message);
}
