/** `listCollections`: the command. It does not read replies. */
import type { ListCollectionsOptions } from 'mongodb';
import type { Document } from '../bson/options';
import { addComment, readOperation, type CommandTraits } from './command';
import { getMoreOptions } from './find';
import type { DatabaseScope, Operation } from './operation';

const TRAITS: CommandTraits = { ignoresReadConcern: true, retryable: true, movable: true };

/** Opens a cursor over a database's collections. */
export function listCollectionsOperation(
  scope: DatabaseScope,
  filter: Document,
  options: ListCollectionsOptions
): Operation {
  const command: Document = {
    listCollections: 1,
    filter,
    cursor: options.batchSize ? { batchSize: options.batchSize } : {},
    nameOnly: Boolean(options.nameOnly),
    authorizedCollections: Boolean(options.authorizedCollections)
  };
  addComment(command, options);
  const operation = readOperation(scope, command, options, TRAITS);
  return { ...operation, options: { ...operation.options, ...getMoreOptions(options) } };
}
