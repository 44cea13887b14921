/** A command that the user built: it inherits nothing, and nothing is added to it. */
import type { RunCommandOptions } from 'mongodb';
import { OWN_LIBRARY, type BSONLibrary } from '../bson/library';
import { resolveBSONOptions, type Document, type ResolvedBSONOptions } from '../bson/options';
import { timeoutOf } from '../deadline';
import { invalidArgument } from '../error';
import { readPreferenceOf, requestReadPreference } from '../read-preference';
import type { Operation } from './operation';
import { sessionOf, transactionReadPreference } from './session';

const DEFAULTS = resolveBSONOptions(undefined);

/** @throws MongoInvalidArgumentError for a command that is not an object */
export function runCommandOperation(
  database: string,
  command: Document,
  options: RunCommandOptions | null | undefined,
  library: BSONLibrary = OWN_LIBRARY,
  inherited?: number
): Operation {
  if (typeof command !== 'object' || command === null || Array.isArray(command)) {
    throw invalidArgument('Argument "command" must be an object');
  }
  const defaults = defaultsOf(library);
  if (!options) return { database, command, bson: defaults, timeoutMS: inherited, own: true };
  const session = sessionOf(options);
  const readPreference = requestReadPreference(
    readPreferenceOf(options) ?? transactionReadPreference(session)
  );
  return {
    database,
    command,
    bson: resolveBSONOptions(options, defaults),
    options: readPreference && { readPreference },
    session,
    timeoutMS: timeoutOf(options, inherited),
    own: true,
    signal: options.signal
  };
}

function defaultsOf(library: BSONLibrary): ResolvedBSONOptions {
  return library === OWN_LIBRARY ? DEFAULTS : resolveBSONOptions(undefined, undefined, library);
}
