/** `drop` and `dropDatabase`: the commands, and what an error of theirs means. */
import type { DropCollectionOptions, DropDatabaseOptions } from 'mongodb';
import { refuseEncryption } from '../driver/client-encryption';
import { driverErrors } from '../error';
import { writeOperation } from './command';
import type { DatabaseScope, Operation } from './operation';

/** The server's code for a collection that does not exist. */
const NAMESPACE_NOT_FOUND = 26;

/** @throws MongoCompatibilityError for encrypted fields */
export function dropCollectionOperation(
  scope: DatabaseScope,
  name: string,
  options: DropCollectionOptions | null | undefined
): Operation {
  refuseEncryption(options);
  return writeOperation(scope, { drop: name }, options, { movable: true });
}

export function dropDatabaseOperation(
  scope: DatabaseScope,
  options: DropDatabaseOptions | null | undefined
): Operation {
  return writeOperation(scope, { dropDatabase: 1 }, options, { movable: true });
}

/** True for the error that says there was nothing to drop. */
export function isNamespaceNotFound(error: unknown): boolean {
  return (
    error instanceof driverErrors().MongoServerError && Number(error.code) === NAMESPACE_NOT_FOUND
  );
}
