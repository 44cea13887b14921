/**
 * The ways to a pool that do not begin with `new`: the process's default pool, and a lazy holder
 * of it. It decides who shares what in JS; which connections are shared, Rust's registry decides.
 */
import type * as MongooseAdapter from './adapters/mongoose/index';
import type { MongooseInstance, MongooseOptions } from './adapters/mongoose/instance';
import { GIVEN_ONLY } from './bson/options';
import { serialize } from './bson/serialize';
import {
  splitConnectRetry,
  type AttemptListener,
  type ConnectCallOptions,
  type ConnectRetryOptions
} from './connect-options';
import { invalidArgument } from './error';
import { splitOptions, type LocalOptions, type PolyPoolOptions } from './options';
import { PolyPool } from './pool';

/** The options of `connect`. */
export interface ConnectOptions extends PolyPoolOptions, ConnectCallOptions {}

/** The options of `connect` with Mongoose: those of `mongoose.connect()` and the pool's. */
export interface ConnectMongooseOptions extends PolyPoolOptions, MongooseOptions {
  /** Mongoose, the package's export or an instance of it, whose default connection is opened. */
  mongoose: MongooseInstance;
}

/** What the options are of pools that `connect` makes, where others have it switched off. */
const CONNECTED = { connectRetry: true, healthIntervalMS: 30_000 } as const;

/** One pool that `connect` made. */
interface Entry {
  readonly pool: PolyPool;
  /**
   * Whether it was asked for with these. What it compares them with holds a password, and is for that
   * in a closure and in no property: the registry is in reach of everything in the process.
   */
  isFor(address: string, local: LocalOptions): boolean;
}

/** Pools that `connect` made. */
type Pools = Set<Entry>;

/**
 * Bundlers and hot reloads evaluate a module more than once in a process; what they have in
 * common is the global symbol registry.
 */
const POOLS = Symbol.for('polypool.pools');

function pools(): Pools {
  const known = (globalThis as { [POOLS]?: Pools })[POOLS];
  if (known !== undefined) return known;
  const made: Pools = new Set();
  Object.defineProperty(globalThis, POOLS, { configurable: true, value: made });
  return made;
}

/**
 * The process's pool for a connection string and options, connected. The same call gives the same
 * pool, also from another copy of this module; after its `close()`, a new one.
 * @param uri - defaults to the environment's `MONGODB_URI`
 * @param options - `shared: false` gives a pool of the caller's own; `connectRetry: false` fails with
 * the first attempt
 */
export async function connect(uri?: string, options?: ConnectOptions): Promise<PolyPool>;
/**
 * Has Mongoose connect by polypool, as `polypool/mongoose` does, and opens its default connection.
 * @param uri - defaults to the environment's `MONGODB_URI`
 * @param options - Mongoose, and what `mongoose.connect()` takes
 * @returns the pool of the connection, which ends with `mongoose.disconnect()` or its own `close()`
 */
export async function connect(
  uri: string | undefined,
  options: ConnectMongooseOptions
): Promise<PolyPool>;
export async function connect(
  uri?: string,
  options?: ConnectOptions | ConnectMongooseOptions
): Promise<PolyPool> {
  const address = uri ?? process.env['MONGODB_URI'];
  if (address === undefined) {
    throw invalidArgument('connect() needs a connection string, given or in MONGODB_URI');
  }
  if (isForMongoose(options)) return await connectMongoose(address, options);
  const { signal, ...rest } = options ?? {};
  signal?.throwIfAborted();
  const all = { ...CONNECTED, ...rest };
  const { connectRetry, onAttemptFailed } = splitConnectRetry(all.connectRetry);
  const own = { ...all, connectRetry: connectRetry as ConnectRetryOptions | boolean };
  const pool = own.shared === false ? new PolyPool(address, own) : shared(address, own);
  pool.shutdown.handleSignalsByDefault();
  try {
    return await telling(pool, onAttemptFailed, () => pool.connect({ signal }));
  } catch (error) {
    // Who waits for it still is told by itself.
    if (!pool.isConnecting) await pool.close();
    throw error;
  }
}

/** Tells a caller who has no pool yet how it goes: of a shared one as long as the call takes. */
async function telling<T>(
  pool: PolyPool,
  listener: AttemptListener | undefined,
  connecting: () => Promise<T>
): Promise<T> {
  if (listener === undefined) return await connecting();
  pool.on('connectAttemptFailed', listener);
  try {
    return await connecting();
  } finally {
    pool.off('connectAttemptFailed', listener);
  }
}

function isForMongoose(
  options: ConnectOptions | ConnectMongooseOptions | undefined
): options is ConnectMongooseOptions {
  return (options as Partial<ConnectMongooseOptions> | null | undefined)?.mongoose !== undefined;
}

/** Mongoose gets its pool as any user does, from `createPool` below. */
async function connectMongoose(uri: string, options: ConnectMongooseOptions): Promise<PolyPool> {
  const { mongoose, handleSignals = true, ...others } = options;
  const rest = { ...others, handleSignals };
  // eslint-disable-next-line @typescript-eslint/no-require-imports -- for those alone who have Mongoose
  const { install } = require('polypool/mongoose') as typeof MongooseAdapter;
  install(mongoose);
  const instance = withConnection(mongoose);
  await instance.connect(uri, { ...CONNECTED, ...rest } as never);
  return instance.connection.getClient();
}

/** Who imports Mongoose as a namespace has its instance as that's default. */
function withConnection(mongoose: MongooseInstance): MongooseInstance & MongooseConnection {
  const namespace = mongoose as { default?: MongooseInstance };
  return (namespace.default ?? mongoose) as MongooseInstance & MongooseConnection;
}

/** What of a Mongoose there is when it has connected. */
interface MongooseConnection {
  readonly connection: { getClient(): PolyPool };
}

/**
 * A pool that shares the process's connections for the same connection string and options, with a
 * `close()` and listeners of its own. Connects with its first operation.
 * @param options - `shared: false` gives connections of its own
 */
export function createPool(uri: string, options?: PolyPoolOptions): PolyPool {
  return new PolyPool(uri, { ...options, shared: options?.shared ?? true });
}

function shared(uri: string, options: PolyPoolOptions | undefined): PolyPool {
  const { native, local } = splitOptions(options);
  const address = `${uri}\0${Buffer.from(serialize(native, GIVEN_ONLY)).toString('base64')}`;
  for (const entry of pools()) {
    if (entry.isFor(address, local)) return entry.pool;
  }
  const pool = createPool(uri, options);
  const entry: Entry = {
    pool,
    isFor: (other, others) => other === address && sameOptions(others, local)
  };
  pools().add(entry);
  pool.once('close', () => pools().delete(entry));
  return pool;
}

function sameOptions(a: LocalOptions, b: LocalOptions): boolean {
  const names = new Set([...Object.keys(a), ...Object.keys(b)]);
  for (const name of names) {
    if (a[name as keyof LocalOptions] !== b[name as keyof LocalOptions]) return false;
  }
  return true;
}
