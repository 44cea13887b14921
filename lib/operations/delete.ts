/** `delete` of one or many documents: the command and its reply. */
import type { DeleteOptions, DeleteResult, DeleteStatement } from 'mongodb';
import type { Document } from '../bson/options';
import { addComment, writeOperation, type CommandTraits } from './command';
import type { Operation, Scope } from './operation';
import { throwIfRefused } from './write-errors';

const MANY_TRAITS: CommandTraits = { explainable: true, collatesStatements: true };
const ONE_TRAITS: CommandTraits = { ...MANY_TRAITS, retryable: true };

/** @param limit - 1 for the first document that matches, 0 for all of them */
export function deleteOperation(
  scope: Scope,
  limit: 0 | 1,
  filter: Document,
  options: DeleteOptions | null | undefined
): Operation {
  const command: Document = {
    delete: scope.collection,
    deletes: [deleteStatement(limit, filter, options)],
    ordered: typeof options?.ordered === 'boolean' ? options.ordered : true
  };
  if (options) {
    if (options.let) command['let'] = options.let;
    addComment(command, options);
  }
  return writeOperation(scope, command, options, limit === 1 ? ONE_TRAITS : MANY_TRAITS);
}

/** What to delete, as `delete` takes it. */
export function deleteStatement(
  limit: 0 | 1,
  filter: Document,
  options: Pick<DeleteOptions, 'collation' | 'hint'> | null | undefined
): DeleteStatement {
  const statement: DeleteStatement = { q: filter, limit };
  if (options?.collation) statement.collation = options.collation;
  if (options?.hint) statement.hint = options.hint;
  return statement;
}

/**
 * The result; or, when the delete was to be explained, the server's explanation.
 * @throws MongoServerError when the server refused the delete
 */
export function readDelete(operation: Operation, reply: Document): DeleteResult {
  if (operation.command['explain'] !== undefined) return reply as DeleteResult;
  throwIfRefused(reply);
  return {
    acknowledged: operation.acknowledged !== false,
    deletedCount: reply['n'] as number
  };
}
