/** Plugins from npm, unmodified, through views: each does its main job in the tenant's database. */
import assert from 'node:assert/strict';
import Module, { createRequire } from 'node:module';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { PACKAGES, Tenancy, type WrappedModel } from './tenancy.ts';

const require = createRequire(import.meta.url);

/** How Node.js finds what `require()` names. */
const modules = Module as unknown as { _resolveFilename: (...given: any[]) => string };

/** A plugin that has one of the versions of Mongoose for its own. */
function load(name: string, mongoose: string): any {
  for (const file of Object.keys(require.cache)) {
    if (file.includes(join('node_modules', name))) Reflect.deleteProperty(require.cache, file);
  }
  const resolve = modules._resolveFilename;
  modules._resolveFilename = (request, ...rest) =>
    resolve(request === 'mongoose' ? mongoose : request, ...rest);
  try {
    const loaded = require(name);
    return loaded.default ?? loaded;
  } finally {
    modules._resolveFilename = resolve;
  }
}

for (const name of PACKAGES) {
  describe(`Plugins through views, with ${name}`, () => {
    const plugin = (wanted: string): any => load(wanted, name);
    let on: Tenancy;
    let a: string;
    let b: string;

    before(async () => {
      on = await Tenancy.open(name);
      [a, b] = [on.tenant('a'), on.tenant('b')];
    });
    after(() => on.close());

    /** A wrapped model with a plugin. */
    function model(modelName: string, paths: object, plugged: any, options?: object): WrappedModel {
      const schema = new on.mongoose.Schema<any>(paths);
      schema.plugin(plugged, options);
      return on.model(modelName, schema);
    }

    it('mongoose-paginate-v2', async () => {
      const Page = model('Page', { n: Number }, plugin('mongoose-paginate-v2'));
      await Page.db(a).insertMany([1, 2, 3, 4, 5].map(n => ({ n })));
      await Page.db(b).create({ n: 9 });
      const found = await Page.db(a).paginate({ n: { $gt: 1 } }, { page: 2, limit: 3, sort: 'n' });
      assert.deepEqual([found.totalDocs, found.docs.map(({ n }: any) => n)], [4, [5]]);
      const inside = await on.pool.withTenant(b, () => Page.paginate());
      assert.equal(inside.totalDocs, 1);
      assert.equal(inside.docs[0].constructor, Page.db(b));
    });

    it('mongoose-aggregate-paginate-v2', async () => {
      const Part = model('Part', { n: Number }, plugin('mongoose-aggregate-paginate-v2'));
      await Part.db(a).insertMany([{ n: 1 }, { n: 2 }]);
      const pipeline = Part.db(a).aggregate([{ $match: { n: 2 } }]);
      assert.equal((await Part.db(a).aggregatePaginate(pipeline)).totalDocs, 1);
      assert.equal((await Part.db(b).aggregatePaginate(Part.db(b).aggregate([]))).totalDocs, 0);
    });

    it('mongoose-lean-virtuals', async () => {
      const schema = new on.mongoose.Schema<any>({ name: String });
      schema.virtual('upper').get(function (this: any) {
        return this.name.toUpperCase();
      });
      schema.plugin(plugin('mongoose-lean-virtuals'));
      const Named = on.model('Named', schema);
      await Named.db(a).create({ name: 'ann' });
      const [found] = await Named.db(a).find().lean({ virtuals: true });
      assert.equal(found.upper, 'ANN');
    });

    it('mongoose-delete', async () => {
      const options = { overrideMethods: true };
      const Gone = model('Gone', { n: Number }, plugin('mongoose-delete'), options);
      const [first] = await Gone.db(a).create([{ n: 1 }, { n: 2 }]);
      await Gone.db(b).create({ _id: first._id, n: 1 });
      await first.delete();
      await Gone.db(a).delete({ n: 2 });
      assert.equal(await Gone.db(a).countDocuments(), 0);
      assert.equal((await Gone.db(a).findDeleted()).length, 2);
      assert.equal(await Gone.db(b).countDocuments(), 1);
    });

    it('mongoose-autopopulate', async () => {
      const Person = on.model('Person', new on.mongoose.Schema<any>({ name: String }));
      const author = { type: 'ObjectId', ref: 'Person', autopopulate: true };
      const Text = model('Text', { author }, plugin('mongoose-autopopulate'));
      const ann = await Person.db(a).create({ name: 'Ann' });
      await Person.db(b).create({ _id: ann._id, name: 'Bob' });
      for (const tenant of [a, b]) await Text.db(tenant).create({ author: ann._id });
      assert.equal((await Text.db(a).findOne()).author.name, 'Ann');
      assert.equal((await Text.db(b).findOne()).author.name, 'Bob');
      assert.equal((await on.pool.withTenant(b, () => Text.findOne())).author.name, 'Bob');
    });

    it('@casl/mongoose', async () => {
      const { accessibleRecordsPlugin, accessibleBy, accessibleFieldsBy } =
        plugin('@casl/mongoose');
      const { defineAbility } = plugin('@casl/ability');
      const Paper = model('Paper', { owner: String, n: Number }, accessibleRecordsPlugin);
      for (const tenant of [a, b]) {
        await Paper.db(tenant).insertMany([
          { owner: 'ann', n: tenant === a ? 1 : 2 },
          { owner: 'bob', n: 3 }
        ]);
      }
      const ability = defineAbility((can: any, cannot: any) => {
        can('read', 'Paper', ['n'], { owner: 'ann' });
        cannot('update', 'Paper');
      });
      for (const [tenant, n] of [
        [a, 1],
        [b, 2]
      ] as const) {
        const found = await Paper.db(tenant).accessibleBy(ability);
        assert.deepEqual(
          found.map((one: any) => one.n),
          [n]
        );
        assert.ok(ability.can('read', found[0], 'n'));
        assert.ok(!ability.can('read', found[0], 'owner'));
        assert.equal(
          await Paper.db(tenant).find({ n: 3 }).accessibleBy(ability).countDocuments(),
          0
        );
        assert.deepEqual(await Paper.db(tenant).accessibleBy(ability, 'update'), []);
        const filter = accessibleBy(ability).ofType('Paper');
        assert.equal(await Paper.db(tenant).countDocuments(filter), 1);
        const inside = await on.pool.withTenant(tenant, () => Paper.accessibleBy(ability));
        assert.deepEqual(
          inside.map((one: any) => one.n),
          [n]
        );
        assert.deepEqual(accessibleFieldsBy(ability).of(found[0]), ['n']);
      }
      assert.equal((await Paper.accessibleBy(ability)).length, 0);
    });

    it('mongoose-unique-validator', async () => {
      const path = { type: String, unique: true };
      const Login = model('Login', { name: path }, plugin('mongoose-unique-validator'));
      await Login.db(a).create({ name: 'ann' });
      await Login.db(b).create({ name: 'ann' });
      await assert.rejects(Login.db(a).create({ name: 'ann' }), { name: 'ValidationError' });
      assert.equal(await Login.countDocuments(), 0);
    });
  });
}
