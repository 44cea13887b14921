/** `Model.db(name)`: the same model in a tenant's database, whatever is done with it. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { after, before, describe, it } from 'node:test';
import { PACKAGES, Tenancy, until, type WrappedModel } from './tenancy.ts';

for (const name of PACKAGES) {
  describe(`Views of models, with ${name}`, () => {
    let on: Tenancy;
    let a: string;
    let b: string;
    let User: WrappedModel;
    let Post: WrappedModel;
    let Log: WrappedModel;
    let Animal: WrappedModel;
    let Dog: WrappedModel;

    before(async () => {
      on = await Tenancy.open(name);
      [a, b] = [on.tenant('a'), on.tenant('b')];
      const { Schema } = on.mongoose;
      const { ObjectId } = Schema.Types;
      Log = on.model('Log', new Schema({ text: String }));
      const user = new Schema(
        {
          name: { type: String, unique: true, required: true },
          country: { type: ObjectId, ref: 'Country', refDb: `${on.database}_shared` } as any,
          tags: [String]
        },
        { timestamps: true, toJSON: { virtuals: true } }
      );
      user.virtual('posts', { ref: 'Post', localField: '_id', foreignField: 'author' });
      user.virtual('upper').get(function (this: any) {
        return this.name.toUpperCase();
      });
      user.statics['byName'] = function (this: any, wanted: string) {
        return this.findOne({ name: wanted });
      };
      user.methods['colleagues'] = function (this: any) {
        return this.model('User').find({ _id: { $ne: this._id } });
      };
      user.pre('save', async function (this: any) {
        await Log.create({ text: `saving ${this.name}` });
      });
      User = on.model('User', user);
      Post = on.model(
        'Post',
        new Schema({
          title: String,
          author: { type: ObjectId, ref: 'User' },
          reader: { type: ObjectId, ref: User },
          about: { type: ObjectId, refPath: 'kind' },
          kind: String
        })
      );
      Animal = on.model('Animal', new Schema({ n: Number }, { discriminatorKey: 'kind' }));
      Dog = Animal.discriminator('Dog', new Schema({ bark: String }));
      const Country = on.model('Country', new Schema({ code: String }));
      await Country.db(on.tenant('shared')).create({ code: 'PT' });
    });
    after(() => on.close());

    it('are the model, in that database', async () => {
      const view: any = User.db(a);
      assert.equal(User.db(a), view);
      assert.notEqual(User.db(b), view);
      assert.equal(view.db(b), User.db(b));
      assert.equal(view.schema, User.schema);
      assert.equal(view.modelName, 'User');
      assert.equal(view.collection.name, 'users');
      assert.equal(view.db.name, a);
      assert.equal(view.db.model('User'), view);
      assert.equal(view.db.models.User, view);
      assert.equal(view.db.getClient(), on.pool);
      assert.equal(view.db.readyState, 1);
      assert.equal(on.pool.wrapModel(view), view);
      assert.equal(on.pool.wrapModel(User), User);
      assert.equal(User.db(a), view);
      assert.equal(view.namespace?.() ?? `${a}.users`, `${a}.users`);
    });

    it('leave the model and its connection what they were', () => {
      const { connection } = on.mongoose;
      assert.equal(User, on.mongoose.model('User'));
      assert.equal(User.db.name, on.database);
      assert.ok((User.db as object) instanceof on.mongoose.Connection);
      assert.equal((User as any).collection.conn, connection);
      assert.equal(new User().db, connection);
      assert.equal(new User().constructor, User);
      assert.deepEqual(Object.keys(connection.models).sort(), [
        'Animal',
        'Country',
        'Dog',
        'Log',
        'Post',
        'User'
      ]);
    });

    it('stay where they are: a wrapped model has no other connection', async () => {
      const other = on.mongoose.createConnection();
      for (const model of [User, User.db(a)]) {
        assert.throws(() => model.useConnection(other), /User is wrapped: call useConnection\(\)/);
      }
      assert.equal(new User().db, on.mongoose.connection);
      assert.equal(new (User.db(a))().db.name, a);
      const Moved = on.mongoose.model('Moved', new on.mongoose.Schema({ n: Number }));
      const elsewhere = on.mongoose.connection.useDb(on.tenant('elsewhere'));
      const wrapped = on.pool.wrapModel(Moved.useConnection(elsewhere)) as WrappedModel;
      await wrapped.create({ n: 1 });
      await wrapped.db(a).create({ n: 2 });
      assert.equal((await on.stored(on.tenant('elsewhere'), 'moveds'))[0].n, 1);
      assert.equal((await on.stored(a, 'moveds'))[0].n, 2);
      await other.destroy();
    });

    it('store and find in their database alone', async () => {
      const [A, B] = [User.db(a), User.db(b)];
      const ann = await A.create({ name: 'Ann', tags: ['x'] });
      assert.equal(ann.constructor, A);
      assert.ok(ann instanceof User && ann instanceof A && !(ann instanceof B));
      assert.deepEqual([ann.db.name, ann.collection.conn.name], [a, a]);
      const bob = new B({ name: 'Bob' });
      await bob.save();
      ann.tags.push('y');
      await ann.save();
      assert.equal(await User.countDocuments(), 0);
      assert.equal((await on.stored(a, 'users'))[0].tags.length, 2);
      assert.deepEqual(await B.distinct('name'), ['Bob']);
      assert.equal(await A.findById(bob._id), null);
      assert.equal(await A.exists({ name: 'Bob' }), null);
      assert.equal((await A.findOneAndUpdate({ name: 'Ann' }, { tags: [] })).constructor, A);
      assert.equal((await B.updateMany({}, { tags: ['b'] })).matchedCount, 1);
      assert.deepEqual([...(await A.findOne()).tags], []);
      assert.equal((await A.findOne().lean()).name, 'Ann');
      assert.equal((await A.byName('Ann')).upper, 'ANN');
      assert.equal((await ann.colleagues()).length, 0);
      assert.deepEqual(
        (await on.stored(b, 'logs')).map(({ text }) => text),
        ['saving Bob']
      );
      await bob.deleteOne();
      assert.equal(await B.countDocuments(), 0);
      await A.deleteMany();
    });

    it('are unique in their database', async () => {
      await Promise.all([User.db(a).init(), User.db(b).init()]);
      await User.db(a).create({ name: 'one' });
      await User.db(b).create({ name: 'one' });
      await assert.rejects(User.db(a).create({ name: 'one' }), { code: 11000 });
      await Promise.all([User.db(a).deleteMany(), User.db(b).deleteMany()]);
    });

    it('populate from their database, however they refer', async () => {
      const [A, B] = [User.db(a), User.db(b)];
      const ann = await A.create({ name: 'Ann' });
      await B.create({ _id: ann._id, name: 'Other' });
      const refers = { author: ann, reader: ann, about: ann, kind: 'User' };
      const post = await Post.db(a).create({ title: 'x', ...refers });
      await Post.db(b).create({ title: 'y', ...refers });
      const found = await Post.db(b).findOne().populate('author reader about');
      for (const path of ['author', 'reader', 'about']) {
        assert.equal(found.get(path).name, 'Other', path);
        assert.equal(found.get(path).constructor, B, path);
      }
      const read = await Post.db(a).findById(post._id);
      await read.populate({ path: 'author', populate: 'posts' });
      assert.equal(read.author.name, 'Ann');
      assert.deepEqual(
        read.author.posts.map((one: any) => one.title),
        ['x']
      );
      const lean = await B.find()
        .populate({ path: 'posts', match: { title: 'y' } })
        .lean();
      assert.equal(lean[0].posts.length, 1);
      for await (const one of Post.db(a).find().populate('reader').cursor()) {
        assert.equal(one.reader.name, 'Ann');
      }
      await Promise.all([A, B, Post.db(a), Post.db(b)].map((view: any) => view.deleteMany()));
    });

    it('populate from another database where a path says so', async () => {
      const Country: WrappedModel = on.mongoose.model('Country');
      const shared = Country.db(on.tenant('shared'));
      const portugal = await shared.findOne();
      const A = User.db(a);
      await A.create({ name: 'Ann', country: portugal._id });
      for (const found of [
        await A.findOne().populate('country'),
        await A.findOne().populate('posts country'),
        await A.findOne().populate({ path: 'country', select: 'code' }),
        await (await A.findOne()).populate(['country'])
      ]) {
        assert.equal(found.country?.code, 'PT');
        assert.equal(found.country.constructor, shared);
      }
      await A.deleteMany();
    });

    it('have their own discriminators', async () => {
      const made = await Animal.db(a).create([{ kind: 'Dog', n: 1, bark: 'wow' }, { n: 2 }]);
      assert.deepEqual(
        made.map((one: any) => one.constructor.modelName),
        ['Dog', 'Animal']
      );
      const dog = await Animal.db(a).findOne({ n: 1 });
      assert.equal(dog.constructor, Dog.db(a));
      assert.ok(dog instanceof Dog && dog instanceof Animal);
      dog.bark = 'woof';
      await dog.save();
      assert.equal(await Dog.db(a).countDocuments({ bark: 'woof' }), 1);
      const late = new on.mongoose.Schema({ purr: Number });
      const Cat: WrappedModel = Animal.discriminator('Cat', late);
      await Cat.db(b).create({ purr: 3 });
      assert.equal((await Animal.db(b).findOne()).purr, 3);
      assert.equal((await Animal.db(b).findOne()).constructor, Cat.db(b));
      assert.equal(new (Animal.db(b))({ kind: 'Cat' }).constructor, Cat.db(b));
      assert.equal(await Animal.countDocuments(), 0);
    });

    it('write in bulk', async () => {
      const A = Animal.db(b);
      await A.deleteMany();
      const inserted = await A.insertMany([{ n: 1 }, { kind: 'Dog', n: 2 }]);
      assert.equal(inserted[1]!.constructor, Dog.db(b));
      inserted[0]!.n = 10;
      await A.bulkSave([...inserted, new A({ n: 3 })]);
      const operations = [{ updateOne: { filter: { n: 3 }, update: { n: 30 } } }];
      assert.equal((await A.bulkWrite(operations)).matchedCount, 1);
      assert.deepEqual((await A.distinct('n')).sort(), [10, 2, 30]);
      assert.equal(await Animal.countDocuments(), 0);
      // A document of another database is a template here.
      const [copy] = await Animal.db(a).insertMany([new A({ n: 99 })]);
      assert.equal(copy!.db.name, a);
      assert.equal(await A.countDocuments({ n: 99 }), 0);
    });

    it('aggregate, also over collections of their database', async () => {
      const ann = await User.db(a).create({ name: 'Ann' });
      await Post.db(a).create({ title: 'x', author: ann });
      const joined = await User.db(a)
        .aggregate()
        .lookup({ from: 'posts', localField: '_id', foreignField: 'author', as: 'posts' });
      assert.equal(joined[0].posts.length, 1);
      assert.equal((await User.db(b).aggregate([{ $match: {} }])).length, 0);
      assert.equal((await User.db(a).find().toJSONBytes()).length > 2, true);
      assert.equal(
        String(
          await User.db(b)
            .aggregate([{ $match: {} }])
            .toJSONBytes()
        ),
        '[]'
      );
      await Promise.all([User.db(a).deleteMany(), Post.db(a).deleteMany()]);
    });

    it('take part in one transaction', async () => {
      await assert.rejects(
        on.mongoose.connection.transaction(async (session: any) => {
          await Log.db(a).create([{ text: 'in a' }], { session });
          await Log.db(b).create([{ text: 'in b' }], { session });
          assert.equal(await Log.db(a).countDocuments({ text: 'in a' }).session(session), 1);
          throw new Error('undone');
        }),
        /undone/
      );
      await User.db(a).db.transaction(async (session: any) => {
        await Log.db(b).create([{ text: 'kept' }], { session });
      });
      assert.equal(await Log.db(a).countDocuments({ text: 'in a' }), 0);
      assert.equal(await Log.db(b).countDocuments({ text: 'kept' }), 1);
    });

    it('watch their database', async () => {
      const stream = Log.db(a).watch();
      const [changed, begun] = [once(stream, 'change'), once(stream, 'resumeTokenChanged')];
      await begun;
      await Log.db(b).create({ text: 'elsewhere' });
      await Log.db(a).create({ text: 'here' });
      const [change] = (await changed) as [any];
      assert.equal(change.fullDocument.text, 'here');
      assert.equal(change.ns.db, a);
      await stream.close();
    });

    it('have connections that lead to their database', async () => {
      const { db } = User.db(a);
      await db.createCollection('plain');
      const names = (await db.listCollections()).map((one: any) => one.name);
      assert.ok(names.includes('plain'));
      await db.collection('plain').insertOne({ n: 1 });
      assert.equal((await on.stored(a, 'plain')).length, 1);
      await db.dropCollection('plain');
      assert.equal(db.useDb(b).name, b);
      const heard: unknown[] = [];
      db.on('mine', (value: unknown) => heard.push(value));
      on.mongoose.connection.emit('mine', 1);
      assert.deepEqual(heard, [1]);
      const Late = db.model('Late', new on.mongoose.Schema({ n: Number }));
      await Late.create({ n: 1 });
      assert.equal((await on.stored(a, 'lates')).length, 1);
      assert.equal(await on.mongoose.model('Late').countDocuments(), 0);
      on.mongoose.deleteModel('Late');
    });

    it('refuse what is no name of a database', () => {
      for (const wrong of ['', 'a b', 'a.b', 'a/b', 'a$', 'x'.repeat(64), 'admin', 'LOCAL', 5]) {
        assert.throws(() => User.db(wrong), { name: 'MongoInvalidArgumentError' });
      }
    });

    it('have their indexes made once, when they are first used, in the background', async () => {
      const c = on.tenant('c');
      const schema = new on.mongoose.Schema({ n: { type: Number, index: true } });
      const Indexed = on.model(`Indexed`, schema);
      const heard = once(Indexed, 'index');
      const told = once(on.pool, 'tenantIndexes');
      const view = Indexed.db(c);
      await view.init();
      await heard;
      const [{ durationMS, ...event }] = await told;
      assert.deepEqual(event, { tenant: c, model: 'Indexed', collection: 'indexeds' });
      assert.ok(durationMS > 0);
      const indexes = await on.pool.db(c).collection('indexeds').indexInformation();
      assert.deepEqual(Object.keys(indexes), ['_id_', 'n_1']);
      assert.equal((await view.diffIndexes()).toDrop.length, 0);
    });

    it('say why their indexes could not be made, and try again with the next view', async () => {
      const c = on.tenant('c');
      await on.pool
        .db(c)
        .collection('clashes')
        .insertMany([{ n: 1 }, { n: 1 }]);
      const schema = new on.mongoose.Schema({ n: { type: Number, unique: true } });
      const Clash = on.model('Clash', schema);
      const told = once(on.pool, 'tenantIndexes');
      await assert.rejects(Clash.db(c).init(), { code: 11000 });
      const [{ tenant, error }] = await told;
      assert.deepEqual([tenant, error.code], [c, 11000]);
      assert.equal(await Clash.db(c).countDocuments(), 2);
    });

    it('have their indexes made a few at a time, and each its own', async () => {
      const tenants = Array.from({ length: 30 }, (_, i) => on.tenant(`many${i}`));
      const Many = on.model('Many', new on.mongoose.Schema({ n: { type: Number, index: true } }));
      await Promise.all(tenants.map(tenant => Many.db(tenant).init()));
      for (const tenant of tenants) {
        const indexes = await on.pool.db(tenant).collection('manies').indexInformation();
        assert.deepEqual(Object.keys(indexes), ['_id_', 'n_1'], tenant);
      }
    });

    it('have no indexes made where the policy is against it', async () => {
      const [d, e] = [on.tenant('d'), on.tenant('e')];
      const schema = new on.mongoose.Schema({ n: { type: Number, index: true } });
      const plain = on.mongoose.model('Policy', schema);
      const options = { autoIndex: (tenant: string) => tenant === e };
      const Policy = on.pool.wrapModel(plain, options);
      await Policy.db(d).create({ n: 1 });
      await Policy.db(e).create({ n: 1 });
      await Policy.db(e).init();
      const indexesOf = async (tenant: string): Promise<string[]> =>
        Object.keys(await on.pool.db(tenant).collection('policies').indexInformation());
      await until('the indexes are there', async () => (await indexesOf(e)).length === 2);
      assert.deepEqual(await indexesOf(d), ['_id_']);
      await Policy.db(d).syncIndexes();
      assert.deepEqual(await indexesOf(d), ['_id_', 'n_1']);
    });

    it('are made with the options of the collection', async () => {
      const c = on.tenant('c');
      const options = { capped: { size: 4096, max: 1 } };
      const Capped = on.model('Capped', new on.mongoose.Schema({ n: Number }, options));
      await Capped.db(c).init();
      await Capped.db(c).create({ n: 1 });
      await Capped.db(c).create({ n: 2 });
      assert.equal(await Capped.db(c).countDocuments(), 1);
    });
  });
}

describe('wrapModel', () => {
  it('takes models alone', async () => {
    const on = await Tenancy.open();
    for (const wrong of [{}, () => undefined, on.mongoose.Model]) {
      assert.throws(() => on.pool.wrapModel(wrong), { name: 'TypeError' });
    }
    assert.throws(() => on.pool.wrapModel(undefined as unknown as object), { name: 'TypeError' });
    await on.close();
  });

  it('takes a model again, also by another pool', async () => {
    const on = await Tenancy.open();
    const M = on.model('M', new on.mongoose.Schema({ n: Number }));
    await M.db(on.tenant('a')).create({ n: 1 });
    const { pool } = on;
    await on.mongoose.disconnect();
    await on.mongoose.connect((pool as any).s.url);
    const next: any = on.mongoose.connection.getClient();
    assert.notEqual(next, pool);
    const again = next.wrapModel(M);
    assert.equal(again, M);
    assert.equal(await again.db(on.tenant('a')).countDocuments(), 1);
    await pool.connect();
    await on.close();
    await pool.close();
  });
});

describe('Tenants that nobody refers to', () => {
  const { gc } = globalThis as { gc?: () => void };
  const skip =
    gc === undefined && 'without --expose-gc garbage is collected at no time in particular';

  it('are forgotten but for the latest, and their views work again', { skip }, async () => {
    const on = await Tenancy.open();
    const M = on.model('M', new on.mongoose.Schema({ n: Number }));
    const kept = M.db(on.tenant('kept'));
    const held = new (M.db(`${on.database}_held`))({ n: 1 });
    for (let i = 0; i < 500; i++) await M.db(`${on.database}_${i}`).findOne();
    await until('most are gone', async () => {
      gc!();
      return on.pool.tenants().length < 100;
    });
    const names = on.pool.tenants().map(({ name }) => name);
    assert.ok(names.includes(`${on.database}_499`));
    assert.ok(names.includes(kept.db.name) && names.includes(held.db.name));
    assert.equal(M.db(kept.db.name), kept);
    assert.equal(await M.db(`${on.database}_0`).findOne(), null);
    await on.close();
  });
});
