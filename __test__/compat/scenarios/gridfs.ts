// Owns what is compared of buckets and their streams. Must not know how two outcomes are compared.

import type { Readable, Writable } from 'node:stream';
import { ObjectId, ReadConcern, type GridFSBucket, type GridFSFile } from 'mongodb';
import type { Context, Scenario, Scenarios } from '../both.ts';
import { upload } from '../../support/gridfs.ts';
import { contents } from './seed.ts';

const CHUNKS = { chunkSizeBytes: 4 };
const TEN = '0123456789';
/** Ids that no run makes, so that messages can name them. */
const TAKEN = new ObjectId('5f0000000000000000000000');
const GIVEN = new ObjectId('5f0000000000000000000001');
const OTHER = new ObjectId('5f0000000000000000000002');

/** A bucket of small chunks with a file of ten bytes, and that file's id. */
async function filled(on: Context): Promise<{ bucket: GridFSBucket; id: ObjectId }> {
  const bucket = on.bucket(CHUNKS);
  await upload(bucket.openUploadStreamWithId(TAKEN, 'ten'), TEN);
  return { bucket, id: TAKEN };
}

/** A file's document without the time of day. */
function dateless({ uploadDate, ...file }: GridFSFile): object {
  return { ...file, keys: Object.keys(file), dated: uploadDate instanceof Date };
}

/** All that the server has of a bucket. */
async function stored(on: Context, name = on.collection.collectionName): Promise<unknown> {
  const chunks = await on.db.collection(`${name}.chunks`).find().sort({ n: 1, _id: 1 }).toArray();
  const files = (await contents(on.db.collection(`${name}.files`))) as GridFSFile[];
  return { files: files.map(dateless), chunks };
}

/** The stream when it has seen to the indexes, and sends nothing more. */
async function begun<S extends Writable>(stream: S): Promise<S> {
  await new Promise(resolve => stream.write('', resolve));
  return stream;
}

/** What a stream emits until it is closed, in its order; errors with all that they have. */
async function events(stream: Readable | Writable, ...names: string[]): Promise<unknown[]> {
  const seen: unknown[] = [];
  for (const name of names) {
    stream.on(name, (given?: unknown) => {
      if (name === 'file') seen.push([name, dateless(given as GridFSFile)]);
      else if (given instanceof Uint8Array) seen.push([name, Buffer.from(given).toString()]);
      else seen.push(given === undefined ? name : [name, given]);
    });
  }
  await new Promise(resolve => stream.once('close', resolve));
  return seen;
}

const writing = (stream: Writable) => events(stream, 'drain', 'finish', 'error', 'close');
const reading = (stream: Readable) => events(stream, 'file', 'data', 'end', 'error', 'close');

/** Reads the file of ten bytes in different ways. */
function reads(...ranges: object[]): Scenario {
  return async on => {
    const { bucket, id } = await filled(on);
    const seen: unknown[] = [];
    for (const range of ranges) seen.push(await reading(bucket.openDownloadStream(id, range)));
    return seen;
  };
}

/** Reads it after something has been done to its chunks. */
function spoilt(spoil: (chunks: Context['collection'], id: ObjectId) => unknown): Scenario {
  return async on => {
    const { bucket, id } = await filled(on);
    await spoil(on.db.collection(`${on.collection.collectionName}.chunks`), id);
    return await reading(bucket.openDownloadStream(id));
  };
}

