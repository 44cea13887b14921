/** Files between a bucket and other streams: the disk's and those of an HTTP server. */
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { createReadStream, createWriteStream } from 'node:fs';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough, Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { pipeline } from 'node:stream/promises';
import { after, before, describe, it } from 'node:test';
import { GridFSBucket, ObjectId, PolyPool, type Db } from 'polypool';
import { upload } from '../support/gridfs.ts';
import { sharedMongod, uniqueDatabase, type SharedMongod } from '../support/mongod.ts';

const MIB = 2 ** 20;
const BYTES = randomBytes(3 * MIB + 17);

let mongod: SharedMongod;
let pool: PolyPool;
let db: Db;
let bucket: GridFSBucket;

before(async () => {
  mongod = await sharedMongod();
  pool = new PolyPool(mongod.uri);
  db = pool.db(uniqueDatabase());
  bucket = new GridFSBucket(db);
});
after(async () => {
  await db.dropDatabase();
  await pool.close();
  await mongod.stop();
});

describe('A file on the disk', () => {
  let folder: string;
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'polypool-gridfs-'));
    await writeFile(join(folder, 'in'), BYTES);
  });
  after(() => rm(folder, { recursive: true }));

  it('is piped in and out', async () => {
    const stream = bucket.openUploadStream('disk');
    await pipeline(createReadStream(join(folder, 'in')), stream);
    assert.equal(stream.gridFSFile?.length, BYTES.length);
    await pipeline(bucket.openDownloadStream(stream.id), createWriteStream(join(folder, 'out')));
    assert.ok((await readFile(join(folder, 'out'))).equals(BYTES));
  });

  it('is piped in the old way, with this as the stream in the listener', async () => {
    const length = await new Promise((resolve, reject) => {
      createReadStream(join(folder, 'in'))
        .pipe(bucket.openUploadStream('disk'))
        .on('error', reject)
        .on('finish', function (this: ReturnType<typeof bucket.openUploadStream>) {
          resolve(this.gridFSFile?.length);
        });
    });
    assert.equal(length, BYTES.length);
  });
});

describe('Back-pressure', () => {
  it('holds a source up that is faster than the server', async () => {
    let given = 0;
    let taken = 0;
    let ahead = 0;
    const source = Readable.from(
      (function* () {
        for (; given < BYTES.length; given += 64 * 1024) {
          ahead = Math.max(ahead, given - taken);
          yield BYTES.subarray(given, given + 64 * 1024);
        }
      })(),
      { objectMode: false }
    );
    const stream = bucket.openUploadStream('fast');
    const write = stream._write.bind(stream);
    stream._write = (piece: Uint8Array, encoding, callback) =>
      write(piece, encoding, error => {
        taken += piece.length;
        callback(error);
      });
    await pipeline(source, stream);
    assert.equal(stream.length, BYTES.length);
    assert.ok(ahead <= 4 * 64 * 1024, `${ahead} bytes`);
  });

  it('holds a download up whose target takes nothing', async () => {
    const { id } = await upload(bucket.openUploadStream('slow'), BYTES);
    const stream = bucket.openDownloadStream(id);
    const target = new PassThrough();
    stream.pipe(target);
    await new Promise(resolve => target.once('readable', resolve));
    for (let held = -1; held !== stream.readableLength + target.readableLength;) {
      held = stream.readableLength + target.readableLength;
      await db.command({ ping: 1 });
    }
    assert.ok(stream.readableLength + target.readableLength <= 4 * 255 * 1024);
    assert.ok((await buffer(target)).equals(BYTES));
  });
});

describe('A pipeline', () => {
  it('that its source breaks ends the upload, which stores no file', async () => {
    const source = Readable.from(
      (async function* () {
        yield BYTES.subarray(0, MIB);
        throw new Error('the source broke');
      })()
    );
    const stream = bucket.openUploadStream('broken');
    await assert.rejects(pipeline(source, stream), /the source broke/);
    assert.equal(stream.destroyed, true);
    await stream.abort();
    assert.equal(await db.collection('fs.chunks').countDocuments({ files_id: stream.id }), 0);
    assert.equal(await bucket.find({ filename: 'broken' }).next(), null);
  });

  it('goes from one bucket to another', async () => {
    const { id } = await upload(bucket.openUploadStream('source'), BYTES);
    const other = new GridFSBucket(db, { bucketName: 'other', chunkSizeBytes: 100_000 });
    const copy = other.openUploadStream('copy');
    await pipeline(bucket.openDownloadStream(id), copy);
    assert.ok((await buffer(other.openDownloadStream(copy.id))).equals(BYTES));
  });
});

/** Stores what is put and serves it, in ranges when asked to. */
async function serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
  if (request.method === 'PUT') {
    const stream = bucket.openUploadStream('http', { metadata: { type: 'text/plain' } });
    await pipeline(request, stream);
    response.writeHead(201).end(stream.id.toHexString());
    return;
  }
  const id = new ObjectId(request.url!.slice(1));
  const [, from, to] = /^bytes=(\d+)-(\d+)$/.exec(request.headers.range ?? '') ?? [];
  const range = from ? { start: Number(from), end: Number(to) + 1 } : {};
  bucket
    .openDownloadStream(id, range)
    .once('file', ({ length }: { length: number }) => {
      response.writeHead(from ? 206 : 200, { 'x-length': length });
    })
    .once('error', (error: NodeJS.ErrnoException) => {
      response.writeHead(error.code === 'ENOENT' ? 404 : 500).end();
    })
    .pipe(response);
}

describe('An HTTP server', () => {
  let server: Server;
  let address: string;
  before(async () => {
    server = createServer((request, response) => void serve(request, response));
    await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
    address = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  });
  after(() => new Promise(resolve => server.close(resolve)));

  it('takes files in and gives them out, whole and in parts', async () => {
    const put = await fetch(address, { method: 'PUT', body: BYTES });
    assert.equal(put.status, 201);
    const id = await put.text();
    const whole = await fetch(`${address}/${id}`);
    assert.equal(whole.headers.get('x-length'), `${BYTES.length}`);
    assert.ok(Buffer.from(await whole.arrayBuffer()).equals(BYTES));
    const part = await fetch(`${address}/${id}`, { headers: { range: 'bytes=1000-2000000' } });
    assert.equal(part.status, 206);
    assert.ok(Buffer.from(await part.arrayBuffer()).equals(BYTES.subarray(1_000, 2_000_001)));
    assert.equal((await fetch(`${address}/${new ObjectId().toHexString()}`)).status, 404);
  });
});
