// Owns the comparison of JSON bytes with the texts of js-bson's documents, over documents that follow
// from a seed and are read back from a server. Must not know how the text is made.

import { deserialize, EJSON, type Document } from 'bson';
import { PolyPool, type Collection, type JSONOptions } from 'polypool';
import type { Executor } from '../lib/operations/execute.ts';
import { internal } from '../__test__/support/internal.ts';
import { uniqueDatabase } from '../__test__/support/mongod.ts';
import { Documents, numbered } from './json-documents.ts';

const { executeCommand } =
  internal<typeof import('../lib/operations/execute.ts')>('operations/execute');
const { NO_SETTINGS } =
  internal<typeof import('../lib/operations/operation.ts')>('operations/operation');
const { DocumentSequence } = internal<typeof import('../lib/bson/encode.ts')>('bson/encode');

type Items = Collection<{ _id: number }>;

/** Documents that are inserted and read together. */
const GROUP = 500;

/** Every way to ask for JSON, and what JavaScript makes of the same document. */
export const DIALECTS: ReadonlyArray<
  [options: JSONOptions, stringify: (document: Document) => string]
> = [
  [{}, document => JSON.stringify(document)],
  [{ dialect: 'ejson' }, document => EJSON.stringify(document)],
  [{ dialect: 'ejson', relaxed: false }, document => EJSON.stringify(document, { relaxed: false })]
];

/** Reads what was inserted: as it lies there, or what was generated as the whole document. */
const READS: ReadonlyArray<Document[]> = [
  [{ $sort: { _id: 1 } }],
  [{ $sort: { _id: 1 } }, { $replaceRoot: { newRoot: '$v' } }]
];

/** A document whose JSON is another, and how it was read. */
export interface Mismatch {
  readonly seed: number;
  /** Which of the seed's documents it is. */
  readonly document: number;
  readonly options: object;
  /** The document in hexadecimal. */
  readonly bytes: string;
  readonly difference: string;
}

/** Compares so many documents through a server; the first whose JSON is another, if any. */
export async function compareJSON(
  documents: number,
  seed: number,
  uri: string
): Promise<Mismatch | undefined> {
  const pool = new PolyPool(uri);
  const items = pool.db(uniqueDatabase()).collection<{ _id: number }>('items');
  try {
    const generated = new Documents(seed, false);
    for (let done = 0; done < documents; done += GROUP) {
      await insert(items, generated, Math.min(GROUP, documents - done));
      for (const pipeline of READS) {
        const found = await mismatch(items, pipeline);
        if (found !== undefined) return { seed, ...found, document: done + found.document };
      }
    }
    return undefined;
  } finally {
    await items.db.dropDatabase();
    await pool.close();
  }
}

/** Puts the next documents in the place of those that are there. */
export async function insert(
  items: Items,
  documents: Documents,
  count: number
): Promise<Uint8Array[]> {
  const raw = Array.from({ length: count }, (_, id) => numbered(id, documents.next()));
  await items.deleteMany({});
  // Beside insertMany(), which refuses bytes that are not UTF-8.
  await executeCommand(items.client as unknown as Executor, {
    database: items.dbName,
    command: { insert: items.collectionName },
    sequence: new DocumentSequence('documents', raw),
    bson: NO_SETTINGS.bson
  });
  return raw;
}

async function mismatch(
  items: Items,
  pipeline: Document[]
): Promise<Omit<Mismatch, 'seed'> | undefined> {
  const raw = (await items.aggregate(pipeline, { raw: true }).toArray()) as unknown as Uint8Array[];
  for (const [options, stringify] of DIALECTS) {
    const texts = raw.map(one => stringify(deserialize(one)));
    const given = await made(items, pipeline, options, 200);
    if (given === `[${texts.join()}]`) continue;
    for (const [document, text] of texts.entries()) {
      const [order, ...rest] = pipeline as [Document];
      const alone = [order, { $skip: document }, { $limit: 1 }, ...rest];
      const one = await made(items, alone, options, 1);
      if (one === `[${text}]`) continue;
      const bytes = Buffer.from(raw[document]!).toString('hex');
      return { document, options, bytes, difference: `${one}, not [${text}]` };
    }
    const difference = `each is right by itself, and all together are ${given.slice(0, 1000)}`;
    return { document: 0, options, bytes: '', difference };
  }
  return undefined;
}

/** The JSON of documents, or what it fails with: all that are read can be made text. */
async function made(
  items: Items,
  pipeline: Document[],
  options: JSONOptions,
  batchSize: number
): Promise<string> {
  const bytes = items.aggregate(pipeline, { batchSize }).toJSONBytes(options);
  return await bytes.then(String, String);
}
