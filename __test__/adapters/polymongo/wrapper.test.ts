/** A wrapper of `polypool/polymongo`: what it adds to the package, and how it connects when that is not easy. */
import assert from 'node:assert/strict';
import { createServer, type AddressInfo } from 'node:net';
import { after, afterEach, before, describe, it } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import PolyMongo from 'polypool/polymongo';
import { internal } from '../../support/internal.ts';
import { Wrappers, type Wrapper } from './wrappers.ts';

const { attempt, pauses } = internal<typeof import('../../../lib/adapters/polymongo/retry.ts')>(
  'adapters/polymongo/retry'
);
const { databaseRules, poolOptions } = internal<
  typeof import('../../../lib/adapters/polymongo/options.ts')
>('adapters/polymongo/options');

describe('A wrapper', () => {
  let on: Wrappers;

  before(async () => {
    on = await Wrappers.open();
  });
  after(() => on.close());
  afterEach(() => on.clear());

  it('leaves the model that it is given alone', async () => {
    const wrapper = on.ours({ defaultDB: on.database('a') });
    const { mongoose } = wrapper.adv;
    const Plain = mongoose.model('User', new mongoose.Schema({ name: String }));
    const before = [Plain.db, Plain.find, Plain.collection];
    const User = wrapper.wrapModel(Plain);
    assert.notEqual(User, Plain);
    assert.deepEqual([Plain.db, Plain.find, Plain.collection], before);
    assert.equal(wrapper.wrapModel(Plain), User);
    assert.equal(wrapper.wrapModel(User), User);
  });

  for (const version of ['mongoose', 'mongoose8']) {
    it(`has the models that extend one, of before and of after, with ${version}`, async () => {
      const [home, other] = [on.database('a'), on.database('b')];
      const wrapper = on.ours({ defaultDB: home }, version);
      const { mongoose } = wrapper.adv;
      const { Schema } = mongoose;
      const saved: string[] = [];
      const base = new Schema({ n: Number }, { discriminatorKey: 'kind' });
      base.pre('save', function (this: any) {
        saved.push(`base ${this.db.name}`);
      });
      const dog = new Schema({ bark: String });
      dog.pre('save', function (this: any) {
        saved.push(`dog ${this.db.name}`);
      });
      const Plain = mongoose.model('Animal', base);
      const PlainDog = Plain.discriminator('Dog', dog, 'D');
      const Dog = wrapper.wrapModel(PlainDog);
      const Animal = wrapper.wrapModel(Plain);
      assert.equal(Animal.discriminators.Dog, Dog);
      assert.notEqual(Dog, PlainDog);
      const PlainCat = Plain.discriminator('Cat', new Schema({ purr: Number }));
      assert.equal(wrapper.wrapModel(PlainCat), Animal.discriminators.Cat);
      const Bird = Animal.discriminator('Bird', new Schema({ song: String }));
      assert.equal(wrapper.wrapModel(Bird), Bird);
      assert.equal(wrapper.wrapModel(Bird.db(other)), Bird);

      for (const name of [home, other]) {
        await Animal.db(name).create({ kind: 'D', bark: name });
        await Bird.db(name).create({ song: name });
      }
      assert.deepEqual(saved, [
        `base ${home}`,
        `dog ${home}`,
        `base ${home}`,
        `base ${other}`,
        `dog ${other}`,
        `base ${other}`
      ]);
      for (const name of [home, other]) {
        const [first, second] = await Animal.db(name).find().sort('_id');
        assert.deepEqual([first.bark, second.song], [name, name]);
        assert.ok(first instanceof Dog && second instanceof Bird);
        assert.ok(first instanceof Dog.db(name) && first.db.name === name);
        assert.equal(await Dog.db(name).countDocuments(), 1);
      }
      assert.equal(new PlainDog().db, Plain.db);
    });
  }

  it('is beside others, for the same model', async () => {
    const [first, second] = [on.database('first'), on.database('second')];
    const one = on.ours({ defaultDB: first });
    const { mongoose } = one.adv;
    const other = on.ours({ defaultDB: second, mongoose });
    const Plain = mongoose.model('User', new mongoose.Schema({ name: String }));
    await one.wrapModel(Plain).create({ name: 'a' });
    assert.equal(await other.wrapModel(Plain).countDocuments(), 0);
    assert.equal(await other.wrapModel(Plain).db(first).countDocuments(), 1);
    assert.equal((await other.wrapModel(Plain).create({ name: 'b' })).db.name, second);
    assert.equal(await one.wrapModel(Plain).countDocuments(), 1);
  });

  it('follows what Mongoose closes, and opens again with the next operation', async () => {
    const wrapper = on.ours({ defaultDB: on.database('a') });
    const { mongoose } = wrapper.adv;
    const User = wrapper.wrapModel(mongoose.model('User', new mongoose.Schema({ name: String })));
    await User.create({ name: 'a' });
    await mongoose.disconnect();
    assert.equal(wrapper.getConnectionState(), 'not initialized');
    assert.equal(await User.countDocuments(), 1);
    assert.equal(wrapper.adv.getPrimaryConnection().readyState, 1);
  });

  it('shows what is underneath by other names', async () => {
    const wrapper = on.ours({ defaultDB: on.database('a') });
    assert.equal(wrapper.getMongoose(), wrapper.adv.mongoose);
    assert.equal(await wrapper.isHealthy(), true);
    assert.deepEqual(wrapper.getConnectionStats(), wrapper.stats.general());
    assert.equal(wrapper.getMetrics().state, wrapper.getNativeClient().state);
  });

  it('warns once where .db() has no effect', async t => {
    const warnings: Array<NodeJS.ErrnoException> = [];
    const hear = (warning: Error): void => {
      if ((warning as NodeJS.ErrnoException).code === 'POLYPOOL_DATABASE_IGNORED') {
        warnings.push(warning);
      }
    };
    process.on('warning', hear);
    t.after(() => process.off('warning', hear));
    const lines: string[] = [];
    const debug = { log: true, logHandler: (line: string) => void lines.push(line) };
    const [named, other] = [on.database('named'), on.database('other')];
    const mongoURI = on.uriOf(named);
    const told = (): string[] => lines.filter(line => line.includes('[WARN] PolyMongo: .db()'));
    const use = (options: object): void => {
      const wrapper = on.ours({ mongoURI, debug, ...options });
      const { mongoose } = wrapper.adv;
      const User = wrapper.wrapModel(mongoose.model('User', new mongoose.Schema({ name: String })));
      for (const name of [undefined, named, other, other, 'third']) User.db(name);
    };
    use({ preferURI: false });
    await new Promise(setImmediate);
    assert.deepEqual([warnings.length, told().length], [0, 0]);
    use({});
    await new Promise(setImmediate);
    assert.deepEqual([warnings.length, told().length], [1, 1]);
    assert.match(warnings[0]!.message, /preferURI: false/);
    assert.ok(told()[0]!.includes(other));
  });

  it('tries again after pauses, until a server is there, and tells of failures', async () => {
    const server = createServer(socket => socket.destroy());
    await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;
    server.close();
    const wrapper: Wrapper = on.ours({
      mongoURI: `mongodb://127.0.0.1:${port}/?serverSelectionTimeoutMS=100`,
      retry: { attempts: 2, stepMS: 1 }
    });
    const failures: string[] = [];
    wrapper.on('error', ({ error, dbName }: any) => failures.push(`${dbName} ${error.name}`));
    await assert.rejects(wrapper.connect(), { name: 'MongoServerSelectionError' });
    assert.deepEqual(failures, Array(3).fill('default MongoServerSelectionError'));
    assert.equal(await wrapper.isHealthy(), false);
  });

  it('ends its attempts when it is closed', async () => {
    const wrapper: Wrapper = on.ours({
      mongoURI: 'mongodb://127.0.0.1:1/?serverSelectionTimeoutMS=50',
      retry: 60_000
    });
    const connecting = assert.rejects(wrapper.connect(), /The wrapper was closed/);
    await delay(1);
    await wrapper.disconnect();
    await connecting;
  });

  it('is one for the process, by getInstance()', async () => {
    assert.throws(() => PolyMongo.getInstance(), /first getInstance\(\) needs options/);
    const options = { mongoURI: on.uri, preset: 'development' } as const;
    const wrapper = PolyMongo.getInstance(options);
    assert.equal(PolyMongo.getInstance(), wrapper);
    assert.equal(PolyMongo.getInstance({ ...options }), wrapper);
    assert.throws(() => PolyMongo.getInstance({ mongoURI: on.uri }), /other options/);
    assert.equal(wrapper.getNativeClient().options.maxPoolSize, 5);
    await wrapper.disconnect();
  });
});

