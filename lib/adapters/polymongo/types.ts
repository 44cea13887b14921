/**
 * What users of PolyMongo give and get, as its versions 1.1 to 1.3 document it. It describes, and does
 * nothing.
 */
import type { Connection, Model, Mongoose } from 'mongoose';
import type { PolyPoolOptions, ScaleDatabaseOptions, ScaleOptions } from 'polypool';
import type { MongooseInstance } from '../mongoose/instance';

/** A database with a pool of its own. */
export interface DBSpecificConfig {
  dbName: string;
  /** Its deployment, if that is another. The database that it names does not count. */
  mongoURI?: string;
  options: ScaleOptions;
}

/** What is logged, and where. */
export interface PolyMongoDebugOptions {
  /**
   * Whether everything is, or errors and what matters alone.
   * @defaultValue false
   */
  log?: boolean;
  /** A directory for files, see `logPath` of a pool. */
  logPath?: string;
  /** Gets each line. */
  logHandler?: (logMessage: string) => void | Promise<void>;
}

/** Attempts to connect, each after a longer pause than the one before. */
export interface RetrySchedule {
  /**
   * How many there are after the first.
   * @defaultValue 5
   */
  attempts?: number;
  /**
   * Milliseconds before the first of them, and how much longer each pause is.
   * @defaultValue 5000
   */
  stepMS?: number;
}

/** Sizes and times for a kind of environment, see docs/polymongo.md. */
export type Preset = 'production' | 'development' | 'serverless';

/** The options of `createWrapper`. */
export interface PolyMongoOptions {
  mongoURI: string;
  /**
   * The database of a model without `.db()`, unless `mongoURI` names one.
   * @defaultValue 'default'
   */
  defaultDB?: string;
  /**
   * Whether the database that `mongoURI` names is the only one: `.db()` then leads there, too, with a warning
   * of Node.js's when it names another one first. With false, `defaultDB` comes first.
   * @defaultValue true
   */
  preferURI?: boolean;
  /** Other defaults for sizes and times. */
  preset?: Preset;
  /** @defaultValue 10 */
  maxPoolSize?: number;
  /** @defaultValue 0 */
  minFreeConnections?: number;
  /** Milliseconds after which a connection that nobody uses is closed. Without it, none is. */
  idleTimeoutMS?: number;
  /**
   * Whether it connects with its first operation, or at once.
   * @defaultValue true
   */
  coldStart?: boolean;
  /** `true` is the console. */
  debug?: boolean | PolyMongoDebugOptions;
  /** That of `debug`. */
  logPath?: string;
  /**
   * What becomes of a connect that fails: milliseconds between attempts, of which there is no last, or a
   * schedule. Without it there is one attempt. Once connected, the pool reconnects by itself.
   */
  retry?: number | RetrySchedule;
  /** Databases with a pool of their own. */
  dbSpecific?: DBSpecificConfig[];
  /** The Mongoose of the models; by default the one that is installed beside polypool. */
  mongoose?: MongooseInstance;
  /** Further options of the pool. Those above come first. */
  poolOptions?: PolyPoolOptions;
}

/** What `getConnectionState()` says. */
export type ConnectionState =
  'not initialized' | 'disconnected' | 'connecting' | 'connected' | 'disconnecting';

/** The names that `on()` takes. The last two are the first two by other names. */
export type PolyMongoEventName =
  'connect' | 'disconnect' | 'error' | 'onDbConnect' | 'onDbDisconnect';

/** What every event tells of. */
export interface PolyMongoBaseEvent {
  name: PolyMongoEventName;
  /** The database. */
  dbName: string;
  /** That of the connection. */
  readyState: number;
  state: 'disconnected' | 'connected' | 'connecting' | 'disconnecting' | 'unknown';
  connection: Connection;
  /** ISO 8601. */
  timestamp: string;
}

/** A database can be used. */
export interface PolyMongoConnectEvent extends PolyMongoBaseEvent {
  name: 'connect' | 'onDbConnect';
}

/** A database can't be used any more. */
export interface PolyMongoDisconnectEvent extends PolyMongoBaseEvent {
  name: 'disconnect' | 'onDbDisconnect';
}

/** An attempt to connect has failed. */
export interface PolyMongoErrorEvent extends PolyMongoBaseEvent {
  name: 'error';
  error: Error;
}

