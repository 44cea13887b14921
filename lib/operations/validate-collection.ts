/** `validate`: the command and its reply. */
import type { ValidateCollectionOptions } from 'mongodb';
import type { Document } from '../bson/options';
import { classified, driverErrors } from '../error';
import { readOperation } from './command';
import type { DatabaseScope, Operation } from './operation';

/** Every option is the server's, but for the session. */
export function validateCollectionOperation(
  scope: DatabaseScope,
  name: string,
  options: ValidateCollectionOptions
): Operation {
  const command: Document = { validate: name, ...options };
  delete command['session'];
  return readOperation(scope, command, options, { ignoresReadConcern: true, movable: true });
}

/** @throws MongoUnexpectedServerResponseError when the server found the collection damaged */
export function readValidateCollection(name: string, reply: Document): Document {
  const { result, valid } = reply;
  const { MongoUnexpectedServerResponseError } = driverErrors();
  if (result !== undefined && result !== null && typeof result !== 'string') {
    throw classified(new MongoUnexpectedServerResponseError('Error with validation data'));
  }
  const damaged = typeof result === 'string' && /exception|corrupt/.test(result);
  if (damaged || (valid !== undefined && valid !== null && !valid)) {
    throw classified(new MongoUnexpectedServerResponseError(`Invalid collection ${name}`));
  }
  return reply;
}
