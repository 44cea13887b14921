/**
 * `PolyPool`: to code that uses it, a MongoClient; underneath, a hold on a pool that Rust runs. It
 * owns the life of that hold and hands out databases. It knows no commands but the first `hello`.
 */
import { EventEmitter } from 'node:events';
import type {
  ClientSession,
  ClientSessionOptions,
  DbOptions,
  MongoClientOptions,
  MongoOptions,
  PkFactory,
  ReadConcern,
  ReadConcernLevel,
  ReadPreference,
  WithSessionCallback,
  WriteConcern,
  WriteConcernSettings
} from 'mongodb';
import { ActiveSessions } from './active-sessions';
import { Hold } from './bridge/pool';
import { resolveBSONOptions, type BSONSerializeOptions, type Document } from './bson/options';
import { readConcernSetting, toReadConcern, toWriteConcern, writeConcernSetting } from './concern';
import { Db } from './db';
import { closedError, invalidArgument } from './error';
import {
  mergeLocal,
  splitOptions,
  type LocalOptions,
  type PolyPoolOptions,
  type SplitOptions
} from './options';
import { executeCommand, toError, type Executor } from './operations/execute';
import { kind } from './bridge/completion';
import type { Settings } from './operations/operation';
import { readPreferenceSetting, requestReadPreference, toReadPreference } from './read-preference';
import { ClientSession as Session, type SessionHome } from './session';

/** What the server said of its limits, with the values of every supported server before it did. */
export interface ServerLimits {
  /** Bytes of the largest document. */
  maxBsonObjectSize: number;
  /** Statements of the largest write command. */
  maxWriteBatchSize: number;
  /** What it speaks; undefined before it was asked. */
  maxWireVersion?: number;
}

/** Milliseconds that `close()` gives the server to abort transactions. */
const ABORT_TIME_MS = 2_000;

export class PolyPool extends EventEmitter implements Executor {
  readonly #uri: string;
  readonly #split: SplitOptions;
  /** The hold; undefined from `close()` until `connect()` opens it again. */
  #hold: Hold | undefined;
  /** The `connect()` under way, which others join. */
  #connecting: Promise<void> | undefined;
  /** The `close()` under way, which others join. */
  #closing: Promise<void> | undefined;
  /** A server has answered since the hold was opened. */
  #connected = false;
  /** The hold that is being given back, through which transactions are still aborted. */
  #leaving: Hold | undefined;
  readonly #sessions = new ActiveSessions();
  /** What sessions have of their client. */
  readonly #home: SessionHome = {
    client: this,
    executor: { hold: () => this.#leaving ?? this.hold(), connect: () => this.connect() },
    sessions: this.#sessions,
    hold: () => this.#hold
  };
  readonly #local: LocalOptions;
  /** Options with every default in place. */
  readonly #resolved: Document;
  /** What databases inherit. @internal */
  readonly settings: Settings;
  /** Limits of the deployment. */
  readonly limits: ServerLimits = {
    maxBsonObjectSize: 16 * 1024 * 1024,
    maxWriteBatchSize: 100_000
  };

