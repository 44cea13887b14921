/**
 * JSON bytes of documents with everything that BSON can hold, against `JSON.stringify` and
 * `EJSON.stringify` of the same bytes as js-bson reads them. `npm run fuzz` compares more of them.
 */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { deserialize, type Document } from 'bson';
import { PolyPool, type Collection } from 'polypool';
import { Documents } from '../../fuzz/json-documents.ts';
import { compareJSON, DIALECTS, insert } from '../../fuzz/json.ts';
import { sharedMongod, uniqueDatabase, type SharedMongod } from '../support/mongod.ts';

const COUNT = 2_000;
const FAULTY = 500;
const SEED = 1;

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
    assert.equal(await compareJSON(COUNT, SEED, mongod.uri), undefined);
  });

  it('fails where js-bson fails to read or EJSON to write, and nowhere else', async () => {
    const raw = await insert(items, new Documents(SEED + 1, true), FAULTY);
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
