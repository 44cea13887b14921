// Owns the tasks of MongoDB's driver benchmark that write over a whole client at once (MongoDB 8.0).
// Must not know the clients that run them.

import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { AnyClientBulkWriteModel, Document } from 'mongodb';
import type { Setting } from '../suite';
import { CORPUS } from './clients';
import type { TaskClient } from './clients';
import type { TaskName } from './composites';
import type { Task } from './task';

/** Files, bytes that count for each document, and documents. */
const SMALL = { file: 'small_doc.json', bytes: 275, count: 10_000 };
const LARGE = { file: 'large_doc.json', bytes: 2_731_089, count: 10 };

const COLLECTIONS = Array.from({ length: 10 }, (_, index) => `${CORPUS}_${index + 1}`);

export function clientBulkWriteTasks(clients: readonly TaskClient[], setting: Setting): Task[] {
  const one = [CORPUS];
  return [
    task('Small doc Client BulkWrite insert', SMALL, one, clients, setting),
    task('Large doc Client BulkWrite insert', LARGE, one, clients, setting),
    task('Small doc Client BulkWrite Mixed Operations', SMALL, COLLECTIONS, clients, setting)
  ];
}

/** With several collections, each insert is followed by a replacement and a delete there. */
function task(
  name: TaskName,
  { file, bytes, count }: typeof SMALL,
  collections: readonly string[],
  clients: readonly TaskClient[],
  { data, database }: Setting
): Task {
  const isMixed = collections.length > 1;
  let document: Document = {};
  return {
    name,
    bytes: bytes * count * (isMixed ? 2 : 1),
    setUp: async () => {
      const path = join(await data.folder('single_and_multi_document'), file);
      document = JSON.parse(await readFile(path, 'utf8')) as Document;
    },
    tearDown: async () => {
      for (const collection of collections) await database.empty(collection);
    },
    runs: clients.flatMap(({ name: contender, driver }) => {
      if (!driver) return [];
      let models: AnyClientBulkWriteModel<Document>[] = [];
      return {
        contender,
        before: async () => {
          for (const collection of collections) await database.empty(collection);
          models = Array.from({ length: count }, (_, index) => {
            const namespace = `${driver.database}.${collections[index % collections.length]}`;
            return isMixed ? mixed(namespace, document) : [insert(namespace, document)];
          }).flat();
        },
        run: async () => {
          const { insertedCount } = await driver.client.bulkWrite(models);
          if (insertedCount !== count) throw new Error(`${contender} inserted ${insertedCount}`);
        }
      };
    })
  };
}

function insert(namespace: string, document: Document): AnyClientBulkWriteModel<Document> {
  return { name: 'insertOne', namespace, document: { ...document } };
}

function mixed(namespace: string, document: Document): AnyClientBulkWriteModel<Document>[] {
  return [
    insert(namespace, document),
    { name: 'replaceOne', namespace, filter: {}, replacement: { ...document } },
    { name: 'deleteOne', namespace, filter: {} }
  ];
}
