/** `listDatabases`: the command. Its reply is the answer. */
import type { ListDatabasesOptions } from 'mongodb';
import type { Document } from '../bson/options';
import { addComment, readOperation, type CommandTraits } from './command';
import type { Operation, Settings } from './operation';

const TRAITS: CommandTraits = { ignoresReadConcern: true, retryable: true };

export function listDatabasesOperation(
  settings: Settings,
  options: ListDatabasesOptions | null | undefined
): Operation {
  const command: Document = { listDatabases: 1 };
  if (options) {
    if (typeof options.nameOnly === 'boolean') command['nameOnly'] = options.nameOnly;
    if (options.filter) command['filter'] = options.filter;
    if (typeof options.authorizedDatabases === 'boolean') {
      command['authorizedDatabases'] = options.authorizedDatabases;
    }
    addComment(command, options);
  }
  const scope = { ...settings, database: 'admin' };
  return readOperation(scope, command, options, TRAITS);
}
