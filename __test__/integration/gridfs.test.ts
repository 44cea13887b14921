/** Files in a bucket, as the server has them: what is stored, found, changed and gone. */
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { buffer, text } from 'node:stream/consumers';
import { finished } from 'node:stream/promises';
import { after, before, beforeEach, describe, it } from 'node:test';
import * as driver from 'mongodb';
import { Long, ObjectId, GridFSBucket, PolyPool, type Db } from 'polypool';
import { upload } from '../support/gridfs.ts';
import { sharedMongod, uniqueDatabase, type SharedMongod } from '../support/mongod.ts';

const MIB = 2 ** 20;

let mongod: SharedMongod;
let pool: PolyPool;
let db: Db;
let bucket: GridFSBucket;
/** Buckets so far; every test has one of its own. */
let buckets = 0;

before(async () => {
  mongod = await sharedMongod();
  pool = new PolyPool(mongod.uri);
  db = pool.db(uniqueDatabase());
});
beforeEach(() => {
  bucket = new GridFSBucket(db, { bucketName: `b${buckets++}`, chunkSizeBytes: 4 });
});
after(async () => {
  await db.dropDatabase();
  await pool.close();
  await mongod.stop();
});

const store = (bytes: Uint8Array | string, name = 'name', options: object = {}) =>
  upload(bucket.openUploadStream(name, options), bytes);

const chunksOf = (id: unknown) =>
  db.collection(`b${buckets - 1}.chunks`).countDocuments({ files_id: id });

describe('A file of 20 MB', () => {
  const bytes = randomBytes(20 * MIB + 1);

  it('comes out as it went in, whatever the pieces', async () => {
    const whole = await upload(new GridFSBucket(db).openUploadStream('whole'), bytes);
    const pieces = new GridFSBucket(db).openUploadStream('pieces');
    for (let at = 0; at < bytes.length; at += 100_000) {
      const more = pieces.write(bytes.subarray(at, at + 100_000));
      if (!more) await new Promise(resolve => pieces.once('drain', resolve));
    }
    await finished(pieces.end());
    const files = await new GridFSBucket(db).find().toArray();
    assert.deepEqual(
      files.map(({ length, chunkSize }) => [length, chunkSize]),
      [whole, pieces].map(() => [bytes.length, 255 * 1024])
    );
    for (const { id } of [whole, pieces]) {
      const stored = await buffer(new GridFSBucket(db).openDownloadStream(id));
      assert.ok(stored.equals(bytes));
    }
    const chunks = db.collection('fs.chunks');
    assert.equal(await chunks.countDocuments(), 2 * Math.ceil(bytes.length / (255 * 1024)));
  });

  it('is read in part, across the edges of chunks and of batches', async () => {
    const fs = new GridFSBucket(db);
    const [file] = await fs.find({ filename: 'whole' }).toArray();
    const size = 255 * 1024;
    const ranges = [
      [0, 1],
      [size - 1, size + 1],
      [size, 2 * size],
      [5 * size + 7, 9 * size + 3],
      [15 * MIB, 18 * MIB],
      [bytes.length - 1, bytes.length],
      [0, bytes.length]
    ] as const;
    for (const [start, end] of ranges) {
      const part = await buffer(fs.openDownloadStream(file!._id).start(start).end(end));
      assert.ok(part.equals(bytes.subarray(start, end)), `${start} to ${end}`);
      const same = await buffer(fs.openDownloadStreamByName('whole', { start, end }));
      assert.ok(same.equals(part), `${start} to ${end}`);
    }
  });

  it('is not held by who reads it slowly', async () => {
    const stream = new GridFSBucket(db).openDownloadStreamByName('whole');
    let held = 0;
    for await (const piece of stream) {
      held = Math.max(held, stream.readableLength + (piece as Buffer).length);
      await new Promise(resolve => setImmediate(resolve));
    }
    assert.ok(held <= 2 * 255 * 1024, `${held} bytes`);
  });
});

