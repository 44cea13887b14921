/**
 * A wrapper's pool and the Mongoose connection on it: when they connect, when they are closed, and which
 * databases are in use. It knows no models and nothing of what is done with the databases.
 */
import type { Connection, Mongoose } from 'mongoose';
import type { BSON, PolyPool } from 'polypool';
import { internalsOf } from '../internals';
import type * as MongooseAdapter from '../mongoose/index';
import { Listeners } from './events';
import { InUse } from './in-use';
import { logOptions, logTo } from './log';
import { databaseRules, poolOptions, type DatabaseRules } from './options';
import { attempt } from './retry';
import type { ConnectionState, PolyMongoOptions } from './types';

/** The code of the warning of Node.js's that `.db()` has no effect. */
const IGNORED = 'POLYPOOL_DATABASE_IGNORED';

export class Primary {
  readonly mongoose: Mongoose;
  readonly listeners = new Listeners();
  readonly rules: DatabaseRules;
  readonly #lazy: ReturnType<typeof MongooseAdapter.createLazyConnection>;
  readonly #retry: PolyMongoOptions['retry'];
  /** Somebody has asked it to connect, and nobody to close it since. */
  #begun = false;
  /** The connect under way. */
  #opening: Promise<void> | undefined;
  /** The calls of `close()` under way. */
  #closes = 0;
  /** Of the connect under way. */
  #abort = new AbortController();
  readonly #inUse = new InUse();
  /** Its user was told that `.db()` has no effect. */
  #isWarned = false;

  constructor(options: PolyMongoOptions) {
    // eslint-disable-next-line @typescript-eslint/no-require-imports -- an optional peer of the package
    const given = options.mongoose ?? (require('mongoose') as Mongoose);
    this.mongoose = (given as { default?: Mongoose }).default ?? (given as Mongoose);
    this.rules = databaseRules(options);
    this.#retry = options.retry;
    const { home } = this.rules;
    // eslint-disable-next-line @typescript-eslint/no-require-imports -- its types are those of these sources
    const { createLazyConnection } = require('polypool/mongoose') as typeof MongooseAdapter;
    this.#lazy = createLazyConnection(given, options.mongoURI, {
      ...poolOptions(options),
      ...logOptions(options),
      dbName: home
    });
    internalsOf(this.pool).tenancy.settle({
      home,
      resolve: name => this.#resolve(name),
      used: name => this.#used(name),
      enter: () => this.begin()
    });
    this.#listen();
  }

  get pool(): PolyPool {
    return this.#lazy.pool;
  }

  /** The library of its Mongoose, whose classes documents are of. */
  get bson(): typeof BSON {
    return this.mongoose.mongo.BSON;
  }

  /** Of the default database. */
  get connection(): Connection {
    return this.#lazy.connection as Connection;
  }

  /** The connection of a database. */
  connectionOf(name: string = this.rules.home): Connection {
    if (name === this.rules.home) return this.connection;
    return this.#lazy.in(name) as Connection;
  }

  get state(): ConnectionState {
    if (!this.#begun) return 'not initialized';
    // To the pool what runs is still welcome.
    return this.#closes > 0 ? 'disconnecting' : this.pool.state;
  }

  /** It has been used, and not been closed since. */
  get begun(): boolean {
    return this.#begun;
  }

  /** The databases in use. */
  get databases(): string[] {
    return this.#begun ? [...new Set([this.rules.home, ...this.#inUse.names])] : [];
  }

  /** Begins to connect, unless it has. Who waits for it hears what becomes of it. */
  begin(): void {
    if (this.#begun) return;
    this.ready().catch(() => undefined);
  }

  /**
   * Connects.
   * @throws what keeps it from that, when there is no further attempt
   */
  async ready(): Promise<void> {
    this.#begun = true;
    if (!this.pool.isConnected()) {
      this.#opening ??= this.#open().finally(() => (this.#opening = undefined));
      await this.#opening;
    }
    this.#lazy.open();
  }

  async #open(): Promise<void> {
    logTo(this.pool, 'connects');
    const { signal } = this.#abort;
    const connect = async (): Promise<unknown> => await this.pool.connect({ signal });
    await attempt(connect, this.#retry, signal, (error, pauseMS) => {
      logTo(this.pool, 'could not connect', { error: error.message, pauseMS });
      const { connection } = this;
      if (connection.listenerCount('error') > 0) connection.emit('error', error);
      this.listeners.tell('error', () => connection, error);
    });
  }

  /** @param force - interrupts what runs, instead of waiting for it */
  async close(force: boolean): Promise<void> {
    this.#abort.abort(new Error('The wrapper was closed'));
    this.#abort = new AbortController();
    const { drainMS } = this.pool.options as { drainMS?: number };
    this.#closes += 1;
    try {
      await this.pool.close(force || !this.pool.isConnected() ? undefined : { drainMS });
    } finally {
      this.#closes -= 1;
    }
    this.#ended();
  }

  #resolve(name: string | undefined): string {
    const { home, only } = this.rules;
    if (only && name && name !== home) this.#warn(name);
    return only ? home : name || home;
  }

  /** It has a pool of its own. */
  #isApart(database: string): boolean {
    return internalsOf(this.pool).scale.has(database);
  }

  #used(database: string): void {
    if (database === this.rules.home || !this.#inUse.add(database)) return;
    if (!this.#isApart(database) && this.#begun && this.pool.isConnected()) {
      queueMicrotask(() => this.listeners.tell('connect', () => this.connectionOf(database)));
    }
  }

  /** Who meant another database would else find out by the documents that are in the wrong one. */
  #warn(ignored: string): void {
    if (this.#isWarned) return;
    this.#isWarned = true;
    const { home } = this.rules;
    const message =
      '.db() has no effect, as mongoURI names a database: preferURI: false changes that';
    logTo(this.pool, message, { home, ignored }, 'warn');
    process.emitWarning(`polypool/polymongo: ${message}`, { code: IGNORED });
  }

  #listen(): void {
    const tell = (event: 'connect' | 'disconnect'): void => {
      const shared = this.databases.filter(name => !this.#isApart(name));
      for (const name of shared) this.listeners.tell(event, () => this.connectionOf(name));
    };
    this.pool.on('connected', () => {
      this.#begun = true;
      tell('connect');
    });
    this.pool.on('disconnected', () => tell('disconnect'));
    // Mongoose's `disconnect()` closes it, too.
    this.pool.on('close', () => this.#ended());
  }

  #ended(): void {
    this.#begun = false;
    this.#inUse.clear();
  }
}
