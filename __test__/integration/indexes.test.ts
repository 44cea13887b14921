/** What `dropIndexes` says of a failure, which differs between versions of the driver. */
import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
import { after, before, describe, it, type TestContext } from 'node:test';
import { PolyPool } from 'polypool';
import { sharedMongod, uniqueDatabase, type SharedMongod } from '../support/mongod.ts';

/** What mongodb 7.9 has, and the one that the tests run with may not. */
interface Of79 {
  isNamespaceNotFoundError?: unknown;
}

const errors = createRequire(import.meta.url)('mongodb/lib/error') as Of79;

describe('dropIndexes', () => {
  let mongod: SharedMongod;
  let pool: PolyPool;
  const database = uniqueDatabase();

  before(async () => {
    mongod = await sharedMongod();
    pool = new PolyPool(mongod.uri);
    await pool.db(database).createCollection('items');
  });

  after(async () => {
    await pool?.db(database).dropDatabase();
    await pool?.close();
    await mongod?.stop();
  });

  /** Drops in a way that the server refuses: there are no indexes to be had of a snapshot. */
  async function refused(): Promise<boolean> {
    return pool.withSession({ snapshot: true }, async session => {
      await pool.db(database).collection('items').findOne({}, { session });
      return pool.db(database).collection('items').dropIndexes({ session });
    });
  }

  function withDriver(t: TestContext, isNew: boolean): void {
    const { isNamespaceNotFoundError } = errors;
    if (isNew) errors.isNamespaceNotFoundError ??= () => undefined;
    else delete errors.isNamespaceNotFoundError;
    t.after(() => {
      delete errors.isNamespaceNotFoundError;
      if (isNamespaceNotFoundError) Object.assign(errors, { isNamespaceNotFoundError });
    });
  }

  it('answers false before mongodb 7.9', async t => {
    withDriver(t, false);
    assert.equal(await refused(), false);
  });

  it('throws what the server says from mongodb 7.9 on', async t => {
    withDriver(t, true);
    await assert.rejects(refused(), { name: 'MongoServerError', code: 72 });
  });

  for (const isNew of [false, true]) {
    it(`answers false for a collection that does not exist, ${isNew ? 'then' : 'before'}, too`, async t => {
      withDriver(t, isNew);
      assert.equal(await pool.db(database).collection('none').dropIndexes(), false);
    });
  }
});
