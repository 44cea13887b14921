/**
 * What users import. It lists names and adds nothing: polypool's own classes, and beside them every
 * other name of the driver's, so that `from 'mongodb'` can be made `from 'polypool'`.
 */
import { addDriverNames } from './driver/names';

// The build makes this line of index.d.ts one that exports values, too: those added below.
export type * from 'mongodb';
export { Admin } from './admin';
export { AbstractCursor } from './cursor/abstract-cursor';
export { AggregationCursor } from './cursor/aggregation-cursor';
export { ExplainableCursor } from './cursor/explainable-cursor';
export { FindCursor } from './cursor/find-cursor';
export { CURSOR_FLAGS } from './cursor/flags';
export { ListCollectionsCursor } from './cursor/list-collections-cursor';
export { ListIndexesCursor } from './cursor/list-indexes-cursor';
export type { ListSearchIndexesCursor } from './cursor/list-search-indexes-cursor';
export type { RunCommandCursor } from './cursor/run-command-cursor';
export type { BulkOperationBase } from './bulk/bulk-operation';
export type { FindOperators } from './bulk/find-operators';
export { OrderedBulkOperation } from './bulk/ordered';
export { UnorderedBulkOperation } from './bulk/unordered';
export type {
  DedicatedDatabase,
  DedicatedEvents,
  ScaleDatabaseOptions,
  ScaleOptions
} from './dedicated/options';
export type { BreakerOptions, CircuitOpenedEvent } from './breaker-options';
export { ChangeStream } from './change-stream';
export type { WatchOptions } from './change-streams/options';
export type { StreamConnection, Watch } from './change-streams/progress';
export { Collection } from './collection';
export { connect, createPool } from './connect';
export type { ConnectMongooseOptions, ConnectOptions } from './connect';
export type {
  AttemptListener,
  ConnectAttemptFailedEvent,
  ConnectAttemptStartedEvent,
  ConnectAttemptSucceededEvent,
  ConnectCallOptions,
  ConnectRetryOptions,
  FallbackStartedEvent,
  RefreshedEvent,
  RefreshFailedEvent,
  RefreshReason
} from './connect-options';
export type { DatabaseHealth, DatabaseLimits, PoolHealth } from './health/database';
export type { Health, HealthLevel, HealthOptions } from './health/health';
export type { CPUHealth, MemoryHealth, ProcessLimits } from './health/process';
export type { MemberHealth, ReplicaSetHealth, ReplicaSetLimits } from './health/replica-set';
export type { HealthStatus } from './health/status';
export type { Leak } from './leaks/leak';
export { validateDatabaseName } from './database-name';
export type { DatabaseNameOptions } from './database-name';
export { Db } from './db';
export { GridFSBucket } from './gridfs/bucket';
export { GridFSBucketReadStream } from './gridfs/download';
export { GridFSBucketWriteStream } from './gridfs/upload';
export { sanitizeFilter, trusted } from './sanitize-filter';
export { UserSession as ClientSession } from './session';
export type { Batch } from './operations/bulk-batch';
export type { JSONOptions, JSONStreamOptions } from './operations/json';
export { PolyPool, PolyPool as MongoClient } from './pool';
export type {
  CircuitOpenError,
  ClassifiedError,
  PolyPoolError,
  PoolOverloadedError,
  RetryPolicy
} from './error';
export type { DisconnectedEvent, PolyPoolEvents, ReconnectedEvent } from './events/own';
export type { PolyPoolOptions, TenantLimits } from './options';
export type { PoolState } from './presence';
export type { Logger, LogLevel } from './logs/logger';
export type { LogOptions } from './logs/pool-log';
export type { CoalescingStats } from './operations/coalescing-counts';
export type { CloseOptions, ShutdownOptions } from './shutdown/options';
export type {
  CircuitStats,
  ConnectionStats,
  DatabaseOperations,
  DedicatedStats,
  OpenCounts,
  OperationCounts,
  PoolStats,
  ServerStats,
  WaitHistogram,
  WaitStats
} from './stats';
export type { TenantIndexesEvent, TenantInfo } from './tenants';
export {
  Binary,
  BSON,
  BSONRegExp,
  BSONSymbol,
  BSONType,
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

addDriverNames(module.exports as object);
