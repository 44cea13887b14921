/**
 * JSON bytes of documents with everything that BSON can hold, against `JSON.stringify` and
 * `EJSON.stringify` of the same bytes as js-bson reads them. `POLYPOOL_JSON_DOCUMENTS` asks for more,
 * `POLYPOOL_JSON_SEED` for others.
 */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { deserialize, EJSON, type Document } from 'bson';
import { PolyPool, type Collection, type JSONOptions } from 'polypool';
import type { Executor } from '../../lib/operations/execute.ts';
import { internal } from '../support/internal.ts';
import { Documents, numbered } from '../support/json-documents.ts';
import { sharedMongod, uniqueDatabase, type SharedMongod } from '../support/mongod.ts';

const { executeCommand } =
  internal<typeof import('../../lib/operations/execute.ts')>('operations/execute');
const { NO_SETTINGS } =
  internal<typeof import('../../lib/operations/operation.ts')>('operations/operation');
const { DocumentSequence } = internal<typeof import('../../lib/bson/encode.ts')>('bson/encode');

const COUNT = Number(process.env['POLYPOOL_JSON_DOCUMENTS'] ?? 2_000);
const SEED = Number(process.env['POLYPOOL_JSON_SEED'] ?? 1);
/** Documents that are inserted and read together. */
const GROUP = 500;

const DIALECTS: Array<[options: JSONOptions, stringify: (document: Document) => string]> = [
  [{}, document => JSON.stringify(document)],
  [{ dialect: 'ejson' }, document => EJSON.stringify(document)],
  [{ dialect: 'ejson', relaxed: false }, document => EJSON.stringify(document, { relaxed: false })]
];

/** Reads what was inserted: as it lies there, or what was generated as the whole document. */
const READS: ReadonlyArray<Document[]> = [
  [{ $sort: { _id: 1 } }],
  [{ $sort: { _id: 1 } }, { $replaceRoot: { newRoot: '$v' } }]
];

let mongod: SharedMongod;
let pool: PolyPool;
let items: Collection<{ _id: number }>;

before(async () => {
  mongod = await sharedMongod();
  pool = new PolyPool(mongod.uri);
  items = pool.db(uniqueDatabase()).collection<{ _id: number }>('items');
});
after(async () => {
  await items.db.dropDatabase();
  await pool.close();
  await mongod.stop();
});

async function insert(documents: Documents, count: number): Promise<Uint8Array[]> {
  const raw = Array.from({ length: count }, (_, id) => numbered(id, documents.next()));
  await items.deleteMany({});
  // Beside insertMany(), which refuses bytes that are not UTF-8.
  await executeCommand(pool as unknown as Executor, {
    database: items.dbName,
    command: { insert: items.collectionName },
    sequence: new DocumentSequence('documents', raw),
    bson: NO_SETTINGS.bson
  });
  return raw;
}

async function rawOf(pipeline: Document[]): Promise<Uint8Array[]> {
  return (await items.aggregate(pipeline, { raw: true }).toArray()) as unknown as Uint8Array[];
}

/** Undefined for what can't be read or written. */
function expected(raw: Uint8Array, stringify: (document: Document) => string): string | undefined {
  try {
    return stringify(deserialize(raw));
  } catch {
    return undefined;
  }
}

describe('JSON of any document', () => {
  it(`is that of js-bson, in each dialect (seed ${SEED})`, async () => {
    const documents = new Documents(SEED, false);
    for (let done = 0; done < COUNT; done += GROUP) {
      await insert(documents, Math.min(GROUP, COUNT - done));
      for (const pipeline of READS) {
        const raw = await rawOf(pipeline);
        for (const [options, stringify] of DIALECTS) {
          const bytes = await items.aggregate(pipeline, { batchSize: 200 }).toJSONBytes(options);
          const texts = raw.map(one => stringify(deserialize(one)));
          if (bytes.equals(Buffer.from(`[${texts.join()}]`))) continue;
          const id = raw.findIndex((_, i) => !bytes.includes(Buffer.from(texts[i]!)));
          const at = [...pipeline.slice(0, 1), { $skip: id }, { $limit: 1 }, ...pipeline.slice(1)];
          const one = await items.aggregate(at).toJSONBytes(options);
          assert.equal(one.toString(), `[${texts[id]!}]`, Buffer.from(raw[id]!).toString('hex'));
          assert.fail(`document ${done + id} is right by itself, and not among others`);
        }
      }
    }
  });

  it('fails where js-bson fails to read or EJSON to write, and nowhere else', async () => {
    const documents = new Documents(SEED + 1, true);
    const raw = await insert(documents, GROUP);
    let failures = 0;
    for (const [options, stringify] of DIALECTS) {
      const outcomes = await Promise.all(
        raw.map((_, _id) => items.findOneJSON({ _id }, options).then(String, (e: unknown) => e))
      );
      outcomes.forEach((outcome, i) => {
        const text = expected(raw[i]!, stringify);
        const hex = Buffer.from(raw[i]!).toString('hex');
        if (text !== undefined) {
          assert.equal(outcome, text, hex);
          return;
        }
        failures += 1;
        assert.ok(outcome instanceof Error && outcome.name === 'BSONError', hex);
      });
    }
    assert.ok(failures > 50, `only ${failures} documents were at fault`);
  });
});
