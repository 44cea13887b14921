/** `refDb` of paths that only some kinds of a model's documents have. */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { PACKAGES, Tenancy, type WrappedModel } from './tenancy.ts';

for (const name of PACKAGES) {
  describe(`Population of discriminators, with ${name}`, () => {
    let on: Tenancy;
    let a: string;
    let Owner: WrappedModel;
    let Animal: WrappedModel;

    before(async () => {
      on = await Tenancy.open(name);
      a = on.tenant('a');
      const shared = on.tenant('shared');
      const { Schema } = on.mongoose;
      const ref = { type: Schema.Types.ObjectId, ref: 'Owner' };
      Owner = on.model('Owner', new Schema({ where: String }));
      Animal = on.model('Animal', new Schema({ n: Number }, { discriminatorKey: 'kind' }));
      Animal.discriminator('Dog', new Schema({ owner: { ...ref, refDb: shared } as any }));
      Animal.discriminator('Cat', new Schema({ owner: ref }));
      const owner = await Owner.db(a).create({ where: 'tenant' });
      await Owner.db(shared).create({ _id: owner._id, where: 'shared' });
      await Animal.db(a).create([
        { kind: 'Dog', n: 1, owner },
        { kind: 'Cat', n: 2, owner },
        { n: 3 },
        { kind: 'Dog', n: 4, owner }
      ]);
    });
    after(() => on.close());

    const expected = [
      [1, 'shared'],
      [2, 'tenant'],
      [3, undefined],
      [4, 'shared']
    ];
    const seen = (found: any[]): unknown[] => found.map(one => [one.n, one.owner?.where]);

    it('goes to the database that each kind says', async () => {
      const find = (): any => Animal.db(a).find().sort('n');
      assert.deepEqual(seen(await find().populate('owner')), expected);
      assert.deepEqual(seen(await find().populate({ path: 'owner' })), expected);
      assert.deepEqual(seen(await find().populate('owner').lean()), expected);
      const found = await find();
      assert.equal(await Animal.db(a).populate(found, 'owner'), found);
      assert.deepEqual(seen(found), expected);
      const read: unknown[] = [];
      for await (const one of find().populate('owner').cursor()) read.push(one);
      assert.deepEqual(seen(read), expected);
    });

    it('goes there for one document, too', async () => {
      for (const [n, where] of expected) {
        const one = await Animal.db(a).findOne({ n });
        await one.populate('owner');
        assert.equal(one.owner?.where, where);
        const inside = await on.pool.withTenant(a, () => Animal.findOne({ n }).populate('owner'));
        assert.equal(inside.owner?.where, where);
      }
    });
  });
}
