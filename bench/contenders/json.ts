// Owns how clients turn what they find into JSON: each by the shortest way its package has.
// Must not know what is found, nor what becomes of the text.

import type { MongoClient, ObjectId } from 'mongodb';
import type { Model } from 'mongoose';
import { Transcoder } from './transcoder';

/** The reader of one collection; its results are JSON, as text or as bytes in UTF-8. */
export interface JSONReader {
  /** The documents from the start of the natural order, as an array. */
  find(limit: number): Promise<string | Buffer>;
  /** One document by `_id`, or nothing. */
  findOne(id: ObjectId): Promise<string | Buffer | null>;
}

/** As much of polypool as makes JSON off the JavaScript thread. */
interface JSONCollection {
  find(filter: object): { limit(limit: number): { toJSONBytes(): Promise<Buffer> } };
  findOneJSON(filter: object): Promise<Buffer | null>;
}

/** Why a client has no JSON bytes; undefined if it does. */
export function jsonBytesObstacle(client: MongoClient): string | undefined {
  const collection = client.db('bench').collection('none');
  const cursor = collection.find({});
  const lacks = [
    ...('toJSONBytes' in cursor ? [] : ['cursor.toJSONBytes']),
    ...('findOneJSON' in collection ? [] : ['collection.findOneJSON'])
  ];
  return lacks.length === 0 ? undefined : `this polypool has no ${lacks.join(' and no ')}`;
}

export function jsonBytesReader(client: MongoClient, database: string, name: string): JSONReader {
  const collection = client.db(database).collection(name) as unknown as JSONCollection;
  return {
    find: limit => collection.find({}).limit(limit).toJSONBytes(),
    findOne: id => collection.findOneJSON({ _id: id })
  };
}

/** Documents, then `JSON.stringify`. */
export function stringifyReader(client: MongoClient, database: string, name: string): JSONReader {
  const collection = client.db(database).collection(name);
  return {
    find: async limit => JSON.stringify(await collection.find({}).limit(limit).toArray()),
    findOne: async id => {
      const document = await collection.findOne({ _id: id });
      return document && JSON.stringify(document);
    }
  };
}

/** Raw documents, then a transcoder in JavaScript. */
export function transcodingReader(client: MongoClient, database: string, name: string): JSONReader {
  const collection = client.db(database).collection(name, { raw: true });
  const transcoder = new Transcoder();
  return {
    find: async limit => {
      const found: unknown = await collection.find({}).limit(limit).toArray();
      return transcoder.array(found as Uint8Array[]);
    },
    findOne: async id => {
      const found: unknown = await collection.findOne({ _id: id });
      return found === null ? null : transcoder.document(found as Uint8Array);
    }
  };
}

/** What is used of a model, whatever its documents are. */
type Readable = Pick<Model<any>, 'find' | 'findById'>;

/** Mongoose's documents, hydrated or `lean`, then `JSON.stringify`. */
export function mongooseReader(model: Readable, lean: boolean): JSONReader {
  return {
    find: async limit => {
      const query = model.find({}).limit(limit);
      return JSON.stringify(await (lean ? query.lean() : query));
    },
    findOne: async id => {
      const query = model.findById(id);
      const document: unknown = await (lean ? query.lean() : query);
      return document === null ? null : JSON.stringify(document);
    }
  };
}
