/** A tenant's indexes: made where its database is now. */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { connect, type PolyPool } from 'polypool';
import { PACKAGES, Tenancy, until, type WrappedModel } from './tenancy.ts';

for (const name of PACKAGES) {
  describe(`Indexes of tenants, with ${name}`, () => {
    let on: Tenancy;
    let number = 0;

    before(async () => {
      on = await Tenancy.open(name);
    });
    after(() => on.close());

    /** A wrapped model with an index, and a tenant. */
    function fresh(): { M: WrappedModel; tenant: string; collection: string } {
      const n = number++;
      const schema = new on.mongoose.Schema({ n: { type: Number, index: true } });
      schema.set('collection', `indexed${n}`);
      const M = on.model(`Indexed${n}`, schema);
      return { M, tenant: on.tenant(`t${n}`), collection: `indexed${n}` };
    }

    async function indexes(pool: PolyPool, tenant: string, collection: string): Promise<string[]> {
      try {
        return Object.keys(await pool.db(tenant).collection(collection).indexInformation());
      } catch {
        // There is no such collection.
        return [];
      }
    }

    async function untilIndexed(tenant: string, collection: string): Promise<void> {
      await until('there is an index', async () => {
        return (await indexes(on.pool, tenant, collection)).includes('n_1');
      });
    }

    it('are made again after the database was dropped', async () => {
      const { M, tenant, collection } = fresh();
      const view = M.db(tenant);
      await view.init();
      await on.pool.db(tenant).dropDatabase();
      assert.deepEqual(await indexes(on.pool, tenant, collection), []);
      assert.equal(M.db(tenant), view);
      await view.create({ n: 1 });
      await untilIndexed(tenant, collection);
      await view.db.dropDatabase();
      assert.deepEqual(await indexes(on.pool, tenant, collection), []);
      await view.init();
      assert.deepEqual(await indexes(on.pool, tenant, collection), ['_id_', 'n_1']);
    });

    it('are made again for views that somebody has, and for documents of theirs', async () => {
      const { M, tenant, collection } = fresh();
      const document = new (M.db(tenant))({ n: 1 });
      await M.db(tenant).init();
      await on.pool.db(tenant).dropDatabase();
      await document.save();
      await untilIndexed(tenant, collection);
    });

    it('are made where a database is on another deployment than before', async () => {
      const { M, tenant, collection } = fresh();
      await M.db(tenant).init();
      const drop = async (): Promise<void> => {
        await on.pool.db(tenant).collection(collection).dropIndexes();
      };
      await drop();
      // Another connection string is another deployment to polypool, wherever it leads.
      const mongoURI = (on.pool as any).s.url as string;
      on.pool.scale.setDB([tenant], { mongoURI });
      await M.db(tenant).findOne();
      await untilIndexed(tenant, collection);
      await drop();
      on.pool.scale.setDB([tenant], { mongoURI, maxConnections: 3 });
      await M.db(tenant).init();
      assert.deepEqual(await indexes(on.pool, tenant, collection), ['_id_']);
    });

    it('are made by each pool, which may be another deployment’s', async () => {
      const { M, tenant, collection } = fresh();
      await M.db(tenant).init();
      await on.pool.db(tenant).collection(collection).dropIndexes();
      const other = await connect((on.pool as any).s.url, { shared: false } as never);
      try {
        const again: WrappedModel = other.wrapModel(M);
        await again.db(tenant).init();
        assert.deepEqual(await indexes(on.pool, tenant, collection), ['_id_', 'n_1']);
      } finally {
        on.pool.wrapModel(M);
        await other.close();
      }
    });

    it('are made once for many uses', async () => {
      const { M, tenant } = fresh();
      let told = 0;
      const count = (event: { tenant: string }): void =>
        void (told += Number(event.tenant === tenant));
      on.pool.on('tenantIndexes', count);
      await M.db(tenant).init();
      for (let i = 0; i < 5; i++) await M.db(tenant).create({ n: i });
      await M.db(tenant).init();
      on.pool.off('tenantIndexes', count);
      assert.equal(told, 1);
    });

    it('are made by createIndexes() of a view, and by nothing else where the policy is against it', async () => {
      const { tenant } = fresh();
      const schema = new on.mongoose.Schema({ n: { type: Number, index: true } });
      schema.set('collection', 'asked');
      const Asked: WrappedModel = on.pool.wrapModel(on.mongoose.model('Asked', schema), {
        autoIndex: false
      });
      await Asked.db(tenant).create({ n: 1 });
      assert.deepEqual(await indexes(on.pool, tenant, 'asked'), ['_id_']);
      await Asked.db(tenant).createIndexes();
      assert.deepEqual(await indexes(on.pool, tenant, 'asked'), ['_id_', 'n_1']);
      const other = on.tenant('other');
      await on.pool.withTenant(other, () => Asked.createIndexes());
      assert.deepEqual(await indexes(on.pool, other, 'asked'), ['_id_', 'n_1']);
    });
  });
}