/** The events, by their names. */
export interface PolyMongoEventMap {
  connect: PolyMongoConnectEvent;
  disconnect: PolyMongoDisconnectEvent;
  error: PolyMongoErrorEvent;
  onDbConnect: PolyMongoConnectEvent;
  onDbDisconnect: PolyMongoDisconnectEvent;
}

/** What `connect()` gives. */
export interface PolyMongoConnectResult {
  success: true;
  /** It was before the call. */
  alreadyConnected: boolean;
  defaultDB: string;
  connection: Connection;
  state: 'connected';
}

/** What `disconnect()` gives. */
export interface PolyMongoDisconnectResult {
  success: true;
  /** There was nothing to close. */
  alreadyDisconnected: boolean;
  state: 'disconnected';
}

/** What `ping()` gives. */
export interface PolyMongoPingResult {
  ok: true;
  dbName: string;
  /** Milliseconds. */
  latency: number;
  /** ISO 8601. */
  timestamp: string;
}

/** The connections of one pool. */
export interface PoolSnapshot {
  totalConnections: number;
  availableConnections: number;
  inUseConnections: number;
  /** Operations without a connection. */
  waitQueueSize: number;
  maxPoolSize: number;
  minPoolSize: number;
  /** Milliseconds. */
  maxIdleTimeMS?: number | undefined;
}

/** A database with a pool of its own, as it is now. */
export interface SeparateConnectionInfo {
  dbName: string;
  mongoURI?: string | undefined;
  readyState: number;
  /** Milliseconds since the epoch. */
  lastAccessed: number;
  isInitialized: boolean;
  config: ScaleOptions;
  poolStats: PoolSnapshot | null;
}

/** All pools of a wrapper. */
export interface PolyMongoConnectionStats {
  totalActivePools: number;
  totalConnectionsAcrossPools: number;
  /** The pool that databases share; null before it is first used, and when it is closed. */
  primary: {
    readyState: number;
    poolStats: PoolSnapshot | null;
    sharedDatabases: string[];
  } | null;
  separateDB: SeparateConnectionInfo[];
}

/** What `stats()` gives, as in version 1.1. */
export interface ConnectionSummary {
  /** Databases in use. */
  activeConnections: number;
  databases: string[];
  poolStats: {
    totalConnections: number;
    maxPoolSize: number;
    minFreeConnections: number;
    idleTimeoutMS?: number | undefined;
  } | null;
}

/** One database. */
export interface DbStats {
  sizeMb: number;
  numCollections: number;
  collections: Array<{ name: string; docCount: number; sizeMb: number }>;
  /** The epoch's begin, if it was never used. */
  lastUsed: Date;
  /** Without who logs in. */
  mongoURI: string;
  isInitialized: boolean;
  /** Of a database with a pool of its own. */
  config: ScaleOptions;
  poolStats: PoolSnapshot | null;
}

/** Numbers, by the call of version 1.1 and by those of 1.3. */
export interface PolyMongoStatsApi {
  (): ConnectionSummary;
  general: () => PolyMongoConnectionStats;
  /** @param dbName - the default database's by default */
  db: (dbName?: string) => Promise<DbStats>;
  listDatabases: () => Promise<Array<{ dbName: string; sizeInMB: number }>>;
}

/** Pools of databases' own. */
export interface PolyMongoPoolApi {
  /** Opens them and waits until they are connected. */
  connect: (dbNames: string[], options?: ScaleDatabaseOptions) => Promise<void>;
  /** Has them opened when they are needed; with `coldStart: false` at once. */
  configure: (dbNames: string[], options?: ScaleDatabaseOptions) => void;
}

/** The same by the names of version 1.1. */
export interface PolyMongoScaleApi {
  connectDB: PolyMongoPoolApi['connect'];
  setDB: PolyMongoPoolApi['configure'];
}

/** What could not be copied. */
export interface CollectionFailure {
  collection: string;
  stage: 'export' | 'import' | 'index';
  message: string;
}

/** What was copied of a collection. */
export interface CollectionTransferSummary {
  collection: string;
  documents: number;
  indexes: number;
}

/** What was copied of a database. */
export interface PolyMongoActionSummary {
  database: string;
  collections: CollectionTransferSummary[];
  failures: CollectionFailure[];
}

/** Of an export. */
export interface PolyMongoExportSummary extends PolyMongoActionSummary {
  /** ISO 8601. */
  exportedAt: string;
  format: 'json';
}

