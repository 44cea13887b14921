// Owns the operations of GridFS buckets: streams are written and read to their ends. Must not know
// how results are compared.

import { Readable, type Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { Document, GridFSBucketReadStream, ObjectId } from 'mongodb';
import { bytesOf } from '../matcher.ts';
import type { Arguments } from './arguments.ts';
import { drain, type Verbs } from './operation.ts';

export const bucketVerbs: Verbs<'bucket'> = {
  delete: (on, given) => on.delete(given.take('id'), given.options()),
  download: (on, given) => read(on.openDownloadStream(given.take('id'), given.options())),
  downloadByName: (on, given) =>
    read(on.openDownloadStreamByName(given.take('filename'), given.options())),
  drop: (on, given) => on.drop(given.options()),
  find: (on, given) => drain(on.find(given.take('filter'), given.options())),
  rename: (on, given) => on.rename(given.take('id'), given.take('newFilename'), given.options()),
  upload: async (on, given) => {
    const source = sourceOf(given);
    const stream = on.openUploadStream(given.take('filename'), uploadOptions(given));
    await write(source, stream);
    return stream.id;
  },
  uploadWithId: async (on, given) => {
    const source = sourceOf(given);
    const id = given.take<ObjectId>('id');
    const filename = given.take<string>('filename');
    await write(source, on.openUploadStreamWithId(id, filename, uploadOptions(given)));
  }
};

/** The driver makes no MD5 sums, so that there is nothing to disable. */
function uploadOptions(given: Arguments): Document {
  given.takeOptional('disableMD5');
  return given.options();
}

function sourceOf(given: Arguments): Buffer {
  return bytesOf(given.take<{ $$hexBytes: string }>('source').$$hexBytes);
}

async function write(source: Buffer, stream: Writable): Promise<void> {
  await pipeline(Readable.from(source.length === 0 ? [] : [source]), stream);
}

async function read(stream: GridFSBucketReadStream): Promise<Buffer> {
  return Buffer.concat((await stream.toArray()) as Buffer[]);
}
