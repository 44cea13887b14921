// Generated from lib/ by `npm run build`. Do not edit: change lib/ and build.

import { ClientSession, Connection, Model, Mongoose } from 'mongoose';
import {
  Health,
  PolyPool,
  PolyPoolOptions,
  PoolStats,
  ScaleDatabaseOptions,
  ScaleOptions
} from 'polypool';

type PolyMongoEventName = 'connect' | 'disconnect' | 'error' | 'onDbConnect' | 'onDbDisconnect';
interface PolyMongoBaseEvent {
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
interface PolyMongoConnectEvent extends PolyMongoBaseEvent {
  name: 'connect' | 'onDbConnect';
}
interface PolyMongoDisconnectEvent extends PolyMongoBaseEvent {
  name: 'disconnect' | 'onDbDisconnect';
}
interface PolyMongoErrorEvent extends PolyMongoBaseEvent {
  name: 'error';
  error: Error;
}
interface PolyMongoEventMap {
  connect: PolyMongoConnectEvent;
  disconnect: PolyMongoDisconnectEvent;
  error: PolyMongoErrorEvent;
  onDbConnect: PolyMongoConnectEvent;
  onDbDisconnect: PolyMongoDisconnectEvent;
}
interface MongooseInstance {
  readonly version: string;
  setDriver(driver: never): unknown;
  connect(uri: string, options?: never): Promise<unknown>;
}
interface DBSpecificConfig {
  dbName: string;
  /** Its deployment, if that is another. The database that it names does not count. */
  mongoURI?: string;
  options: ScaleOptions;
}
interface PolyMongoDebugOptions {
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
interface RetrySchedule {
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
type Preset = 'production' | 'development' | 'serverless';
interface PolyMongoOptions {
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
interface PoolSnapshot {
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
interface SeparateConnectionInfo {
  dbName: string;
  mongoURI?: string | undefined;
  readyState: number;
  /** Milliseconds since the epoch. */
  lastAccessed: number;
  isInitialized: boolean;
  config: ScaleOptions;
  poolStats: PoolSnapshot | null;
}
interface PolyMongoConnectionStats {
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
interface ConnectionSummary {
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
interface DbStats {
  sizeMb: number;
  numCollections: number;
  collections: Array<{
    name: string;
    docCount: number;
    sizeMb: number;
  }>;
  /** The epoch's begin, if it was never used. */
  lastUsed: Date;
  /** Without who logs in. */
  mongoURI: string;
  isInitialized: boolean;
  /** Of a database with a pool of its own. */
  config: ScaleOptions;
  poolStats: PoolSnapshot | null;
}
interface PolyMongoStatsApi {
  (): ConnectionSummary;
  general: () => PolyMongoConnectionStats;
  /** @param dbName - the default database's by default */
  db: (dbName?: string) => Promise<DbStats>;
  listDatabases: () => Promise<
    Array<{
      dbName: string;
      sizeInMB: number;
    }>
  >;
}
interface CollectionFailure {
  collection: string;
  stage: 'export' | 'import' | 'index';
  message: string;
}
interface CollectionTransferSummary {
  collection: string;
  documents: number;
  indexes: number;
}
interface PolyMongoActionSummary {
  database: string;
  collections: CollectionTransferSummary[];
  failures: CollectionFailure[];
}
interface PolyMongoExportSummary extends PolyMongoActionSummary {
  /** ISO 8601. */
  exportedAt: string;
  format: 'json';
}
interface PolyMongoImportSummary extends PolyMongoActionSummary {
  /** ISO 8601. */
  importedAt: string;
  insertedDocuments: number;
  createdIndexes: number;
}
interface PolyMongoCopySummary {
  source: string;
  target: string;
  /** ISO 8601. */
  importedAt: string;
  collections: CollectionTransferSummary[];
  failures: CollectionFailure[];
  insertedDocuments: number;
  createdIndexes: number;
}
interface DatabaseExport {
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
interface TransferProgress {
  database: string;
  collection: string;
  /** Of the collection, so far. */
  documents: number;
}
interface ExportOptions {
  /** Called after every batch. */
  onProgress?: (progress: TransferProgress) => void;
}
interface ImportOptions extends ExportOptions {
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
type PolyMongoStreamRecord =
  | {
      type: 'meta';
      format: 'polymongo.ndjson';
      version: 1;
      database: string;
      exportedAt: string;
    }
  | {
      type: 'collection';
      collection: string;
      options?: object;
    }
  | {
      type: 'index';
      collection: string;
      index: Record<string, unknown>;
    }
  | {
      type: 'document';
      collection: string;
      document: Record<string, unknown>;
    }
  | {
      type: 'collectionEnd';
      collection: string;
    };
interface PolyMongoActionsApi {
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
interface PolyMongoBulkTasksApi {
  copyDatabase: PolyMongoActionsApi['copyDatabase'];
  dropDatabase: PolyMongoActionsApi['dropDatabase'];
  export: PolyMongoActionsApi['exportDB'];
  import: PolyMongoActionsApi['importDB'];
  exportStream: PolyMongoActionsApi['exportDBStream'];
  importStream: PolyMongoActionsApi['importDBStream'];
}
type ConnectionState =
  'not initialized' | 'disconnected' | 'connecting' | 'connected' | 'disconnecting';
interface PolyMongoConnectResult {
  success: true;
  /** It was before the call. */
  alreadyConnected: boolean;
  defaultDB: string;
  connection: Connection;
  state: 'connected';
}
interface PolyMongoDisconnectResult {
  success: true;
  /** There was nothing to close. */
  alreadyDisconnected: boolean;
  state: 'disconnected';
}
interface PolyMongoPingResult {
  ok: true;
  dbName: string;
  /** Milliseconds. */
  latency: number;
  /** ISO 8601. */
  timestamp: string;
}
interface PolyMongoPoolApi {
  /** Opens them and waits until they are connected. */
  connect: (dbNames: string[], options?: ScaleDatabaseOptions) => Promise<void>;
  /** Has them opened when they are needed; with `coldStart: false` at once. */
  configure: (dbNames: string[], options?: ScaleDatabaseOptions) => void;
}
interface PolyMongoScaleApi {
  connectDB: PolyMongoPoolApi['connect'];
  setDB: PolyMongoPoolApi['configure'];
}
interface PolyMongoAdvancedAccess {
  mongoose: Mongoose;
  /** The connection of the default database, if it has been used. */
  getPrimaryConnection: () => Connection | undefined;
  /** The same; begins to connect. */
  getOrCreatePrimaryConnection: () => Connection;
  /** The connection of a database. */
  getConnection: (dbName?: string) => Connection;
  getSharedConnection: (dbName?: string) => Connection;
}
type PolyMongoModel<T> = {
  /** @param dbName - the default database by default */
  db: (dbName?: string) => Model<T>;
} & Model<T>;
type Wrapped<M> = {
  db: (dbName?: string) => M;
} & M;
type TransactionOptions = NonNullable<Parameters<Connection['transaction']>[1]>;
declare class PolyMongoWrapper {
  #private;
  readonly stats: PolyMongoStatsApi;
  /** Databases with a pool of their own. */
  readonly pool: PolyMongoPoolApi;
  /** The same, by other names. */
  readonly scale: PolyMongoScaleApi;
  /** What is done with whole databases. */
  readonly actions: PolyMongoActionsApi;
  /** The same, by other names. */
  readonly bulkTasks: PolyMongoBulkTasksApi;
  readonly adv: PolyMongoAdvancedAccess;
  /**
   * Connects nothing, unless `coldStart: false`.
   * @throws Error naming the option at fault
   */
  constructor(options: PolyMongoOptions);
  /** @returns what takes the listener away */
  on<Name extends PolyMongoEventName>(
    name: Name,
    listener: (event: PolyMongoEventMap[Name]) => void | Promise<void>
  ): () => void;
  /** As in version 1.1: the listener gets the connection. */
  onDbConnect(listener: (connection: Connection) => void): () => void;
  onDbDisconnect(listener: (connection: Connection) => void): () => void;
  /** Of some databases only. */
  onTheseDBConnect(names: string[], listener: (connection: Connection) => void): () => void;
  onTheseDBDisconnect(names: string[], listener: (connection: Connection) => void): () => void;
  /**
   * Connects, unless it is, and waits for it.
   * @throws what keeps it from that
   */
  connect(): Promise<PolyMongoConnectResult>;
  /** Ends change streams, waits for what runs, and closes all connections. What is done next opens them again. */
  disconnect(): Promise<PolyMongoDisconnectResult>;
  /**
   * A model whose operations go to the default database, and `db(name)` of it to another. The model that is
   * given stays as it is.
   */
  wrapModel<M extends object>(model: M): Wrapped<M>;
  /** Whether the default database's pool is connected. */
  isConnected(): boolean;
  getConnectionState(): ConnectionState;
  /** Asks the server, in the default database unless told otherwise. */
  ping(dbName?: string): Promise<PolyMongoPingResult>;
  /**
   * Runs a function in a transaction, which may span databases: what is to be part of it gets the session.
   * Commits when the function has ended, and aborts when it throws. It may run more than once.
   * @returns what the function gives
   */
  transaction<T>(
    work: (session: ClientSession) => Promise<T>,
    options?: TransactionOptions
  ): Promise<T>;
  /** Ends change streams, waits for what runs, and closes all connections. */
  closeAll(): Promise<void>;
  /** Closes all connections; what runs fails. */
  forceCloseAll(): Promise<void>;
  /** Ends the change streams of a database. */
  closeDBstream(dbName: string): void;
  /** Ends all change streams. */
  closeAllWatches(): void;
  /** Drops a database and ends its change streams. */
  dropDatabase(dbName: string): Promise<void>;
  /** Mongoose, as the wrapper uses it. */
  getMongoose(): Mongoose;
  /** The pool, which is a `MongoClient`. */
  getNativeClient(): PolyPool;
  /** The same as `stats.general()`. */
  getConnectionStats(): PolyMongoConnectionStats;
  /** What the pool is doing, see `pool.stats()`. */
  getMetrics(): PoolStats;
  /** Whether servers answer. Never throws. */
  isHealthy(): Promise<boolean>;
  /** See `pool.health()`. */
  getHealth(): Promise<Health>;
}
declare class PolyMongo extends PolyMongoWrapper {
  /** For types alone. */
  static readonly Types: Readonly<{}>;
  /** For those who import it by its name. */
  static readonly PolyMongo: typeof PolyMongo;
  static readonly PolyMongoWrapper: typeof PolyMongoWrapper;
  /** One pool for all databases; connects with the first operation. */
  static createWrapper(options: PolyMongoOptions): PolyMongo;
  /**
   * The process's wrapper: the first call makes it, later ones get it, from any copy of this module.
   * @param options - may be left out once there is one; others than before are an error
   * @throws Error without options when there is none yet, and for other options
   */
  static getInstance(options?: PolyMongoOptions): PolyMongo;
}
declare namespace PolyMongo {
  namespace Types {
    type wrapperOptions = PolyMongoOptions;
    type Options = PolyMongoOptions;
    type debugOptions = PolyMongoDebugOptions;
    type DebugOptions = PolyMongoDebugOptions;
    type eventName = PolyMongoEventName;
    type EventName = PolyMongoEventName;
    type eventMap = PolyMongoEventMap;
    type EventMap = PolyMongoEventMap;
    type connectEvent = PolyMongoConnectEvent;
    type ConnectEvent = PolyMongoConnectEvent;
    type disconnectEvent = PolyMongoDisconnectEvent;
    type DisconnectEvent = PolyMongoDisconnectEvent;
    type errorEvent = PolyMongoErrorEvent;
    type ErrorEvent = PolyMongoErrorEvent;
    type connectResult = PolyMongoConnectResult;
    type ConnectResult = PolyMongoConnectResult;
    type disconnectResult = PolyMongoDisconnectResult;
    type DisconnectResult = PolyMongoDisconnectResult;
    type advancedAccess = PolyMongoAdvancedAccess;
    type AdvancedAccess = PolyMongoAdvancedAccess;
    type actionsApi = PolyMongoActionsApi;
    type ActionsApi = PolyMongoActionsApi;
    type poolApi = PolyMongoPoolApi;
    type PoolApi = PolyMongoPoolApi;
    type scaleApi = PolyMongoScaleApi;
    type ScaleApi = PolyMongoScaleApi;
    type statsApi = PolyMongoStatsApi;
    type StatsApi = PolyMongoStatsApi;
    type pingResult = PolyMongoPingResult;
    type PingResult = PolyMongoPingResult;
    type streamRecord = PolyMongoStreamRecord;
    type StreamRecord = PolyMongoStreamRecord;
    type databaseActionSummary = PolyMongoActionSummary;
    type DatabaseActionSummary = PolyMongoActionSummary;
    type databaseImportSummary = PolyMongoImportSummary;
    type DatabaseImportSummary = PolyMongoImportSummary;
    type databaseExportSummary = PolyMongoExportSummary;
    type DatabaseExportSummary = PolyMongoExportSummary;
    type databaseCopySummary = PolyMongoCopySummary;
    type DatabaseCopySummary = PolyMongoCopySummary;
    type dbConfig = DBSpecificConfig;
    type DBConfig = DBSpecificConfig;
    type stats = PolyMongoConnectionStats;
    type ConnectionStats = PolyMongoConnectionStats;
    type wrappedModel<T> = PolyMongoModel<T>;
    type WrappedModel<T> = PolyMongoModel<T>;
  }
}
export = PolyMongo;

export {};
