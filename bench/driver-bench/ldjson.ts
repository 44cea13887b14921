// Owns the tasks of MongoDB's driver benchmark that import files of JSON lines and export them.
// Must not know the clients that run them.

import { mkdtemp, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Document } from 'mongodb';
import type { Setting } from '../suite';
import { CORPUS } from './clients';
import type { TaskClient } from './clients';
import type { Task } from './task';

/** Files: all that there are, and some of them; 5,000 documents each. */
const FILES = { full: 100, short: 10 };
const FILE_BYTES = 5_650_000;
const FILE_DOCUMENTS = 5_000;

/** Files under way at a time: enough to keep the server busy, few enough to hold in memory. */
const IN_FLIGHT = 4;

export function ldjsonTasks(clients: readonly TaskClient[], setting: Setting): Task[] {
  const { data, database, full } = setting;
  const count = full ? FILES.full : FILES.short;
  const shared = { bytes: FILE_BYTES * count, isLong: true };
  const numbers = Array.from({ length: count }, (_, index) => index);
  let source = '';
  let target = '';
  const findFiles = async (): Promise<void> => {
    const members = numbers.map(number => `ldjson_multi/${fileName(number)}`);
    source = join(await data.folder('parallel', full ? [] : members), 'ldjson_multi');
  };
  const drivers = clients.flatMap(({ name, driver }) => (driver ? { name, driver } : []));
  return [
    {
      name: 'LDJSON multi-file import',
      ...shared,
      setUp: findFiles,
      tearDown: () => database.empty(CORPUS),
      runs: drivers.map(({ name, driver }) => {
        const corpus = driver.client.db(driver.database).collection(CORPUS);
        return {
          contender: name,
          before: () => database.empty(CORPUS),
          run: () =>
            eachInTurn(numbers, async number => {
              const documents = await readDocuments(source, number);
              const { insertedCount } = await corpus.insertMany(documents, { ordered: false });
              check(name, insertedCount);
            })
        };
      })
    },
    {
      name: 'LDJSON multi-file export',
      ...shared,
      setUp: async () => {
        await findFiles();
        target = await mkdtemp(join(tmpdir(), 'polypool-bench-'));
        await database.empty(CORPUS);
        // Numbered, so that an export reads its documents by a range, not by skipping others.
        const corpus = database.db.collection<{ _id: number }>(CORPUS);
        for (const number of numbers) {
          const documents = await readDocuments(source, number);
          const first = number * FILE_DOCUMENTS;
          await corpus.insertMany(
            documents.map((document, index) => ({ ...document, _id: first + index }))
          );
        }
      },
      tearDown: async () => {
        await rm(target, { recursive: true, force: true });
        await database.empty(CORPUS);
      },
      runs: drivers.map(({ name, driver }) => {
        const corpus = driver.client.db(driver.database).collection<{ _id: number }>(CORPUS);
        return {
          contender: name,
          before: async () => {
            for (const file of await readdir(target)) await rm(join(target, file));
          },
          run: () =>
            eachInTurn(numbers, async number => {
              const first = number * FILE_DOCUMENTS;
              const range = { $gte: first, $lt: first + FILE_DOCUMENTS };
              const documents = await corpus.find({ _id: range }).toArray();
              check(name, documents.length);
              const lines = documents.map(document => `${JSON.stringify(document)}\n`);
              await writeFile(join(target, fileName(number)), lines.join(''), { flush: true });
            })
        };
      })
    }
  ];
}

function fileName(number: number): string {
  return `ldjson${String(number).padStart(3, '0')}.txt`;
}

async function readDocuments(folder: string, number: number): Promise<Document[]> {
  const text = await readFile(join(folder, fileName(number)), 'utf8');
  const lines = text.split('\n').filter(line => line !== '');
  return lines.map(line => JSON.parse(line) as Document);
}

/** Does the work for each number, a few at a time. */
async function eachInTurn(
  numbers: readonly number[],
  work: (number: number) => Promise<void>
): Promise<void> {
  let next = 0;
  const line = async (): Promise<void> => {
    while (next < numbers.length) await work(numbers[next++]!);
  };
  await Promise.all(Array.from({ length: IN_FLIGHT }, line));
}

function check(contender: string, count: number): void {
  if (count !== FILE_DOCUMENTS) {
    throw new Error(`${contender} had ${count} of the ${FILE_DOCUMENTS} documents of a file`);
  }
}
