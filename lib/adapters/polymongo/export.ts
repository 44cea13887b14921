/**
 * A database as lines of EJSON, and as an object. Documents become lines in Rust; what is written here are
 * the lines around them.
 */
import { Readable } from 'node:stream';
import type { Collection } from 'polypool';
import { collectionsOf, indexesOf, type SourceCollection } from './source';
import { plain } from './plain';
import type { Primary } from './primary';
import type {
  DatabaseExport,
  ExportOptions,
  PolyMongoStreamRecord,
  TransferProgress
} from './types';

/** Documents that are read at a time. About four times as many are in memory. */
const BATCH = 1000;
const NEWLINE = 0x0a;

/** Lines of EJSON: see docs/polymongo.md. It emits `progress` as it goes. */
export function exportStream(
  primary: Primary,
  database: string,
  options: ExportOptions = {}
): Readable {
  const onProgress = (progress: TransferProgress): void => {
    options.onProgress?.(progress);
    stream.emit('progress', progress);
  };
  const lines = exportLines(primary, database, { onProgress });
  // It reads nothing before it is read itself.
  const stream = Readable.from(lines, { objectMode: false });
  return stream;
}

async function* exportLines(
  primary: Primary,
  database: string,
  { onProgress }: ExportOptions
): AsyncGenerator<Buffer> {
  await primary.ready();
  const { EJSON } = primary.bson;
  const line = (record: PolyMongoStreamRecord): Buffer =>
    Buffer.from(`${EJSON.stringify(record)}\n`);
  const db = primary.pool.db(database);
  const exportedAt = new Date().toISOString();
  yield line({ type: 'meta', format: 'polymongo.ndjson', version: 1, database, exportedAt });
  for (const source of await collectionsOf(db)) {
    const { name: collection, options, isView } = source;
    const given = Object.keys(options).length > 0 && { options };
    yield line({ type: 'collection', collection, ...given });
    for (const index of await indexesOf(db, source)) {
      yield line({ type: 'index', collection, index });
    }
    let documents = 0;
    if (!isView) {
      for await (const lines of documentLines(db.collection(collection), source)) {
        yield lines;
        documents += linesIn(lines);
        onProgress?.({ database, collection, documents });
      }
    }
    yield line({ type: 'collectionEnd', collection });
  }
}

/** The server puts each document into its record, so that a line is a record. */
function documentLines(on: Collection, { name }: SourceCollection): AsyncIterable<Buffer> {
  const record = {
    type: { $literal: 'document' },
    collection: { $literal: name },
    document: '$$ROOT'
  };
  const cursor = on.aggregate([{ $replaceWith: record }], { batchSize: BATCH });
  return cursor.jsonStream({ dialect: 'ndjson' });
}

function linesIn(bytes: Buffer): number {
  let count = 0;
  for (let at = bytes.indexOf(NEWLINE); at >= 0; at = bytes.indexOf(NEWLINE, at + 1)) count += 1;
  return count;
}

/**
 * All of a database as one object, of documents as the driver gives them; numbers that JavaScript would
 * lose the type of are of bson's classes.
 */
export async function exportObject(
  primary: Primary,
  database: string,
  { onProgress }: ExportOptions = {}
): Promise<DatabaseExport> {
  await primary.ready();
  const { bson } = primary;
  const db = primary.pool.db(database);
  const collections: DatabaseExport['collections'] = {};
  const exportDate = new Date().toISOString();
  for (const source of await collectionsOf(db)) {
    const { name: collection, options, isView } = source;
    const given = Object.keys(options).length > 0 && { options };
    const indexes = await indexesOf(db, source);
    const exact = { promoteValues: false, bsonRegExp: true };
    const found = isView ? [] : await db.collection(collection).find({}, exact).toArray();
    const documents = found.map(document => plain(document, bson) as object);
    collections[collection] = { ...given, documents, indexes };
    onProgress?.({ database, collection, documents: documents.length });
  }
  const exported: DatabaseExport = { database, exportDate, collections };
  const toJSON = (): object => bson.EJSON.serialize(exported, { relaxed: false });
  return Object.defineProperty(exported, 'toJSON', { value: toJSON });
}
