/**
 * The write errors of a single statement's reply. A command that ran can still have been refused
 * statement by statement; then the driver throws the first one as a server error.
 */
import type { Document } from '../bson/options';
import { classified, driverErrors } from '../error';

/** @throws MongoServerError when the server refused the statement */
export function throwIfRefused(reply: Document): void {
  const errors = reply['writeErrors'] as Document[] | undefined;
  if (errors === undefined && !reply['code']) return;
  const { MongoServerError } = driverErrors();
  throw classified(new MongoServerError(reply['code'] ? reply : errors![0]!));
}
