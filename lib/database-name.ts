/**
 * Names of databases that come from outside, from a host name or a token: which of them may be used.
 * It knows the server's rules, not whose name it is.
 */
import { invalidArgument } from './error';

/** Bytes that the server takes. */
const LONGEST = 63;

/** What some platform's server refuses, and halves of characters; a name is to be good for all of them. */
const FORBIDDEN = /[\x00-\x1f\x7f/\\. "$*<>:|?]|\p{Surrogate}/u;

/** The server's own. Names that differ by case alone are the same to it. */
const RESERVED: ReadonlySet<string> = new Set(['admin', 'config', 'local']);

/** What else may be allowed. */
export interface DatabaseNameOptions {
  /**
   * Whether `admin`, `config` and `local` will do.
   * @defaultValue false
   */
  allowReserved?: boolean;
}

/**
 * Checks the name of a database that a user, or a request, has chosen.
 * @returns the name
 * @throws MongoInvalidArgumentError for what is no string, empty, longer than 63 bytes, has a
 *   character that not every server takes, or is reserved
 */
export function validateDatabaseName(name: unknown, options: DatabaseNameOptions = {}): string {
  if (typeof name !== 'string') throw refused('must be a string');
  if (name === '') throw refused('must not be empty');
  if (Buffer.byteLength(name) > LONGEST) throw refused(`must not have more than ${LONGEST} bytes`);
  const forbidden = FORBIDDEN.exec(name);
  if (forbidden !== null) throw refused(`must not contain ${JSON.stringify(forbidden[0])}`);
  if (options.allowReserved !== true && RESERVED.has(name.toLowerCase())) {
    throw refused(`must not be ${name.toLowerCase()}, which is reserved`);
  }
  return name;
}

function refused(why: string): Error {
  return invalidArgument(`The name of a database ${why}`);
}
