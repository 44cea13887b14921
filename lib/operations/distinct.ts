/** `distinct`: the command and its reply. */
import type { DistinctOptions } from 'mongodb';
import type { Document } from '../bson/options';
import { addComment, readOperation, type CommandTraits } from './command';
import type { Operation, Scope } from './operation';

const TRAITS: CommandTraits = { explainable: true, retryable: true, movable: true };

/** The different values of a field among the documents that match. */
export function distinctOperation(
  scope: Scope,
  key: string,
  filter: Document,
  options: DistinctOptions | null | undefined
): Operation {
  const command: Document = { distinct: scope.collection, key, query: filter };
  if (options) {
    addComment(command, options);
    if (options.hint !== undefined && options.hint !== null) command['hint'] = options.hint;
  }
  return readOperation(scope, command, options, TRAITS);
}

/** The values; or, when the command was to be explained, the server's explanation. */
export function readDistinct(operation: Operation, reply: Document): unknown {
  return operation.command['explain'] === undefined ? (reply['values'] as unknown[]) : reply;
}
