/**
 * What of Mongoose's innards the adapter uses, by shape: Mongoose's types leave out most of it, and the
 * copy that is used is the user's. It describes, and does nothing.
 */
import type { EventEmitter } from 'node:events';
import type { Collection, Db, PolyPool, PolyPoolOptions } from 'polypool';
import type { MongooseOptions } from './instance';

/** The values of a connection's `readyState`. */
export const STATE = { DISCONNECTED: 0, CONNECTED: 1, CONNECTING: 2, DISCONNECTING: 3 } as const;

/** A plugin for schemas, as `mongoose.plugin()` takes it. */
export type SchemaPlugin = (schema: never, options?: never) => void;

/** An instance, with what its types leave out. */
export interface Mongoose {
  readonly version: string;
  readonly driver: { get(): MongooseDriver; set(driver: MongooseDriver): void };
  readonly connection: Connection;
  connections: Connection[];
  nextConnectionId: number;
  readonly events: EventEmitter;
  /** Plugins of all schemas, with their options. */
  readonly plugins: Array<[SchemaPlugin, unknown]>;
  readonly Error: new (message: string) => Error;
  readonly Query: { readonly prototype: object };
  readonly Aggregate: { readonly prototype: object };
  /** The `mongodb` that this Mongoose depends on. */
  readonly mongo: { readonly BSON: { readonly ObjectId: unknown } };
  /** The driver of this instance; `driver` is that of instances to come. */
  readonly __driver: MongooseDriver;
  setDriver(driver: MongooseDriver): unknown;
  connect(uri: string, options?: ConnectionOptions): Promise<unknown>;
}

/** A driver module. Mongoose assigns to its members. */
export interface MongooseDriver {
  Connection: new (mongoose?: Mongoose) => Connection;
  Collection: new (name: string, connection: Connection, options: object) => ConnectionCollection;
  BulkWriteResult: unknown;
  ClientEncryption: unknown;
  plugins?: SchemaPlugin[];
}

/** Mongoose's wrapper of a collection. */
export interface ConnectionCollection {
  /** Operations wait for the connection to open. */
  readonly buffer: boolean;
  readonly collection: Collection | null;
  onOpen(): unknown;
  watch(pipeline?: object[], options?: Record<string, unknown> | null): unknown;
}

/** The options of a connection: Mongoose's own, and the pool's. */
export interface ConnectionOptions extends PolyPoolOptions, MongooseOptions {
  config?: { autoIndex?: boolean };
}

/** A function that Mongoose calls when a connection opens. */
interface Queued {
  fn: (...args: unknown[]) => unknown;
}

/** A connection of Mongoose's native driver, with the members that its own subclass may use. */
export interface Connection extends EventEmitter {
  id: number;
  /** Undefined until a connection by `useDb()` is given that of its parent. */
  base: Mongoose;
  client: PolyPool | undefined;
  db: Db | undefined;
  name: string;
  host: string | undefined;
  port: number | undefined;
  user: string | undefined;
  pass: string | undefined;
  readyState: number;
  options: object | null;
  readonly config: Record<string, unknown>;
  readonly collections: Record<string, ConnectionCollection>;
  readonly models: Record<string, { init(): Promise<unknown> }>;
  /** Those made by `useDb()`, and their parent. */
  readonly otherDbs: Connection[];
  /** The database that was named by the options. */
  $dbName?: string;
  /** What waits for the connection to open. */
  _queue: Queued[];
  _connectionString?: string;
  _connectionOptions?: object;
  _closeCalled?: boolean;
  _destroyCalled?: boolean;
  /** Milliseconds since the epoch; null before the first heartbeat. */
  _lastHeartbeatAt: number | null;
  /** Since Mongoose 9.10. */
  _flushQueue?(): void;
  /** Since Mongoose 8.16. */
  _buildEncryptionSchemas?(): { schemaMap: object; encryptedFieldsMap: object };
  createClient(uri: string, options?: ConnectionOptions): Promise<Connection>;
  setClient(client: unknown): Connection;
  onOpen(): void;
  onClose(): void;
}
