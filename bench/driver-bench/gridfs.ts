// Owns the tasks of MongoDB's driver benchmark that put files into GridFS and get them out.
// Must not know the clients that run them.

import { createReadStream, createWriteStream } from 'node:fs';
import { mkdtemp, readFile, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { GridFSBucket } from 'mongodb';
import type { ObjectId } from 'mongodb';
import type { Setting } from '../suite';
import type { TaskClient } from './clients';
import type { Task } from './task';

const LARGE_FILE = 'gridfs_large.bin';
const LARGE_BYTES = 52_428_800;

/** Files of the parallel tasks: all that there are, and some of them; 5 MB each. */
const FILES = { full: 50, short: 10 };
const FILE_BYTES = 5_242_880;

export function gridFSTasks(clients: readonly TaskClient[], setting: Setting): Task[] {
  const { data } = setting;
  let content: Buffer = Buffer.alloc(0);
  let id: ObjectId | undefined;
  const readLarge = async (): Promise<void> => {
    const folder = await data.folder('single_and_multi_document');
    content = await readFile(join(folder, LARGE_FILE));
  };
  return [
    {
      name: 'GridFS upload',
      bytes: LARGE_BYTES,
      setUp: readLarge,
      tearDown: () => dropBucket(setting),
      runs: drivers(clients).map(({ contender, driver }) => ({
        contender,
        before: () => newBucket(setting),
        run: async () => {
          await driver.upload('gridfstest', content);
        }
      }))
    },
    {
      name: 'GridFS download',
      bytes: LARGE_BYTES,
      setUp: async () => {
        await readLarge();
        await newBucket(setting);
        id = await drivers(clients)[0]!.driver.upload('gridfstest', content);
      },
      tearDown: () => dropBucket(setting),
      runs: drivers(clients).map(({ contender, driver }) => ({
        contender,
        run: async () => {
          let length = 0;
          for await (const chunk of driver.download(id!)) length += (chunk as Buffer).length;
          if (length !== LARGE_BYTES) throw new Error(`${contender} downloaded ${length} bytes`);
        }
      }))
    }
  ];
}

export function parallelGridFSTasks(clients: readonly TaskClient[], setting: Setting): Task[] {
  const { data, full } = setting;
  const count = full ? FILES.full : FILES.short;
  const shared = { bytes: FILE_BYTES * count, isLong: true };
  let files: string[] = [];
  let ids: ObjectId[] = [];
  let target = '';
  const findFiles = async (): Promise<void> => {
    const members = Array.from(
      { length: count },
      (_, index) => `gridfs_multi/file${String(index).padStart(2, '0')}.txt`
    );
    const folder = join(await data.folder('parallel', full ? [] : members), 'gridfs_multi');
    files = (await readdir(folder)).sort().slice(0, count);
    files = files.map(file => join(folder, file));
  };
  const uploadAll = ({ driver }: Driver): Promise<ObjectId[]> =>
    Promise.all(files.map((file, index) => driver.upload(`${index}`, createReadStream(file))));
  return [
    {
      name: 'GridFS multi-file upload',
      ...shared,
      setUp: findFiles,
      tearDown: () => dropBucket(setting),
      runs: drivers(clients).map(driver => ({
        contender: driver.contender,
        before: () => newBucket(setting),
        run: async () => {
          await uploadAll(driver);
        }
      }))
    },
    {
      name: 'GridFS multi-file download',
      ...shared,
      setUp: async () => {
        await findFiles();
        await newBucket(setting);
        ids = await uploadAll(drivers(clients)[0]!);
        target = await mkdtemp(join(tmpdir(), 'polypool-bench-'));
      },
      tearDown: async () => {
        await rm(target, { recursive: true, force: true });
        await dropBucket(setting);
      },
      runs: drivers(clients).map(({ contender, driver }) => ({
        contender,
        before: async () => {
          for (const file of await readdir(target)) await rm(join(target, file));
        },
        run: async () => {
          const each = ids.map((id, index) =>
            pipeline(
              driver.download(id),
              createWriteStream(join(target, `${index}`), { flush: true })
            )
          );
          await Promise.all(each);
        }
      }))
    }
  ];
}

interface Driver {
  readonly contender: string;
  readonly driver: NonNullable<TaskClient['driver']>;
}

function drivers(clients: readonly TaskClient[]): Driver[] {
  return clients.flatMap(({ name, driver }) => (driver ? { contender: name, driver } : []));
}

/** An empty bucket whose collections and indexes are there: a file of a byte has made them. */
async function newBucket(setting: Setting): Promise<void> {
  await dropBucket(setting);
  const bucket = new GridFSBucket(setting.database.db);
  await new Promise((resolve, reject) => {
    bucket.openUploadStream('byte').once('finish', resolve).once('error', reject).end('x');
  });
}

async function dropBucket({ database }: Setting): Promise<void> {
  for (const part of ['fs.files', 'fs.chunks']) await database.db.dropCollection(part);
}
