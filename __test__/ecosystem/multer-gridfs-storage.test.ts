/** multer-gridfs-storage puts the files that an Express app is sent into GridFS. */
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { Readable, Transform } from 'node:stream';
import { it, type TestContext } from 'node:test';
import express, { type ErrorRequestHandler } from 'express';
import { GridFSBucket, ObjectId } from 'mongodb';
import multer, { type Options } from 'multer';
import { GridFsStorage } from 'multer-gridfs-storage';
import { Browser } from './browser.ts';
import { describeOnBoth, type Handed } from './both.ts';
import { eventually } from './eventually.ts';
import { serve } from './server.ts';

type StorageOptions = Extract<ConstructorParameters<typeof GridFsStorage>[0], { db: unknown }>;

/** What the app answers of a file it has stored. */
interface Uploaded {
  id: string;
  filename: string;
  size: number;
  bucketName: string;
  chunkSize: number;
  metadata: unknown;
}

describeOnBoth('multer-gridfs-storage', on => {
  it('stores a file in chunks, and gives it back', async t => {
    const { url } = await app(t, on);
    const content = bytes(700_000);
    const [file] = await upload(url, { 'photo.jpg': content });
    assert.deepEqual([file!.size, file!.bucketName, file!.chunkSize], [700_000, 'fs', 261_120]);

    const _id = new ObjectId(file!.id);
    const stored = await on.stored.collection('fs.files').findOne({ _id });
    assert.equal(stored?.['length'], 700_000);
    assert.equal(await on.stored.collection('fs.chunks').countDocuments({ files_id: _id }), 3);
    const indexes = await on.stored.collection('fs.chunks').indexes();
    assert.ok(indexes.some(({ name, unique }) => name === 'files_id_1_n_1' && unique));

    const back = await fetch(`${url}/files/${file!.filename}`);
    assert.equal(digest(await back.arrayBuffer()), digest(content));
    const expected = new GridFSBucket(on.stored).openDownloadStream(_id);
    assert.equal(digest(Buffer.concat(await expected.toArray())), digest(content));
  });

  it('names files, and gives them metadata and a bucket, as the app says', async t => {
    const { url } = await app(t, on, {
      file: (_request, file) => ({
        filename: `of-ada-${file.originalname}`,
        bucketName: 'avatars',
        chunkSize: 1000,
        metadata: { owner: 'ada', tags: ['small'] }
      })
    });
    const files = await upload(url, { 'a.png': bytes(2500), 'b.png': bytes(10) });
    assert.deepEqual(files.map(({ filename }) => filename).sort(), [
      'of-ada-a.png',
      'of-ada-b.png'
    ]);
    const stored = await on.stored.collection('avatars.files').find().sort('length', -1).toArray();
    assert.deepEqual(
      stored.map(({ length, chunkSize, metadata }) => [length, chunkSize, metadata]),
      [
        [2500, 1000, { owner: 'ada', tags: ['small'] }],
        [10, 1000, { owner: 'ada', tags: ['small'] }]
      ]
    );
    assert.equal(await on.stored.collection('avatars.chunks').countDocuments(), 4);
  });

  it('stores an empty file', async t => {
    const { url } = await app(t, on, { file: () => 'empty.txt' });
    const [file] = await upload(url, { 'empty.txt': Buffer.alloc(0) });
    assert.equal(file!.size, 0);
    const back = await fetch(`${url}/files/empty.txt`);
    assert.equal((await back.arrayBuffer()).byteLength, 0);
  });

  it('changes what it stores by streams between', async t => {
    const { url } = await app(t, on, {
      file: () => {
        const transforms = [upperCase()];
        return { filename: 'loud.txt', transforms };
      }
    });
    await upload(url, { 'quiet.txt': Buffer.from('hello') });
    assert.equal(await (await fetch(`${url}/files/loud.txt`)).text(), 'HELLO');
  });

  it('leaves nothing of files that are too large', async t => {
    const options = { file: () => ({ filename: 'large', bucketName: 'limited' }) };
    const { url } = await app(t, on, options, { fileSize: 1000, files: 2 });
    const [small, large] = [bytes(900), bytes(5000)];
    const refused = await send(url, { 'small.bin': small, 'large.bin': large });
    assert.deepEqual([refused.status, await refused.text()], [413, 'LIMIT_FILE_SIZE']);
    for (const name of ['limited.files', 'limited.chunks']) {
      const isEmpty = async () => (await on.stored.collection(name).countDocuments()) === 0;
      await eventually(`${name} to be empty`, isEmpty);
    }
  });

  it('tells what it stored, and what could not be stored', async t => {
    const storage = new GridFsStorage({ db: on.db, file: () => ({ id: 'same' as never }) });
    t.after(() => storage.close());
    await storage.ready();
    const [stored] = await Promise.all([once(storage, 'file'), put(storage)]);
    assert.equal(stored[0].id, 'same');
    const failed = once(storage, 'streamError');
    await assert.rejects(put(storage), { name: 'MongoServerError', code: 11000 });
    assert.equal((await failed)[0].code, 11000);
  });

  it('takes a promise of a database', async t => {
    const storage = new GridFsStorage({ db: Promise.resolve(on.db) });
    t.after(() => storage.close());
    const { db } = await storage.ready();
    assert.ok(db === storage.db);
    assert.equal((await put(storage)).size, 5);
  });
});

function put(storage: InstanceType<typeof GridFsStorage>) {
  return storage.fromStream(Readable.from([Buffer.from('bytes')]), {} as never, {} as never);
}

/** An app that stores files and gives them back; returns its URL. */
async function app(
  t: TestContext,
  on: Handed,
  options: Partial<StorageOptions> = {},
  limits?: Options['limits']
): Promise<{ url: string }> {
  const storage = new GridFsStorage({ db: on.db, ...options });
  t.after(() => storage.close());
  await storage.ready();
  const uploads = multer({ storage, limits });
  const handler = express();
  handler.post('/files', uploads.array('files'), (request, response) => {
    response.json(request.files);
  });
  handler.get('/files/:name', (request, response, next) => {
    const download = new on.GridFSBucket(on.db).openDownloadStreamByName(request.params.name);
    download.on('error', next).pipe(response);
  });
  const refuse: ErrorRequestHandler = (error, _request, response, next) => {
    if (error instanceof multer.MulterError) response.status(413).send(error.code);
    else next(error);
  };
  handler.use(refuse);
  return { url: await serve(t, handler) };
}

async function upload(url: string, files: Record<string, Buffer>): Promise<Uploaded[]> {
  const answer = await send(url, files);
  if (!answer.ok) throw new Error(`${answer.status}: ${await answer.text()}`);
  return (await answer.json()) as Uploaded[];
}

async function send(url: string, files: Record<string, Buffer>): Promise<Response> {
  const form = new FormData();
  for (const [name, content] of Object.entries(files)) {
    form.append('files', new Blob([new Uint8Array(content)]), name);
  }
  return await new Browser().post(`${url}/files`, form);
}

/** Bytes that differ from chunk to chunk. */
function bytes(length: number): Buffer {
  return Buffer.from(Array.from({ length }, (_, index) => (index * 31) % 251));
}

function digest(content: ArrayBuffer | Buffer): string {
  return createHash('sha256').update(new Uint8Array(content)).digest('hex');
}

function upperCase(): Transform {
  return new Transform({
    transform(chunk: Buffer, _encoding, done) {
      done(null, chunk.toString().toUpperCase());
    }
  });
}
