// Owns how documents are written and read as BSON by themselves: as the packages do it for operations.
// Must not know the documents.

import { BSON } from 'mongodb';
import type { Document } from 'mongodb';
import { requireFromBench } from '../place';

type Decode = typeof import('../../lib/bson/decode');
type Completion = typeof import('../../lib/bridge/completion');
type Options = typeof import('../../lib/bson/options');
type Serialize = typeof import('../../lib/bson/serialize');

export interface Codec {
  readonly name: string;
  encode(document: Document): Uint8Array;
  /** Makes a reader of these bytes; what it prepares is not counted. */
  decoder(bytes: Uint8Array): () => Document;
}

export const JS_BSON: Codec = {
  name: 'js-bson',
  encode: document => BSON.serialize(document),
  decoder: bytes => () => BSON.deserialize(bytes)
};

/** A batch's handle of no cursor, and its count of one document. */
const BATCH_OF_ONE = Buffer.from([0, 0, 0, 0, 1, 0, 0, 0]);

/** polypool reads documents out of batches: one of a single document is what `findOne` gets. */
export function polypoolCodec(): Codec {
  const decode = internal<Decode>('bson/decode');
  const { Reply, kind } = internal<Completion>('bridge/completion');
  const { serialize } = internal<Serialize>('bson/serialize');
  const options = internal<Options>('bson/options').resolveBSONOptions({});
  return {
    name: 'polypool',
    encode: document => serialize(document, options.serialize),
    decoder: bytes => {
      const batch = Buffer.concat([BATCH_OF_ONE, bytes]);
      const reply = new Reply(kind.BATCH, batch, 0, batch.length);
      return () => decode.decodeBatch(reply, options).documents[0]!;
    }
  };
}

/** A module of `lib/`, compiled: reading and writing by itself is no part of the package's surface. */
function internal<T>(path: string): T {
  return requireFromBench(`../dist/lib/${path}.js`) as T;
}
