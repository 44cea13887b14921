/**
 * A wrapper's other calls, and what they give. It describes, and does nothing.
 */
import type { Connection, Model, Mongoose } from 'mongoose';
import type { ScaleDatabaseOptions } from 'polypool';

/** What `getConnectionState()` says. */
export type ConnectionState =
  'not initialized' | 'disconnected' | 'connecting' | 'connected' | 'disconnecting';

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
