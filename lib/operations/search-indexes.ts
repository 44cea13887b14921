/**
 * Atlas Search's indexes: the commands that create, change and drop them. They take no options and
 * inherit none. Listing them is an aggregation.
 */
import type { SearchIndexDescription } from 'mongodb';
import type { Document } from '../bson/options';
import { NO_SETTINGS, type Operation, type Scope } from './operation';

const { bson } = NO_SETTINGS;

export function createSearchIndexesOperation(
  { database, collection }: Scope,
  descriptions: readonly SearchIndexDescription[]
): Operation {
  const command = { createSearchIndexes: collection, indexes: descriptions };
  return { database, command, bson };
}

/** The names of the indexes that are being built now. */
export function readCreateSearchIndexes(reply: Document): string[] {
  return (reply['indexesCreated'] as Array<{ name: string }>).map(({ name }) => name);
}

export function updateSearchIndexOperation(
  { database, collection }: Scope,
  name: string,
  definition: Document
): Operation {
  return { database, command: { updateSearchIndex: collection, name, definition }, bson };
}

export function dropSearchIndexOperation({ database, collection }: Scope, name: string): Operation {
  const command: Document = { dropSearchIndex: collection };
  if (typeof name === 'string') command['name'] = name;
  return { database, command, bson };
}
