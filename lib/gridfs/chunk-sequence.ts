/**
 * The chunks of a file one after the other: which of them a range of bytes lies in, whether each is
 * the one that is due, and which of its bytes are wanted. It gets chunks handed in and sends
 * nothing.
 */
import type { Binary } from '../bson/bson';
import { classified, driverErrors, invalidArgument } from '../error';
import type { ChunkQuery } from './store';

/** Of a file's document. The types of its numbers are up to who wrote it, and to BSON options. */
interface FileLike {
  /** Bytes. */
  readonly length: unknown;
  /** Bytes. */
  readonly chunkSize: unknown;
}

/** Of a chunk's document, likewise; and `promoteBuffers` decides what bytes are. */
interface ChunkLike {
  readonly n: unknown;
  readonly data?: Uint8Array | Binary | null;
}

/** Bytes of a file, as a download is asked for them. */
export interface Range {
  /** The first one; counted from 0. */
  readonly start: number | undefined;
  /** The one after the last; 0 for all, which then `start` must be, too. */
  readonly end: number | undefined;
}

/** True for a file without chunks. */
export function isEmpty(file: FileLike): boolean {
  return Number(file.length) <= 0;
}

export class ChunkSequence {
  readonly query: ChunkQuery;
  /** Bytes of the file. */
  readonly #length: number;
  /** Bytes of each of its chunks but the last. */
  readonly #chunkSize: number;
  /** The number of the chunk in which the range ends; -1 when it is all of the file. */
  readonly #last: number;
  /** Where in that chunk it ends. */
  readonly #lastEnd: number;
  /** Bytes of the next chunk that come before the range. */
  #skip: number;
  /** The number of the chunk that is due. */
  #next: number;
  /** Bytes of the file up to that chunk. */
  #position: number;

  /** @throws MongoInvalidArgumentError for a range that the file does not have */
  constructor(file: FileLike, range: Range) {
    this.#length = Number(file.length);
    this.#chunkSize = Number(file.chunkSize);
    const { start, end } = checked(range, this.#length);
    const first = Math.floor(start / this.#chunkSize);
    const afterLast = Math.ceil(end / this.#chunkSize);
    // No chunks are as good as no limit: as in the driver, an empty range at a chunk's edge gives
    // all that follows, as the range from 0 to 0 does.
    this.query = { first, limit: afterLast - first };
    this.#last = afterLast - 1;
    this.#lastEnd = end - this.#last * this.#chunkSize;
    this.#next = first;
    this.#position = first * this.#chunkSize;
    this.#skip = start - this.#position;
  }

  /**
   * The bytes of the next chunk that belong to the range, or undefined after the file's last.
   * @throws MongoGridFSChunkError for a chunk that is not the one that is due
   */
  take(chunk: ChunkLike): Uint8Array | undefined {
    const due = this.#next++;
    const n = Number(chunk.n);
    if (n > due) throw chunkError(`ChunkIsMissing: Got unexpected n: ${n}, expected: ${due}`);
    if (n < due) throw chunkError(`ExtraChunk: Got unexpected n: ${n}, expected: ${due}`);
    const bytes = bytesOf(chunk);
    this.#check(n, bytes.byteLength);
    this.#position += bytes.byteLength;
    if (bytes.byteLength === 0) return undefined;
    const skip = this.#skip;
    this.#skip = 0;
    return bytes.subarray(skip, due === this.#last ? this.#lastEnd : undefined);
  }

  #check(n: number, length: number): void {
    const left = this.#length - this.#position;
    const expected = Math.min(this.#chunkSize, left);
    if (length === expected) return;
    if (left > 0) {
      throw chunkError(`ChunkIsWrongSize: Got unexpected length: ${length}, expected: ${expected}`);
    }
    throw chunkError(
      `ExtraChunk: Got unexpected n: ${n}, expected file length ${this.#length} bytes but already read ${this.#position} bytes`
    );
  }

  /**
   * There are no more chunks.
   * @throws MongoGridFSChunkError when there should be
   */
  finish(): void {
    const { first, limit } = this.query;
    const end = limit > 0 ? first + limit : Math.ceil(this.#length / this.#chunkSize);
    if (this.#next >= end) return;
    throw chunkError(`ChunkIsMissing: Got no more chunks, expected: ${this.#next}`);
  }
}

function checked(range: Range, length: number): { start: number; end: number } {
  const start = asNumber('start', range.start);
  const notBelow = `Stream start (${start}) must not be`;
  if (start > length) {
    throw invalidArgument(`${notBelow} more than the length of the file (${length})`);
  }
  if (start < 0) throw invalidArgument(`${notBelow} negative`);
  if (range.end != null && range.end < start) {
    throw invalidArgument(`${notBelow} greater than stream end (${range.end})`);
  }
  const end = asNumber('end', range.end);
  if (end > length) {
    throw invalidArgument(
      `Stream end (${end}) must not be more than the length of the file (${length})`
    );
  }
  return { start, end };
}

function asNumber(name: 'start' | 'end', value: unknown): number {
  if (value === undefined || value === null) {
    throw invalidArgument(`${name === 'start' ? 'Start' : 'End'} option must be defined`);
  }
  const number = Number(value);
  if (Number.isNaN(number)) throw invalidArgument(`Stream ${name} must be a number`);
  return number;
}

function bytesOf({ data }: ChunkLike): Uint8Array {
  if (data === undefined || data === null) return new Uint8Array();
  return '_bsontype' in data ? data.buffer : data;
}

function chunkError(message: string): Error {
  return classified(new (driverErrors().MongoGridFSChunkError)(message));
}
