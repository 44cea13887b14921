/** How a download reads, from a store that the test answers for. */
import assert from 'node:assert/strict';
import { buffer } from 'node:stream/consumers';
import { describe, it } from 'node:test';
import { internal } from '../../support/internal.ts';

const { GridFSBucketReadStream } =
  internal<typeof import('../../../lib/gridfs/download.ts')>('gridfs/download');

type Store = ConstructorParameters<typeof GridFSBucketReadStream>[0];

/** Larger than what a stream buffers by itself, so that each chunk is asked for. */
const CHUNK_SIZE = 256 * 1024;
const CHUNKS = 5;

/** A file without a server, and what was asked for. */
class Recorder {
  readonly asked: string[] = [];
  /** What comes before each answer. */
  before: (what: string) => Promise<void> = async () => {};

  open(options: object = {}) {
    let n = 0;
    let end = CHUNKS;
    const cursor = {
      next: async () => {
        await this.#ask(`chunk ${n}`);
        return n < end ? { n: n++, data: Buffer.alloc(CHUNK_SIZE, n) } : null;
      },
      close: () => this.#ask('close')
    };
    const store = {
      findFile: async () => {
        await this.#ask('file');
        return { _id: 1, length: CHUNKS * CHUNK_SIZE, chunkSize: CHUNK_SIZE };
      },
      findChunks: (_id: unknown, { first, limit }: { first: number; limit: number }) => {
        n = first;
        if (limit > 0) end = first + limit;
        return cursor;
      }
    };
    return new GridFSBucketReadStream(store as unknown as Store, {}, options);
  }

  async #ask(what: string): Promise<void> {
    this.asked.push(what);
    await this.before(what);
  }
}

const settled = () => new Promise(resolve => setImmediate(resolve));
const closed = (stream: InstanceType<typeof GridFSBucketReadStream>) =>
  new Promise(resolve => stream.once('close', resolve));

describe('A download', () => {
  it('asks for nothing before it is read', async () => {
    const recorder = new Recorder();
    recorder.open();
    await settled();
    assert.deepEqual(recorder.asked, []);
  });

  it('asks for the next chunk when the last has been taken, so it holds one', async () => {
    const recorder = new Recorder();
    const stream = recorder.open();
    stream.read(0);
    await settled();
    assert.deepEqual(recorder.asked, ['file', 'chunk 0']);
    assert.equal(stream.readableLength, CHUNK_SIZE);
    assert.equal((stream.read() as Buffer).length, CHUNK_SIZE);
    await settled();
    assert.deepEqual(recorder.asked, ['file', 'chunk 0', 'chunk 1']);
    stream.destroy();
  });

  it('gives buffers, the file before them, and the end after them', async () => {
    const stream = new Recorder().open();
    const events: string[] = [];
    stream.on('file', () => events.push('file'));
    stream.on('data', data => events.push(`${Buffer.isBuffer(data)}`));
    for (const event of ['end', 'close']) stream.on(event, () => events.push(event));
    await closed(stream);
    assert.deepEqual(events, ['file', 'true', 'true', 'true', 'true', 'true', 'end', 'close']);
  });

  it('gives the bytes of its range', async () => {
    const recorder = new Recorder();
    const bytes = await buffer(recorder.open({ start: CHUNK_SIZE + 3, end: 3 * CHUNK_SIZE + 1 }));
    assert.equal(bytes.length, 2 * CHUNK_SIZE - 2);
    assert.deepEqual([bytes[0], bytes[CHUNK_SIZE - 3], bytes.at(-1)], [2, 3, 4]);
    assert.equal(recorder.asked[1], 'chunk 1');
  });

  for (const at of ['file', 'chunk 0', 'chunk 2']) {
    it(`closes its cursor when it is destroyed at ${at}`, async () => {
      const recorder = new Recorder();
      const stream = recorder.open();
      recorder.before = async what => {
        if (what === at) stream.destroy();
      };
      stream.resume();
      await closed(stream);
      await settled();
      assert.equal(recorder.asked.at(-1), at === 'file' ? 'file' : 'close');
    });
  }

  it('closes its cursor when it is left', async () => {
    const recorder = new Recorder();
    for await (const bytes of recorder.open()) {
      assert.equal((bytes as Buffer).length, CHUNK_SIZE);
      break;
    }
    assert.ok(recorder.asked.includes('close'));
  });

  it('ends when it is aborted, and abort waits for its cursor', async () => {
    const recorder = new Recorder();
    recorder.before = async what => {
      if (what === 'close') await settled();
    };
    const stream = recorder.open();
    const events: string[] = [];
    for (const event of ['data', 'end', 'close', 'error']) {
      stream.on(event, () => events.push(event));
    }
    stream.once('data', () => void stream.abort().then(() => events.push('aborted')));
    await closed(stream);
    await settled();
    await settled();
    assert.deepEqual(events, ['data', 'end', 'close', 'aborted']);
  });

  it('can be aborted before it is read', async () => {
    const recorder = new Recorder();
    await recorder.open().abort();
    assert.deepEqual(recorder.asked, []);
  });

  it('fails with what its store and its listeners throw', async () => {
    for (const at of ['file', 'chunk 0', 'chunk 3']) {
      const recorder = new Recorder();
      recorder.before = async what => {
        if (what === at) throw new Error(`at ${at}`);
      };
      await assert.rejects(buffer(recorder.open()), { message: `at ${at}` });
    }
    const stream = new Recorder().open();
    stream.on('file', () => {
      throw new Error('in a listener');
    });
    await assert.rejects(buffer(stream), /in a listener/);
  });
});
