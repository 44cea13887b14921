// Owns collections and indexes: made, synchronised, listed, of every kind.

import type { Scenarios } from '../both.ts';

export const COLLECTIONS: Scenarios = {
  'indexes are made, compared, synchronised and listed': async on => {
    const connection = await on.connect();
    const { Schema } = on.mongoose;
    const schema = new Schema({
      a: { type: Number, index: true },
      b: { type: String, unique: true, sparse: true },
      c: Number
    });
    schema.index({ a: 1, c: -1 }, { name: 'both', partialFilterExpression: { a: { $gt: 1 } } });
    schema.index({ b: 'text' });
    const M = on.mongoose.model(on.name, schema, on.name);
    const heard: unknown[] = [];
    M.on('index', error => heard.push(error));
    await M.init();
    await (M.collection as any).createIndex({ c: 1 }, { name: 'stray' });
    return on.all(
      () => M.listIndexes(),
      () => M.diffIndexes(),
      () => M.syncIndexes(),
      () => M.diffIndexes(),
      () => M.createIndexes(),
      () => M.ensureIndexes(),
      () => M.cleanIndexes(),
      () => connection.syncIndexes(),
      () => (M.collection as any).getIndexes(),
      () => M.collection.indexInformation(),
      () => M.collection.dropIndex('both'),
      () => M.collection.dropIndex('both'),
      () => (M.collection as any).createIndex({ a: 1 }, { name: 'other' }),
      () => M.syncIndexes({ background: false, hideIndexes: true }),
      () => heard
    );
  },

  'indexes that can not be made are told': async on => {
    await on.connect();
    const M = on.model({ n: Number }, { autoIndex: false });
    await M.create([{ n: 1 }, { n: 1 }]);
    M.schema.index({ n: 1 }, { unique: true });
    const heard: unknown[] = [];
    M.on('index', error => heard.push(error));
    return [
      await on.all(
        () => M.createIndexes(),
        () => M.syncIndexes()
      ),
      heard
    ];
  },

  'are created by their options': async on => {
    const connection = await on.connect();
    const when = { t: Date, meta: Object, v: Number };
    const Capped = on.model({ n: Number }, { capped: { size: 4096, max: 2 } }, 'capped');
    const Series = on.model(
      when,
      {
        timeseries: { timeField: 't', metaField: 'meta', granularity: 'hours' },
        expireAfterSeconds: 86400
      },
      'series'
    );
    const Collated = on.model(
      { s: String },
      { collation: { locale: 'en', strength: 2 } },
      'collated'
    );
    const Clustered = on.model(
      { _id: Number },
      { clusteredIndex: { key: { _id: 1 }, unique: true, name: 'c' } },
      'clustered'
    );
    const made = await on.all(
      () => Capped.init(),
      () => Series.init(),
      () => Collated.init(),
      () => Clustered.init()
    );
    await Capped.create({ n: 1 });
    await Capped.create({ n: 2 });
    await Capped.create({ n: 3 });
    await Collated.create([{ s: 'a' }, { s: 'A' }]);
    await Series.create({ t: new Date(0), meta: { a: 1 }, v: 1 });
    const outcomes = await on.all(
      () => Capped.find().distinct('n'),
      () => Capped.collection.isCapped(),
      () => Capped.collection.options(),
      () => Collated.countDocuments({ s: 'A' }),
      () => Series.find({}, { _id: 0, t: 1 }).lean(),
      () => Series.find({}, { _id: 0, meta: 1 }).lean(),
      () => Series.collection.options(),
      () => Clustered.collection.options(),
      async () => (await Capped.createCollection()) === Capped.collection,
      () => connection.createCollection(`${on.name}capped`),
      () => connection.createCollection(`${on.name}plain`, { validator: { n: { $type: 'int' } } }),
      () => connection.collection(`${on.name}plain`).insertOne({ n: 'x' }),
      async () =>
        (await connection.listCollections())
          .map(one => one.name)
          .filter(name => name.startsWith(on.name))
          .sort(),
      async () =>
        (await connection.db!.listCollections({ name: `${on.name}plain` }).toArray()).map(
          ({ info, ...rest }: any) => [rest, Object.keys(info)]
        ),
      () => connection.dropCollection(`${on.name}plain`),
      // Before the driver's version 7, this is refused by the server.
      () => on.major < 9 || connection.collection(`${on.name}plain`).drop(),
      () => on.mongoose.connection.createCollections?.().then(result => Object.keys(result).length)
    );
    return [made.length, outcomes];
  },

  'cursors of capped collections await data': async on => {
    const connection = await on.connect();
    const M = on.model({ n: Number }, { capped: 4096 });
    await M.init();
    await M.create({ n: 1 });
    const cursor = M.find().tailable(true).cursor();
    const first = await cursor.next();
    const second = cursor.next();
    await connection.collection(on.name).insertOne({ n: 2 });
    const found = [first, await second];
    await cursor.close();
    return found;
  },

  'native methods pass through': async on => {
    const connection = await on.connect();
    const native = connection.collection<any>(on.name);
    return on.all(
      () => native.insertMany([{ n: 1 }, { n: 2 }]),
      () => native.find({}).sort({ n: 1 }).project({ _id: 0 }).toArray(),
      () => native.aggregate([{ $count: 'n' }]).toArray(),
      () =>
        native.findOneAndUpdate(
          { n: 1 },
          { $set: { a: 1 } },
          { returnDocument: 'after', projection: { _id: 0 } }
        ),
      () => native.distinct('n'),
      () => native.bulkWrite([{ deleteOne: { filter: { n: 1 } } }]),
      () => native.initializeOrderedBulkOp().insert({ n: 5 }).execute(),
      () => native.countDocuments(),
      () => native.rename(`${on.name}renamed`),
      () => connection.db!.collection(`${on.name}renamed`).countDocuments(),
      () => connection.db!.command({ ping: 1 }).then(({ ok }) => ok),
      () => connection.db!.command({ nothing: 1 }),
      () =>
        connection
          .listDatabases()
          .then(({ databases }) => databases.some(({ name }) => name === on.database)),
      () => native.find({ $bad: 1 }).toArray(),
      () => (native as any).find({}, { sort: 5 })
    );
  }
};
