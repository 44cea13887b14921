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
const { Listeners } = internal<typeof import('../../../lib/adapters/polymongo/events.ts')>(
  'adapters/polymongo/events'
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

  it('refuses a name that no database has, and goes on', async () => {
    const home = on.database('home');
    const wrapper = on.ours({ defaultDB: home });
    const { mongoose } = wrapper.adv;
    const User = wrapper.wrapModel(mongoose.model('User', new mongoose.Schema({ name: String })));
    const told: string[] = [];
    wrapper.on('connect', ({ dbName }: any) => void told.push(dbName));
    const refused = { name: 'MongoInvalidArgumentError' };
    for (const name of ['a b', 'a.b', '$']) assert.throws(() => User.db(name), refused);
    await wrapper.connect();
    for (const name of ['a b', 'a.b', '$']) assert.throws(() => User.db(name), refused);
    // What a microtask throws ends this test.
    await new Promise(setImmediate);
    assert.deepEqual(wrapper.stats().databases, [home]);
    await wrapper.disconnect();
    await wrapper.connect();
    assert.deepEqual(told, [home, home]);
  });

  it('keeps the names of the databases that were used last, and no others', () => {
    const wrapper = on.ours({ defaultDB: 'home' });
    const { mongoose } = wrapper.adv;
    const User = wrapper.wrapModel(mongoose.model('User', new mongoose.Schema({ name: String })));
    wrapper.adv.getOrCreatePrimaryConnection();
    for (let n = 0; n < 1_100; n++) {
      User.db(`n${n}`);
      User.db('n0');
    }
    const { databases } = wrapper.stats();
    assert.equal(databases.length, 1_001);
    for (const name of ['home', 'n0', 'n1099']) assert.ok(databases.includes(name), name);
    assert.ok(!databases.includes('n1'));
  });

  it('makes no connections of databases to tell nobody of them', () => {
    const listeners = new Listeners();
    const connection = (): never => assert.fail('nobody listens');
    for (const event of ['connect', 'disconnect', 'error'] as const) {
      listeners.tell(event, connection);
    }
    listeners.add('onDbDisconnect', () => undefined)();
    listeners.tell('disconnect', connection);
    const told: string[] = [];
    listeners.add('onDbConnect', ({ dbName }) => void told.push(dbName));
    listeners.tell('connect', () => ({ name: 'a', readyState: 1 }) as never);
    assert.deepEqual(told, ['a']);
  });

  it('shows a connection string without what is secret in it', async () => {
    const other = on.database('other');
    const secret = 'tlsCertificateKeyFilePassword=hidden';
    const mongoURI = `mongodb://127.0.0.1:1/?${secret}`;
    const wrapper = on.ours({ poolOptions: { serverSelectionTimeoutMS: 100 } });
    wrapper.pool.configure([other], { mongoURI });
    await assert.rejects(wrapper.getNativeClient().db(other).command({ ping: 1 }));
    const [{ mongoURI: shown }] = wrapper.stats.general().separateDB;
    assert.match(shown, /^mongodb:\/\/127\.0\.0\.1:1\//);
    assert.doesNotMatch(shown, /hidden/);
  });

  it('knows the databases with a pool of their own, whoever asked for that', async () => {
    const [first, second, third] = ['1', '2', '3'].map(name => on.database(name));
    const wrapper = on.ours({
      poolOptions: { dbSpecific: [{ dbName: first!, options: { maxConnections: 3 } }] }
    });
    const native = wrapper.getNativeClient();
    native.scale.setDB([second], { maxConnections: 4, autoClose: true });
    wrapper.pool.configure([third], { maxConnections: 5, ttl: 1_000 });
    await wrapper.pool.connect([first, second]);
    await wrapper.pool.connect([third], { ttl: undefined, autoClose: true });
    const wrong = wrapper.pool.connect([third], { maxConnections: -1 });
    await assert.rejects(wrong, /maxConnections/);
    const shown = wrapper.stats
      .general()
      .separateDB.map(({ dbName, config }: any) => [dbName, config]);
    assert.deepEqual(Object.fromEntries(shown), {
      [first!]: { maxConnections: 3 },
      [second!]: { maxConnections: 4, autoClose: true },
      [third!]: { maxConnections: 5, ttl: 1_000, autoClose: true }
    });
    assert.deepEqual((await wrapper.stats.db(second)).config, {
      maxConnections: 4,
      autoClose: true
    });
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

  it('set against a preset leave of it what goes with them', () => {
    const least = (options: object, uri = mongoURI): unknown =>
      poolOptions({ mongoURI: uri, preset: 'production', ...options }).minPoolSize;
    assert.equal(least({ maxPoolSize: 3 }), 3);
    assert.equal(least({ maxPoolSize: 50 }), 5);
    assert.equal(least({ poolOptions: { maxPoolSize: 2 } }), 2);
    assert.equal(least({ poolOptions: { maxPoolSize: 2 }, maxPoolSize: 4 }), 4);
    assert.equal(least({}, 'mongodb://a/?w=1&maxPoolSize=3'), 3);
    // As many as are needed.
    assert.equal(least({}, 'mongodb://a/?maxPoolSize=0'), 5);
    assert.equal(least({ poolOptions: { maxPoolSize: 0 } }), 5);
    // Who asks for what can't be is told so.
    assert.equal(least({ poolOptions: { maxPoolSize: 2, minPoolSize: 4 } }), 4);
    assert.equal(least({ minFreeConnections: 9 }, 'mongodb://a/?maxPoolSize=3'), 9);
    for (const uri of [mongoURI, `${mongoURI}&maxPoolSize=3`]) {
      PolyMongo.createWrapper({ mongoURI: uri, preset: 'production', maxPoolSize: 3 });
    }
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

  it('end with the reason of the signal, in a pause too', async () => {
    const closing = new AbortController();
    const connect = async (): Promise<void> => {
      throw passing;
    };
    const reason = new Error('The wrapper was closed');
    const attempting = attempt(connect, 60_000, closing.signal, () => {
      setImmediate(() => closing.abort(reason));
    });
    await assert.rejects(attempting, error => error === reason);
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
