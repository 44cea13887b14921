/**
 * Numbers of a wrapper's pools and databases. It describes, and does nothing.
 */
import type { ScaleOptions } from 'polypool';

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
