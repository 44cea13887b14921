/**
 * The options of a pool: which of them stay in JS, and the form in which the others go to Rust,
 * where they are validated and get their defaults (`src/config`). It checks only what could not
 * cross the boundary.
 */
import type { MongoClientOptions, MongoDBLogWritable, PkFactory } from 'mongodb';
import type { BreakerOptions } from './breaker-options';
import { LIBRARY_OPTION, OWN_LIBRARY, type BSONLibrary } from './bson/library';
import {
  BSON_OPTION_NAMES,
  contradicts,
  type BSONSerializeOptions,
  type Document
} from './bson/options';
import { splitConnectRetry, type AttemptListener, type ConnectionOptions } from './connect-options';
import type { DedicatedOptions } from './dedicated/options';
import { encryptionError } from './driver/client-encryption';
import { driverErrors, invalidArgument } from './error';
import type { LogOptions } from './events/log';
import { checkLogger, type Logger } from './logs/logger';
import type { LogOptions as PoolLogOptions } from './logs/pool-log';
import type { CoalesceOptions } from './operations/coalesce';
import type { ShutdownOptions } from './shutdown/options';

/** What `new PolyPool`, `createPool` and `connect` take: the driver's options and polypool's own. */
export interface PolyPoolOptions
  extends
    MongoClientOptions,
    CoalesceOptions,
    ConnectionOptions,
    DedicatedOptions,
    ShutdownOptions,
    PoolLogOptions {
  /**
   * Whether to share the process's pool for the same connection string and options. A sharer's
   * `close()` gives back its hold only.
   * @defaultValue true for `connect` and `createPool`, false for `new PolyPool`
   */
  shared?: boolean;
  /**
   * Milliseconds between health checks that the pool makes by itself, each a ping; 0 for none. Of what
   * they find, changes are told, as `health` events and in the log; without a log, there are none while nobody
   * listens to these.
   * @defaultValue 30,000 for the function `connect`, else 0
   */
  healthIntervalMS?: number;
  /**
   * Milliseconds after which an open session, cursor or change stream that nobody uses is a leak, and an operation
   * under way; 0 to look for none. Takes note of a stack for each of them.
   * @defaultValue 0
   */
  leakMS?: number;
  /**
   * Operations that may wait for a place in the pool; one more is refused with a
   * `PoolOverloadedError`. 0 is no limit.
   * @defaultValue 0
   */
  maxQueued?: number;
  /**
   * Makes an operation by a wrapped Mongoose model outside of a tenant's context an error.
   * @defaultValue false
   */
  requireTenant?: boolean;
  /**
   * Refuses operations at once, with a `CircuitOpenError`, while servers can't be reached. `true`
   * stands for the defaults.
   * @defaultValue false
   */
  breaker?: BreakerOptions | boolean;
  /** What each database may have of the pool, and `byName` what those named there may have instead. */
  tenants?: TenantLimits & { byName?: Record<string, TenantLimits> };
}

/** What one database may have of a pool. */
export interface TenantLimits {
  /**
   * Operations that may have a place in the pool at a time. 0 is no limit.
   * @defaultValue 0
   */
  maxConcurrent?: number;
  /**
   * Operations that may wait for one; one more is refused with a `PoolOverloadedError`. 0 is no
   * limit.
   * @defaultValue 0
   */
  maxQueued?: number;
}

/** Options that Rust has no use for. */
export interface LocalOptions extends BSONSerializeOptions {
  pkFactory?: PkFactory;
  logger?: Logger;
}

/** The options of a pool, by who uses them. */
export interface SplitOptions {
  readonly local: LocalOptions;
  /** A plain document for `src/config`. */
  readonly native: Document;
  readonly shared: boolean | undefined;
  readonly library: BSONLibrary;
  /** Where log messages go, when that is an object. */
  readonly log: Pick<LogOptions, 'mongodbLogPath'>;
  /** `connectRetry.onAttemptFailed` */
  readonly onAttemptFailed: AttemptListener | undefined;
}

/** What adapters add. */
interface LibraryOption {
  [LIBRARY_OPTION]?: BSONLibrary;
}

const LOCAL_NAMES: ReadonlySet<string> = new Set([...BSON_OPTION_NAMES, 'pkFactory']);

/** Options of the driver's for its own tests, which have no effect here. */
const IGNORED_NAMES: ReadonlySet<string> = new Set(['__skipPingOnConnect', '__enableMongoLogger']);

/**
 * Sorts options by who uses them.
 * @throws MongoInvalidArgumentError for options that are not an object
 * @throws MongoCompatibilityError for what only the driver's JS sockets could do
 */
export function splitOptions(options: PolyPoolOptions | undefined): SplitOptions {
  if (options !== undefined && (options === null || typeof options !== 'object')) {
    throw invalidArgument('options must be an object');
  }
  if (contradicts(options)) {
    const { MongoAPIError } = driverErrors();
    throw new MongoAPIError('Must request either bigint or Long for int64 deserialization');
  }
  const local: Record<string, unknown> = {};
  const native: Document = {};
  let shared: boolean | undefined;
  let log: SplitOptions['log'] = {};
  const { connectRetry, onAttemptFailed } = splitConnectRetry(options?.connectRetry);
  for (const [name, value] of Object.entries(options ?? {})) {
    if (value === undefined) continue;
    if (name === 'shared') shared = asBoolean('options.shared', value);
    else if (name === 'connectRetry') native[name] = connectRetry;
    else if (name === 'logger') local[name] = checkLogger(value);
    else if (LOCAL_NAMES.has(name)) local[name] = value;
    else if (name === 'mongodbLogPath' && isWritable(value)) log = { mongodbLogPath: value };
    else if (!IGNORED_NAMES.has(name)) native[name] = crossing(name, value);
  }
  const { [LIBRARY_OPTION]: library = OWN_LIBRARY } = (options ?? {}) as LibraryOption;
  return { local, native, shared, library, log, onAttemptFailed };
}

function isWritable(value: unknown): value is MongoDBLogWritable {
  return typeof (value as Partial<MongoDBLogWritable> | null)?.write === 'function';
}

function asBoolean(path: string, value: unknown): boolean {
  if (typeof value !== 'boolean') throw invalidArgument(`${path} must be a boolean`);
  return value;
}

function crossing(name: string, value: unknown): unknown {
  if (name === 'autoEncryption') throw encryptionError('options.autoEncryption');
  if (typeof value === 'function' || name === 'secureContext') throw unsupported(name);
  return value;
}

function unsupported(name: string): Error {
  const { MongoCompatibilityError } = driverErrors();
  return new MongoCompatibilityError(
    `options.${name} is not supported by polypool, whose connections are not made in JavaScript`
  );
}

/** The JS-side options with those that the connection string set (Rust reports them) under them. */
export function mergeLocal(local: LocalOptions, resolved: Document): LocalOptions {
  const fromUri: Record<string, unknown> = {};
  for (const name of LOCAL_NAMES) {
    if (resolved[name] !== undefined) fromUri[name] = resolved[name];
  }
  return { ...fromUri, ...local };
}
