/**
 * What is done with whole databases, under the names that users of PolyMongo know, with the beginnings of
 * messages that they know. How it is done is in files of its own.
 */
import type { Document } from 'polypool';
import { exportObject, exportStream } from './export';
import { importLines, linesOf } from './import';
import { importStream } from './import-stream';
import { logTo } from './log';
import type { Primary } from './primary';
import { collectionsOf, indexesOf } from './source';
import { Target } from './target';
import type {
  ImportOptions,
  PolyMongoActionsApi,
  PolyMongoBulkTasksApi,
  PolyMongoCopySummary
} from './types';

/** Documents that are read at a time. */
const BATCH = 1000;

/** What is on a wrapper, too. */
type Closing = Pick<
  PolyMongoActionsApi,
  'closeAll' | 'forceCloseAll' | 'closeDBstream' | 'closeAllWatches'
>;

export function actionsApi(primary: Primary, closing: Closing): PolyMongoActionsApi {
  return {
    ...closing,
    copyDatabase: (source, target, options) =>
      named('copy database', () => copy(primary, source, target, options)),
    dropDatabase: name => named('drop database', () => drop(primary, name)),
    exportDB: (name, options) =>
      named('export database', () => exportObject(primary, name, options)),
    importDB: (name, data, options) =>
      named('import database', () => importLines(primary, name, linesOf(primary, data), options)),
    exportDBStream: (name, options) => exportStream(primary, name, options),
    importDBStream: (name, stream, options) =>
      named('import stream', () => importStream(primary, name, stream, options))
  };

  async function named<T>(what: string, work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (error) {
      const { message } = error as Error;
      logTo(primary.pool, `could not ${what}`, { error: message });
      throw new Error(`Failed to ${what}: ${message}`, { cause: error });
    }
  }
}

/** The same by the names of version 1.2. */
export function bulkTasksApi(actions: PolyMongoActionsApi): PolyMongoBulkTasksApi {
  return {
    copyDatabase: actions.copyDatabase,
    dropDatabase: actions.dropDatabase,
    export: actions.exportDB,
    import: actions.importDB,
    exportStream: actions.exportDBStream,
    importStream: actions.importDBStream
  };
}

async function drop(primary: Primary, name: string): Promise<void> {
  if (!name) throw new Error('Database name is required to drop a database');
  await primary.ready();
  await primary.pool.closeWatches(name);
  await primary.pool.db(name).dropDatabase();
}

/** Documents go over as BSON, a batch at a time. */
async function copy(
  primary: Primary,
  source: string,
  target: string,
  options?: ImportOptions
): Promise<PolyMongoCopySummary> {
  if (source === target) throw new Error('A database can not be copied onto itself');
  const importedAt = new Date().toISOString();
  await primary.ready();
  const db = primary.pool.db(source);
  const to = new Target(primary.pool, target, options);
  for (const collection of await collectionsOf(db)) {
    const { name, isView } = collection;
    await to.begin(name, collection.options);
    for (const index of await indexesOf(db, collection)) to.index(name, index);
    if (isView) continue;
    const cursor = db.collection(name).find({}, { raw: true, batchSize: BATCH });
    try {
      while (to.takes(name) && (await cursor.hasNext())) {
        await to.add(name, cursor.readBufferedDocuments() as Document[] as Buffer[]);
      }
    } finally {
      await cursor.close();
    }
  }
  await to.end();
  const { collections, failures, insertedDocuments, createdIndexes } = to;
  return { source, target, importedAt, collections, failures, insertedDocuments, createdIndexes };
}
