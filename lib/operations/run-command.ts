/** A command that the user built: it inherits nothing, and nothing is added to it. */
import type { RunCommandOptions } from 'mongodb';
import { resolveBSONOptions, type Document } from '../bson/options';
import { invalidArgument } from '../error';
import { readPreferenceOf, requestReadPreference } from '../read-preference';
import type { Operation } from './operation';
import { sessionOf, transactionReadPreference } from './session';

const DEFAULTS = resolveBSONOptions(undefined);

/** @throws MongoInvalidArgumentError for a command that is not an object */
export function runCommandOperation(
  database: string,
  command: Document,
  options: RunCommandOptions | null | undefined
): Operation {
  if (typeof command !== 'object' || command === null || Array.isArray(command)) {
    throw invalidArgument('Argument "command" must be an object');
  }
  if (!options) return { database, command, bson: DEFAULTS };
  const session = sessionOf(options);
  const readPreference = requestReadPreference(
    readPreferenceOf(options) ?? transactionReadPreference(session)
  );
  return {
    database,
    command,
    bson: resolveBSONOptions(options, DEFAULTS),
    options: readPreference && { readPreference },
    session,
    signal: options.signal
  };
}