const uploads: Scenarios = {
  'GridFSBucket.openUploadStream': {
    'stores chunks and a file': async on => {
      const bucket = on.bucket(CHUNKS);
      const indexed: string[] = [];
      bucket.on('index', () => indexed.push('index'));
      const streams = [];
      for (const bytes of ['', 'abc', 'abcd', TEN, Buffer.from(TEN).subarray(1, 6)]) {
        streams.push(await upload(bucket.openUploadStream('name'), bytes));
      }
      const shown = streams.map(({ id, length, n, done, state, filename, chunkSizeBytes }) => {
        return { id, length, n, done, state, filename, chunkSizeBytes };
      });
      const gridFSFiles = streams.map(({ gridFSFile }) => dateless(gridFSFile!));
      return { shown, gridFSFiles, indexed, stored: await stored(on) };
    },
    'creates the indexes, unless they are there': async on => {
      await on.db
        .collection(`${on.collection.collectionName}.files`)
        .createIndex({ filename: 1, uploadDate: 1 }, { name: 'mine' }, {});
      await upload(on.bucket().openUploadStream('a'), 'a');
      await upload(on.bucket().openUploadStream('b'), 'b');
      const indexes = (name: string) =>
        on.db.collection(`${on.collection.collectionName}.${name}`).indexes();
      return [await indexes('files'), await indexes('chunks')];
    },
    'stores a write of many chunks': async on => {
      const stream = on.bucket(CHUNKS).openUploadStreamWithId(TAKEN, 'many');
      const closed = writing(stream);
      stream.end(TEN.repeat(10));
      return { seen: await closed, stored: await stored(on) };
    },
    'obeys its options': async on => {
      const bucket = on.bucket({ ...CHUNKS, writeConcern: { w: 1 } });
      const stream = bucket.openUploadStream('a', {
        id: GIVEN,
        chunkSizeBytes: 7,
        metadata: { a: [1] },
        timeoutMS: 10_000,
        writeConcern: { w: 'majority', journal: true }
      });
      await upload(stream, TEN);
      await upload(bucket.openUploadStream('b', { chunkSizeBytes: 0 }), TEN);
      return await stored(on);
    },
    'obeys the options of the bucket and the database': async on => {
      const db = on.client.db(on.db.databaseName, { writeConcern: { w: 'majority' } });
      const bucket = on.bucket({ bucketName: `${on.collection.collectionName}x`, ...CHUNKS }, db);
      await upload(bucket.openUploadStream('a'), 'abc');
      return await stored(on, `${on.collection.collectionName}x`);
    },
    'emits what a writable does': on => {
      const stream = on.bucket({ chunkSizeBytes: 10_000 }).openUploadStream('a');
      const seen = writing(stream);
      stream.write(Buffer.alloc(25_000));
      stream.once('drain', () => stream.end('abc'));
      return seen;
    },
    'fails for an id that is taken, with chunks and without': async on => {
      const { bucket, id } = await filled(on);
      const seen: unknown[] = [];
      for (const bytes of ['abc', '']) {
        const stream = bucket.openUploadStream('again', { id });
        const closed = writing(stream);
        stream.end(bytes);
        seen.push(await closed, stream.gridFSFile, stream.done, stream.state.errored);
      }
      return { seen, stored: await stored(on) };
    }
  },
  'GridFSBucket.openUploadStreamWithId': {
    'stores a file with that id, of any type': async on => {
      const bucket = on.bucket(CHUNKS);
      for (const id of [GIVEN, 'text', { a: 1 }, 7] as any[]) {
        await upload(bucket.openUploadStreamWithId(id, 'name', { id: OTHER }), 'abcdef');
      }
      return await stored(on);
    }
  },
  'GridFSBucketWriteStream.abort': {
    'deletes what was stored, and lets no more be written': async on => {
      const stream = on.bucket(CHUNKS).openUploadStream('a');
      await new Promise(resolve => stream.write(TEN, resolve));
      const outcomes = await on.all(
        () => stream.abort(),
        () => stream.abort(),
        () => stored(on)
      );
      const seen = writing(stream);
      const written: unknown = await new Promise(resolve => stream.write('more', resolve));
      return { outcomes, written, seen: await seen };
    },
    'is too late after the end': async on => {
      const stream = await upload(on.bucket(CHUNKS).openUploadStream('a'), TEN);
      return await on.all(
        () => stream.abort(),
        () => stored(on)
      );
    },
    'makes the end an error': async on => {
      const seen: unknown[] = [];
      const { bucket } = await filled(on);
      for (const bytes of ['', 'abc', TEN]) {
        const stream = bucket.openUploadStream('a');
        await stream.abort();
        const closed = writing(stream);
        stream.end(bytes);
        seen.push(await closed, stream.done);
      }
      return { seen, stored: await stored(on) };
    }
  },
  'GridFSBucketWriteStream.writeConcern': {
    'is its own or inherited': async on => {
      const of = async (bucket: GridFSBucket, options?: object) => {
        const stream = await begun(bucket.openUploadStream('a', options));
        return stream.writeConcern;
      };
      const db = on.client.db(on.db.databaseName, { writeConcern: { w: 3 } });
      return [
        await of(on.bucket()),
        await of(on.bucket({}, db)),
        await of(on.bucket({ writeConcern: { w: 2, wtimeoutMS: 5 } }, db)),
        await of(on.bucket({ writeConcern: { w: 2 } }), { writeConcern: { w: 1, journal: true } })
      ];
    }
  }
};

