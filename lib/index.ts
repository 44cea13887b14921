/** What users import. It lists names and adds nothing. */
export { AggregationCursor } from './cursor/aggregation-cursor';
export { FindCursor } from './cursor/find-cursor';
export { OrderedBulkOperation } from './bulk/ordered';
export { UnorderedBulkOperation } from './bulk/unordered';
export { Collection } from './collection';
export { connect, createPool } from './connect';
export { Db } from './db';
export { GridFSBucket } from './gridfs/bucket';
export { GridFSBucketReadStream } from './gridfs/download';
export { GridFSBucketWriteStream } from './gridfs/upload';
export { UserSession as ClientSession } from './session';
export { BatchType, type Batch } from './operations/bulk-batch';
export { PolyPool, PolyPool as MongoClient } from './pool';
export type { BulkOperationBase } from './bulk/bulk-operation';
export type { FindOperators } from './bulk/find-operators';
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
