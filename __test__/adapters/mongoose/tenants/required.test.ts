/** `requireTenant`: what else could lead into the database that is no tenant's. */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { PACKAGES, Tenancy, type WrappedModel } from './tenancy.ts';

for (const name of PACKAGES) {
  describe(`requireTenant, with ${name}`, () => {
    let on: Tenancy;
    let M: WrappedModel;
    let a: string;
    const refused = { name: 'PolyPoolError', code: 'POLYPOOL_TENANT_REQUIRED' };

    before(async () => {
      on = await Tenancy.open(name, { requireTenant: true });
      a = on.tenant('a');
      const options = { autoCreate: false, autoIndex: false };
      const schema = new on.mongoose.Schema({ n: { type: Number, index: true } }, options);
      M = on.model('M', schema);
      await M.init();
    });
    after(() => on.close());

    async function collections(tenant: string): Promise<string[]> {
      const found = await on.pool.db(tenant).listCollections().toArray();
      return found.map(one => one.name).sort();
    }

    it('refuses to make collections and indexes outside of a context', async () => {
      for (const attempt of [
        () => M.createCollection(),
        () => M.createIndexes(),
        () => M.ensureIndexes(),
        () => M.ensureIndexes({ _automatic: true }),
        () => M.createSearchIndex({ name: 'x', definition: {} }),
        () => M.createSearchIndexes()
      ]) {
        await assert.rejects(async () => await attempt(), refused, String(attempt));
      }
      assert.deepEqual(await collections(on.database), []);
    });

    it('refuses all that a collection does outside of a context', async () => {
      for (const attempt of [
        () => M.collection.createIndex({ n: 1 }),
        () => M.collection.createIndexes([{ key: { n: 1 } }]),
        () => M.collection.dropIndex('n_1'),
        () => M.collection.dropIndexes(),
        () => M.collection.indexes(),
        () => M.collection.listIndexes(),
        () => M.collection.isCapped(),
        () => M.collection.createSearchIndex({ name: 'x', definition: {} }),
        () => M.collection.dropSearchIndex('x'),
        () => M.collection.collection.insertOne({ n: 1 }),
        () => M.$__collection.insertOne({ n: 1 })
      ]) {
        await assert.rejects(async () => await attempt(), refused, String(attempt));
      }
      assert.equal(M.collection.name, 'ms');
      assert.equal(M.collection.collectionName, 'ms');
      assert.deepEqual(await collections(on.database), []);
    });

    it('lets all of it be done inside of one, and by views', async () => {
      await M.db(a).createCollection();
      await M.db(a).createIndexes();
      await M.db(a).collection.dropIndexes();
      await on.pool.withTenant(a, async () => {
        await M.createIndexes();
        assert.deepEqual(Object.keys(await M.collection.indexInformation()), ['_id_', 'n_1']);
      });
      assert.deepEqual(await collections(on.database), []);
    });

    it('lets Mongoose make what the model’s schema asks for in its own database', async () => {
      const schema = new on.mongoose.Schema({ n: { type: Number, index: true } });
      const Eager = on.model('Eager', schema);
      await Eager.init();
      const { database, pool } = on;
      const found = await pool.db(database).collection('eagers').indexInformation();
      assert.deepEqual(Object.keys(found), ['_id_', 'n_1']);
      await assert.rejects(async () => await Eager.createIndexes(), refused);
      await assert.rejects(async () => await Eager.ensureIndexes(), refused);
      delete Eager.$init;
      await pool.db(database).collection('eagers').drop();
      await Eager.init();
      assert.deepEqual(await collections(database), ['eagers']);
      await assert.rejects(async () => await Eager.createCollection(), refused);
    });
  });
}
