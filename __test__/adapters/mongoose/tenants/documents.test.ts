/** What documents and aggregations of a tenant's set going of users' code is that tenant's, too. */
import assert from 'node:assert/strict';
import { after, before, beforeEach, describe, it } from 'node:test';
import { PACKAGES, Tenancy, type WrappedModel } from './tenancy.ts';

for (const name of PACKAGES) {
  describe(`What a tenant's documents do, with ${name}`, () => {
    let on: Tenancy;
    let a: string;
    let b: string;
    let Log: WrappedModel;
    let User: WrappedModel;

    async function log(this: unknown, text: string): Promise<unknown> {
      return await Log.create({ text });
    }

    before(async () => {
      on = await Tenancy.open(name);
      [a, b] = [on.tenant('a'), on.tenant('b')];
      const { Schema } = on.mongoose;
      Log = on.model('Log', new Schema({ text: String }));
      const address = new Schema<any>({ street: String });
      address.methods['log'] = log;
      const user = new Schema<any>({ name: String, home: address, others: [address] });
      user.methods['log'] = log;
      Object.assign(user.methods, { grouped: { log } });
      user.pre('aggregate', async function () {
        await Log.create({ text: 'before' });
      });
      user.post('aggregate', async function () {
        await Log.create({ text: 'after' });
      });
      User = on.model('User', user);
      for (const tenant of [a, b]) {
        const street = { street: 's' };
        await User.db(tenant).create({ name: tenant, home: street, others: [street] });
      }
    });
    beforeEach(async () => {
      for (const model of [Log, Log.db(a), Log.db(b)]) await model.deleteMany();
    });
    after(() => on.close());

    async function logged(): Promise<string[][]> {
      const stored = [on.database, a, b].map(tenant => on.stored(tenant, 'logs'));
      return (await Promise.all(stored)).map(found => found.map(({ text }) => text as string));
    }

    it('is done in their tenant by their own methods', async () => {
      const user = await User.db(b).findOne();
      await user.log('outside');
      await on.pool.withTenant(a, () => user.log('in the other'));
      assert.deepEqual(await logged(), [[], [], ['outside', 'in the other']]);
    });

    it('is done in their tenant by methods in groups', async () => {
      const user = await User.db(b).findOne();
      await on.pool.withTenant(a, () => user.grouped.log('grouped'));
      assert.deepEqual(await logged(), [[], [], ['grouped']]);
    });

    it('is done in their tenant by methods of documents in them', async () => {
      const user = await User.db(b).findOne();
      await user.home.log('home');
      await on.pool.withTenant(a, () => user.others[0].log('other'));
      assert.deepEqual(await logged(), [[], [], ['home', 'other']]);
    });

    it('is done where the code is that calls methods of documents that are nobody’s', async () => {
      const user = new User({ home: {} });
      await user.log('default');
      await on.pool.withTenant(a, async () => {
        await user.log('context');
        await user.home.log('context');
      });
      assert.deepEqual(await logged(), [['default'], ['context', 'context'], []]);
    });

    it('is done in their tenant by hooks of aggregations', async () => {
      const pipeline = [{ $project: { name: 1 } }];
      const expected = [{ name: b }];
      const names = (found: any[]): any[] => found.map(one => ({ name: one.name }));
      assert.deepEqual(names(await User.db(b).aggregate(pipeline)), expected);
      await on.pool.withTenant(a, async () => {
        assert.deepEqual(names(await User.db(b).aggregate(pipeline).exec()), expected);
      });
      const later = on.pool.withTenant(b, () => ({
        aggregate: User.aggregate(pipeline)
      })).aggregate;
      assert.deepEqual(names(await on.pool.withTenant(a, () => later.exec())), expected);
      const written = ['before', 'after', 'before', 'after', 'before', 'after'];
      assert.deepEqual(await logged(), [[], [], written]);
    });

    it('is done in their tenant by hooks of aggregations that are read or explained', async () => {
      const aggregate = (): any => User.db(b).aggregate([{ $match: {} }]);
      assert.ok(aggregate() instanceof (on.mongoose as any).Aggregate);
      await on.pool.withTenant(a, async () => {
        for await (const one of aggregate()) assert.equal(one.name, b);
        await aggregate().cursor().next();
        await aggregate().explain();
      });
      assert.deepEqual(await logged(), [[], [], ['before', 'before', 'before', 'after']]);
    });
  });
}
