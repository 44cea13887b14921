/**
 * The options of a connection: which are Mongoose's own, and go into the connection, and what is left
 * for the pool. The rules are Mongoose's (9.12, `createClient` and `processConnectionOptions`). It
 * refuses nothing: what Mongoose refuses, Mongoose is left to.
 */
import type { PolyPoolOptions } from 'polypool';
import type { Connection, ConnectionOptions } from './mongoose';

/** Options that stay with the connection under their own name. */
const KEPT = ['autoCreate', 'sanitizeFilter', 'autoSearchIndex', 'bufferTimeoutMS'] as const;
/** Read preferences under which indexes can be made. */
const WRITABLE: ReadonlySet<string> = new Set(['primary', 'primaryPreferred']);
/** Read preferences that rule out that the user asks for indexes. */
const SECONDARY: ReadonlySet<string> = new Set(['secondary', 'secondaryPreferred']);

/** Whether options ask for indexes on a connection that reads from secondaries. */
export function isContradictory(uri: string, options: ConnectionOptions): boolean {
  const asksForIndexes = options.config?.autoIndex || options.autoIndex || options.autoCreate;
  return Boolean(asksForIndexes) && SECONDARY.has(readPreferenceMode(uri, options) ?? '');
}

function readPreferenceMode(uri: string, options: ConnectionOptions): string | undefined {
  const { readPreference } = options;
  if (!readPreference) return /[&?]readPreference=(\w+)(?:&|$)/.exec(uri)?.[1];
  return typeof readPreference === 'string' ? readPreference : readPreference.mode;
}

/**
 * Takes over what is the connection's own.
 *
 * @returns the pool's options, in an object that the caller may change
 */
export function configure(
  connection: Connection,
  uri: string,
  given: ConnectionOptions | undefined
): PolyPoolOptions {
  const { config: indexes, autoIndex, bufferCommands, user, pass, ...rest } = given ?? {};
  const { config } = connection;
  const mode = readPreferenceMode(uri, given ?? {});
  const isReadOnly = mode !== undefined && !WRITABLE.has(mode);
  const makesIndexes = isReadOnly ? false : (indexes?.autoIndex ?? autoIndex);
  if (makesIndexes !== undefined && makesIndexes !== null) config['autoIndex'] = makesIndexes;
  if (isReadOnly) rest.autoCreate = false;
  const options: ConnectionOptions = rest;
  for (const name of KEPT) {
    if (!(name in options)) continue;
    config[name] = name === 'autoCreate' ? Boolean(options[name]) : options[name];
    Reflect.deleteProperty(options, name);
  }
  if (bufferCommands !== undefined && bufferCommands !== null) {
    config['bufferCommands'] = bufferCommands;
  }
  if (user || pass) {
    options.auth = { ...options.auth, username: user, password: pass };
    connection.user = user;
    connection.pass = pass;
  }
  if (options.dbName !== undefined && options.dbName !== null) connection.$dbName = options.dbName;
  delete options.dbName;
  return options;
}
