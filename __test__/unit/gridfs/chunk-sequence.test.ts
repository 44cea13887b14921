/** Ranges of a file, cut out of its chunks; and chunks that are not those of the file. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Binary, Double, Int32, Long } from 'bson';
import { MongoGridFSChunkError, MongoInvalidArgumentError } from 'mongodb';
import { internal } from '../../support/internal.ts';

const { ChunkSequence, isEmpty } =
  internal<typeof import('../../../lib/gridfs/chunk-sequence.ts')>('gridfs/chunk-sequence');

const CHUNK_SIZE = 4;
const WHOLE = { start: 0, end: 0 };

/** A file of so many bytes, each of them its own offset, and its chunks. */
function fileOf(length: number) {
  const bytes = Buffer.from(Array.from({ length }, (_, i) => i));
  const chunks = Array.from({ length: Math.ceil(length / CHUNK_SIZE) }, (_, n) => ({
    n,
    data: bytes.subarray(n * CHUNK_SIZE, (n + 1) * CHUNK_SIZE)
  }));
  return { length, chunkSize: CHUNK_SIZE, bytes, chunks };
}

type Chunks = readonly Parameters<InstanceType<typeof ChunkSequence>['take']>[0][];

/** What comes of the chunks, of which the query takes those that it asks for. */
function read(
  file: ReturnType<typeof fileOf>,
  range: object,
  chunks: Chunks = file.chunks
): Buffer {
  const sequence = new ChunkSequence(file, { ...WHOLE, ...range });
  const { first, limit } = sequence.query;
  const asked = chunks.filter(({ n }) => Number(n) >= first).slice(0, limit || undefined);
  const taken = asked.map(chunk => sequence.take(chunk) ?? assert.fail('ended early'));
  sequence.finish();
  return Buffer.concat(taken);
}

describe('A chunk sequence', () => {
  it('gives the bytes of every range, wherever the edges of chunks are', () => {
    for (const length of [1, 3, 4, 5, 8, 10, 12]) {
      const file = fileOf(length);
      assert.deepEqual(read(file, WHOLE), file.bytes);
      for (let end = 1; end <= length; end++) {
        for (let start = 0; start < end; start++) {
          assert.deepEqual(read(file, { start, end }), file.bytes.subarray(start, end));
        }
      }
    }
  });

  it('asks for the chunks of a range and for no others', () => {
    const query = (start: number, end: number) =>
      new ChunkSequence(fileOf(12), { start, end }).query;
    assert.deepEqual(query(0, 0), { first: 0, limit: 0 });
    assert.deepEqual(query(0, 4), { first: 0, limit: 1 });
    assert.deepEqual(query(3, 5), { first: 0, limit: 2 });
    assert.deepEqual(query(4, 8), { first: 1, limit: 1 });
    assert.deepEqual(query(5, 12), { first: 1, limit: 2 });
  });

  it('gives nothing for an empty range within a chunk, and the rest of the file at its edge', () => {
    const file = fileOf(10);
    assert.equal(read(file, { start: 5, end: 5 }).length, 0);
    assert.equal(read(file, { start: 10, end: 10 }).length, 0);
    assert.deepEqual(read(file, { start: 4, end: 4 }), file.bytes.subarray(4));
    assert.equal(read(fileOf(8), { start: 8, end: 8 }).length, 0);
  });

  it('takes numbers and bytes of any type that BSON has for them', () => {
    const file = fileOf(10);
    const numbers = [Number, BigInt, Long.fromNumber.bind(Long)];
    const classes = [(value: number) => new Int32(value), (value: number) => new Double(value)];
    for (const number of [...numbers, ...classes]) {
      const sequence = new ChunkSequence(
        { length: number(10), chunkSize: number(CHUNK_SIZE) },
        { start: 3, end: 9 }
      );
      const taken = file.chunks.map(({ n, data }) =>
        sequence.take({ n: number(n), data: new Binary(data) })
      );
      assert.deepEqual(Buffer.concat(taken as Uint8Array[]), file.bytes.subarray(3, 9));
      assert.equal(isEmpty({ length: number(0), chunkSize: number(CHUNK_SIZE) }), true);
      assert.equal(isEmpty({ length: number(1), chunkSize: number(CHUNK_SIZE) }), false);
    }
  });
});

describe('A chunk sequence refuses', () => {
  const file = fileOf(10);
  const [first, second, third] = file.chunks as unknown as [Chunks[0], Chunks[0], Chunks[0]];
  const refuses = (chunks: Chunks, message: RegExp) =>
    assert.throws(
      () => read(file, WHOLE, chunks),
      (error: Error) => error instanceof MongoGridFSChunkError && message.test(error.message)
    );

  it('a chunk that comes too early', () => {
    refuses([first, third], /^ChunkIsMissing: Got unexpected n: 2, expected: 1$/);
  });

  it('an end that comes too early, of the file and of a range', () => {
    refuses([first, second], /^ChunkIsMissing: Got no more chunks, expected: 2$/);
    refuses([], /expected: 0$/);
    const sequence = new ChunkSequence(file, { start: 1, end: 5 });
    sequence.take(first);
    assert.throws(() => sequence.finish(), MongoGridFSChunkError);
  });

  it('a chunk that comes twice', () => {
    refuses([first, second, second], /^ExtraChunk: Got unexpected n: 1, expected: 2$/);
  });

  it('a chunk after the last', () => {
    const extra = { n: 3, data: Buffer.alloc(1) };
    refuses(
      [first, second, third, extra],
      /^ExtraChunk: Got unexpected n: 3, expected file length 10 bytes but already read 10 bytes$/
    );
  });

  it('a chunk of another size, or without bytes', () => {
    refuses(
      [first, { n: 1, data: Buffer.alloc(3) }],
      /^ChunkIsWrongSize: Got unexpected length: 3, expected: 4$/
    );
    refuses([first, second, { n: 2, data: Buffer.alloc(3) }], /length: 3, expected: 2$/);
    refuses([first, { n: 1 }], /length: 0, expected: 4$/);
    refuses([{ n: 0, data: null }], /length: 0, expected: 4$/);
  });
});

describe('A range', () => {
  const refused = (range: object, message: string) =>
    assert.throws(
      () => new ChunkSequence(fileOf(10), { ...WHOLE, ...range }),
      (error: Error) => error instanceof MongoInvalidArgumentError && error.message === message
    );

  it('has to lie within the file', () => {
    refused(
      { start: 11, end: 11 },
      'Stream start (11) must not be more than the length of the file (10)'
    );
    refused({ end: 11 }, 'Stream end (11) must not be more than the length of the file (10)');
    refused({ start: -1 }, 'Stream start (-1) must not be negative');
  });

  it('has to end after it starts, also where its end is left out', () => {
    refused({ start: 3, end: 2 }, 'Stream start (3) must not be greater than stream end (2)');
    refused({ start: 3 }, 'Stream start (3) must not be greater than stream end (0)');
  });

  it('has to consist of numbers', () => {
    refused({ start: undefined }, 'Start option must be defined');
    refused({ end: null }, 'End option must be defined');
    refused({ start: 'x' }, 'Stream start must be a number');
    refused({ end: NaN }, 'Stream end must be a number');
  });
});
