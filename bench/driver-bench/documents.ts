// Owns the tasks of MongoDB's driver benchmark on one document at a time and on many at once.
// Must not know the clients that run them.

import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { AnyBulkWriteOperation, Document } from 'mongodb';
import type { Database } from '../database';
import type { Setting } from '../suite';
import { CORPUS } from './clients';
import type { TaskClient } from './clients';
import type { TaskName } from './composites';
import type { Task, TaskRun } from './task';

/** The documents, with the bytes that the specification counts for each. */
const TWEET = { file: 'tweet.json', bytes: 1_622 };
const SMALL = { file: 'small_doc.json', bytes: 275 };
const LARGE = { file: 'large_doc.json', bytes: 2_731_089 };

type DataSet = typeof TWEET;

/** Operations of an iteration by the specification, and those that take a fraction of the time. */
const OPERATIONS = { full: 10_000, short: 1_000 };
const BULK = 10_000;
const LARGE_OPERATIONS = { full: 10, short: 3 };
/** Each of these documents is a command for three operations. */
const MIXED = { full: 10_000, short: 200 };
const HELLO_BYTES = 13;

export function singleTasks(clients: readonly TaskClient[], setting: Setting): Task[] {
  const { full, database } = setting;
  const operations = full ? OPERATIONS.full : OPERATIONS.short;
  const large = full ? LARGE_OPERATIONS.full : LARGE_OPERATIONS.short;
  const drivers = clients.filter(({ driver }) => driver);
  return [
    {
      name: 'Run command',
      bytes: HELLO_BYTES * operations,
      runs: drivers.map(({ name, driver }) => {
        const db = driver!.client.db(driver!.database);
        return {
          contender: name,
          run: async () => {
            for (let made = 0; made < operations; made++) await db.command({ hello: true });
          }
        };
      })
    },
    {
      name: 'Find one by ID',
      bytes: TWEET.bytes * operations,
      setUp: async () => fillCorpus(setting, BULK),
      tearDown: () => database.empty(CORPUS),
      runs: clients.map(client => ({
        contender: client.name,
        run: async () => {
          for (let id = 1; id <= operations; id++) {
            if (!(await client.findOne(id))) throw new Error(`${client.name} lost document ${id}`);
          }
        }
      }))
    },
    insertTask('Small doc insertOne', SMALL, operations, clients, setting, insertOnes),
    insertTask('Large doc insertOne', LARGE, large, clients, setting, insertOnes)
  ];
}

export function multiTasks(clients: readonly TaskClient[], setting: Setting): Task[] {
  const { database, full } = setting;
  const mixed = full ? MIXED.full : MIXED.short;
  const large = full ? LARGE_OPERATIONS.full : LARGE_OPERATIONS.short;
  return [
    {
      name: 'Find many and empty the cursor',
      bytes: TWEET.bytes * BULK,
      setUp: async () => fillCorpus(setting, BULK),
      tearDown: () => database.empty(CORPUS),
      runs: clients.map(client => ({
        contender: client.name,
        run: async () => check(client, await client.findMany(), BULK)
      }))
    },
    insertTask('Small doc bulk insert', SMALL, BULK, clients, setting, insertMany),
    insertTask('Large doc bulk insert', LARGE, large, clients, setting, insertMany),
    insertTask('Small doc Collection BulkWrite insert', SMALL, BULK, clients, setting, bulkWrite),
    insertTask(
      'Large doc Collection BulkWrite insert',
      ...([LARGE, large, clients, setting, bulkWrite] as const)
    ),
    {
      // An insert and a replacement count for their bytes, a delete for none.
      ...insertTask(
        'Small doc Collection BulkWrite Mixed Operations',
        ...([SMALL, mixed, clients, setting, mixedBulkWrite] as const)
      ),
      bytes: SMALL.bytes * mixed * 2
    }
  ];
}

type Insert = (client: TaskClient, documents: Document[]) => Promise<number>;

const insertOnes: Insert = async (client, documents) => {
  for (const document of documents) await client.insertOne(document);
  return documents.length;
};

const insertMany: Insert = (client, documents) => client.insertMany(documents);

const bulkWrite: Insert = (client, documents) =>
  client.bulkWrite(documents.map(document => ({ insertOne: { document } })));

const mixedBulkWrite: Insert = (client, documents) =>
  client.bulkWrite(
    documents.flatMap((document): AnyBulkWriteOperation[] => [
      { insertOne: { document } },
      { replaceOne: { filter: {}, replacement: { ...document } } },
      { deleteOne: { filter: {} } }
    ])
  );

/** A task that writes copies of one document into an empty corpus. */
function insertTask(
  name: TaskName,
  dataSet: DataSet,
  count: number,
  clients: readonly TaskClient[],
  setting: Setting,
  insert: Insert
): Task {
  let document: Document = {};
  const run = (client: TaskClient): TaskRun => {
    /** Copies, since clients write an `_id` into what they insert. */
    let documents: Document[] = [];
    return {
      contender: client.name,
      before: async () => {
        documents = Array.from({ length: count }, () => ({ ...document }));
        await setting.database.empty(CORPUS);
      },
      run: async () => check(client, await insert(client, documents), count)
    };
  };
  return {
    name,
    bytes: dataSet.bytes * count,
    isLong: dataSet === LARGE,
    setUp: async () => {
      document = await read(setting, dataSet);
    },
    tearDown: () => setting.database.empty(CORPUS),
    runs: clients.map(run)
  };
}

/** Inserts tweets with the `_id`s 1 to `count`. */
async function fillCorpus(setting: Setting, count: number): Promise<void> {
  const tweet = await read(setting, TWEET);
  await setting.database.empty(CORPUS);
  const documents = Array.from({ length: count }, (_, index) => ({ ...tweet, _id: index + 1 }));
  await corpusOf(setting.database).insertMany(documents);
}

function corpusOf(database: Database) {
  return database.db.collection<{ _id: number }>(CORPUS);
}

async function read({ data }: Setting, { file }: DataSet): Promise<Document> {
  const folder = await data.folder('single_and_multi_document');
  return JSON.parse(await readFile(join(folder, file), 'utf8')) as Document;
}

function check({ name }: TaskClient, count: number, expected: number): void {
  if (count !== expected) throw new Error(`${name} had ${count} documents, not ${expected}`);
}
