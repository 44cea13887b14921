/**
 * The same calls on the package `polymongo` (1.3.0) and on `polypool/polymongo`: what is documented has the
 * same results. Where the package does not do what it documents, the differences are at the end, each
 * with what both do.
 */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { Readable } from 'node:stream';
import { after, afterEach, before, describe, it } from 'node:test';
import { textOf, until, Wrappers, type WrappedModel, type Wrapper } from './wrappers.ts';

/** One of the two. */
interface Side {
  readonly wrapper: Wrapper;
  readonly home: string;
  /** The name of a database of this side's own. */
  readonly database: (name: string) => string;
  /** Another wrapper of this side. */
  readonly make: (options?: object) => Wrapper;
  /** A wrapped model with a unique index. */
  readonly model: (name?: string) => WrappedModel;
}

describe('polymongo and polypool/polymongo', () => {
  let on: Wrappers;

  const listeners = process.getMaxListeners();

  before(async () => {
    // The package adds listeners for each wrapper, and takes none away.
    process.setMaxListeners(0);
    on = await Wrappers.open();
  });
  after(async () => {
    process.setMaxListeners(listeners);
    await on.close();
  });
  afterEach(() => on.clear());

  function side(name: 'ours' | 'theirs', options: object = {}): Side {
    const make = (more: object = {}): Wrapper =>
      name === 'ours' ? on.ours({ ...more }, 'mongoose8') : on.theirs(more);
    const database = (part: string): string => on.database(`${name}_${part}`);
    const home = database('home');
    const wrapper = make({ defaultDB: home, ...options });
    const model = (called = 'User'): WrappedModel => {
      const { mongoose } = wrapper.adv;
      const schema = new mongoose.Schema({
        name: String,
        email: { type: String, unique: true, sparse: true },
        n: { type: Number, default: 1 }
      });
      // Every test has models of its own.
      return wrapper.wrapModel(mongoose.createConnection().model(called, schema));
    };
    return { wrapper, home, database, make, model };
  }

  /** Results without what is of one side: names of databases, times, ids and sizes. */
  function comparable(result: unknown): unknown {
    const text = JSON.stringify(result, (key, value) => {
      if (/^(_id|timestamp|importedAt|exportedAt|exportDate|latency)$/.test(key)) {
        return typeof value;
      }
      return value === undefined ? 'undefined' : (value as unknown);
    });
    return JSON.parse((text ?? 'null').replaceAll(/test_[0-9a-f]{12}_(ours|theirs)_/g, ''));
  }

  function same(what: string, run: (on: Side) => Promise<unknown>, options?: object): void {
    it(`${what}: the same`, async () => {
      const theirs = comparable(await run(side('theirs', options)));
      const ours = comparable(await run(side('ours', options)));
      assert.deepEqual(ours, theirs);
    });
  }

  /** What an error says. */
  async function messageOf(work: () => unknown): Promise<string> {
    try {
      await work();
    } catch (error) {
      return (error as Error).message;
    }
    return 'none';
  }

  same('reading and writing in several databases', async ({ model, database }) => {
    const User = model();
    const [a, b] = [database('a'), database('b')];
    await User.create({ name: 'home' });
    await User.db(a).create([{ name: 'a1' }, { name: 'a2' }]);
    await User.db(b).insertMany([{ name: 'b' }]);
    await User.db(a).updateOne({ name: 'a1' }, { $inc: { n: 1 } });
    const saved = await User.db(b).findOne({ name: 'b' });
    saved.n = 7;
    await saved.save();
    return [
      await User.find().lean(),
      await User.db().find().lean(),
      await User.db(a).find().sort('name').lean(),
      await User.db(b).findOne(),
      await User.db(a).aggregate([{ $group: { _id: null, sum: { $sum: '$n' } } }]),
      await User.db(a).countDocuments(),
      await User.db(a).deleteMany({ name: /^a/ }),
      saved.db.name,
      User.modelName,
      User.db(a).modelName,
      User.db(a).db.name
    ];
  });

  same('models that are none', async ({ wrapper }) => [
    await messageOf(() => wrapper.wrapModel(undefined)),
    await messageOf(() => wrapper.wrapModel({}))
  ]);

  same('connecting and disconnecting', async ({ wrapper, model }) => {
    const User = model();
    const shown = ({ connection, ...rest }: any): unknown => [rest, connection?.readyState];
    const seen: unknown[] = [wrapper.getConnectionState(), wrapper.isConnected()];
    seen.push(wrapper.adv.getPrimaryConnection() === undefined);
    seen.push(shown(await wrapper.connect()), shown(await wrapper.connect()));
    seen.push(wrapper.getConnectionState(), wrapper.isConnected());
    seen.push(await wrapper.disconnect(), wrapper.getConnectionState());
    seen.push(await wrapper.disconnect(), await User.countDocuments(), wrapper.isConnected());
    await wrapper.actions.closeAll();
    seen.push(wrapper.getConnectionState());
    await wrapper.connect();
    await wrapper.actions.forceCloseAll();
    return [...seen, wrapper.getConnectionState()];
  });

  same('connecting at once', async ({ make, database }) => {
    const wrapper = make({ coldStart: false, defaultDB: database('home') });
    await until('it is connected', () => wrapper.isConnected());
    return (await wrapper.connect()).alreadyConnected;
  });

  same('options that are wrong', async ({ make }) => {
    const wrong: object[] = [
      { mongoURI: undefined },
      { mongoURI: 5 },
      { mongoURI: 'http://x' },
      { maxPoolSize: 0 },
      { maxPoolSize: '5' },
      { minFreeConnections: -1 },
      { minFreeConnections: 5, maxPoolSize: 2 },
      { idleTimeoutMS: -1 },
      { retry: -1 },
      { debug: 1 },
      { debug: { log: 1 } },
      { debug: { logPath: 1 } },
      { debug: { logHandler: 1 } },
      { logPath: 1 }
    ];
    return await Promise.all(wrong.map(options => messageOf(() => make(options))));
  });

  same('events', async ({ wrapper, model, database, home }) => {
    const [connects, disconnects]: [any[], any[]] = [[], []];
    const off = wrapper.on('connect', () => assert.fail('it was taken away'));
    off();
    wrapper.on('connect', (event: any) => connects.push(event));
    wrapper.on('onDbDisconnect', (event: any) => disconnects.push(event));
    const a = database('a');
    await wrapper.connect();
    await model().db(a).countDocuments();
    await until('both are told', () => [home, a].every(name => has(connects, name)));
    const [event] = connects;
    await wrapper.disconnect();
    await until('both are told again', () => [home, a].every(name => has(disconnects, name)));
    return [
      Object.keys(event).sort(),
      event.name,
      event.dbName,
      event.state,
      event.readyState,
      event.connection.name,
      Number.isNaN(Date.parse(event.timestamp)),
      disconnects.map(({ name, state }) => [name, state])[0]
    ];

    function has(events: any[], name: string): boolean {
      return events.some(({ dbName }) => dbName === name);
    }
  });

  same('pings', async ({ wrapper, database }) => [
    await wrapper.ping(),
    await wrapper.ping(database('a'))
  ]);

  same('stats', async ({ wrapper, model, database }) => {
    const a = database('a');
    await model()
      .db(a)
      .insertMany([{ name: 'x' }, { name: 'y' }]);
    await wrapper.connect();
    const { totalActivePools, primary, separateDB, ...rest } = wrapper.stats.general();
    const stats = await wrapper.stats.db(a);
    const databases: any[] = await wrapper.stats.listDatabases();
    const collections = stats.collections.map(({ name, docCount, sizeMb }: any) => [
      name,
      docCount,
      sizeMb > 0
    ]);
    return [
      totalActivePools,
      Object.keys(primary).sort(),
      primary.readyState,
      separateDB,
      Object.keys(rest),
      Object.keys(stats).sort(),
      collections,
      stats.numCollections,
      stats.sizeMb > 0,
      stats.isInitialized,
      stats.config,
      Object.keys(databases[0]).sort(),
      databases.some(({ dbName }) => dbName === a)
    ];
  });

  same('stats before the first use', async ({ wrapper }) => wrapper.stats.general());

  same('an export and an import of it', async ({ wrapper, model, database }) => {
    const [a, b] = [database('a'), database('b')];
    const User = model();
    await User.db(a).init();
    await User.db(a).insertMany([{ name: 'x' }, { name: 'y', email: 'y@y' }]);
    const exported = await wrapper.actions.exportDB(a);
    const { users } = exported.collections;
    return [
      Object.keys(exported).sort(),
      exported.database,
      users.documents.map(({ name, email, n }: any) => [name, email, n]),
      users.documents[0]._id.constructor.name,
      users.indexes,
      await wrapper.bulkTasks.import(b, exported),
      await User.db(b).find().select('name -_id').lean(),
      await messageOf(() => wrapper.actions.importDB(b, {}))
    ];
  });

  same('a stream of lines', async ({ wrapper, model, database }) => {
    const a = database('a');
    const User = model();
    await User.db(a).init();
    await User.db(a).insertMany([{ name: 'x' }, { name: 'y' }]);
    const lines = (await textOf(wrapper.actions.exportDBStream(a))).trimEnd().split('\n');
    return lines
      .map(line => JSON.parse(line))
      .map(({ document, ...record }) => ({ ...record, name: document?.name }));
  });

  const LINES = [
    { type: 'meta', format: 'polymongo.ndjson', version: 1, database: 'x', exportedAt: '' },
    { type: 'collection', collection: 'users' },
    {
      type: 'index',
      collection: 'users',
      index: { name: 'email_1', key: { email: 1 }, unique: true }
    },
    ...['a', 'b', 'c'].map(email => ({
      type: 'document',
      collection: 'users',
      document: { _id: email, email }
    })),
    { type: 'collectionEnd', collection: 'users' }
  ];
  const linesOf = (records: object[]): Readable =>
    Readable.from(records.map(record => `${JSON.stringify(record)}\n`));

  same('an import of lines', async ({ wrapper, database }) => {
    const a = database('a');
    const first = await wrapper.actions.importDBStream(a, linesOf(LINES), { batchSize: 2 });
    const documents = await on.pool.db(a).collection('users').find().toArray();
    return [first, documents.map(({ email }) => email as string)];
  });

  same('an import of lines that are wrong', async ({ wrapper, database }) => {
    const a = database('a');
    const importing = (records: object[], options?: object): Promise<string> =>
      messageOf(() => wrapper.actions.importDBStream(a, linesOf(records), options));
    const [meta, collection] = LINES;
    const stray = { type: 'document', collection: 'other', document: {} };
    const twice = [collection!, LINES[3]!, LINES[3]!];
    const { failures } = await wrapper.actions.importDBStream(database('b'), linesOf(twice));
    return [
      await importing([{ ...meta, version: 2 }]),
      await importing([stray]),
      await importing([collection!, stray]),
      (await importing(twice, { stopOnError: true })).replace(/E11000.*/, ''),
      failures.map(({ collection: name, stage }: any) => [name, stage])
    ];
  });

  same('a copy', async ({ wrapper, model, database }) => {
    const [a, b] = [database('a'), database('b')];
    const User = model();
    await User.db(a).init();
    await User.db(a).insertMany([{ name: 'x' }, { name: 'y' }]);
    const summary = await wrapper.actions.copyDatabase(a, b);
    return [summary, await User.db(b).find().select('name -_id').lean()];
  });

  same('dropping', async ({ wrapper, model, database }) => {
    const a = database('a');
    await model().db(a).create({ name: 'x' });
    await wrapper.actions.dropDatabase(a);
    const { databases } = await on.pool.db('admin').admin().listDatabases();
    return [
      databases.some(({ name }) => name === a),
      await messageOf(() => wrapper.bulkTasks.dropDatabase(''))
    ];
  });

  same('change streams and their end', async ({ wrapper, model, database }) => {
    const [a, b] = [database('a'), database('b')];
    const User = model();
    await User.db(a).create({ name: 'first' });
    const stream = User.db(a).watch();
    const other = User.db(b).watch();
    const changes: any[] = [];
    stream.on('change', (change: any) => changes.push(change));
    other.on('change', () => undefined);
    await until('it is told', async () => {
      await User.db(a).updateOne({ name: 'first' }, { $inc: { n: 1 } });
      return changes.length > 0;
    });
    const closed = once(stream, 'close');
    wrapper.actions.closeDBstream(a);
    await closed;
    const otherClosed = once(other, 'close');
    wrapper.actions.closeAllWatches();
    await otherClosed;
    return [changes[0].operationType, changes[0].ns.coll, stream.closed, other.closed];
  });

  same('databases with a pool of their own', async ({ wrapper, database }) => {
    const [a, b, c] = [database('a'), database('b'), database('c')];
    wrapper.pool.configure([a], { maxConnections: 3, autoClose: true, ttl: 60_000 });
    wrapper.scale.setDB([c], { maxConnections: 4 });
    await wrapper.pool.connect([b], { maxConnections: 2 });
    const shown = (): unknown =>
      wrapper.stats
        .general()
        .separateDB.map(({ dbName, readyState, isInitialized, config }: any) => [
          dbName,
          readyState,
          isInitialized,
          config.maxConnections,
          config.ttl
        ])
        .sort();
    await wrapper.ping(b);
    const before = shown();
    await wrapper.ping(a);
    const { config } = await wrapper.stats.db(a);
    return [before, shown(), config.maxConnections, config.autoClose];
  });

  same('Mongoose underneath', async ({ wrapper, database, home }) => {
    const { adv } = wrapper;
    const primary = adv.getOrCreatePrimaryConnection();
    await wrapper.connect();
    const a = database('a');
    return [
      typeof adv.mongoose.Schema,
      adv.getPrimaryConnection() === primary,
      primary.readyState,
      primary.name === home,
      adv.getConnection(a).name === a,
      adv.getSharedConnection(a).name === a,
      await adv
        .getConnection(a)
        .db.command({ ping: 1 })
        .then(({ ok }: any) => ok),
      adv.getSharedConnection().name === home
    ];
  });

  same('names of methods', async ({ wrapper }) =>
    ['actions', 'bulkTasks', 'pool', 'scale', 'adv', 'stats'].map(name =>
      Object.keys(wrapper[name]).sort()
    )
  );

  describe('where the package does something else than it documents', () => {
    function both(what: string, run: (on: Side) => Promise<unknown>, results: object): void {
      it(what, async () => {
        const theirs = comparable(await run(side('theirs')));
        const ours = comparable(await run(side('ours')));
        assert.deepEqual({ theirs, ours }, results);
      });
    }

    both(
      'the database of the connection string is neither the default nor the only one',
      async ({ make, database, home }) => {
        const wrapper = make({ mongoURI: on.uriOf(database('named')), defaultDB: home });
        const { mongoose } = wrapper.adv;
        const schema = new mongoose.Schema({ name: String });
        const User = wrapper.wrapModel(mongoose.createConnection().model('User', schema));
        const models = [User, User.db(), User.db(database('a'))];
        const made = await Promise.all(models.map(model => model.create({ name: 'x' })));
        const stored = await on.pool.db(database('named')).collection('users').countDocuments();
        return [made.map(({ db }) => db.name), stored];
      },
      { theirs: [['home', 'home', 'a'], 0], ours: [['named', 'named', 'named'], 3] }
    );

    both(
      'ids and dates of a copy are text',
      async ({ wrapper, model, database }) => {
        const [a, b] = [database('a'), database('b')];
        await model().db(a).create({ name: 'x' });
        await on.pool
          .db(a)
          .collection('dates')
          .insertOne({ at: new Date(0) });
        await wrapper.actions.copyDatabase(a, b);
        const user = await on.pool.db(b).collection('users').findOne();
        const date = await on.pool.db(b).collection('dates').findOne();
        return [user!._id.constructor.name, (date!['at'] as object).constructor.name];
      },
      { theirs: ['String', 'String'], ours: ['ObjectId', 'Date'] }
    );

    both(
      'options of collections are lost in a copy, and so are empty ones',
      async ({ wrapper, database }) => {
        const [a, b] = [database('a'), database('b')];
        await on.pool.db(a).createCollection('log', { capped: true, size: 4096 });
        await wrapper.actions.copyDatabase(a, b);
        const found = await on.pool.db(b).listCollections({}, { nameOnly: false }).toArray();
        return found.map(({ options }: any) => options.capped);
      },
      { theirs: [], ours: [true] }
    );

    both(
      'of a batch with one document that is refused, the others are not counted',
      async ({ wrapper, database }) => {
        const lines = [LINES[1]!, LINES[3]!, LINES[3]!, LINES[4]!];
        const summary = await wrapper.actions.importDBStream(database('a'), linesOf(lines));
        return summary.insertedDocuments;
      },
      { theirs: 0, ours: 2 }
    );

    both(
      'the connections of the pool are not known',
      async ({ wrapper }) => {
        await wrapper.ping();
        const { primary, totalConnectionsAcrossPools: total } = wrapper.stats.general();
        return [primary.poolStats?.maxPoolSize ?? null, total > 0];
      },
      { theirs: [null, false], ours: [10, true] }
    );

    both(
      'databases that models use are not in the stats',
      async ({ wrapper, model, database }) => {
        await model().db(database('a')).countDocuments();
        return wrapper.stats.general().primary.sharedDatabases;
      },
      { theirs: [], ours: ['home', 'a'] }
    );

    both(
      'the default database is told of twice',
      async ({ wrapper, model }) => {
        const names: string[] = [];
        wrapper.on('connect', ({ dbName }: any) => names.push(dbName));
        await model().countDocuments();
        await new Promise(setImmediate);
        return names;
      },
      { theirs: ['home', 'home'], ours: ['home'] }
    );

    it('models do not use the pool that their database has for itself', async () => {
      const results = ['theirs', 'ours'].map(async name => {
        const dbName = on.database(`${name}_a`);
        const dbSpecific = [{ dbName, options: { maxConnections: 2 } }];
        const { wrapper, model } = side(name as 'ours' | 'theirs', { dbSpecific });
        await model().db(dbName).countDocuments();
        return wrapper.stats.general().separateDB.length as number;
      });
      assert.deepEqual(await Promise.all(results), [0, 1]);
    });

    both(
      'a wrapped model is no class',
      async ({ model }) => {
        const User = model();
        return [typeof User, await messageOf(() => new User({ name: 'x' }))];
      },
      {
        theirs: ['object', 'User is not a constructor'],
        ours: ['function', 'none']
      }
    );

    both(
      'a document is no instance of its wrapped model',
      async ({ model, database }) => {
        const User = model();
        const made = await User.db(database('a')).create({ name: 'x' });
        return made instanceof User;
      },
      { theirs: false, ours: true }
    );

    both(
      'the model of another database finds no references, unless that one was used before',
      async ({ wrapper, model, database }) => {
        const { mongoose } = wrapper.adv;
        const a = database('a');
        model();
        const schema = new mongoose.Schema({
          author: { type: mongoose.Schema.Types.ObjectId, ref: 'User' }
        });
        const Post = wrapper.wrapModel(mongoose.createConnection().model('Post', schema));
        const author = (await on.pool.db(a).collection('users').insertOne({ name: 'x' }))
          .insertedId;
        await on.pool.db(a).collection('posts').insertOne({ author });
        const message = await messageOf(() => Post.db(a).find().populate('author'));
        return message.slice(0, 22);
      },
      { theirs: "Schema hasn't been reg", ours: 'none' }
    );

    both(
      'a collection that the model was given by name is another one',
      async ({ wrapper }) => {
        const { mongoose } = wrapper.adv;
        const schema = new mongoose.Schema({ name: String });
        const base = mongoose.createConnection().model('Person', schema, 'folk');
        return wrapper.wrapModel(base).collection.name;
      },
      { theirs: 'people', ours: 'folk' }
    );
  });
});