describe('The options of a wrapper', () => {
  const mongoURI = 'mongodb://a,b:27018/?replicaSet=rs';

  it('say where models are that name no database', () => {
    const cases: Array<[object, [home: string, only: boolean]]> = [
      [{ mongoURI }, ['default', false]],
      [{ mongoURI, defaultDB: 'x' }, ['x', false]],
      [{ mongoURI: 'mongodb://a/shop' }, ['shop', true]],
      [{ mongoURI: 'mongodb+srv://u:p@a.b/sh%6fp?w=1', defaultDB: 'x' }, ['shop', true]],
      [{ mongoURI: 'mongodb://a/shop', preferURI: false }, ['shop', false]],
      [{ mongoURI: 'mongodb://a/shop', preferURI: false, defaultDB: 'x' }, ['x', false]],
      [{ mongoURI: 'mongodb://a?w=1' }, ['default', false]]
    ];
    for (const [options, [home, only]] of cases) {
      assert.deepEqual(databaseRules(options as never), { home, only }, JSON.stringify(options));
    }
  });

  it('come before those of a preset, and these before what is usual', () => {
    const sizes = (options: object): unknown[] => {
      const { maxPoolSize, minPoolSize, maxIdleTimeMS, serverSelectionTimeoutMS } = poolOptions({
        mongoURI,
        ...options
      });
      return [maxPoolSize, minPoolSize, maxIdleTimeMS, serverSelectionTimeoutMS];
    };
    assert.deepEqual(sizes({}), [10, 0, undefined, 10_000]);
    assert.deepEqual(sizes({ preset: 'production' }), [50, 5, 60_000, 10_000]);
    assert.deepEqual(sizes({ preset: 'development' }), [5, 0, undefined, 3_000]);
    assert.deepEqual(sizes({ preset: 'serverless' }), [2, 0, 10_000, 5_000]);
    assert.deepEqual(
      sizes({ preset: 'production', maxPoolSize: 9, minFreeConnections: 1, idleTimeoutMS: 3 }),
      [9, 1, 3, 10_000]
    );
    assert.deepEqual(sizes({ mongoURI: 'mongodb://a/?maxPoolSize=3&serverSelectionTimeoutMS=4' }), [
      undefined,
      0,
      undefined,
      undefined
    ]);
  });

  it('may not name a preset that there is none of', () => {
    const make = (): unknown => PolyMongo.createWrapper({ mongoURI, preset: 'x' } as never);
    assert.throws(make, /Failed to initialize PolyMongoWrapper: preset must be one of production/);
  });
});

