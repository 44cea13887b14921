/**
 * Databases with a pool of their own, as users of PolyMongo configure and see them. When such a pool is
 * opened and closed is decided by the wrapper's pool, by its `scale`.
 */
import type { ScaleDatabaseOptions, ScaleOptions } from 'polypool';
import { internalsOf } from '../internals';
import type { Primary } from './primary';
import { snapshotOf } from './snapshot';
import type { SeparateConnectionInfo } from './types';

/** Mongoose's numbers for these states. */
const READY_STATES = { connecting: 2, connected: 1, disconnected: 0 } as const;

export class Dedicated {
  readonly #primary: Primary;
  /** Those whose listeners were last told that they are connected. */
  readonly #connected = new Set<string>();

  constructor(primary: Primary) {
    this.#primary = primary;
    this.#listen();
  }

  /** Has databases get a pool when they need one; with `coldStart: false` at once. */
  configure(names: string[], options?: ScaleDatabaseOptions): void {
    this.#primary.pool.scale.setDB(names, options);
  }

  /** Gives databases a pool and waits until it is connected. */
  async connect(names: string[], options?: ScaleDatabaseOptions): Promise<void> {
    await this.#primary.pool.scale.connectDB(names, options);
  }

  /** What was asked for a database. */
  configOf(name: string): ScaleOptions {
    return this.#optionsOf(name).config;
  }

  /** The pools that are open. */
  list(): SeparateConnectionInfo[] {
    const open: SeparateConnectionInfo[] = [];
    for (const [dbName, stats] of this.#primary.pool.stats().dedicated) {
      const { pool, maxConnections } = stats;
      if (pool === undefined) continue;
      const { mongoURI, config } = this.#optionsOf(dbName);
      open.push({
        dbName,
        mongoURI: mongoURI && internalsOf(this.#primary.pool).redacted(mongoURI),
        readyState: READY_STATES[stats.state],
        lastAccessed: stats.idleMS === undefined ? 0 : Date.now() - stats.idleMS,
        isInitialized: true,
        config,
        poolStats: snapshotOf(pool, this.#primary.pool.options, maxConnections)
      });
    }
    return open;
  }

  #optionsOf(name: string): { mongoURI: string | undefined; config: ScaleOptions } {
    const { mongoURI, ...config } = internalsOf(this.#primary.pool).scale.optionsOf(name);
    return { mongoURI, config };
  }

  #listen(): void {
    const { listeners, pool } = this.#primary;
    const connectionOf = (name: string) => () => this.#primary.connectionOf(name);
    const connected = ({ database }: { database: string }): void => {
      this.#connected.add(database);
      listeners.tell('connect', connectionOf(database));
    };
    const disconnected = ({ database }: { database: string }): void => {
      if (!this.#connected.delete(database)) return;
      listeners.tell('disconnect', connectionOf(database));
    };
    pool.on('databaseConnected', connected);
    pool.on('databaseReconnected', connected);
    pool.on('databaseDisconnected', disconnected);
    // Which closes theirs, too, and tells of itself alone.
    pool.on('close', () => {
      for (const database of [...this.#connected]) disconnected({ database });
    });
    pool.on('databaseConnectFailed', ({ database, error }) => {
      listeners.tell('error', connectionOf(database), error);
    });
  }
}