const downloads: Scenarios = {
  'GridFSBucket.openDownloadStream': {
    'gives the file, chunk by chunk': reads({}),
    'gives a part of it': reads(
      { start: 0, end: 10 },
      { start: 0, end: 1 },
      { start: 2, end: 9 },
      { start: 3, end: 4 },
      { start: 3, end: 5 },
      { start: 4, end: 8 },
      { start: 8, end: 10 },
      { start: 9, end: 10 },
      { end: 5 }
    ),
    'gives what an odd range stands for': reads(
      { start: 0, end: 0 },
      { start: 4, end: 4 },
      { start: 5, end: 5 },
      { start: 10, end: 10 },
      { start: 1.5, end: 6.5 },
      { start: '2', end: '9' }
    ),
    'refuses a range that is none': reads(
      { start: 5 },
      { start: 11, end: 11 },
      { start: -1 },
      { end: 11 },
      { end: -1 },
      { start: 3, end: 2 },
      { start: undefined },
      { end: undefined },
      { start: null },
      { end: null }
    ),
    'gives an empty file': async on => {
      const { id } = await upload(on.bucket().openUploadStream('empty'), '');
      return await reading(on.bucket().openDownloadStream(id, { start: 5, end: 2 }));
    },
    'fails for what is not there': async on => {
      const { bucket } = await filled(on);
      const seen: unknown[] = [];
      for (const id of [
        GIVEN,
        'text',
        undefined,
        null,
        7,
        { $gt: 1 },
        { $exists: true }
      ] as any[]) {
        seen.push(await reading(bucket.openDownloadStream(id)));
      }
      return seen;
    },
    'fails when the first chunk is missing': spoilt(chunks => chunks.deleteOne({ n: 0 })),
    'fails when one between is missing': spoilt(chunks => chunks.deleteOne({ n: 1 })),
    'fails when the last chunk is missing': spoilt(chunks => chunks.deleteOne({ n: 2 })),
    'fails when a chunk is short': spoilt(chunks =>
      chunks.updateOne({ n: 1 }, { $set: { data: Buffer.from('x') } })
    ),
    'fails when the last chunk is long': spoilt(chunks =>
      chunks.updateOne({ n: 2 }, { $set: { data: Buffer.from('xyz') } })
    ),
    'fails when there is a chunk more': spoilt((chunks, id) =>
      chunks.insertOne({ files_id: id, n: 3, data: Buffer.from('x') })
    ),
    'ends with an empty chunk more': spoilt((chunks, id) =>
      chunks.insertOne({ files_id: id, n: 3, data: Buffer.alloc(0) })
    ),
    'obeys the read preference and the read concern': async on => {
      const { id } = await filled(on);
      const readPreference = 'secondaryPreferred' as any;
      const db = on.client.db(on.db.databaseName, { readConcern: new ReadConcern('majority') });
      return [
        await reading(on.bucket({ ...CHUNKS, readPreference }).openDownloadStream(id)),
        await reading(on.bucket(CHUNKS, db).openDownloadStream(id))
      ];
    },
    'reads numbers and bytes in any form': async on => {
      const { id } = await filled(on);
      const seen: unknown[] = [];
      for (const options of [{ promoteBuffers: true }, { promoteLongs: false }]) {
        const db = on.client.db(on.db.databaseName, options);
        seen.push(await reading(on.bucket(CHUNKS, db).openDownloadStream(id)));
      }
      return seen;
    }
  },
  'GridFSBucket.openDownloadStreamByName': {
    'gives the revision that is asked for': async on => {
      const bucket = on.bucket(CHUNKS);
      for (const bytes of ['first', 'second', 'third']) {
        const { gridFSFile } = await upload(bucket.openUploadStream('name'), bytes);
        while (Date.now() <= gridFSFile!.uploadDate.getTime());
      }
      const seen: unknown[] = [];
      for (const revision of [undefined, null, 0, 1, 2, 3, -1, -2, -3, -4] as number[]) {
        const options = revision === undefined ? undefined : { revision };
        seen.push(await reading(bucket.openDownloadStreamByName('name', options)));
      }
      seen.push(await reading(bucket.openDownloadStreamByName('name', { start: 1, end: 4 })));
      const sorted = { sort: { length: 1 }, skip: 1 } as const;
      seen.push(await reading(bucket.openDownloadStreamByName('name', sorted)));
      return seen;
    },
    'fails for a name that no file has': async on => {
      const { bucket } = await filled(on);
      return await reading(bucket.openDownloadStreamByName('other'));
    }
  },
  'GridFSBucketReadStream.start': {
    'sets where to start, until it has': async on => {
      const { bucket, id } = await filled(on);
      const stream = bucket.openDownloadStream(id).end(7).start(2);
      const seen = await reading(stream);
      const late = await on.all(() => stream.start(1));
      const none = bucket.openDownloadStream(id, { start: 3, end: 5 }).start();
      return { seen, late, none: await reading(none) };
    }
  },
  'GridFSBucketReadStream.end': {
    'sets where to end, until it has': async on => {
      const { bucket, id } = await filled(on);
      const stream = bucket.openDownloadStream(id).end(7);
      const seen = await reading(stream);
      const late = await on.all(() => stream.end(1));
      const none = bucket.openDownloadStream(id, { end: 5 }).end();
      return { seen, late, none: await reading(none) };
    }
  },
  'GridFSBucketReadStream.abort': {
    'ends it': async on => {
      const { bucket, id } = await filled(on);
      const stream = bucket.openDownloadStream(id);
      let aborted: Promise<void> | undefined;
      stream.once('data', () => {
        aborted = stream.abort();
      });
      return [await reading(stream), await aborted, stream.destroyed];
    },
    'may come before it is read, after its end and twice': async on => {
      const { bucket, id } = await filled(on);
      const early = bucket.openDownloadStream(id);
      const seen = reading(early);
      await early.abort();
      const late = bucket.openDownloadStream(id);
      await reading(late);
      return await on.all(
        () => seen,
        () => early.abort(),
        () => late.abort()
      );
    }
  }
};