describe('Attempts to connect', () => {
  const { signal } = new AbortController();
  const passing = Object.assign(new Error('nobody'), { name: 'MongoServerSelectionError' });

  it('are five after the first, each five seconds later than the one before', () => {
    assert.deepEqual([...pauses({})], [5_000, 10_000, 15_000, 20_000, 25_000]);
    assert.deepEqual([...pauses({ attempts: 2, stepMS: 1 })], [1, 2]);
    assert.deepEqual([...pauses(undefined)], []);
    const endless = pauses(7);
    assert.deepEqual([endless.next().value, endless.next().value], [7, 7]);
  });

  it('end with the first that succeeds', async () => {
    const told: Array<number | undefined> = [];
    let left = 3;
    const connect = async (): Promise<void> => {
      left -= 1;
      if (left > 0) throw passing;
    };
    await attempt(connect, 0, signal, (_, pauseMS) => told.push(pauseMS));
    assert.deepEqual(told, [0, 0]);
  });

  it('are not repeated for a failure that would stay', async () => {
    let attempts = 0;
    const refused = Object.assign(new Error('Authentication failed'), { name: 'MongoServerError' });
    const connect = async (): Promise<void> => {
      attempts += 1;
      throw refused;
    };
    await assert.rejects(
      attempt(connect, 0, signal, () => undefined),
      refused
    );
    assert.equal(attempts, 1);
  });
});
