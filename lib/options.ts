/**
 * The options of a pool: which of them stay in JS, and the form in which the others go to Rust,
 * where they are validated and get their defaults (`src/config`). It checks only what could not
 * cross the boundary.
 */
import type { MongoClientOptions, PkFactory } from 'mongodb';
import { BSON_OPTION_NAMES, type BSONSerializeOptions, type Document } from './bson/options';
import { encryptionError } from './driver/client-encryption';
import { driverErrors, invalidArgument } from './error';

/** What `new PolyPool`, `createPool` and `connect` take: the driver's options and polypool's own. */
export interface PolyPoolOptions extends MongoClientOptions {
  /**
   * Whether to share the process's pool for the same connection string and options. A sharer's
   * `close()` gives back its hold only.
   * @defaultValue true for `connect` and `createPool`, false for `new PolyPool`
   */
  shared?: boolean;
}

/** Options that Rust has no use for. */
export interface LocalOptions extends BSONSerializeOptions {
  pkFactory?: PkFactory;
}

/** The options of a pool, by who uses them. */
export interface SplitOptions {
  readonly local: LocalOptions;
  /** A plain document for `src/config`. */
  readonly native: Document;
  readonly shared: boolean | undefined;
}

const LOCAL_NAMES: ReadonlySet<string> = new Set([...BSON_OPTION_NAMES, 'pkFactory']);

/** Options of the driver's that configure its own logging, and have no effect here. */
const IGNORED_NAMES: ReadonlySet<string> = new Set([
  'mongodbLogPath',
  'mongodbLogComponentSeverities',
  'mongodbLogMaxDocumentLength',
  '__skipPingOnConnect',
  '__enableMongoLogger'
]);

/**
 * Sorts options by who uses them.
 * @throws MongoInvalidArgumentError for options that are not an object
 * @throws MongoCompatibilityError for what only the driver's JS sockets could do
 */
export function splitOptions(options: PolyPoolOptions | undefined): SplitOptions {
  if (options !== undefined && (options === null || typeof options !== 'object')) {
    throw invalidArgument('options must be an object');
  }
  const local: Record<string, unknown> = {};
  const native: Document = {};
  let shared: boolean | undefined;
  for (const [name, value] of Object.entries(options ?? {})) {
    if (value === undefined) continue;
    if (name === 'shared') shared = asBoolean('options.shared', value);
    else if (LOCAL_NAMES.has(name)) local[name] = value;
    else if (!IGNORED_NAMES.has(name)) native[name] = crossing(name, value);
  }
  return { local, native, shared };
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