const files: Scenarios = {
  'GridFSBucket.delete': {
    'deletes a file and its chunks': async on => {
      const { bucket, id } = await filled(on);
      const { id: kept } = await upload(bucket.openUploadStream('kept'), TEN);
      return await on.all(
        () => bucket.delete(id),
        () => bucket.delete(id),
        () => bucket.delete('text' as any),
        () => bucket.delete({ $exists: true } as any),
        () => bucket.delete(kept, { timeoutMS: 10_000 }),
        () => stored(on)
      );
    },
    'deletes chunks that have no file': async on => {
      const { bucket, id } = await filled(on);
      await on.db.collection<any>(`${on.collection.collectionName}.files`).deleteOne({ _id: id });
      return await on.all(
        () => bucket.delete(id),
        () => stored(on)
      );
    }
  },
  'GridFSBucket.find': {
    'finds files': async on => {
      const { bucket } = await filled(on);
      await upload(bucket.openUploadStream('other', { metadata: { a: 1 } }), 'x');
      const found = async (...given: any[]) =>
        (await bucket.find(...(given as [])).toArray()).map(dateless);
      return await on.all(
        () => found(),
        () => found({ length: { $gt: 5 } }),
        () => found({ 'metadata.a': 1 }, { limit: 1, sort: { filename: 1 } }),
        () => found({}, { sort: { filename: -1 } }),
        () => bucket.find().namespace.toString()
      );
    }
  },
  'GridFSBucket.rename': {
    'renames a file': async on => {
      const { bucket, id } = await filled(on);
      return await on.all(
        () => bucket.rename(id, 'new'),
        () => bucket.rename(id, 'new', { timeoutMS: 10_000 }),
        () => bucket.rename(GIVEN, 'new'),
        () => bucket.rename({ $exists: true } as any, 'new'),
        () => stored(on)
      );
    }
  },
  'GridFSBucket.drop': {
    'drops both collections': async on => {
      const { bucket } = await filled(on);
      const name = new RegExp(`^${on.collection.collectionName}\\.`);
      return await on.all(
        () => bucket.drop(),
        () => on.db.listCollections({ name }).toArray(),
        () => bucket.drop({ timeoutMS: 10_000 })
      );
    }
  },
  'GridFSBucket that is made': {
    'is an event emitter': on => {
      const bucket = on.bucket();
      return {
        listeners: bucket.getMaxListeners(),
        heard: bucket.emit('error' as any, new Error('mine')),
        INDEX: (bucket.constructor as typeof GridFSBucket).INDEX
      };
    },
    'has a name by default': async on => {
      const named = await begun(on.bucket().openUploadStream('a'));
      const { chunkSizeBytes, files, chunks } = await begun(
        on.bucket({ bucketName: 'fs' }).openUploadStream('a')
      );
      return [chunkSizeBytes, files.namespace, chunks.namespace, named.files.namespace];
    }
  }
};

export const BUCKETS: Scenarios = { ...uploads, ...downloads, ...files };