describe('An upload', () => {
  it('stores the documents that every driver reads', async () => {
    const started = Date.now();
    const { id, gridFSFile } = await store('0123456', 'a', { metadata: { b: [1] } });
    const [file] = await db
      .collection(`b${buckets - 1}.files`)
      .find()
      .toArray();
    assert.deepEqual(file, {
      _id: id,
      length: 7,
      chunkSize: 4,
      uploadDate: file!['uploadDate'] as Date,
      filename: 'a',
      metadata: { b: [1] }
    });
    assert.ok(file['uploadDate'].getTime() >= started);
    assert.deepEqual(gridFSFile, file);
    const chunks = await db
      .collection(`b${buckets - 1}.chunks`)
      .find({}, { promoteBuffers: true, projection: { _id: 0 } })
      .sort({ n: 1 })
      .toArray();
    assert.deepEqual(chunks, [
      { files_id: id, n: 0, data: Buffer.from('0123') },
      { files_id: id, n: 1, data: Buffer.from('456') }
    ]);
  });

  it('creates the indexes with the first one, and says so', async () => {
    let said = 0;
    bucket.on('index', () => said++);
    await Promise.all([store('a'), store('b'), store('c')]);
    await store('d');
    assert.equal(said, 1);
    const keys = async (name: string) =>
      (await db.collection(`b${buckets - 1}.${name}`).indexes()).map(({ key, unique }) => [
        key,
        unique
      ]);
    const id = [{ _id: 1 }, undefined];
    assert.deepEqual(await keys('files'), [id, [{ filename: 1, uploadDate: 1 }, undefined]]);
    assert.deepEqual(await keys('chunks'), [id, [{ files_id: 1, n: 1 }, true]]);
  });

  it('leaves the indexes alone that are there, and those of a bucket with files', async () => {
    const name = `b${buckets - 1}`;
    const indexes = async () => (await db.collection(`${name}.files`).indexes()).length;
    await db.collection(`${name}.files`).createIndex({ filename: 1, uploadDate: 1 }, { name: 'x' });
    await db.collection(`${name}.chunks`).createIndex({ files_id: 1, n: 1 }, { name: 'y' });
    await store('a');
    assert.equal(await indexes(), 2);
    await db.collection(`${name}.files`).dropIndex('x');
    bucket = new GridFSBucket(db, { bucketName: name });
    await store('b');
    assert.equal(await indexes(), 1);
  });

  it('goes on when the indexes cannot be created', async () => {
    const name = `b${buckets - 1}`;
    // Two chunks that the unique index does not allow.
    await db.collection(`${name}.chunks`).insertMany([
      { files_id: 1, n: 0 },
      { files_id: 1, n: 0 }
    ]);
    let said = 0;
    bucket.on('index', () => said++);
    const { id } = await store('0123456');
    assert.equal(await text(bucket.openDownloadStream(id)), '0123456');
    assert.equal(said, 0);
  });

  it('fails with the refusal of a chunk as if that had been inserted alone', async () => {
    const chunks = db.collection(`b${buckets - 1}.chunks`);
    await chunks.createIndex({ n: 1 }, { unique: true });
    await chunks.insertOne({ n: 3 });
    const refusal = { name: 'MongoServerError', code: 11_000, index: 0 };
    await assert.rejects(store('0123'.repeat(40)), refusal);
  });

  it('keeps files that are written at the same time apart', async () => {
    const contents = Array.from({ length: 20 }, (_, i) => randomBytes(100 + i));
    const streams = await Promise.all(contents.map((bytes, i) => store(bytes, `${i}`)));
    const read = await Promise.all(streams.map(({ id }) => buffer(bucket.openDownloadStream(id))));
    assert.deepEqual(read, contents);
    assert.equal((await bucket.find().toArray()).length, 20);
  });

  it('leaves nothing behind when it is aborted', async () => {
    const stream = bucket.openUploadStream('aborted');
    await new Promise(resolve => stream.write(Buffer.alloc(1_000), resolve));
    assert.equal(await chunksOf(stream.id), 250);
    await stream.abort();
    assert.equal(await chunksOf(stream.id), 0);
    await assert.rejects(upload(stream, 'more'), { message: 'Stream has been aborted' });
    assert.deepEqual(await bucket.find().toArray(), []);
  });

  it('leaves nothing behind of chunks that were on their way when it was aborted', async () => {
    const stream = bucket.openUploadStream('aborted');
    const written = new Promise(resolve => stream.write(Buffer.alloc(1_000), resolve));
    while (stream.state.outstandingRequests === 0) await new Promise(setImmediate);
    await stream.abort();
    await written;
    assert.equal(await chunksOf(stream.id), 0);
  });

  it('fails as the server says, without a file', async () => {
    const { id } = await store('0123456', 'first');
    // In commands of one chunk, and of several.
    for (const bytes of ['0123456', '0123456'.repeat(10)]) {
      const again = bucket.openUploadStreamWithId(id, 'second');
      await assert.rejects(upload(again, bytes), (error: driver.MongoServerError) => {
        assert.equal(error.constructor, driver.MongoServerError);
        return error.code === 11000;
      });
      assert.equal(again.gridFSFile, null);
    }
    const empty = bucket.openUploadStreamWithId(id, 'third');
    await assert.rejects(upload(empty, ''), { code: 11000 });
    const names = (await bucket.find().toArray()).map(({ filename }) => filename);
    assert.deepEqual(names, ['first']);
  });

  it('fails for chunks that are too large for a document', async () => {
    const stream = bucket.openUploadStream('large', { chunkSizeBytes: 17 * MIB });
    await assert.rejects(upload(stream, Buffer.alloc(17 * MIB)));
    assert.deepEqual(await bucket.find().toArray(), []);
  });

  it('fails when the pool is closed', async () => {
    const closed = new PolyPool(mongod.uri);
    const stream = new GridFSBucket(closed.db('d')).openUploadStream('name');
    await closed.close();
    await assert.rejects(upload(stream, 'a'), driver.MongoNotConnectedError);
  });
});

