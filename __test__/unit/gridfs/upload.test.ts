/** How an upload cuts and sends what is written to it, to a store that the test answers for. */
import assert from 'node:assert/strict';
import { finished } from 'node:stream/promises';
import { describe, it } from 'node:test';
import type { GridFSChunk, GridFSFile } from 'mongodb';
import { internal } from '../../support/internal.ts';

const { GridFSBucketWriteStream } =
  internal<typeof import('../../../lib/gridfs/upload.ts')>('gridfs/upload');

type Bucket = ConstructorParameters<typeof GridFSBucketWriteStream>[0];

const CHUNK_SIZE = 4;
const BYTES = Buffer.from('0123456789abcdef-');
/** Bytes of a chunk that has a command of its own. */
const LARGE = 2 * 1024 * 1024;

/** A bucket without a server: what it was asked to store, and how it answers. */
class Recorder {
  readonly chunks: GridFSChunk[] = [];
  readonly files: GridFSFile[] = [];
  /** What happened, in its order. */
  readonly events: string[] = [];
  /** How many chunks each command took. */
  readonly commands: number[] = [];
  /** The answer to a command, by its first chunk. */
  answer: (first: GridFSChunk) => Promise<void> = async () => {};
  prepareUploads = async (): Promise<boolean> => false;

  open(options: object = {}) {
    const store = {
      prepareUploads: () => this.prepareUploads(),
      insertChunks: async (chunks: readonly GridFSChunk[]) => {
        this.commands.push(chunks.length);
        for (const chunk of chunks) {
          this.events.push(`chunk ${chunk.n}`);
          // As bytes at once, as a request has them.
          this.chunks.push({ ...chunk, data: Buffer.from(chunk.data) });
        }
        await this.answer(chunks[0]!);
        for (const { n } of chunks) this.events.push(`stored ${n}`);
      },
      insertFile: async (file: GridFSFile) => {
        this.events.push('file');
        this.files.push(file);
      },
      deleteChunks: async () => {
        this.events.push('delete');
      }
    };
    const settings = { chunkSizeBytes: CHUNK_SIZE, writeConcern: undefined };
    const emit = (event: string) => this.events.push(event);
    const bucket = { store, settings, emit };
    return new GridFSBucketWriteStream(bucket as unknown as Bucket, 'name', options);
  }

  get stored(): string[] {
    return this.chunks.map(({ data }) => Buffer.from(data).toString());
  }
}

/** A promise, and how to settle it. */
function gate() {
  let open!: () => void;
  let fail!: (error: Error) => void;
  const promise = new Promise<void>((resolve, reject) => {
    open = resolve;
    fail = reject;
  });
  return { promise, open, fail };
}

/** Everything that is due has happened. */
const settled = () => new Promise(resolve => setImmediate(resolve));

