/**
 * `PolyMongoWrapper`: what users of PolyMongo hold. What its methods do is a line or two over files of
 * their own.
 */
import type { ClientSession, Connection, Mongoose } from 'mongoose';
import type { Health, PolyPool, PoolStats } from 'polypool';
import { actionsApi, bulkTasksApi } from './actions';
import { Dedicated } from './dedicated';
import { Models } from './models';
import { checkOptions } from './options';
import { Primary } from './primary';
import { statsApi } from './stats';
import type {
  ConnectionState,
  PolyMongoConnectionStats,
  PolyMongoPingResult,
  PolyMongoActionsApi,
  PolyMongoAdvancedAccess,
  PolyMongoBulkTasksApi,
  PolyMongoConnectResult,
  PolyMongoDisconnectResult,
  PolyMongoEventMap,
  PolyMongoEventName,
  PolyMongoOptions,
  PolyMongoPoolApi,
  PolyMongoScaleApi,
  PolyMongoStatsApi,
  Wrapped
} from './types';

/** Those of the driver, as Mongoose has them. */
type TransactionOptions = NonNullable<Parameters<Connection['transaction']>[1]>;

export class PolyMongoWrapper {
  readonly #primary: Primary;
  readonly #models: Models;
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
  constructor(options: PolyMongoOptions) {
    try {
      checkOptions(options);
      this.#primary = new Primary(options);
    } catch (error) {
      throw new Error(`Failed to initialize PolyMongoWrapper: ${(error as Error).message}`, {
        cause: error
      });
    }
    const primary = this.#primary;
    const dedicated = new Dedicated(primary);
    this.#models = new Models(primary);
    this.stats = statsApi(primary, dedicated);
    this.pool = {
      connect: (names, given) => dedicated.connect(names, given),
      configure: (names, given) => dedicated.configure(names, given)
    };
    this.scale = { connectDB: this.pool.connect, setDB: this.pool.configure };
    this.actions = actionsApi(primary, {
      closeAll: () => this.closeAll(),
      forceCloseAll: () => this.forceCloseAll(),
      closeDBstream: name => this.closeDBstream(name),
      closeAllWatches: () => this.closeAllWatches()
    });
    this.bulkTasks = bulkTasksApi(this.actions);
    this.adv = advancedAccess(primary);
    if (options.coldStart === false) primary.begin();
  }

  /** @returns what takes the listener away */
  on<Name extends PolyMongoEventName>(
    name: Name,
    listener: (event: PolyMongoEventMap[Name]) => void | Promise<void>
  ): () => void {
    return this.#primary.listeners.add(name, listener);
  }

  /** As in version 1.1: the listener gets the connection. */
  onDbConnect(listener: (connection: Connection) => void): () => void {
    return this.on('connect', ({ connection }) => listener(connection));
  }

  onDbDisconnect(listener: (connection: Connection) => void): () => void {
    return this.on('disconnect', ({ connection }) => listener(connection));
  }

  /** Of some databases only. */
  onTheseDBConnect(names: string[], listener: (connection: Connection) => void): () => void {
    return this.onDbConnect(connection => {
      if (names.includes(connection.name)) listener(connection);
    });
  }

  onTheseDBDisconnect(names: string[], listener: (connection: Connection) => void): () => void {
    return this.onDbDisconnect(connection => {
      if (names.includes(connection.name)) listener(connection);
    });
  }

  /**
   * Connects, unless it is, and waits for it.
   * @throws what keeps it from that
   */
  async connect(): Promise<PolyMongoConnectResult> {
    const alreadyConnected = this.isConnected();
    await this.#primary.ready();
    return {
      success: true,
      alreadyConnected,
      defaultDB: this.#primary.rules.home,
      connection: this.#primary.connection,
      state: 'connected'
    };
  }

  /** Ends change streams, waits for what runs, and closes all connections. What is done next opens them again. */
  async disconnect(): Promise<PolyMongoDisconnectResult> {
    const alreadyDisconnected = !this.#primary.begun;
    await this.closeAll();
    return { success: true, alreadyDisconnected, state: 'disconnected' };
  }

  /**
   * A model whose operations go to the default database, and `db(name)` of it to another. The model that is
   * given stays as it is.
   */
  wrapModel<M extends object>(model: M): Wrapped<M> {
    return this.#models.wrap(model);
  }

  /** Whether the default database's pool is connected. */
  isConnected(): boolean {
    return this.getConnectionState() === 'connected';
  }

  getConnectionState(): ConnectionState {
    return this.#primary.state;
  }

  /** Asks the server, in the default database unless told otherwise. */
  async ping(dbName: string = this.#primary.rules.home): Promise<PolyMongoPingResult> {
    await this.#primary.ready();
    const start = Date.now();
    await this.#primary.pool.db(dbName).command({ ping: 1 });
    const latency = Date.now() - start;
    return { ok: true, dbName, latency, timestamp: new Date().toISOString() };
  }

  /**
   * Runs a function in a transaction, which may span databases: what is to be part of it gets the session.
   * Commits when the function has ended, and aborts when it throws. It may run more than once.
   * @returns what the function gives
   */
  async transaction<T>(
    work: (session: ClientSession) => Promise<T>,
    options?: TransactionOptions
  ): Promise<T> {
    await this.#primary.ready();
    const { connection } = this.#primary;
    return await connection.transaction(work, options);
  }

  /** Ends change streams, waits for what runs, and closes all connections. */
  async closeAll(): Promise<void> {
    await this.#primary.close(false);
  }

  /** Closes all connections; what runs fails. */
  async forceCloseAll(): Promise<void> {
    await this.#primary.close(true);
  }

  /** Ends the change streams of a database. */
  closeDBstream(dbName: string): void {
    void this.#primary.pool.closeWatches(dbName);
  }

  /** Ends all change streams. */
  closeAllWatches(): void {
    void this.#primary.pool.closeWatches();
  }

  /** Drops a database and ends its change streams. */
  async dropDatabase(dbName: string): Promise<void> {
    await this.actions.dropDatabase(dbName);
  }

  /** Mongoose, as the wrapper uses it. */
  getMongoose(): Mongoose {
    return this.#primary.mongoose;
  }

  /** The pool, which is a `MongoClient`. */
  getNativeClient(): PolyPool {
    return this.#primary.pool;
  }

  /** The same as `stats.general()`. */
  getConnectionStats(): PolyMongoConnectionStats {
    return this.stats.general();
  }

  /** What the pool is doing, see `pool.stats()`. */
  getMetrics(): PoolStats {
    return this.#primary.pool.stats();
  }

  /** Whether servers answer. Never throws. */
  async isHealthy(): Promise<boolean> {
    return (await this.getHealth()).status !== 'unhealthy';
  }

  /** See `pool.health()`. */
  async getHealth(): Promise<Health> {
    return await this.#primary.pool.health();
  }
}

function advancedAccess(primary: Primary): PolyMongoAdvancedAccess {
  const connectionOf = (name?: string): Connection => {
    primary.begin();
    return primary.connectionOf(name);
  };
  return {
    mongoose: primary.mongoose,
    getPrimaryConnection: () => (primary.begun ? primary.connection : undefined),
    getOrCreatePrimaryConnection: () => connectionOf(),
    getConnection: connectionOf,
    getSharedConnection: connectionOf
  };
}
