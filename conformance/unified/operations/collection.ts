// Owns the operations of collections. Must not know how results are compared.

import type { AnyBulkWriteOperation, Collection, Document } from 'mongodb';
import { openChangeStream, openCursor } from './cursor.ts';
import { Documents, drain, type Verbs } from './operation.ts';

export const collectionVerbs: Verbs<'collection'> = {
  aggregate: (on, given) => drain(on.aggregate(given.take('pipeline'), given.options())),
  bulkWrite: (on, given) =>
    on.bulkWrite(given.take<AnyBulkWriteOperation[]>('requests'), given.options()),
  // eslint-disable-next-line @typescript-eslint/no-deprecated -- it is there, so it is tested
  count: (on, given) => on.count(given.take('filter'), given.options()),
  countDocuments: (on, given) => on.countDocuments(given.take('filter'), given.options()),
  createChangeStream: (on, given) => openChangeStream(on, given),
  createFindCursor: (on, given) => openCursor(on.find(given.take('filter'), given.options())),
  // eslint-disable-next-line @typescript-eslint/no-deprecated -- files mix the options of both kinds
  createIndex: (on, given) => on.createIndex(given.take('keys'), given.options()),
  createSearchIndex: (on, given) => on.createSearchIndex(given.take('model')),
  createSearchIndexes: (on, given) => on.createSearchIndexes(given.take('models')),
  deleteMany: (on, given) => on.deleteMany(given.take('filter'), given.options()),
  deleteOne: (on, given) => on.deleteOne(given.take('filter'), given.options()),
  distinct: (on, given) =>
    on.distinct(given.take<string>('fieldName'), given.take<Document>('filter'), given.options()),
  drop: (on, given) => on.drop(given.options()),
  dropIndex: (on, given) => on.dropIndex(given.take('name'), given.options()),
  dropIndexes: (on, given) => on.dropIndexes(given.options()),
  dropSearchIndex: (on, given) => on.dropSearchIndex(given.take('name')),
  estimatedDocumentCount: (on, given) => on.estimatedDocumentCount(given.options()),
  find: (on, given) => drain(on.find(given.take('filter'), given.options())),
  findOne: (on, given) => on.findOne(given.take('filter'), given.options()),
  findOneAndDelete: (on, given) => on.findOneAndDelete(given.take('filter'), given.options()),
  findOneAndReplace: (on, given) =>
    on.findOneAndReplace(given.take('filter'), given.take('replacement'), given.options()),
  findOneAndUpdate: (on, given) =>
    on.findOneAndUpdate(given.take('filter'), given.take('update'), given.options()),
  insertMany: (on, given) => on.insertMany(given.take('documents'), given.options()),
  insertOne: (on, given) => on.insertOne(given.take('document'), given.options()),
  listIndexes: (on, given) => drain(on.listIndexes(given.options())),
  listIndexNames: async (on, given) => {
    const indexes = await on.listIndexes(given.options()).toArray();
    return indexes.map(({ name }) => name as string);
  },
  listSearchIndexes: async (on, given) => {
    const name = given.takeOptional<string>('name');
    const options = given.takeOptional<Document>('aggregationOptions') ?? {};
    return new Documents(await searchIndexes(on, name, options));
  },
  rename: (on, given) => on.rename(given.take('to'), given.options()),
  replaceOne: async (on, given) =>
    unset(await on.replaceOne(given.take('filter'), given.take('replacement'), given.options())),
  updateMany: async (on, given) =>
    unset(await on.updateMany(given.take('filter'), given.take('update'), given.options())),
  updateOne: async (on, given) =>
    unset(await on.updateOne(given.take('filter'), given.take('update'), given.options())),
  updateSearchIndex: (on, given) =>
    on.updateSearchIndex(given.take('name'), given.take('definition'))
};

function searchIndexes(
  on: Collection,
  name: string | undefined,
  options: Document
): Promise<Document[]> {
  const cursor =
    name === undefined ? on.listSearchIndexes(options) : on.listSearchIndexes(name, options);
  return cursor.toArray();
}

/** The driver's result of an update has null for an id that is not there; the format has no field. */
function unset(result: object): object {
  const { upsertedId, ...others } = result as { upsertedId?: unknown };
  return upsertedId == null ? others : result;
}