describe('An upload', () => {
  it('cuts the same chunks, whatever the pieces are that it gets', async () => {
    for (let size = 1; size <= BYTES.length + 1; size++) {
      const recorder = new Recorder();
      const stream = recorder.open();
      for (let at = 0; at < BYTES.length; at += size) stream.write(BYTES.subarray(at, at + size));
      stream.end();
      await finished(stream);
      assert.deepEqual(recorder.stored, ['0123', '4567', '89ab', 'cdef', '-']);
      assert.deepEqual(
        recorder.chunks.map(({ n, files_id }) => [n, files_id]),
        [0, 1, 2, 3, 4].map(n => [n, stream.id])
      );
      assert.equal(new Set(recorder.chunks.map(({ _id }) => _id.toHexString())).size, 5);
      assert.equal(stream.gridFSFile, recorder.files[0]);
      assert.equal(stream.gridFSFile?.length, BYTES.length);
    }
  });

  it('stores no chunk of an empty file, and no empty one of any', async () => {
    const recorder = new Recorder();
    await finished(recorder.open().end());
    await finished(recorder.open().end(BYTES.subarray(0, 8)));
    assert.deepEqual(recorder.events.slice(0, 1), ['file']);
    assert.deepEqual(recorder.stored, ['0123', '4567']);
    assert.deepEqual(
      recorder.files.map(({ length }) => length),
      [0, 8]
    );
  });

  it('stores the fields of a file in their order, metadata only when there is some', async () => {
    const recorder = new Recorder();
    await finished(recorder.open().end());
    await finished(recorder.open({ metadata: { a: 1 }, chunkSizeBytes: 9 }).end());
    const [bare, full] = recorder.files as [GridFSFile, GridFSFile];
    const fields = ['_id', 'length', 'chunkSize', 'uploadDate', 'filename'];
    assert.deepEqual(Object.keys(bare), fields);
    assert.deepEqual(Object.keys(full), [...fields, 'metadata']);
    assert.deepEqual([bare.chunkSize, full.chunkSize], [CHUNK_SIZE, 9]);
  });

  it('takes text in any encoding', async () => {
    const recorder = new Recorder();
    const stream = recorder.open();
    stream.write('é');
    stream.write('e9', 'hex');
    stream.end('w6k=', 'base64');
    await finished(stream);
    assert.equal(
      Buffer.concat(recorder.chunks.map(({ data }) => data)).toString('hex'),
      'c3a9e9c3a9'
    );
  });

  it('sends eight commands of a write at once, and confirms it when all are stored', async () => {
    const recorder = new Recorder();
    const gates = Array.from({ length: 10 }, gate);
    recorder.answer = ({ n }) => gates[n]!.promise;
    const stream = recorder.open({ chunkSizeBytes: LARGE });
    let confirmed = 0;
    stream.write(Buffer.alloc(10 * LARGE + 1), () => (confirmed += 1));
    await settled();
    assert.deepEqual(recorder.commands, Array(8).fill(1));
    assert.equal(stream.state.outstandingRequests, 10);
    gates[5]!.open();
    await settled();
    assert.deepEqual(recorder.events.slice(-2), ['stored 5', 'chunk 8']);
    assert.equal(stream.state.outstandingRequests, 9);
    gates.slice(1).forEach(({ open }) => open());
    await settled();
    assert.equal(recorder.events.at(-1), 'stored 9');
    assert.equal(confirmed, 0);
    gates[0]!.open();
    await settled();
    assert.equal(confirmed, 1);
    assert.equal(stream.state.outstandingRequests, 0);
    assert.deepEqual([stream.n, stream.pos, stream.length], [10, 1, 10 * LARGE + 1]);
  });

  it('puts more than one chunk into a command if there are many, up to 2 MiB', async () => {
    for (const [chunkSizeBytes, chunks, commands] of [
      [4, 8, [1, 1, 1, 1, 1, 1, 1, 1]],
      [4, 9, [2, 2, 2, 2, 1]],
      [255 * 1024, 66, [8, 8, 8, 8, 8, 8, 8, 8, 2]],
      [LARGE / 2, 9, [1, 1, 1, 1, 1, 1, 1, 1, 1]]
    ] as const) {
      const recorder = new Recorder();
      await finished(recorder.open({ chunkSizeBytes }).end(Buffer.alloc(chunks * chunkSizeBytes)));
      assert.deepEqual(recorder.commands, commands);
    }
  });

  it('does not take the next write before the chunks of the last are stored', async () => {
    const recorder = new Recorder();
    const first = gate();
    recorder.answer = ({ n }) => (n === 0 ? first.promise : Promise.resolve());
    const stream = recorder.open();
    stream.write(BYTES.subarray(0, 4));
    stream.write(BYTES.subarray(4, 8));
    await settled();
    assert.deepEqual(recorder.events, ['chunk 0']);
    first.open();
    await settled();
    assert.deepEqual(recorder.events, ['chunk 0', 'stored 0', 'chunk 1', 'stored 1']);
  });

  it('leaves the memory of a confirmed write to its owner', async () => {
    const recorder = new Recorder();
    const stream = recorder.open();
    const memory = Buffer.from('abcdef');
    await new Promise(resolve => stream.write(memory, resolve));
    memory.fill('!');
    await finished(stream.end('gh'));
    assert.deepEqual(recorder.stored, ['abcd', 'efgh']);
  });

  it('waits for the indexes, and says on its bucket that they are there', async () => {
    const recorder = new Recorder();
    const indexes = gate();
    recorder.prepareUploads = async () => {
      await indexes.promise;
      return true;
    };
    const stream = recorder.open();
    stream.end(BYTES);
    await settled();
    assert.equal(recorder.events.length, 0);
    indexes.open();
    await finished(stream);
    assert.deepEqual([recorder.events[0], recorder.events.at(-1)], ['index', 'file']);
  });

  it('fails with the first refusal of a chunk, and stores no file', async () => {
    const recorder = new Recorder();
    const gates = Array.from({ length: 8 }, gate);
    recorder.answer = ({ n }) => gates[n]!.promise;
    const stream = recorder.open({ chunkSizeBytes: LARGE });
    stream.end(Buffer.alloc(9 * LARGE));
    const failure = assert.rejects(finished(stream), /second/);
    await settled();
    gates[1]!.fail(new Error('second'));
    await settled();
    gates[0]!.fail(new Error('first'));
    gates.slice(2).forEach(({ open }) => open());
    await failure;
    await settled();
    assert.equal(recorder.chunks.length, 8, 'none is sent after the refusal');
    assert.deepEqual(recorder.files, []);
    assert.equal(stream.gridFSFile, null);
    assert.deepEqual([stream.state.errored, stream.destroyed], [true, true]);
  });

  it('is safe from being aborted while chunks are on their way', async () => {
    const recorder = new Recorder();
    const chunk = gate();
    recorder.answer = () => chunk.promise;
    const stream = recorder.open();
    stream.write(BYTES.subarray(0, 8));
    await settled();
    const aborted = stream.abort();
    await settled();
    assert.deepEqual(recorder.events, ['chunk 0', 'chunk 1']);
    chunk.open();
    await aborted;
    assert.equal(recorder.events.at(-1), 'delete');
  });

  it('sends no more of a write once it is aborted, and fails only if more is written', async () => {
    const recorder = new Recorder();
    const gates = Array.from({ length: 8 }, gate);
    recorder.answer = ({ n }) => gates[n]!.promise;
    const stream = recorder.open({ chunkSizeBytes: LARGE });
    const written = new Promise<unknown>(resolve => stream.write(Buffer.alloc(9 * LARGE), resolve));
    await settled();
    const aborted = stream.abort();
    gates.forEach(({ open }) => open());
    await aborted;
    assert.equal(await written, null);
    assert.deepEqual([recorder.chunks.length, recorder.events.at(-1)], [8, 'delete']);
    stream.write('x');
    await assert.rejects(finished(stream), { message: 'Stream has been aborted' });
  });

  it('can be aborted though its chunks were refused', async () => {
    const recorder = new Recorder();
    recorder.answer = () => Promise.reject(new Error('refused'));
    const stream = recorder.open();
    stream.write(BYTES);
    await assert.rejects(finished(stream), /refused/);
    await stream.abort();
    assert.equal(recorder.events.at(-1), 'delete');
  });

  it('stores nothing more once it was aborted', async () => {
    for (const last of ['', 'x', BYTES]) {
      const recorder = new Recorder();
      const stream = recorder.open();
      stream.write('abc');
      await settled();
      await stream.abort();
      stream.end(last);
      await assert.rejects(finished(stream), { message: 'Stream has been aborted' });
      assert.deepEqual(recorder.events, ['delete']);
    }
  });

  it('is aborted once, and not after its end', async () => {
    const recorder = new Recorder();
    const aborted = recorder.open();
    await aborted.abort();
    await assert.rejects(aborted.abort(), { message: 'Cannot call abort() on a stream twice' });
    const ended = recorder.open();
    await finished(ended.end(BYTES));
    await assert.rejects(ended.abort(), {
      name: 'MongoAPIError',
      message: 'Cannot abort a stream that has already completed'
    });
  });
});
