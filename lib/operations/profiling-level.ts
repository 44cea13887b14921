/** `profile`: asks for the level at which a database is profiled, or sets it. */
import type { ProfilingLevel, ProfilingLevelOptions, SetProfilingLevelOptions } from 'mongodb';
import type { Document } from '../bson/options';
import { classified, driverErrors, invalidArgument } from '../error';
import { readOperation, type CommandTraits } from './command';
import type { DatabaseScope, Operation } from './operation';

/** The levels by the server's numbers for them. */
const LEVELS: readonly ProfilingLevel[] = ['off', 'slow_only', 'all'];

const TRAITS: CommandTraits = { ignoresReadConcern: true, movable: true };

export function profilingLevelOperation(
  scope: DatabaseScope,
  options: ProfilingLevelOptions | null | undefined
): Operation {
  return readOperation(scope, { profile: -1 }, options, TRAITS);
}

/** @throws MongoUnexpectedServerResponseError for a level that is none of the driver's */
export function readProfilingLevel(reply: Document): ProfilingLevel {
  const level = LEVELS[reply['was'] as number];
  if (level !== undefined) return level;
  const { MongoUnexpectedServerResponseError } = driverErrors();
  throw classified(
    new MongoUnexpectedServerResponseError(`Illegal profiling level value ${String(reply['was'])}`)
  );
}

/** @throws MongoInvalidArgumentError for a level that is none */
export function setProfilingLevelOperation(
  scope: DatabaseScope,
  level: ProfilingLevel,
  options: SetProfilingLevelOptions | null | undefined
): Operation {
  const profile = LEVELS.indexOf(level);
  if (profile < 0) throw invalidArgument('Profiling level must be one of "off, slow_only, all"');
  return readOperation(scope, { profile }, options, TRAITS);
}