describe('A download', () => {
  it('fails with ENOENT for a file that is not there', async () => {
    const id = new ObjectId();
    const refusal = { name: 'MongoRuntimeError', code: 'ENOENT' };
    await assert.rejects(buffer(bucket.openDownloadStream(id)), {
      ...refusal,
      message: `FileNotFound: file ${id.toHexString()} was not found`
    });
    await assert.rejects(buffer(bucket.openDownloadStreamByName('x')), {
      ...refusal,
      message: 'FileNotFound: file x was not found'
    });
  });

  it('fails for chunks that are missing, too many or of another size', async () => {
    const { id } = await store('0123456789');
    const chunks = db.collection(`b${buckets - 1}.chunks`);
    const spoilt = async (spoil: () => Promise<unknown>, message: RegExp): Promise<void> => {
      const before = await chunks.find().toArray();
      await spoil();
      await assert.rejects(buffer(bucket.openDownloadStream(id)), (error: Error) => {
        return error instanceof driver.MongoGridFSChunkError && message.test(error.message);
      });
      await chunks.deleteMany({});
      await chunks.insertMany(before);
    };
    await spoilt(() => chunks.deleteOne({ n: 0 }), /^ChunkIsMissing/);
    await spoilt(() => chunks.deleteOne({ n: 1 }), /^ChunkIsMissing/);
    await spoilt(() => chunks.deleteOne({ n: 2 }), /^ChunkIsMissing/);
    const short = { $set: { data: Buffer.alloc(1) } };
    await spoilt(() => chunks.updateOne({ n: 1 }, short), /^ChunkIsWrongSize/);
    await spoilt(() => chunks.updateOne({ n: 2 }, short), /^ChunkIsWrongSize/);
    const extra = { files_id: id, n: 3, data: Buffer.alloc(1) };
    await spoilt(() => chunks.insertOne(extra), /^ExtraChunk/);
    assert.equal(await text(bucket.openDownloadStream(id)), '0123456789');
  });

  it('finds the revision that is asked for', async () => {
    for (const content of ['a', 'b', 'c']) {
      const { gridFSFile } = await store(content, 'doc');
      // Revisions are told apart by the millisecond.
      while (Date.now() <= gridFSFile!.uploadDate.getTime());
    }
    const read = (revision?: number) => text(bucket.openDownloadStreamByName('doc', { revision }));
    const revisions = [undefined, 0, 1, 2, -1, -2, -3];
    const found = await Promise.all(revisions.map(read));
    assert.deepEqual(found, ['c', 'a', 'b', 'c', 'c', 'b', 'a']);
    for (const missing of [3, -4]) await assert.rejects(read(missing), { code: 'ENOENT' });
  });

  it('gives an empty file, without looking for chunks', async () => {
    const { id } = await store('');
    assert.equal((await buffer(bucket.openDownloadStream(id))).length, 0);
  });

  it('closes its cursor on the server when it is left', async () => {
    const open = async () => {
      const pipeline = [
        { $currentOp: { allUsers: true, idleCursors: true } },
        { $match: { ns: `${db.databaseName}.b${buckets - 1}.chunks`, type: 'idleCursor' } }
      ];
      return (await pool.db('admin').aggregate(pipeline).toArray()).length;
    };
    // More than the first batch and what a stream reads ahead.
    const { id } = await store(Buffer.alloc(400 * 1024), 'long', { chunkSizeBytes: 1_024 });
    for (const leave of ['abort', 'destroy'] as const) {
      const stream = bucket.openDownloadStream(id);
      for await (const piece of stream.iterator({ destroyOnReturn: false })) {
        assert.equal((piece as Buffer).length, 1_024);
        break;
      }
      assert.equal(await open(), 1);
      void stream[leave]();
      for (const deadline = Date.now() + 5_000; (await open()) > 0;) {
        assert.ok(Date.now() < deadline, 'the cursor is closed');
      }
    }
  });

  it('reads what any options of the database make of its numbers and bytes', async () => {
    const { id } = await store('0123456789');
    await db
      .collection(`b${buckets - 1}.files`)
      .updateOne({ _id: id }, { $set: { length: Long.fromNumber(10) } });
    const every = [
      { raw: true },
      { promoteValues: false },
      { promoteLongs: false },
      { promoteBuffers: true },
      { useBigInt64: true }
    ];
    for (const options of every) {
      const other = new GridFSBucket(pool.db(db.databaseName, options), {
        bucketName: `b${buckets - 1}`,
        chunkSizeBytes: 4
      });
      assert.equal(await text(other.openDownloadStream(id, { start: 3, end: 9 })), '345678');
      const copy = await upload(other.openUploadStream('copy'), 'abcdef');
      assert.equal(await text(other.openDownloadStream(copy.id)), 'abcdef');
    }
  });
});

