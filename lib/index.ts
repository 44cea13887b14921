/** What users import. It lists names and adds nothing. */
export { AggregationCursor } from './cursor/aggregation-cursor';
export { FindCursor } from './cursor/find-cursor';
export { Collection } from './collection';
export { connect, createPool } from './connect';
export { Db } from './db';
export { GridFSBucket } from './gridfs/bucket';
export { GridFSBucketReadStream } from './gridfs/download';
export { GridFSBucketWriteStream } from './gridfs/upload';
export { UserSession as ClientSession } from './session';
export { PolyPool, PolyPool as MongoClient } from './pool';
export type { PolyPoolError } from './error';
export type { PolyPoolOptions } from './options';
export {
  Binary,
  BSONRegExp,
  BSONSymbol,
  Code,
  DBRef,
  Decimal128,
  Double,
  Int32,
  Long,
  MaxKey,
  MinKey,
  ObjectId,
  Timestamp,
  UUID
} from './bson/bson';
