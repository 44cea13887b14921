/** `jsonStream()` ends, and with all of it, in whatever way it is read and whatever was read of its cursor before. */
import assert from 'node:assert/strict';
import { Writable, type Readable } from 'node:stream';
import { finished, pipeline } from 'node:stream/promises';
import { after, before, describe, it } from 'node:test';
import { PolyPool, type Collection } from 'polypool';
import { sharedMongod, uniqueDatabase, type SharedMongod } from '../support/mongod.ts';

interface Item {
  _id: number;
  text: string;
}

/** Documents that are read. */
const COUNT = 70;
/** How long a stream may take before it counts as hung, in milliseconds; it takes some. */
const LIMIT_MS = 10_000;

/** Ways of reading a stream. */
const READERS: Record<string, (stream: Readable) => Promise<Buffer[]>> = {
  'for await': async stream => {
    const chunks: Buffer[] = [];
    for await (const chunk of stream) chunks.push(chunk as Buffer);
    return chunks;
  },
  "on('data')": stream => gathered(stream, () => undefined),
  "on('readable')": async stream => {
    const chunks: Buffer[] = [];
    stream.on('readable', () => {
      let chunk: Buffer | null;
      while ((chunk = stream.read() as Buffer | null) !== null) chunks.push(chunk);
    });
    await finished(stream);
    return chunks;
  },
  'pause() and resume()': stream =>
    gathered(stream, () => {
      stream.pause();
      setImmediate(() => stream.resume());
    }),
  "read(0) within on('data')": stream => gathered(stream, () => stream.read(0)),
  'pipeline()': async stream => {
    const chunks: Buffer[] = [];
    const sink = new Writable({
      highWaterMark: 1,
      write(chunk: Buffer, _encoding, done) {
        chunks.push(chunk);
        setImmediate(done);
      }
    });
    await pipeline(stream, sink);
    return chunks;
  }
};

async function gathered(stream: Readable, onChunk: () => unknown): Promise<Buffer[]> {
  const chunks: Buffer[] = [];
  stream.on('data', (chunk: Buffer) => {
    chunks.push(chunk);
    onChunk();
  });
  await finished(stream);
  return chunks;
}

describe('A stream of JSON', () => {
  let mongod: SharedMongod;
  let pool: PolyPool;
  let items: Collection<Item>;
  let documents: Item[];

  before(async () => {
    mongod = await sharedMongod();
    pool = new PolyPool(mongod.uri);
    items = pool.db(uniqueDatabase()).collection<Item>('items');
    documents = Array.from({ length: COUNT }, (_, _id) => ({ _id, text: 'ü'.repeat(_id % 9) }));
    await items.insertMany(documents);
  });
  after(async () => {
    await items.db.dropDatabase();
    await pool.close();
    await mongod.stop();
  });

  for (const [how, read] of Object.entries(READERS)) {
    it(`ends with what is left of its cursor, read by ${how}`, async () => {
      for (const batchSize of [1, 3, 50, 1_000]) {
        for (const taken of [0, 1, 5, 60, COUNT]) {
          const cursor = items.find({}, { sort: { _id: 1 }, batchSize });
          for (let i = 0; i < taken; i++) await cursor.next();
          const stream = cursor.jsonStream();
          const limit = setTimeout(() => stream.destroy(new Error('It hangs')), LIMIT_MS);
          const what = `${taken} read before, batches of ${batchSize}`;
          const chunks = await read(stream).catch((error: unknown) =>
            assert.fail(`${what}: ${String(error)}`)
          );
          clearTimeout(limit);
          const text = String(Buffer.concat(chunks));
          assert.equal(text, JSON.stringify(documents.slice(taken)), what);
        }
      }
    });
  }

  it('ends after hasNext()', async () => {
    const cursor = items.find({}, { sort: { _id: 1 } });
    assert.equal(await cursor.hasNext(), true);
    const chunks = await READERS['pipeline()']!(cursor.jsonStream());
    assert.equal(String(Buffer.concat(chunks)), JSON.stringify(documents));
  });
});
