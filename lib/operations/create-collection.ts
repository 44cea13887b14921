/** `create`: the command. Its reply says nothing but that it worked. */
import type { CreateCollectionOptions } from 'mongodb';
import { BSON_OPTION_NAMES, type Document } from '../bson/options';
import { refuseEncryption } from '../driver/client-encryption';
import { writeOperation } from './command';
import type { DatabaseScope, Operation } from './operation';

/** Options that are about the command, the client or the collection's object. */
const NOT_OF_THE_COLLECTION: ReadonlySet<string> = new Set([
  ...BSON_OPTION_NAMES,
  'w',
  'wtimeout',
  'j',
  'fsync',
  'timeoutMS',
  'pkFactory',
  'readPreference',
  'session',
  'signal',
  'readConcern',
  'writeConcern'
]);

/**
 * Every option that is not the client's is the server's.
 * @throws MongoCompatibilityError for encrypted fields
 */
export function createCollectionOperation(
  scope: DatabaseScope,
  name: string,
  options: CreateCollectionOptions | null | undefined
): Operation {
  refuseEncryption(options);
  const command: Document = { create: name };
  for (const [option, value] of Object.entries(options ?? {})) {
    if (value === undefined || value === null || typeof value === 'function') continue;
    if (!NOT_OF_THE_COLLECTION.has(option)) command[option] = value as unknown;
  }
  return writeOperation(scope, command, options, { movable: true });
}
