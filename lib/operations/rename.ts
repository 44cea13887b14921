/** `renameCollection`: the command. It runs on `admin` and inherits nothing, as in the driver. */
import type { RenameOptions } from 'mongodb';
import { MongoDBNamespace } from '../namespace';
import { writeOperation } from './command';
import { NO_SETTINGS, type Operation, type Scope } from './operation';

const ADMIN = { ...NO_SETTINGS, database: 'admin' };

/** Gives the collection of `scope` another name in its database. */
export function renameOperation(
  scope: Scope,
  to: string,
  options: RenameOptions | null | undefined
): Operation {
  const database = new MongoDBNamespace(scope.database);
  const command = {
    renameCollection: database.withCollection(scope.collection).toString(),
    to: database.withCollection(to).toString(),
    dropTarget: typeof options?.dropTarget === 'boolean' ? options.dropTarget : false
  };
  return writeOperation(ADMIN, command, options, {});
}