  /**
   * Parses the connection string and the options; connects nothing until `connect()` or the first
   * operation. Has a pool of its own unless `shared: true`.
   * @throws MongoParseError, MongoInvalidArgumentError naming the part or the option at fault
   */
  constructor(uri: string, options?: PolyPoolOptions) {
    super();
    // As in the driver: an 'error' event without a listener must not end the process.
    this.on('error', () => undefined);
    if (typeof uri !== 'string') throw invalidArgument('The connection string must be a string');
    this.#uri = uri;
    this.#split = splitOptions(options);
    this.#hold = this.#open();
    this.#resolved = this.#hold.resolved;
    this.#local = mergeLocal(this.#split.local, this.#resolved);
    this.settings = settingsOf(this.#resolved, this.#local);
  }

  /** Makes a pool of its own and connects it. */
  static async connect(uri: string, options?: PolyPoolOptions): Promise<PolyPool> {
    return await new this(uri, options).connect();
  }

  #open(): Hold {
    return Hold.open(this.#uri, this.#split.native, this.#split.shared ?? false);
  }

  /**
   * Connects and logs in, so that what is wrong shows now. Not needed: operations connect.
   * After `close()` it opens the pool again.
   */
  async connect(): Promise<this> {
    if (this.#closing) await this.#closing;
    this.#hold ??= this.#open();
    if (!this.#connected) {
      this.#connecting ??= this.#greet().finally(() => (this.#connecting = undefined));
      await this.#connecting;
    }
    return this;
  }

  async #greet(): Promise<void> {
    const readPreference = requestReadPreference(this.settings.readPreference);
    const hello = await executeCommand(this, {
      database: 'admin',
      command: { hello: 1 },
      bson: resolveBSONOptions({}),
      options: readPreference && { readPreference }
    });
    for (const name of ['maxBsonObjectSize', 'maxWriteBatchSize', 'maxWireVersion'] as const) {
      if (typeof hello[name] === 'number') this.limits[name] = hello[name];
    }
    this.#connected = true;
    this.emit('open', this);
  }

  /** @internal */
  hold(): Hold {
    if (this.#hold === undefined) throw closedError();
    return this.#hold;
  }

  /**
   * Makes a task of the pool panic. Proves on any build that a defect rejects one promise, with a
   * `PolyPoolInternalError`, and harms nothing else.
   * @internal
   */
  async injectPanic(): Promise<never> {
    throw toError(await this.hold().injectPanic());
  }

  /**
   * Interrupts what runs, ends this pool's cursors on their servers and gives the connections
   * back; of a shared pool only the last holder's close ends them.
   * @param _force - has no effect, as in the driver
   */
  async close(_force = false): Promise<void> {
    this.#closing ??= this.#close().finally(() => (this.#closing = undefined));
    await this.#closing;
  }

  async #close(): Promise<void> {
    const hold = this.#hold;
    this.#hold = undefined;
    this.#connected = false;
    this.#leaving = hold;
    await endWithin(ABORT_TIME_MS, this.#sessions.end());
    this.#leaving = undefined;
    if (hold === undefined) return;
    const reply = await hold.close();
    if (reply.kind === kind.ERROR) throw toError(reply);
    this.emit('close');
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  /**
   * A database. Does nothing on the server.
   * @param name - defaults to the connection string's, and that to `test`
   */
  db(name?: string, options?: DbOptions): Db {
    return new Db(this, name || (this.#resolved['dbName'] as string), options);
  }

  /** A session, in which operations follow one another and may be a transaction. Sends nothing. */
  startSession(options?: ClientSessionOptions): ClientSession {
    return new Session(this.#home, options) as unknown as ClientSession;
  }

  /** Calls `callback` with a session, which ends when what it gives has settled. */
  async withSession<T = unknown>(callback: WithSessionCallback<T>): Promise<T>;
  async withSession<T = unknown>(
    options: ClientSessionOptions,
    callback: WithSessionCallback<T>
  ): Promise<T>;
  async withSession<T>(
    optionsOrCallback: ClientSessionOptions | WithSessionCallback<T>,
    last?: WithSessionCallback<T>
  ): Promise<T> {
    const given = typeof optionsOrCallback === 'function';
    const callback = given ? optionsOrCallback : last;
    if (callback === undefined || callback === null) {
      throw invalidArgument('Missing required callback parameter');
    }
    const session = this.startSession(given ? undefined : optionsOrCallback);
    try {
      return await callback(session);
    } finally {
      await session.endSession().catch(() => undefined);
    }
  }

  /** The options with every default in place. */
  get options(): Readonly<MongoOptions & MongoClientOptions> {
    const { readConcern, writeConcern, readPreference } = this;
    return Object.freeze({
      ...this.#resolved,
      ...this.#local,
      readConcern,
      writeConcern,
      readPreference
    }) as unknown as Readonly<MongoOptions & MongoClientOptions>;
  }

  /** Makes the `_id`s of documents without one; undefined stands for ObjectIds. @internal */
  get pkFactory(): PkFactory | undefined {
    return this.#local.pkFactory;
  }

  /** Leaves the `_id`s of documents without one to the server. @internal */
  get forceServerObjectId(): boolean {
    return this.#resolved['forceServerObjectId'] === true;
  }

  get bsonOptions(): BSONSerializeOptions {
    return this.settings.bson.given;
  }

  get readConcern(): ReadConcern | undefined {
    return toReadConcern(this.settings.readConcern);
  }

  get writeConcern(): WriteConcern | undefined {
    return toWriteConcern(this.settings.writeConcern);
  }

  get readPreference(): ReadPreference {
    return toReadPreference(this.settings.readPreference);
  }

  /** No effect, as in the driver. */
  get timeoutMS(): undefined {
    return undefined;
  }
}

/** The part of the resolved options that databases inherit, as Rust gives them. */
interface ResolvedSettings {
  readPreference?: { mode: string };
  readConcern?: { level: ReadConcernLevel };
  writeConcern?: WriteConcernSettings;
  forceServerObjectId?: boolean;
  retryReads?: boolean;
  retryWrites?: boolean;
}

/** Waits for `ending`, and no longer than `milliseconds`. */
async function endWithin(milliseconds: number, ending: Promise<void>): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<void>(resolve => (timer = setTimeout(resolve, milliseconds)));
  await Promise.race([ending, late]);
  clearTimeout(timer);
}

function settingsOf(resolved: ResolvedSettings, local: LocalOptions): Settings {
  return {
    bson: resolveBSONOptions(local),
    readPreference: readPreferenceSetting(resolved.readPreference),
    readConcern: readConcernSetting(resolved.readConcern),
    writeConcern: writeConcernSetting({ writeConcern: resolved.writeConcern }),
    pkFactory: local.pkFactory,
    forceServerObjectId: resolved.forceServerObjectId,
    retryReads: resolved.retryReads,
    retryWrites: resolved.retryWrites
  };
}
