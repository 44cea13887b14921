/**
 * `PolyPool`: to code that uses it, a MongoClient; underneath, a hold on a pool that Rust runs. It
 * owns the life of that hold, emits what happens on it and hands out databases. It knows no commands
 * but the first `hello`. It is long because all that users can do with a pool is in one class, as it
 * is in the driver's; what a method does is a line or two over a file of its own.
 */
import type {
  AnyClientBulkWriteModel,
  ChangeStreamDocument,
  ClientBulkWriteModel,
  ClientBulkWriteOptions,
  ClientBulkWriteResult,
  ClientSession,
  ClientSessionOptions,
  DbOptions,
  DriverInfo,
  MongoClient,
  MongoClientOptions,
  MongoError,
  MongoOptions,
  PkFactory,
  ReadConcern,
  ReadPreference,
  ServerApi,
  WithSessionCallback,
  WriteConcern
} from 'mongodb';
import { ActiveSessions } from './active-sessions';
import type * as MongooseAdapter from './adapters/mongoose/index';
import type { Wrapped, WrapModelOptions } from './adapters/mongoose/instance';
import { Hold } from './bridge/pool';
import { resolveBSONOptions, type BSONSerializeOptions, type Document } from './bson/options';
import { watch, type ChangeStream } from './change-stream';
import { ActiveStreams } from './change-streams/active';
import { Deployments } from './change-streams/deployment';
import type { WatchOptions } from './change-streams/options';
import type { Watch } from './change-streams/progress';
import { restoreAttempts, type ConnectCallOptions } from './connect-options';
import { Connecting } from './connecting';
import { toReadConcern, toWriteConcern } from './concern';
import { abandonCursors } from './cursor/server-cursor';
import { Db } from './db';
import { within } from './deadline';
import { closedError, invalidArgument } from './error';
import { ListenedEmitter } from './events/emitter';
import { Log } from './events/log';
import { emitOwn, type Listen } from './events/own';
import { Monitoring } from './events/monitoring';
import type { Health, HealthOptions } from './health/health';
import { HostAddress, type HostRecord } from './host-address';
import { INTERNALS, type Internals } from './internals';
import type { Leak } from './leaks/leak';
import type { LeakWatch } from './leaks/leak-watch';
import { Limits, type ServerLimits } from './limits';
import { redactText } from './logs/redact';
import {
  mergeLocal,
  splitOptions,
  type LocalOptions,
  type PolyPoolOptions,
  type SplitOptions
} from './options';
import { coalescingStats } from './operations/coalescing-counts';
import { executeConnect, executeReadLines, executeRefresh, toError } from './operations/execute';
import { kind } from './bridge/completion';
import { clientBulkWrite } from './operations/client-bulk-write';
import type { Settings } from './operations/operation';
import { hasLostAll, isConnectedTo, stateOf, type PoolState } from './presence';
import { requestReadPreference, toReadPreference } from './read-preference';
import { asUserSession, ClientSession as Session, type SessionHome } from './session';
import { settingsOf } from './settings';
import { Scale } from './dedicated/scale';
import { PoolLog } from './logs/pool-log';
import { drainTime, type CloseOptions } from './shutdown/options';
import { Shutdown } from './shutdown/shutdown';
import { statsOf, type PoolStats } from './stats';
import { Tenants, type TenantInfo } from './tenants';
import { Topology } from './topology';
import { Vitals } from './vitals';

/** The number of the next topology of this module instance, which its events name it by. */
let nextTopology = 0;

/** What others are known to read of the driver's `client.s`. */
export interface PolyPoolState {
  readonly url: string;
  readonly options: PolyPool['options'];
  readonly bsonOptions: BSONSerializeOptions;
  readonly readConcern: ReadConcern | undefined;
  readonly writeConcern: WriteConcern | undefined;
  readonly readPreference: ReadPreference;
  readonly hasBeenClosed: boolean;
  readonly isMongoClient: true;
}

/** Milliseconds that `close()` gives the server to abort transactions. */
const ABORT_TIME_MS = 2_000;

/**
 * To the compiler, too, a pool is a MongoClient: it holds classes with private members for the same
 * only when one is derived from the other.
 */
// eslint-disable-next-line @typescript-eslint/no-unsafe-declaration-merging -- docs/compatibility.md holds the class to what this promises
export interface PolyPool extends MongoClient {
  on: Listen<this>;
  once: Listen<this>;
  off: Listen<this>;
  addListener: Listen<this>;
  removeListener: Listen<this>;
}

