/**
 * Databases with a client of their own as users see them: the options and the events. When such a client
 * is opened and closed, `src/pool/dedicated` decides.
 */
import type { DisconnectedEvent, ReconnectedEvent } from '../events/own';

/** How a database's own client is. */
export interface ScaleOptions {
  /**
   * Connections that it may have to each server.
   * @defaultValue the pool's `maxPoolSize`
   */
  maxConnections?: number;
  /**
   * Closes it when nobody has used it for `ttl` milliseconds. The next operation opens it again.
   * @defaultValue false
   */
  autoClose?: boolean;
  /**
   * Milliseconds without an operation, an open cursor, change stream or session, after which
   * `autoClose` closes it; 0 for never.
   * @defaultValue 60000
   */
  ttl?: number;
  /**
   * Whether it connects with the first operation; `false` connects as soon as this is known.
   * @defaultValue true
   */
  coldStart?: boolean;
}

/** What `setDB` and `connectDB` take. */
export interface ScaleDatabaseOptions extends ScaleOptions {
  /**
   * The deployment that the database is on; the other options are the pool's.
   * @defaultValue the pool's connection string
   */
  mongoURI?: string;
}

/** One entry of the option `dbSpecific`. */
export interface DedicatedDatabase {
  dbName: string;
  /** See {@link ScaleDatabaseOptions.mongoURI}. */
  mongoURI?: string;
  options?: ScaleOptions;
}

/** What `new PolyPool` takes of this. */
export interface DedicatedOptions {
  /** Databases that are served by a client of their own. */
  dbSpecific?: readonly DedicatedDatabase[];
}

/** Of clients of databases of their own. */
export interface DedicatedEvents {
  /** The client of a database has become connected. */
  databaseConnected: (event: { readonly database: string }) => void;
  /** No server answers it any more, or it was closed because nobody used it. */
  databaseDisconnected: (event: DisconnectedEvent & { readonly database: string }) => void;
  /** A server answers it again. `databaseConnected` comes before it. */
  databaseReconnected: (event: ReconnectedEvent & { readonly database: string }) => void;
  /** With `coldStart: false`, it did not connect. The first operation tries again. */
  databaseConnectFailed: (event: { readonly database: string; readonly error: Error }) => void;
}

export const DEDICATED_EVENT_NAMES = [
  'databaseConnected',
  'databaseDisconnected',
  'databaseReconnected',
  'databaseConnectFailed'
] as const satisfies ReadonlyArray<keyof DedicatedEvents>;
