/** `timeoutMS` of a bucket and of its streams, a limit on all that they send; and of `cursor.close()`. */
import assert from 'node:assert/strict';
import { after, afterEach, before, describe, it } from 'node:test';
import { buffer } from 'node:stream/consumers';
import { finished } from 'node:stream/promises';
import { GridFSBucket, MongoOperationTimeoutError, PolyPool, type ObjectId } from 'polypool';
import { FailPoints } from '../support/fail-point.ts';
import { startMongod, uniqueDatabase, type Mongod } from '../support/mongod.ts';

const APP_NAME = 'gridfs-deadlines';
/** Milliseconds: a limit, what each command is kept waiting for, and what nothing may take. */
const LIMIT_MS = 400;
const BLOCK_MS = 250;
const LONG_MS = 20_000;

describe('timeoutMS of GridFS', () => {
  let mongod: Mongod;
  let failPoints: FailPoints;
  let pool: PolyPool;
  let bucket: GridFSBucket;
  const database = uniqueDatabase();

  before(async () => {
    mongod = await startMongod();
    failPoints = new FailPoints(mongod.uri, APP_NAME);
    pool = new PolyPool(mongod.uri, { appName: APP_NAME });
    bucket = new GridFSBucket(pool.db(database), { chunkSizeBytes: 4 });
    await upload(bucket, 'known');
  });
  afterEach(() => failPoints.clear());
  after(async () => {
    await pool.close();
    await failPoints.close();
    await mongod.stop();
  });

  async function upload(to: GridFSBucket, name: string, timeoutMS?: number): Promise<ObjectId> {
    const stream = to.openUploadStream(name, timeoutMS === undefined ? {} : { timeoutMS });
    stream.end('twelve bytes');
    await finished(stream);
    return stream.id;
  }

  /** Keeps each command of these kinds waiting, for less than the limit. */
  async function slow(...failCommands: string[]): Promise<void> {
    const data = { failCommands, blockConnection: true, blockTimeMS: BLOCK_MS };
    await failPoints.failCommand(data, { skip: 0 });
  }

  const sameBucket = (timeoutMS: number): GridFSBucket =>
    new GridFSBucket(pool.db(database), { chunkSizeBytes: 4, timeoutMS });

  it('is a limit on an upload from its beginning to its end', async () => {
    await slow('insert');
    await assert.rejects(upload(bucket, 'a', LIMIT_MS), MongoOperationTimeoutError);
    await assert.rejects(upload(sameBucket(LIMIT_MS), 'b'), MongoOperationTimeoutError);
    await upload(bucket, 'c', LONG_MS);
    await upload(bucket, 'd');
  });

  it('is a limit on a download from its beginning to its end', async () => {
    await slow('find');
    const read = (timeoutMS?: number): Promise<Buffer> =>
      buffer(bucket.openDownloadStreamByName('known', timeoutMS ? { timeoutMS } : {}));
    await assert.rejects(read(LIMIT_MS), MongoOperationTimeoutError);
    assert.equal(String(await read(LONG_MS)), 'twelve bytes');
    assert.equal(String(await read()), 'twelve bytes');
  });

  it('is a limit on both commands that delete a file', async () => {
    const id = await upload(bucket, 'e');
    await slow('delete');
    const limited = bucket.delete(id, { timeoutMS: LIMIT_MS });
    await assert.rejects(limited, MongoOperationTimeoutError);
    const other = await upload(bucket, 'f');
    await bucket.delete(other, { timeoutMS: LONG_MS });
  });

  it('of zero lifts what the bucket and the pool have', async () => {
    const limited = new PolyPool(mongod.uri, { appName: APP_NAME, timeoutMS: BLOCK_MS / 2 });
    try {
      const db = limited.db(database);
      const options = { chunkSizeBytes: 4 };
      await upload(new GridFSBucket(db, options), 'warm');
      await slow('insert');
      await assert.rejects(upload(new GridFSBucket(db, options), 'h'), MongoOperationTimeoutError);
      await upload(new GridFSBucket(db, options), 'h', 0);
      await upload(new GridFSBucket(db, { ...options, timeoutMS: 0 }), 'i');
      await upload(new GridFSBucket(db, { ...options, timeoutMS: BLOCK_MS / 2 }), 'j', 0);
    } finally {
      await limited.close();
    }
  });

  it('gives abort() the time again to delete what has been stored', async () => {
    const stream = bucket.openUploadStream('g', { timeoutMS: LIMIT_MS });
    stream.write('four');
    await new Promise(resolve => setTimeout(resolve, LIMIT_MS + 50));
    await stream.abort();
    const chunks = pool.db(database).collection('fs.chunks');
    assert.equal(await chunks.countDocuments({ files_id: stream.id }), 0);
  });

  it('of cursor.close() is how long the server is waited for', async () => {
    const names = pool.db(database).collection('fs.chunks');
    const cursor = names.find({}, { batchSize: 1, readPreference: 'nearest' });
    await cursor.next();
    mongod.pause(0);
    try {
      const began = performance.now();
      await cursor.close({ timeoutMS: 50 });
      assert.ok(performance.now() - began < LONG_MS);
      assert.ok(cursor.closed);
    } finally {
      mongod.resume(0);
    }
    // As in the driver, what is no time is not looked at.
    for (const timeoutMS of [-1, NaN, 'soon', null]) {
      await names.find().close({ timeoutMS: timeoutMS as number });
    }
  });
});
