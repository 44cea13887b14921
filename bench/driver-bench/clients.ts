// Owns the clients that run MongoDB's driver benchmark, and what each does for a task by its own means.
// Must not know the tasks' sizes, nor when they are run.

import type { Readable } from 'node:stream';
import { GridFSBucket, MongoClient } from 'mongodb';
import type { AnyBulkWriteOperation, Document, ObjectId } from 'mongodb';
import { Schema, createConnection } from 'mongoose';
import type { AnyBulkWriteOperation as MongooseBulkWriteOperation, Model } from 'mongoose';
import { GridFSBucket as PolyGridFSBucket, PolyPool } from 'polypool';

/** The collection of the tasks, by the specification's name. */
export const CORPUS = 'corpus';

/** What a task asks of any client. */
export interface TaskClient {
  readonly name: string;
  findOne(id: number): Promise<unknown>;
  insertOne(document: Document): Promise<unknown>;
  /** Reads the corpus to its end; resolves to how many documents there were. */
  findMany(): Promise<number>;
  insertMany(documents: Document[]): Promise<number>;
  /** Resolves to how many documents were inserted. */
  bulkWrite(models: AnyBulkWriteOperation[]): Promise<number>;
  /** What only a driver has; undefined for Mongoose, which hands it through. */
  readonly driver?: DriverClient;
  close(): Promise<void>;
}

export interface DriverClient {
  /** A PolyPool is one to the compiler, too. */
  readonly client: MongoClient;
  readonly database: string;
  upload(name: string, source: Readable | Buffer): Promise<ObjectId>;
  download(id: ObjectId): Readable;
}

/** Connects all of them; if one fails, closes those that had connected. */
export async function openTaskClients(uri: string, database: string): Promise<TaskClient[]> {
  const opened: TaskClient[] = [];
  try {
    const pool = new PolyPool(uri);
    opened.push(driverClient('polypool', pool, database, new PolyGridFSBucket(pool.db(database))));
    await pool.connect();
    const client = new MongoClient(uri);
    opened.push(driverClient('mongodb', client, database, new GridFSBucket(client.db(database))));
    await client.connect();
    opened.push(await mongooseClient(uri, database));
  } catch (error) {
    await closeTaskClients(opened);
    throw error;
  }
  return opened;
}

export async function closeTaskClients(clients: readonly TaskClient[]): Promise<void> {
  await Promise.all(clients.map(client => client.close()));
}

function driverClient(
  name: string,
  client: MongoClient,
  database: string,
  bucket: GridFSBucket
): TaskClient {
  const corpus = client.db(database).collection<{ _id: number }>(CORPUS);
  const anyCorpus = client.db(database).collection(CORPUS);
  return {
    name,
    findOne: id => corpus.findOne({ _id: id }),
    insertOne: document => anyCorpus.insertOne(document),
    findMany: async () => {
      let count = 0;
      for await (const document of anyCorpus.find({})) if (document) count += 1;
      return count;
    },
    insertMany: async documents => (await anyCorpus.insertMany(documents)).insertedCount,
    bulkWrite: async models => (await anyCorpus.bulkWrite(models)).insertedCount,
    driver: {
      client,
      database,
      upload: (fileName, source) =>
        new Promise((resolve, reject) => {
          const target = bucket.openUploadStream(fileName);
          target.once('finish', () => resolve(target.id)).once('error', reject);
          if (Buffer.isBuffer(source)) target.end(source);
          else source.once('error', reject).pipe(target);
        }),
      download: id => bucket.openDownloadStream(id)
    },
    close: () => client.close()
  };
}

/** Hydrated documents, without paths: what the data sets hold is no schema. */
async function mongooseClient(uri: string, database: string): Promise<TaskClient> {
  const options = { dbName: database, autoIndex: false, autoCreate: false };
  const connection = await createConnection(uri, options).asPromise();
  const any = { strict: false, id: false, versionKey: false } as const;
  const corpus = connection.model('corpus', new Schema({}, any), CORPUS) as Model<Document>;
  const numbered = connection.model('numbered', new Schema({ _id: Number }, any), CORPUS);
  return {
    name: 'mongoose',
    findOne: id => numbered.findById(id).exec(),
    insertOne: document => corpus.create(document),
    findMany: async () => {
      let count = 0;
      for await (const document of corpus.find().cursor()) if (document) count += 1;
      return count;
    },
    insertMany: async documents => (await corpus.insertMany(documents)).length,
    bulkWrite: async models =>
      (await corpus.bulkWrite(models as MongooseBulkWriteOperation[])).insertedCount,
    close: () => connection.close()
  };
}
