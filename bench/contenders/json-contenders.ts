// Owns who takes part where JSON is wanted, and connecting them by name.
// Must not know what they are asked for.

import { MongoClient } from 'mongodb';
import { createConnection } from 'mongoose';
import { PolyPool } from 'polypool';
import {
  jsonBytesObstacle,
  jsonBytesReader,
  mongooseReader,
  stringifyReader,
  transcodingReader
} from './json';
import type { JSONReader } from './json';
import { itemSchema } from './mongoose';

/** polypool by its shortest way, and its documents through `JSON.stringify`, which is then a peer. */
export const JSON_BYTES = 'polypool';
export const DOCUMENTS = 'polypool documents';

/** In the order they take turns. */
export const JSON_CONTENDERS = [
  JSON_BYTES,
  DOCUMENTS,
  'mongodb',
  'mongodb transcoder',
  'mongoose',
  'mongoose lean'
] as const;

export type JSONContenderName = (typeof JSON_CONTENDERS)[number];

export interface JSONContender {
  readonly name: JSONContenderName;
  readonly reader: JSONReader;
  close(): Promise<void>;
}

/** Connects one contender to a collection of items. */
export async function openJSONContender(
  name: JSONContenderName,
  uri: string,
  database: string,
  collection: string
): Promise<JSONContender> {
  if (name === 'mongoose' || name === 'mongoose lean') {
    const options = { dbName: database, autoIndex: false, autoCreate: false };
    const connection = await createConnection(uri, options).asPromise();
    const model = connection.model('Item', itemSchema, collection);
    const reader = mongooseReader(model, name === 'mongoose lean');
    return { name, reader, close: () => connection.close() };
  }
  const isPool = name === JSON_BYTES || name === DOCUMENTS;
  const client: MongoClient = isPool ? new PolyPool(uri) : new MongoClient(uri);
  await client.connect();
  const makeReader = {
    [JSON_BYTES]: jsonBytesReader,
    [DOCUMENTS]: stringifyReader,
    mongodb: stringifyReader,
    'mongodb transcoder': transcodingReader
  }[name];
  const reader = makeReader(client, database, collection);
  return { name, reader, close: () => client.close() };
}

/** Why this build of polypool can't make JSON bytes; undefined if it can. */
export async function jsonObstacle(uri: string): Promise<string | undefined> {
  const pool = new PolyPool(uri);
  try {
    return jsonBytesObstacle(pool);
  } finally {
    await pool.close();
  }
}