// eslint-disable-next-line @typescript-eslint/no-unsafe-declaration-merging -- see above
export class PolyPool extends ListenedEmitter {
  readonly #uri: string;
  readonly #split: SplitOptions;
  /** The hold; undefined from `close()` until `connect()` opens it again. */
  #hold: Hold | undefined;
  /** The `connect()` under way, which others join. */
  #connecting: Connecting | undefined;
  /** The `close()` under way, which others join. */
  #closing: Promise<void> | undefined;
  /** A server has answered since the hold was opened. */
  #connected = false;
  /** The hold that is being given back, through which transactions are still aborted. */
  #leaving: Hold | undefined;
  readonly #sessions = new ActiveSessions();
  /** Its change streams. @internal */
  readonly streams = new ActiveStreams();
  /** What is logged of it, if anything. @internal */
  readonly log: PoolLog | undefined;
  /** How it ends. @internal */
  readonly shutdown: Shutdown;
  /** What sessions have of their client. */
  readonly #home: SessionHome = {
    client: this,
    executor: {
      hold: () => this.#leaving ?? this.hold(),
      connectTo: database => this.connectTo(database)
    },
    sessions: this.#sessions,
    leakWatch: () => this.leakWatch,
    hold: () => this.#hold
  };
  /** How often it has been closed, which ends its cursors. @internal */
  closes = 0;
  /** The libraries that connections name to the server. */
  readonly #appended: DriverInfo[];
  readonly #local: LocalOptions;
  /** Options with every default in place. */
  readonly #resolved: Document;
  /** What databases inherit. @internal */
  readonly settings: Settings;
  /** Watches over it. */
  readonly #vitals: Vitals;
  /** Tells of what happens on the hold. */
  readonly #monitoring: Monitoring;
  /** Those of the connection string; none when an SRV record names them. */
  readonly #hosts: readonly HostAddress[];
  /** `close()` has been called once. */
  #hasBeenClosed = false;
  /** Of the hold, since it was first looked for. */
  #topology: Topology | undefined;
  /** The number of the hold's topology. */
  #topologyId = 0;
  #limits = new Limits();
  #tenancy: Tenants | undefined;
  /** Absent while the first hold is opened. */
  readonly #scale: Scale | undefined;

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
    const { onAttemptFailed } = this.#split;
    if (onAttemptFailed !== undefined) this.on('connectAttemptFailed', onAttemptFailed);
    const hold = this.#open();
    this.#scale = new Scale({
      source: { uri, native: this.#split.native },
      hold: () => this.hold(),
      onMoved: name => this.#tenancy?.forget(name)
    });
    this.#resolved = hold.resolved;
    restoreAttempts(this.#resolved);
    this.#appended = [(this.#resolved['driverInfo'] ?? {}) as DriverInfo];
    this.#local = mergeLocal(this.#split.local, this.#resolved);
    this.settings = settingsOf(this.#resolved, this.#local, this.#split.library);
    const hosts = this.#resolved['hosts'] as HostRecord[];
    this.#hosts = hosts.map(host => new HostAddress(host));
    const log = Log.of({ ...this.#resolved, ...this.#split.log });
    log?.greet([...this.#hosts.map(({ host }) => host), this.#resolved['srvHost'] as string]);
    const context = { options: this.#resolved, bson: this.settings.bson };
    this.log = PoolLog.of({ ...this.#resolved, ...this.#local });
    this.#monitoring = new Monitoring(this, context, log, this.log);
    if (this.#resolved['fallbackURIs'] !== undefined) {
      this.streams.deployments = new Deployments(this);
    }
    this.#vitals = new Vitals(this, this.#resolved, () => this.#hold);
    this.shutdown = this.#newShutdown();
    this.#take(hold);
  }

  /** Makes a pool of its own and connects it. */
  static async connect(uri: string, options?: PolyPoolOptions): Promise<PolyPool> {
    return await new this(uri, options).connect();
  }

  #open(): Hold {
    const native = this.#scale?.native ?? this.#split.native;
    const hold = Hold.open(this.#uri, native, this.#split.shared ?? false);
    this.#topologyId = nextTopology++;
    return hold;
  }

  #take(hold: Hold): void {
    this.#hold = hold;
    this.#vitals.start();
    this.shutdown.opened();
    this.log?.follow(hold);
    this.#monitoring.follow(hold, this.#topologyId);
  }

  /** @internal */
  override onListening(): void {
    if (this.#hold !== undefined) this.#monitoring.follow(this.#hold, this.#topologyId);
  }

  /** Has connections from now on name one more library to the server, once. */
  appendMetadata(driverInfo: DriverInfo): void {
    if (this.#appended.some(known => isSameDriver(known, driverInfo))) return;
    this.#appended.push(driverInfo);
    this.#hold?.appendMetadata(driverInfo);
  }

  /**
   * Connects and logs in, so that what is wrong shows now. Not needed: operations connect.
   * After `close()` it opens the pool again. With `connectRetry`, it tries again while servers can't
   * be reached.
   */
  async connect({ signal }: ConnectCallOptions = {}): Promise<this> {
    signal?.throwIfAborted();
    if (this.#closing) await this.#closing;
    if (this.#hold === undefined) this.#reopen();
    if (!this.#connected) await this.#join().join(signal);
    return this;
  }

  /** Gives databases a client of their own, see docs/dedicated-pools.md. */
  get scale(): Scale {
    return this.#scale!;
  }

  /** Connects the client of a database, which may have one of its own. @internal */
  async connectTo(database: string): Promise<void> {
    await (this.scale.has(database) ? this.scale.connect(database) : this.connect());
  }

  /** The connect under way, or a new one. */
  #join(): Connecting {
    if (this.isConnecting) return this.#connecting!;
    const connecting = new Connecting(async signal => {
      try {
        await this.#greet(signal);
      } catch (error) {
        // Nobody waits for one that was taken back, or that `close()` has ended.
        const isOver = signal.aborted || this.#hold === undefined;
        if (!isOver) this.log?.write('error', 'Connect failed', { error });
        this.emit('error', error as MongoError);
        throw error;
      } finally {
        if (this.#connecting === connecting) this.#connecting = undefined;
      }
    });
    return (this.#connecting = connecting);
  }

  /**
   * Replaces the connections by new ones, without an operation failing or waiting for it. What has begun, cursors and sessions go on with the old ones, which end with it.
   * @throws what keeps the new ones from connecting; the old ones stay, then
   */
  async refresh(): Promise<void> {
    await executeRefresh(this);
  }

  /** Lines of EJSON as BSON, see `executeReadLines`. @internal */
  async readLines(lines: Uint8Array, first: number): Promise<Buffer> {
    return await executeReadLines(this, lines, first);
  }

  /** Whether one of `fallbackURIs` stands in for the connection string's deployment. */
  get degraded(): boolean {
    return this.#hold?.isDegraded === true;
  }

  /** Somebody waits for a `connect()`. @internal */
  get isConnecting(): boolean {
    return this.#connecting?.isAbandoned === false;
  }

  #reopen(): void {
    const hold = this.#open();
    this.#take(hold);
    // The options that it was opened with hold the first.
    for (const info of this.#appended.slice(1)) hold.appendMetadata(info);
  }

  async #greet(signal: AbortSignal): Promise<void> {
    this.#topology ??= this.#newTopology(this.hold());
    const readPreference = requestReadPreference(this.settings.readPreference);
    await executeConnect(this, {
      database: 'admin',
      command: { hello: 1 },
      bson: resolveBSONOptions({}),
      options: readPreference && { readPreference },
      signal
    });
    this.#connected = true;
    this.emit('open', this);
  }

  #newTopology(hold: Hold): Topology {
    return new Topology(this, this.#topologyId, hold, this.#resolved, this.#hosts);
  }

  /** What is known of the servers; undefined before the first operation and after `close()`. */
  get topology(): Topology | undefined {
    if (this.#topology === undefined && this.#hold !== undefined) {
      if (this.#hold.topologyVersion() > 0) this.#topology = this.#newTopology(this.#hold);
    }
    return this.#topology;
  }

  /** Limits of the deployment, or before they are known, those of every supported server. @internal */
  get limits(): ServerLimits {
    if (this.#hold !== undefined) this.#limits.learn(this.#hold);
    return this.#limits;
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
   * Ends this pool's cursors on their servers and gives the connections back; of a shared pool only
   * the last holder's close ends them. What runs is interrupted, at once or after `drainMS`.
   * @param how - the driver's `force`, without effect as there, or options
   */
  async close(how?: boolean | CloseOptions): Promise<void> {
    const drainMS = drainTime(how);
    const hold = this.#hold;
    const isDrained = hold !== undefined && drainMS !== undefined && drainMS > 0;
    if (!isDrained) this.shutdown.hurry();
    const lateAfterMS = isDrained ? await this.shutdown.drained(drainMS) : 0;
    // Another close() may have been quicker, and the pool be open again.
    await (this.#hold === hold ? this.#closeAfter(lateAfterMS) : this.#closing);
  }

  async #closeAfter(lateAfterMS: number): Promise<void> {
    this.#closing ??= this.#close(lateAfterMS).finally(() => (this.#closing = undefined));
    await this.#closing;
  }

  #newShutdown(): Shutdown {
    const { drainMS, handleSignals } = this.#resolved;
    const isBusy = (): boolean =>
      this.#hold !== undefined && (this.#hold.inFlight > 0 || this.#sessions.hasTransaction);
    const pool = {
      get isBusy() {
        return isBusy();
      },
      prepare: () => {
        this.log?.write('info', 'Pool drains', { watches: this.streams.size });
        void this.streams.end();
      },
      close: (lateAfterMS: number) => this.#closeAfter(lateAfterMS)
    };
    return new Shutdown(pool, drainMS as number, handleSignals as boolean | undefined);
  }

  async #close(lateAfterMS: number): Promise<void> {
    const hold = this.#hold;
    const wasConnected = this.isConnected();
    this.#hasBeenClosed = true;
    this.#hold = undefined;
    this.#vitals.stop();
    this.#connected = false;
    this.#leaving = hold;
    if (!this.#sessions.isEmpty) await within(ABORT_TIME_MS, this.#sessions.end());
    this.#leaving = undefined;
    if (hold === undefined) return;
    this.closes += 1;
    abandonCursors(hold);
    this.streams.forget();
    this.#topology?.close();
    this.#topology = undefined;
    this.#limits = new Limits();
    const end = { closed: true, servers: [] };
    // The log ends with the hold.
    if (wasConnected) this.log?.write('info', 'disconnected', end);
    const reply = await hold.close(lateAfterMS);
    this.shutdown.closed();
    if (reply.kind === kind.ERROR) throw toError(reply);
    if (wasConnected) emitOwn(this, 'disconnected', end);
    this.emit('close');
  }

  /** Whether it is connected, and if not, how far it is from that. */
  get state(): PoolState {
    const { isConnecting } = this;
    const isClosing = this.#closing !== undefined || this.shutdown.isUnderWay;
    return stateOf({ hold: this.#hold, isConnecting, isClosing });
  }

  /** Whether a server that holds data answers, and one has let the pool in; also while it drains. */
  isConnected(): boolean {
    return isConnectedTo(this.#hold);
  }

  /** It was connected, and no server that holds data answers. @internal */
  get isLost(): boolean {
    return hasLostAll(this.#hold);
  }

  /** What its connections, operations, cursors and sessions are doing now. Asks no server. */
  stats(): PoolStats {
    return { ...statsOf(this.#hold, this.state), coalescing: coalescingStats(this) };
  }

  /** How it, its servers and this process are, see {@link HealthOptions}. Never throws, and answers in time. */
  async health(options?: HealthOptions): Promise<Health> {
    return await this.#vitals.health(options);
  }

  /** What is open or under way for longer than `leakMS`, and what has become garbage instead of being closed. */
  leaks(): Leak[] {
    return this.#vitals.leaks();
  }

  /** @internal */
  get leakWatch(): LeakWatch | undefined {
    return this.#vitals.leakWatch;
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

  /**
   * Gives a Mongoose model `db(name)`: the same model in a tenant's database, at next to no cost. Inside
   * `withTenant` the model itself is that. See docs/tenants.md.
   * @returns the model that was given
   */
  wrapModel<M extends object>(model: M, options?: WrapModelOptions): Wrapped<M> {
    // eslint-disable-next-line @typescript-eslint/no-require-imports -- for those alone who have Mongoose
    const { wrapModel } = require('polypool/mongoose') as typeof MongooseAdapter;
    return wrapModel(this as never, model, options);
  }

  /** Runs a function as a tenant's: what it does by wrapped models is done in that database. */
  withTenant<T>(name: string, work: () => T): T {
    return this.tenancy.run(this.tenancy.get(name), work);
  }

  /** The tenants in use, the one used last at the front. */
  tenants(): TenantInfo[] {
    return this.#tenancy?.list() ?? [];
  }

  /** @internal */
  get tenancy(): Tenants {
    return (this.#tenancy ??= new Tenants(this.#resolved['requireTenant'] === true));
  }

  /**
   * The changes to all databases but `admin`, `config` and `local` from now on, or from where the
   * options say. Sends nothing until it is read.
   * @param pipeline - stages that the events go through; may be left out
   */
  watch<
    TSchema extends Document = Document,
    TChange extends Document = ChangeStreamDocument<TSchema>
  >(pipeline: Document[] = [], options: WatchOptions = {}): ChangeStream<TSchema, TChange> {
    const scope = { ...this.settings, database: 'admin' };
    return watch(this, this, { scope, cluster: true }, pipeline, options);
  }

  /** The change streams that are open, one entry for each that the server has. */
  watches(): Watch[] {
    return this.streams.views();
  }

  /** Ends the change streams of a database and of its collections; all without one. Never fails. */
  async closeWatches(database?: string): Promise<void> {
    await this.streams.close(database);
  }

  /** A session, in which operations follow one another and may be a transaction. Sends nothing. */
  startSession(options?: ClientSessionOptions): ClientSession {
    return asUserSession(new Session(this.#home, options));
  }

  /** Calls `callback` with a session, which ends when what it gives has settled. */
  // eslint-disable-next-line @typescript-eslint/no-explicit-any -- the driver's default
  async withSession<T = any>(callback: WithSessionCallback<T>): Promise<T>;
  // eslint-disable-next-line @typescript-eslint/no-explicit-any -- the driver's default
  async withSession<T = any>(
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

  /**
   * Runs many writes of any kind on any collections, in as few commands as the server's limits
   * allow. MongoDB 8.0 and later.
   * @throws MongoCompatibilityError before that
   * @throws MongoClientBulkWriteExecutionError without models
   * @throws MongoClientBulkWriteError when the server refuses some of them
   */
  async bulkWrite<SchemaMap extends Record<string, Document> = Record<string, Document>>(
    models: ReadonlyArray<ClientBulkWriteModel<SchemaMap>>,
    options?: ClientBulkWriteOptions
  ): Promise<ClientBulkWriteResult> {
    const untyped = models as ReadonlyArray<AnyClientBulkWriteModel<Document>>;
    return await clientBulkWrite(this, untyped, options);
  }

  /** The options with every default in place. */
  get options(): Readonly<MongoOptions & MongoClientOptions> {
    const { readConcern, writeConcern, readPreference } = this;
    return Object.freeze({
      ...this.#resolved,
      ...this.#local,
      hosts: this.#hostAddresses(),
      readConcern,
      writeConcern,
      readPreference
    }) as unknown as Readonly<MongoOptions & MongoClientOptions>;
  }

  /** Those that an SRV record names are known once it has been looked up. */
  #hostAddresses(): HostAddress[] {
    if (this.#hosts.length > 0) return [...this.#hosts];
    const servers = this.topology?.description.servers.values() ?? [];
    return Array.from(servers, ({ host, port }) => new HostAddress({ host, port }));
  }

  /** As in the driver, internal. @internal */
  get s(): PolyPoolState {
    return {
      url: this.#uri,
      options: this.options,
      bsonOptions: this.bsonOptions,
      readConcern: this.readConcern,
      writeConcern: this.writeConcern,
      readPreference: this.readPreference,
      hasBeenClosed: this.#hasBeenClosed,
      isMongoClient: true
    };
  }

  /** A text as it may be shown. @internal */
  redacted(text: string): string {
    return redactText(text);
  }

  /** For adapters. @internal */
  get [INTERNALS](): Internals {
    return this;
  }

  /** Whether commands are reported. @internal */
  get monitorCommands(): boolean {
    return this.#resolved['monitorCommands'] === true;
  }

  /** From the next connect on; before anything was done, that is now. */
  set monitorCommands(value: boolean) {
    if (value === this.monitorCommands) return;
    this.#split.native['monitorCommands'] = value;
    this.#resolved['monitorCommands'] = value;
    if (this.#hold?.isUntouched !== true || !this.#sessions.isEmpty) return;
    this.#vitals.stop();
    void this.#hold.close();
    this.#reopen();
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

  get serverApi(): Readonly<ServerApi | undefined> {
    const serverApi = this.#resolved['serverApi'] as ServerApi | undefined;
    return serverApi && Object.freeze({ ...serverApi });
  }

  /** @internal */
  get balanced(): boolean {
    return this.#resolved['loadBalanced'] === true;
  }

  /** There is no client-side encryption. @internal */
  get autoEncrypter(): undefined {
    return undefined;
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

  /** Milliseconds that an operation may take in all; undefined without limit. */
  get timeoutMS(): number | undefined {
    return this.settings.timeoutMS;
  }
}

/** As in the driver, an empty text is none. */
function isSameDriver(a: DriverInfo, b: DriverInfo): boolean {
  const same = (name: keyof DriverInfo): boolean => (a[name] || '') === (b[name] || '');
  return same('name') && same('version') && same('platform');
}
