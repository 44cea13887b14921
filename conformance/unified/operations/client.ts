// Owns the operations of clients. Must not know how results are compared.

import type { AnyClientBulkWriteModel, ClientBulkWriteResult, Document, DriverInfo } from 'mongodb';
import { openChangeStream } from './cursor.ts';
import { Documents, type Verbs } from './operation.ts';

export const clientVerbs: Verbs<'client'> = {
  appendMetadata: ({ client }, given) => {
    client.appendMetadata(given.take<DriverInfo>('driverInfoOptions'));
  },
  clientBulkWrite: async ({ client }, given) => {
    const models = given.take<Document[]>('models').map(toModel);
    return plainBulkResult(await client.bulkWrite(models, given.options()));
  },
  close: ({ client }) => client.close(),
  createChangeStream: ({ client }, given) => openChangeStream(client, given),
  dropDatabase: ({ client }, given) =>
    client.db(given.take<string>('database')).dropDatabase(given.options()),
  listDatabaseNames: async ({ client }, given) => {
    const options = { ...given.options(), nameOnly: true };
    const { databases } = await client.db().admin().listDatabases(options);
    return databases.map(({ name }) => name);
  },
  listDatabases: async ({ client }, given) => {
    const { databases } = await client.db().admin().listDatabases(given.options());
    return new Documents(databases);
  }
};

/** `{ insertOne: { … } }` in the format is `{ name: 'insertOne', … }` in the driver. */
function toModel(model: Document): AnyClientBulkWriteModel<Document> {
  const [[name, fields] = []] = Object.entries(model);
  return { name, ...fields };
}

/** The result with the fields that the format has and no others. */
export function plainBulkResult(result: ClientBulkWriteResult): Document {
  const { updateResults, ...others } = result;
  if (updateResults === undefined) return others;
  const entries = [...updateResults].map(([index, { didUpsert, upsertedId, ...counts }]) => [
    index,
    didUpsert ? { ...counts, upsertedId } : counts
  ]);
  return { ...others, updateResults: Object.fromEntries(entries) as Document };
}
