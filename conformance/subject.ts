// Owns which client is tested: its class, its buckets, how it reads and writes BSON. Both are used
// through the official driver's types. Must not know what is tested.

import { createRequire } from 'node:module';
import { BSON, GridFSBucket, MongoClient, type Db, type Document } from 'mongodb';

export type SubjectName = 'polypool' | 'mongodb';

export interface Codec {
  /** Reads a document and keeps the types of its values. @throws for what is no document */
  decode(bytes: Uint8Array): Document;
  encode(document: Document): Uint8Array;
  /** What is wrong with bytes that should be a document, if there is a check of its own for that. */
  fault?(bytes: Uint8Array): string | null;
}

export interface Subject {
  readonly name: SubjectName;
  readonly Client: new (uri: string, options?: Document) => MongoClient;
  bucket(db: Db, options: Document): GridFSBucket;
  readonly codec: Codec;
}

const require = createRequire(import.meta.url);

/** Values as BSON has them, not as JavaScript would. */
const EXACT = { promoteValues: false, bsonRegExp: true } as const;

export function loadSubject(name: SubjectName): Subject {
  return name === 'polypool' ? loadPolypool() : driver;
}

const driver: Subject = {
  name: 'mongodb',
  Client: MongoClient,
  bucket: (db, options) => new GridFSBucket(db, options),
  codec: {
    decode: bytes => BSON.deserialize(bytes, EXACT),
    encode: document => BSON.serialize(document, { ignoreUndefined: false })
  }
};

type Decode = typeof import('../lib/bson/decode.ts');
type Options = typeof import('../lib/bson/options.ts');
type Completion = typeof import('../lib/bridge/completion.ts');
type Bson = typeof import('../lib/bson/bson.ts');
type Validate = typeof import('../lib/bridge/validate.ts');

function loadPolypool(): Subject {
  const polypool = require('polypool') as Record<string, unknown>;
  const Bucket = polypool['GridFSBucket'] as
    (new (db: Db, options: Document) => GridFSBucket) | undefined;
  return {
    name: 'polypool',
    Client: polypool['MongoClient'] as Subject['Client'],
    bucket(db, options) {
      if (Bucket === undefined) throw new TypeError('polypool exports no GridFSBucket');
      return new Bucket(db, options);
    },
    codec: polypoolCodec()
  };
}

/** As the package has it compiled: replies are read, and commands written, by these. */
function polypoolCodec(): Codec {
  const load = <T>(path: string): T => require(`../dist/lib/${path}.js`) as T;
  const { decodeDocument } = load<Decode>('bson/decode');
  const { resolveBSONOptions } = load<Options>('bson/options');
  const { Reply, kind } = load<Completion>('bridge/completion');
  const { serialize } = load<Bson>('bson/bson');
  const { documentFault } = load<Validate>('bridge/validate');
  const options = resolveBSONOptions(EXACT);
  return {
    decode(bytes) {
      // Between other replies, as most are.
      const slab = Buffer.concat([Buffer.alloc(8), bytes, Buffer.alloc(8)]);
      return decodeDocument(new Reply(kind.DOCUMENT, slab, 8, 8 + bytes.length), options);
    },
    encode: document => serialize(document, options.serialize),
    fault: documentFault
  };
}
