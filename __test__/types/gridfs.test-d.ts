/** Buckets and their streams take and give what the driver's do. */
import type * as driver from 'mongodb';
import {
  GridFSBucket,
  type FindCursor,
  type GridFSBucketReadStream,
  type GridFSBucketWriteStream,
  type ObjectId,
  type PolyPool
} from 'polypool';
import { same, typeOf } from './same.ts';

declare const pool: PolyPool;
const bucket = new GridFSBucket(pool.db(), { bucketName: 'photos', chunkSizeBytes: 1_024 });

type Ours = GridFSBucket;
type Theirs = driver.GridFSBucket;
type Method = 'openUploadStream' | 'openUploadStreamWithId' | 'openDownloadStream';

export function takesParametersAsTheDriver(): void {
  same<Parameters<Ours[Method]>, Parameters<Theirs[Method]>>(true);
  same<
    Parameters<Ours['openDownloadStreamByName']>,
    Parameters<Theirs['openDownloadStreamByName']>
  >(true);
  same<Parameters<Ours['find']>, Parameters<Theirs['find']>>(true);
  same<Parameters<Ours['delete']>, Parameters<Theirs['delete']>>(true);
  same<Parameters<Ours['rename']>, Parameters<Theirs['rename']>>(true);
  same<Parameters<Ours['drop']>, Parameters<Theirs['drop']>>(true);
  same<
    ConstructorParameters<typeof GridFSBucket>[1],
    ConstructorParameters<typeof driver.GridFSBucket>[1]
  >(true);
  // @ts-expect-error no such option
  bucket.openUploadStream('name', { chunkSize: 5 });
  // @ts-expect-error a name is no id
  bucket.openDownloadStream('name');
  // @ts-expect-error no database
  new GridFSBucket(pool);
}

export async function givesResultsAsTheDriver(id: ObjectId): Promise<void> {
  typeOf(bucket.openUploadStream('name')).is<GridFSBucketWriteStream>(true);
  typeOf(bucket.openDownloadStreamByName('name')).is<GridFSBucketReadStream>(true);
  typeOf(bucket.find()).is<FindCursor<driver.GridFSFile>>(true);
  typeOf(await bucket.find({ filename: 'a' }).next()).is<driver.GridFSFile | null>(true);
  await bucket.delete(id);
  bucket.on('index', () => undefined);
}

type Write = GridFSBucketWriteStream;
type TheirWrite = driver.GridFSBucketWriteStream;
type Field =
  | 'filename'
  | 'options'
  | 'done'
  | 'id'
  | 'chunkSizeBytes'
  | 'bufToStore'
  | 'length'
  | 'n'
  | 'pos'
  | 'state'
  | 'gridFSFile';

export function hasTheFieldsOfTheDriver(): void {
  same<Pick<Write, Field>, Pick<TheirWrite, Field>>(true);
  same<Write['writeConcern'], TheirWrite['writeConcern']>(true);
  same<ReturnType<Write['abort']>, ReturnType<TheirWrite['abort']>>(true);
  type Read = GridFSBucketReadStream;
  type TheirRead = driver.GridFSBucketReadStream;
  same<ReturnType<Read['abort']>, ReturnType<TheirRead['abort']>>(true);
  same<Parameters<Read['start' | 'end']>, Parameters<TheirRead['start' | 'end']>>(true);
}
