/** `dbStats`: the command. Its reply is the answer. */
import type { DbStatsOptions } from 'mongodb';
import type { Document } from '../bson/options';
import { readOperation } from './command';
import type { DatabaseScope, Operation } from './operation';

export function statsOperation(
  scope: DatabaseScope,
  options: DbStatsOptions | null | undefined
): Operation {
  const command: Document = { dbStats: true };
  const scale = options?.scale;
  if (scale !== undefined && scale !== null) command['scale'] = scale;
  return readOperation(scope, command, options, { ignoresReadConcern: true, movable: true });
}
