/** Getters, setters, query helpers and generators of a schema run as the tenant of what they are called on. */
import assert from 'node:assert/strict';
import { after, before, beforeEach, describe, it } from 'node:test';
import { PACKAGES, Tenancy, type WrappedModel } from './tenancy.ts';

for (const name of PACKAGES) {
  describe(`What a tenant's schema has of functions, with ${name}`, () => {
    let on: Tenancy;
    let a: string;
    let b: string;
    let Log: WrappedModel;
    let User: WrappedModel;
    /** The same schema, of a model that nobody wrapped. */
    let Plain: any;
    /** What accessors have begun, which are not asynchronous themselves. */
    let begun: Promise<unknown>[] = [];

    function log(text: string): void {
      begun.push(Log.create({ text }));
    }

    before(async () => {
      on = await Tenancy.open(name);
      [a, b] = [on.tenant('a'), on.tenant('b')];
      const { Schema } = on.mongoose;
      Log = on.model('Log', new Schema({ text: String }));
      const noting = (what: string) => (value: unknown) => {
        log(what);
        return value;
      };
      const address = new Schema<any>({ street: String });
      address.virtual('logged').get(noting('virtual inside'));
      const user = new Schema<any>(
        {
          name: { type: String, get: noting('get name'), set: noting('set name') },
          tags: [{ type: String, get: noting('get tag') }],
          place: { city: String },
          home: address,
          others: [address]
        },
        { toJSON: { transform: (_: unknown, json: unknown) => noting('transform')(json) } }
      );
      user.virtual('logs').get(() => Log.find().distinct('text'));
      user.virtual('full').get(noting('get full')).set(noting('set full'));
      user.virtual('place.nested').get(noting('get nested'));
      (user.query as any)['beside'] = function (this: any, text: string) {
        log(text);
        return this.where({ name: this.model.db.name });
      };
      user.methods['each'] = async function* () {
        for (const text of ['one', 'two']) {
          await Log.create({ text });
          yield await Log.countDocuments();
        }
      };
      user.methods['eachNow'] = function* () {
        log('now');
        yield 1;
      };
      user.statics['all'] = async function* (this: any) {
        for (const { name } of await this.find().lean()) {
          await Log.create({ text: name });
          yield name;
        }
      };
      User = on.model('User', user);
      Plain = on.mongoose.model('Plain', user);
      for (const tenant of [a, b]) {
        const street = { street: 's' };
        const [one] = await User.db(tenant).create([{ home: street, others: [street] }]);
        await User.db(tenant).updateOne({ _id: one._id }, { $set: { name: tenant, tags: ['x'] } });
      }
    });
    beforeEach(async () => {
      await Promise.all(begun);
      begun = [];
      for (const model of [Log, Log.db(a), Log.db(b)]) await model.deleteMany();
    });
    after(() => on.close());

    /** The texts that were written, of nobody's and of each tenant's. */
    async function logged(): Promise<string[][]> {
      await Promise.all(begun);
      const stored = [on.database, a, b].map(tenant => on.stored(tenant, 'logs'));
      const texts = (await Promise.all(stored)).map(found => found.map(({ text }) => text));
      return texts.map(found => found.sort());
    }

    it('virtuals', async () => {
      const user = await User.db(b).findOne();
      await Log.db(b).create({ text: 'there' });
      assert.deepEqual(await user.logs, ['there']);
      assert.deepEqual(await on.pool.withTenant(a, () => user.logs), ['there']);
      on.pool.withTenant(a, () => {
        user.full = 'x';
        assert.equal(user.full, undefined);
        assert.equal(user.get('full'), undefined);
        assert.equal(user.place.nested, undefined);
        user.toObject({ virtuals: ['full'] });
      });
      const full = ['get full', 'get full', 'get full', 'get nested', 'set full'];
      const written = [...full, 'there'];
      assert.deepEqual(await logged(), [[], [], written]);
    });

    it('virtuals that a document is made with', async () => {
      const user = on.pool.withTenant(a, () => new (User.db(b))({ full: 'x' }));
      assert.equal(user.db.name, b);
      assert.deepEqual(await logged(), [[], [], ['set full']]);
    });

    it('virtuals of documents in documents', async () => {
      const user = await User.db(b).findOne();
      on.pool.withTenant(a, () => [user.home.logged, user.others[0].logged]);
      assert.equal(user.home.logged, undefined);
      assert.deepEqual(await logged(), [[], [], Array(3).fill('virtual inside')]);
    });

    it('getters and setters of paths', async () => {
      const user = await User.db(b).findOne();
      assert.deepEqual(await logged(), [[], [], []], 'not when a document is read');
      on.pool.withTenant(a, () => {
        assert.equal(user.name, b);
        user.name = 'other';
        assert.equal(user.tags[0], 'x');
      });
      const [of, others, texts] = await logged();
      assert.deepEqual([of, others], [[], []]);
      const accessors = ['get name', 'set name', 'get tag'];
      assert.ok(accessors.every(text => texts!.includes(text)));
    });

    it('what JSON is transformed by', async () => {
      const user = await User.db(b).findOne();
      on.pool.withTenant(a, () => JSON.stringify(user));
      const [of, others, texts] = await logged();
      assert.deepEqual([of, others, texts!.includes('transform')], [[], [], true]);
    });

    it('query helpers', async () => {
      const [found] = await on.pool.withTenant(a, () => User.db(b).find().beside('helped'));
      assert.equal(found.db.name, b);
      const later = on.pool.withTenant(b, () => ({ query: User.findOne() })).query;
      assert.equal((await later.beside('later')).db.name, b);
      // Filters are cast by setters.
      const written = ['helped', 'later', 'set name', 'set name'];
      assert.deepEqual(await logged(), [[], [], written]);
    });

    it('generators', async () => {
      const user = await User.db(b).findOne();
      const seen: unknown[] = [];
      await on.pool.withTenant(a, async () => {
        for await (const count of user.each()) seen.push(count, await Log.countDocuments());
        for await (const one of User.db(b).all()) seen.push(one, await Log.countDocuments());
        seen.push([...user.eachNow()]);
      });
      assert.deepEqual(seen, [1, 0, 2, 0, b, 0, [1]]);
      assert.deepEqual(await logged(), [[], [], [b, 'now', 'one', 'two'].sort()]);
    });

    it('and run as the code that calls them, for what is nobody’s', async () => {
      const plain = new Plain({ name: 'x', home: {} });
      begun = [];
      await on.pool.withTenant(a, async () => {
        assert.equal(plain.full, undefined);
        assert.equal(plain.home.logged, undefined);
        assert.equal(plain.name, 'x');
        const counts: number[] = [];
        for await (const count of plain.each()) counts.push(count);
        assert.equal(counts.length, 2);
      });
      const user = new User({ home: {} });
      assert.equal(user.full, undefined);
      const [of, others, none] = await logged();
      assert.deepEqual(none, []);
      assert.deepEqual(others, ['virtual inside', 'get full', 'get name', 'one', 'two'].sort());
      assert.ok(of!.includes('get full'));
    });
  });
}