/** Of an import. */
export interface PolyMongoImportSummary extends PolyMongoActionSummary {
  /** ISO 8601. */
  importedAt: string;
  insertedDocuments: number;
  createdIndexes: number;
}

/** Of a copy. */
export interface PolyMongoCopySummary {
  source: string;
  target: string;
  /** ISO 8601. */
  importedAt: string;
  collections: CollectionTransferSummary[];
  failures: CollectionFailure[];
  insertedDocuments: number;
  createdIndexes: number;
}

/** A database as an object. As JSON it is EJSON, so that no type is lost. */
export interface DatabaseExport {
  database: string;
  /** ISO 8601. */
  exportDate: string;
  collections: Record<
    string,
    {
      /** Those of `createCollection`; of an ordinary collection none. */
      options?: object;
      documents: object[];
      indexes: object[];
    }
  >;
}

/** How far a transfer is. */
export interface TransferProgress {
  database: string;
  collection: string;
  /** Of the collection, so far. */
  documents: number;
}

/** How a database is exported. */
export interface ExportOptions {
  /** Called after every batch. */
  onProgress?: (progress: TransferProgress) => void;
}

/** How a database is imported. */
export interface ImportOptions extends ExportOptions {
  /**
   * Documents that are inserted together at most; those that wait are inserted as soon as they are 16 MiB.
   * @defaultValue 1000
   */
  batchSize?: number;
  /**
   * Whether the first document or index that is refused ends it. Otherwise the rest of its collection is
   * left out, and the summary tells of it.
   * @defaultValue false
   */
  stopOnError?: boolean;
}

/** A line of an export, before it is JSON. */
export type PolyMongoStreamRecord =
  | {
      type: 'meta';
      format: 'polymongo.ndjson';
      version: 1;
      database: string;
      exportedAt: string;
    }
  | { type: 'collection'; collection: string; options?: object }
  | { type: 'index'; collection: string; index: Record<string, unknown> }
  | { type: 'document'; collection: string; document: Record<string, unknown> }
  | { type: 'collectionEnd'; collection: string };

/** What is done with whole databases. */
export interface PolyMongoActionsApi {
  copyDatabase: (
    sourceDB: string,
    targetDB: string,
    options?: ImportOptions
  ) => Promise<PolyMongoCopySummary>;
  dropDatabase: (dbName: string) => Promise<void>;
  exportDB: (dbName: string, options?: ExportOptions) => Promise<DatabaseExport>;
  importDB: (
    dbName: string,
    data: unknown,
    options?: ImportOptions
  ) => Promise<PolyMongoImportSummary>;
  exportDBStream: (dbName: string, options?: ExportOptions) => NodeJS.ReadableStream;
  importDBStream: (
    dbName: string,
    stream: NodeJS.ReadableStream,
    options?: ImportOptions
  ) => Promise<PolyMongoImportSummary>;
  closeAll: () => Promise<void>;
  forceCloseAll: () => Promise<void>;
  closeDBstream: (dbName: string) => void;
  closeAllWatches: () => void;
}

/** The same by the names of version 1.2. */
export interface PolyMongoBulkTasksApi {
  copyDatabase: PolyMongoActionsApi['copyDatabase'];
  dropDatabase: PolyMongoActionsApi['dropDatabase'];
  export: PolyMongoActionsApi['exportDB'];
  import: PolyMongoActionsApi['importDB'];
  exportStream: PolyMongoActionsApi['exportDBStream'];
  importStream: PolyMongoActionsApi['importDBStream'];
}

/** Mongoose underneath. */
export interface PolyMongoAdvancedAccess {
  mongoose: Mongoose;
  /** The connection of the default database, if it has been used. */
  getPrimaryConnection: () => Connection | undefined;
  /** The same; begins to connect. */
  getOrCreatePrimaryConnection: () => Connection;
  /** The connection of a database. */
  getConnection: (dbName?: string) => Connection;
  getSharedConnection: (dbName?: string) => Connection;
}

/** A model, and the same in other databases. */
export type PolyMongoModel<T> = {
  /** @param dbName - the default database by default */
  db: (dbName?: string) => Model<T>;
} & Model<T>;

/** What `wrapModel()` gives for a model. */
export type Wrapped<M> = { db: (dbName?: string) => M } & M;
