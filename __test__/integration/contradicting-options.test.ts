/** Options that ask for 64-bit integers in two ways at once: who refuses them, and who need not care. */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { MongoAPIError } from 'mongodb';
import { PolyPool } from 'polypool';
import { sharedMongod, uniqueDatabase, type SharedMongod } from '../support/mongod.ts';

const CONTRADICTING = [
  { useBigInt64: true, promoteLongs: false },
  { useBigInt64: true, promoteValues: false }
];

let mongod: SharedMongod;
let pool: PolyPool;

before(async () => {
  mongod = await sharedMongod();
  pool = new PolyPool(mongod.uri);
});
after(async () => {
  await pool.close();
  await mongod.stop();
});

describe('useBigInt64 with promoteLongs or promoteValues off', () => {
  it('is refused by the constructor as by the driver', () => {
    for (const options of CONTRADICTING) {
      assert.throws(() => new PolyPool(mongod.uri, options), {
        constructor: MongoAPIError,
        message: 'Must request either bigint or Long for int64 deserialization'
      });
    }
  });

  it('does not keep a collection from being counted by its metadata', async () => {
    const db = pool.db(uniqueDatabase());
    await db.collection('items').insertOne({ a: 1 });
    for (const options of CONTRADICTING) {
      assert.equal(await db.collection('items').estimatedDocumentCount(options), 1);
      assert.equal(await db.collection('items', options).estimatedDocumentCount(), 1);
    }
    await db.dropDatabase();
  });
});
