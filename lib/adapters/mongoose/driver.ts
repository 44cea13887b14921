/**
 * The driver module for `mongoose.setDriver()`: Mongoose's own native classes, but for where their
 * client comes from. Buffering, debug output, `useDb()` and all else stay Mongoose's.
 */
import { BSON, ClientEncryption, createPool, PolyPool, type PolyPoolOptions } from 'polypool';
import { internalsOf } from '../internals';
import { follow, reportCommands } from './follow';
import { jsonPlugin } from './json';
import {
  STATE,
  type Connection,
  type ConnectionCollection,
  type ConnectionOptions,
  type Mongoose,
  type MongooseDriver
} from './mongoose';
import { configure, isContradictory } from './options';

/** A driver module of polypool's. */
export interface PolyPoolDriver extends MongooseDriver {
  plugins: NonNullable<MongooseDriver['plugins']>;
}

/** Those made, by the driver whose classes they extend. */
const made = new WeakMap<MongooseDriver, PolyPoolDriver>();
/** The drivers whose classes those of polypool's extend, by these. */
const natives = new WeakMap<MongooseDriver, () => MongooseDriver>();

/** The driver that another one's classes extend; itself, if it is not one of polypool's. */
export function nativeOf(driver: MongooseDriver): MongooseDriver {
  return natives.get(driver)?.() ?? driver;
}

/** Has a module that passes on the members of {@link driverOn} count as a driver of polypool's. */
export function passesOn(driver: object, native: () => MongooseDriver): void {
  natives.set(driver as MongooseDriver, native);
}

/** The driver module whose classes extend those of a native one; the same for the same. */
export function driverOn(native: MongooseDriver): PolyPoolDriver {
  const known = made.get(native);
  if (known !== undefined) return known;
  const driver: PolyPoolDriver = {
    Connection: connectionOn(native.Connection),
    Collection: collectionOn(native.Collection),
    BulkWriteResult: native.BulkWriteResult,
    ClientEncryption,
    plugins: [jsonPlugin]
  };
  made.set(native, driver);
  natives.set(driver, () => native);
  return driver;
}

/**
 * Mongoose's collections call a collection's methods by name, so polypool's serve as they are. The names
 * of this class and the next are known to users by `constructor.name`.
 */
function collectionOn(Native: MongooseDriver['Collection']): MongooseDriver['Collection'] {
  return class NativeCollection extends Native {
    /** Mongoose 8 leaves its own options in, as the driver of its time let no other ones through. */
    override watch(...given: Parameters<ConnectionCollection['watch']>): unknown {
      const [pipeline, options] = given;
      if (options === undefined || options === null) return super.watch(...given);
      const rest = { ...options };
      delete rest['hydrate'];
      delete rest['model'];
      return super.watch(pipeline, rest);
    }
  };
}

function connectionOn(Native: MongooseDriver['Connection']): MongooseDriver['Connection'] {
  return class NativeConnection extends Native {
    /** Called by `openUri()`. Connections with the same arguments share the process's pool. */
    override async createClient(uri: string, given?: ConnectionOptions): Promise<Connection> {
      if (isRefused(this, uri, given)) return await super.createClient(uri, given);
      const options = withDriverInfo(configure(this, uri, given), this.base.version);
      this._connectionOptions = options;
      this.readyState = STATE.CONNECTING;
      this._connectionString = uri;
      const pool = newPool(this, uri, withBSON(options, this.base));
      this.client = pool;
      await connected(pool);
      if (options.monitorCommands) reportCommands(this, pool);
      const database = given?.dbName ?? undefined;
      follow(this, pool, database);
      for (const other of this.otherDbs) follow(other, pool, other.name ?? database);
      return this;
    }

    /** Takes a pool that is connected, or a client of the driver's, as before. */
    override setClient(client: unknown): Connection {
      if (!(client instanceof PolyPool)) return super.setClient(client);
      refuseUnless(this.base, this.readyState === STATE.DISCONNECTED, 'on an open connection');
      refuseUnless(this.base, client.topology !== undefined, 'with a pool before its connect()');
      this._connectionString = internalsOf(client).s.url;
      follow(this, client, client.options.dbName);
      // A model reports what goes wrong by its `index` event.
      for (const model of Object.values(this.models)) model.init().catch(() => undefined);
      return this;
    }
  };
}

/** Whether Mongoose refuses to open a connection, which its own method then does. */
function isRefused(
  connection: Connection,
  uri: unknown,
  given: ConnectionOptions | undefined
): boolean {
  if (typeof uri !== 'string' || connection._destroyCalled) return true;
  const { readyState } = connection;
  const isActive = readyState === STATE.CONNECTING || readyState === STATE.CONNECTED;
  if (isActive && connection._connectionString !== uri) return true;
  if (isContradictory(uri, given ?? {})) return true;
  if (given?.autoEncryption !== undefined) return false;
  const schemas = Object.values<object>(connection._buildEncryptionSchemas?.() ?? {});
  return schemas.some(encrypted => Object.keys(encrypted).length > 0);
}

/** Servers are told that it is Mongoose that connects, unless the user has them told something else. */
function withDriverInfo(options: PolyPoolOptions, version: string): PolyPoolOptions {
  // eslint-disable-next-line @typescript-eslint/no-deprecated -- the driver's way to say so from the first connection on
  options.driverInfo ??= { name: 'Mongoose', version };
  return options;
}

/** Whether a Mongoose depends on another copy of the driver than polypool does, and so of bson. */
export function hasOwnDriver({ mongo }: Mongoose): boolean {
  return mongo.BSON.ObjectId !== BSON.ObjectId;
}

/** Has documents made of the classes that this Mongoose knows, where these are not polypool's own. */
export function withBSON(options: PolyPoolOptions, base: Mongoose): PolyPoolOptions {
  if (!hasOwnDriver(base)) return options;
  return { ...options, [Symbol.for('polypool.bson')]: base.mongo.BSON };
}

/** @throws MongoParseError, MongoInvalidArgumentError for what the pool is not opened with */
function newPool(connection: Connection, uri: string, options: PolyPoolOptions): PolyPool {
  try {
    return createPool(uri, withShared(options)).setMaxListeners(0);
  } catch (error) {
    connection.readyState = STATE.DISCONNECTED;
    throw error;
  }
}

/** Connections with the same arguments are on one pool, unless they ask for one of their own. */
function withShared(options: PolyPoolOptions): PolyPoolOptions {
  return { ...options, shared: options.shared ?? true };
}

/** A pool that can't connect is closed, as nobody else will: the next try gets a new one. */
async function connected(pool: PolyPool): Promise<void> {
  try {
    await pool.connect();
  } catch (error) {
    await pool.close();
    throw error;
  }
}

function refuseUnless({ Error: MongooseError }: Mongoose, holds: boolean, when: string): void {
  if (!holds) throw new MongooseError(`Cannot call \`setClient()\` ${when}`);
}
