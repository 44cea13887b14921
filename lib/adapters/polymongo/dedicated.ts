/**
 * Databases with a pool of their own, as users of PolyMongo configure and see them. When such a pool is
 * opened and closed is decided by the wrapper's pool, by its `scale`.
 */
import type { DedicatedStats, PolyPool } from 'polypool';
import type { Primary } from './primary';
import type { PoolSnapshot, ScaleOptions, SeparateConnectionInfo } from './types';
import { withoutLogin } from './uri';

/** Options as they were given. */
type Given = ScaleOptions & { mongoURI?: string | undefined };

/** Mongoose's numbers for these states. */
const READY_STATES = { connecting: 2, connected: 1, disconnected: 0 } as const;

export class Dedicated {
  readonly #primary: Primary;
  /** What was asked for, by database. */
  readonly #given = new Map<string, Given>();
  /** Those whose listeners were last told that they are connected. */
  readonly #connected = new Set<string>();

  constructor(
    primary: Primary,
    configured: readonly { dbName: string; mongoURI?: string; options?: ScaleOptions }[] = []
  ) {
    this.#primary = primary;
    for (const { dbName, mongoURI, options } of configured) {
      this.#given.set(dbName, { mongoURI, ...options });
      primary.apart.add(dbName);
    }
    this.#listen();
  }

  /** Has databases get a pool when they need one; with `coldStart: false` at once. */
  configure(names: string[], options: Given = {}): void {
    this.#pool.scale.setDB(names, options);
    this.#note(names, () => options);
  }

  /** Gives databases a pool and waits until it is connected. */
  async connect(names: string[], options: Given = {}): Promise<void> {
    this.#note(names, name => ({ ...this.#given.get(name), ...options }));
    await this.#pool.scale.connectDB(names, options);
  }

  /** What was asked for a database. */
  configOf(name: string): Given {
    return { ...this.#given.get(name) };
  }

  /** The pools that are open. */
  list(): SeparateConnectionInfo[] {
    if (this.#given.size === 0) return [];
    const open: SeparateConnectionInfo[] = [];
    for (const [dbName, stats] of this.#pool.stats().dedicated) {
      const { mongoURI, ...config } = this.configOf(dbName);
      if (stats.pool === undefined) continue;
      open.push({
        dbName,
        mongoURI: mongoURI && withoutLogin(mongoURI),
        readyState: READY_STATES[stats.state],
        lastAccessed: stats.idleMS === undefined ? 0 : Date.now() - stats.idleMS,
        isInitialized: true,
        config,
        poolStats: this.#snapshot(stats)
      });
    }
    return open;
  }

  #snapshot({ pool, maxConnections }: DedicatedStats): PoolSnapshot | null {
    if (pool === undefined) return null;
    const { minPoolSize, maxIdleTimeMS } = this.#primary.pool.options;
    return {
      totalConnections: pool.total.size,
      availableConnections: pool.total.available,
      inUseConnections: pool.total.inUse,
      waitQueueSize: pool.waitQueue.size,
      maxPoolSize: maxConnections,
      minPoolSize: minPoolSize ?? 0,
      maxIdleTimeMS: maxIdleTimeMS || undefined
    };
  }

  get #pool(): PolyPool {
    return this.#primary.pool;
  }

  #note(names: readonly string[], options: (name: string) => Given): void {
    for (const name of names) {
      this.#given.set(name, options(name));
      this.#primary.apart.add(name);
    }
  }

  #listen(): void {
    const { listeners } = this.#primary;
    const connectionOf = (name: string): ReturnType<Primary['connectionOf']> =>
      this.#primary.connectionOf(name);
    const connected = ({ database }: { database: string }): void => {
      this.#connected.add(database);
      listeners.tell('connect', connectionOf(database));
    };
    const disconnected = ({ database }: { database: string }): void => {
      if (!this.#connected.delete(database)) return;
      listeners.tell('disconnect', connectionOf(database));
    };
    this.#pool.on('databaseConnected', connected);
    this.#pool.on('databaseReconnected', connected);
    this.#pool.on('databaseDisconnected', disconnected);
    // Which closes theirs, too, and tells of itself alone.
    this.#pool.on('close', () => {
      for (const database of [...this.#connected]) disconnected({ database });
    });
    this.#pool.on('databaseConnectFailed', ({ database, error }) => {
      listeners.tell('error', connectionOf(database), error);
    });
  }
}
