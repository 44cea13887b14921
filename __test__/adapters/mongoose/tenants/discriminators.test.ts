/** Models that extend a wrapped one, wherever and whenever they are made: documents of all are their tenant's. */
import assert from 'node:assert/strict';
import { after, before, beforeEach, describe, it } from 'node:test';
import { PACKAGES, Tenancy, type WrappedModel } from './tenancy.ts';

/** When a model is extended. */
const WAYS = ['before it is wrapped', 'after it was', 'by a view', 'in a context'] as const;

for (const name of PACKAGES) {
  describe(`A model that is extended, with ${name}`, () => {
    let on: Tenancy;
    let a: string;
    let b: string;
    let Log: WrappedModel;

    before(async () => {
      on = await Tenancy.open(name);
      [a, b] = [on.tenant('a'), on.tenant('b')];
      Log = on.model('Log', new on.mongoose.Schema({ text: String }));
    });
    beforeEach(async () => {
      for (const model of [Log, Log.db(a), Log.db(b)]) await model.deleteMany();
    });
    after(() => on.close());

    /** A model of that name, which another is to extend. */
    function baseOf(base: string): any {
      const { Schema } = on.mongoose;
      const { ObjectId } = Schema.Types;
      const friend = { type: ObjectId, ref: base };
      const schema = new Schema<any>({ n: Number, friend }, { discriminatorKey: 'kind' });
      schema.pre('save', async function () {
        await Log.create({ text: 'base' });
      });
      schema.methods['note'] = async () => await Log.create({ text: 'note' });
      return on.mongoose.model(base, schema);
    }

    function childSchema(): any {
      const schema = new on.mongoose.Schema<any>({ bark: String, heard: { type: String } });
      schema.pre('save', async function () {
        await Log.create({ text: 'child' });
      });
      schema.pre('find', async function () {
        await Log.create({ text: 'find' });
      });
      schema.methods['loud'] = async () => await Log.create({ text: 'loud' });
      schema.statics['louder'] = async () => await Log.create({ text: 'louder' });
      schema.virtual('logs').get(() => Log.countDocuments());
      (schema.query as any)['barking'] = function (this: any) {
        return this.where({ bark: /./ });
      };
      return schema;
    }

    function extend(way: (typeof WAYS)[number], base: string, child: string): WrappedModel[] {
      const plain = baseOf(base);
      if (way === 'before it is wrapped') {
        const extended = plain.discriminator(child, childSchema());
        return [on.pool.wrapModel(plain), extended];
      }
      const wrapped: WrappedModel = on.pool.wrapModel(plain);
      if (way === 'after it was') return [wrapped, wrapped.discriminator(child, childSchema())];
      if (way === 'in a context') {
        return [wrapped, on.pool.withTenant(a, () => wrapped.discriminator(child, childSchema()))];
      }
      const view = wrapped.db(a).discriminator(child, childSchema());
      assert.equal(view.db.name, a);
      return [wrapped, on.mongoose.model(child)];
    }

    for (const [index, way] of WAYS.entries()) {
      it(`${way}: the other is a model of all tenants`, async () => {
        const [base, child] = [`Animal${index}`, `Dog${index}`];
        const [Animal, Dog] = extend(way, base, child);
        assert.equal(on.mongoose.model(child), Dog);
        assert.equal(Animal.discriminators[child], Dog);
        assert.equal(Dog.db.name, on.database);
        assert.equal(new Dog().db, on.mongoose.connection);
        assert.equal(Animal.db(b).discriminators[child], Dog.db(b));

        const friend = await Animal.db(b).create({ kind: child, n: 1, bark: 'wow' });
        await Animal.db(a).create({ _id: friend._id, kind: child, n: 9, bark: 'no' });
        await Dog.db(b).create({ n: 2, bark: 'wuff', friend });
        await Animal.db(b).insertMany([{ n: 3 }]);
        const found = await Animal.db(b).find().sort('n').populate('friend');
        assert.deepEqual(
          found.map((one: any) => [one.n, one.constructor === Dog.db(b), one.friend?.n]),
          [
            [1, true, undefined],
            [2, true, 1],
            [3, false, undefined]
          ]
        );
        const [dog] = found;
        assert.ok(dog instanceof Dog && dog instanceof Animal);
        assert.ok(dog instanceof Dog.db(b) && dog instanceof Animal.db(b));
        assert.ok(!(dog instanceof Dog.db(a)) && !(dog instanceof Animal.db(a)));
        assert.equal(found[1].friend.constructor, Dog.db(b));
        assert.equal(dog.db.name, b);
        assert.equal(await Animal.countDocuments(), 0);
        assert.equal(await Dog.db(a).countDocuments(), 1);
        await Promise.all([Animal.db(a).deleteMany(), Animal.db(b).deleteMany()]);
      });

      it(`${way}: hooks and functions of both run as the document's tenant`, async () => {
        const [Animal, Dog] = [
          on.mongoose.model(`Animal${index}`),
          on.mongoose.model(`Dog${index}`)
        ];
        const of = (model: unknown): WrappedModel => model;
        const kind = `Dog${index}`;
        await on.pool.withTenant(a, async () => {
          const dog = await of(Animal).db(b).create({ kind, n: 1, bark: 'wow' });
          await dog.note();
          await dog.loud();
          await of(Dog).db(b).louder();
          assert.equal(await dog.logs, 5);
          assert.equal((await of(Dog).db(b).find().barking()).length, 1);
          assert.equal(await of(Dog).countDocuments(), 0);
          const plain = new (of(Animal))({ kind, n: 2 });
          assert.equal(plain.constructor, of(Dog).db(a));
          await plain.save();
        });
        const texts = async (tenant: string): Promise<string[]> =>
          (await on.stored(tenant, 'logs')).map(({ text }) => text as string).sort();
        assert.deepEqual(await texts(b), ['base', 'child', 'find', 'loud', 'louder', 'note']);
        assert.deepEqual(await texts(a), ['base', 'child']);
        assert.deepEqual(await texts(on.database), []);
      });
    }

    it('is wrapped with a model that extends it', async () => {
      const Animal = baseOf('Wild');
      const plain: WrappedModel = Animal.discriminator('Wolf', childSchema());
      const Wolf = on.pool.wrapModel(plain);
      await Wolf.db(a).create({ n: 1 });
      await on.pool.withTenant(a, async () => {
        const wolf = await Animal.findOne();
        assert.equal(wolf.n, 1);
        assert.equal(wolf.constructor, Wolf.db(a));
      });
      assert.equal(await Animal.findOne(), null);
    });
  });
}

describe('A model that is extended where a tenant is required', () => {
  it('is so outside of a context, too', async t => {
    const on = await Tenancy.open('mongoose', { requireTenant: true });
    t.after(() => on.close());
    const { Schema } = on.mongoose;
    const Animal = on.model('Animal', new Schema({ n: Number }, { discriminatorKey: 'kind' }));
    const Dog: WrappedModel = Animal.discriminator('Dog', new Schema({ bark: String }));
    assert.throws(() => Dog.find(), { code: 'POLYPOOL_TENANT_REQUIRED' });
    const a = on.tenant('a');
    await Dog.db(a).create({ bark: 'wow' });
    const [found] = await on.pool.withTenant(a, () => Animal.find());
    assert.equal(found.constructor, Dog.db(a));
    const collections = await on.pool.db(on.database).listCollections().toArray();
    const own = await Promise.all(
      collections.map(({ name }) => on.pool.db(on.database).collection(name).countDocuments())
    );
    assert.ok(own.every(count => count === 0));
  });
});
