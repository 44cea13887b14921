/** What a bucket makes of its arguments, before anything is sent. */
import assert from 'node:assert/strict';
import { after, describe, it } from 'node:test';
import { MongoInvalidArgumentError, WriteConcern } from 'mongodb';
import { GridFSBucket, ObjectId, PolyPool } from 'polypool';

/** Nobody listens there, and nobody has to. */
const pool = new PolyPool('mongodb://localhost:1/d');
after(() => pool.close());

/** An upload that does not begin, so that nothing is sent. */
function upload(bucket: GridFSBucket, options?: object) {
  const stream = bucket.openUploadStream('name', options);
  stream._construct = callback => callback();
  return stream;
}

describe('A bucket', () => {
  it('is called fs and has chunks of 255 KiB by default', () => {
    for (const options of [undefined, {}, { bucketName: undefined, chunkSizeBytes: undefined }]) {
      const stream = upload(new GridFSBucket(pool.db(), options));
      assert.equal(stream.files.namespace, 'd.fs.files');
      assert.equal(stream.chunks.namespace, 'd.fs.chunks');
      assert.equal(stream.chunkSizeBytes, 255 * 1024);
    }
  });

  it('has the name and the size of chunks that it is given', () => {
    const bucket = new GridFSBucket(pool.db('e'), { bucketName: 'photos', chunkSizeBytes: 7 });
    assert.equal(upload(bucket).chunks.namespace, 'e.photos.chunks');
    assert.equal(upload(bucket).chunkSizeBytes, 7);
    assert.equal(upload(bucket, { chunkSizeBytes: 9 }).chunkSizeBytes, 9);
    assert.equal(upload(bucket, { chunkSizeBytes: 0 }).chunkSizeBytes, 7);
  });

  it('refuses a name that is no text', () => {
    for (const bucketName of [5, true, {}]) {
      assert.throws(() => new GridFSBucket(pool.db(), { bucketName } as object), {
        name: 'MongoInvalidArgumentError',
        message: 'options.bucketName must be a string'
      });
    }
  });

  it('refuses chunks of a size that no file could be cut into', () => {
    for (const chunkSizeBytes of [0, -1, 1.5, NaN, Infinity, '4', {}]) {
      const options = { chunkSizeBytes } as object;
      assert.throws(() => new GridFSBucket(pool.db(), options), MongoInvalidArgumentError);
    }
    const bucket = new GridFSBucket(pool.db());
    assert.throws(() => bucket.openUploadStream('a', { chunkSizeBytes: -1 }), {
      message: 'options.chunkSizeBytes must be a positive integer'
    });
  });

  it('hands its write concern to uploads that have none', () => {
    const own = new GridFSBucket(pool.db(), { writeConcern: { w: 2 } });
    assert.deepEqual(upload(own).writeConcern, new WriteConcern(2));
    assert.deepEqual(
      upload(own, { writeConcern: { w: 3, journal: true } }).writeConcern,
      new WriteConcern(3, undefined, true)
    );
    const inherited = new GridFSBucket(pool.db('d', { writeConcern: { w: 4 } }));
    assert.deepEqual(upload(inherited).writeConcern, new WriteConcern(4));
    assert.equal(upload(new GridFSBucket(pool.db())).writeConcern, undefined);
  });

  it('is an event emitter that takes any number of listeners and no offence at errors', () => {
    const bucket = new GridFSBucket(pool.db());
    assert.equal(bucket.getMaxListeners(), 0);
    assert.equal(bucket.emit('error' as any, new Error('nobody listens')), true);
    assert.equal(GridFSBucket.INDEX, 'index');
  });
});

describe('An upload stream', () => {
  it('shows what it was opened with', () => {
    const bucket = new GridFSBucket(pool.db());
    const metadata = { a: 1 };
    const stream = upload(bucket, { metadata, timeoutMS: 5 });
    assert.ok(stream.id instanceof ObjectId);
    assert.equal(stream.bucket, bucket);
    assert.equal(stream.filename, 'name');
    assert.equal(stream.options.metadata, metadata);
    assert.deepEqual([stream.done, stream.length, stream.n, stream.pos], [false, 0, 0, 0]);
    assert.equal(stream.gridFSFile, null);
  });

  it('has the id it is given', () => {
    const bucket = new GridFSBucket(pool.db());
    const id = new ObjectId();
    assert.equal(upload(bucket, { id }).id, id);
    const other = new ObjectId();
    const stream = bucket.openUploadStreamWithId(id, 'name', { id: other });
    stream._construct = callback => callback();
    assert.equal(stream.id, id);
  });
});

describe('A download stream', () => {
  it('takes its range until it is read', () => {
    const stream = new GridFSBucket(pool.db()).openDownloadStream(new ObjectId());
    assert.equal(stream.start(1).end(2), stream);
    stream.on('error', () => undefined);
    stream.read();
    const refusal = {
      name: 'MongoGridFSStreamError',
      message: 'Options cannot be changed after the stream is initialized'
    };
    assert.throws(() => stream.start(0), refusal);
    assert.throws(() => stream.end(), refusal);
    stream.destroy();
  });
});