describe('A bucket', () => {
  it('finds files by what they are', async () => {
    for (const name of ['a', 'b', 'c']) await store(name.repeat(5), name);
    const found = bucket.find({ filename: { $ne: 'b' } }, { sort: { filename: -1 } });
    const names = (await found.toArray()).map(({ filename }) => filename);
    assert.deepEqual(names, ['c', 'a']);
    assert.equal((await bucket.find().limit(2).toArray()).length, 2);
  });

  it('renames a file, or says that there is none', async () => {
    const { id } = await store('a', 'before');
    await bucket.rename(id, 'after');
    assert.equal(await text(bucket.openDownloadStreamByName('after')), 'a');
    const other = new ObjectId();
    await assert.rejects(bucket.rename(other, 'x'), {
      name: 'MongoRuntimeError',
      message: `File with id ${other.toHexString()} not found`
    });
  });

  it('deletes a file with its chunks, or the chunks of one that is gone', async () => {
    const { id } = await store('0123456789');
    const kept = await store('kept');
    await bucket.delete(id);
    assert.equal(await chunksOf(id), 0);
    const orphaned = await store('0123456789');
    await db.collection(`b${buckets - 1}.files`).deleteOne({ _id: orphaned.id });
    await assert.rejects(bucket.delete(orphaned.id), {
      name: 'MongoRuntimeError',
      message: `File not found for id ${orphaned.id.toHexString()}`
    });
    assert.equal(await chunksOf(orphaned.id), 0);
    assert.equal(await text(bucket.openDownloadStream(kept.id)), 'kept');
  });

  it('takes an id for a value, never for a query', async () => {
    await store('a');
    const query = { $gt: new ObjectId('000000000000000000000000') } as unknown as ObjectId;
    await assert.rejects(bucket.delete(query));
    await assert.rejects(bucket.rename(query, 'b'));
    await assert.rejects(buffer(bucket.openDownloadStream(query)));
    assert.deepEqual(
      (await bucket.find().toArray()).map(({ filename }) => filename),
      ['name']
    );
  });

  it('is dropped with both collections, and once more without any', async () => {
    await store('a');
    await bucket.drop();
    const name = new RegExp(`^b${buckets - 1}\\.`);
    assert.deepEqual(await db.listCollections({ name }).toArray(), []);
    await bucket.drop();
  });
});

describe('Buckets and databases of both clients', () => {
  it('read and write what the others do', async () => {
    const client = new driver.MongoClient(mongod.uri);
    const options = { bucketName: `b${buckets - 1}`, chunkSizeBytes: 4 };
    const theirs = client.db(db.databaseName);
    const both = [
      bucket,
      new driver.GridFSBucket(db, options),
      new GridFSBucket(theirs as unknown as Db, options),
      new driver.GridFSBucket(theirs, options)
    ];
    for (const [i, one] of both.entries()) {
      const { id } = await upload(one.openUploadStream(`${i}`), `0123456${i}`);
      for (const other of both) {
        const stream = other.openDownloadStream(id, { start: 2, end: 8 });
        assert.equal(await text(stream), `23456${i}`);
      }
      await both.at(-i - 1)!.rename(id, 'renamed');
      await both.at(-i - 1)!.delete(id);
    }
    assert.equal(await db.collection(`b${buckets - 1}.chunks`).countDocuments(), 0);
    await client.close();
  });
});
