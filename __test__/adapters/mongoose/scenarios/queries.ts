// Owns queries and aggregations: their options, helpers, explain, cursors.

import type { Context, Scenarios } from '../both.ts';

async function numbers(on: Context, count = 10) {
  await on.connect();
  const M = on.model({ n: Number, tag: String, loc: { type: [Number], index: '2dsphere' } });
  await M.init();
  await M.insertMany(
    Array.from({ length: count }, (_, n) => ({
      n,
      tag: n % 2 ? 'odd' : 'Even',
      loc: [n % 80, n % 80]
    }))
  );
  return M;
}

export const QUERIES: Scenarios = {
  'take every option of find': async on => {
    const M = await numbers(on);
    return on.all(
      () =>
        M.find({ n: { $gt: 2 } })
          .sort({ n: -1 })
          .skip(1)
          .limit(3)
          .select('n -_id')
          .lean(),
      () => M.find().sort('n').limit(2).collation({ locale: 'en', strength: 2 }).lean(),
      () => M.find({ tag: 'even' }).collation({ locale: 'en', strength: 2 }).countDocuments(),
      () =>
        M.find({ tag: 'even' }, null, { collation: { locale: 'en', strength: 1 } }).distinct('n'),
      () => M.find().hint({ _id: 1 }).maxTimeMS(1000).comment('hello').batchSize(2).lean(),
      () => M.find().hint('nowhere'),
      () => M.find().read('secondaryPreferred').readConcern('majority').countDocuments(),
      () => M.find({ n: 1 }).read('primary').lean(),
      () => M.find({ n: 1 }, null, { readPreference: { mode: 'nearest' } as any }).lean(),
      () => M.find().where('n').gte(3).lte(5).sort('n').lean(),
      () =>
        M.find()
          .or([{ n: 1 }, { n: 2 }])
          .sort('n')
          .lean(),
      () =>
        M.find({ n: { $in: ['1', '2'] } })
          .sort('n')
          .lean(),
      () =>
        M.find()
          .near('loc', { center: [3, 3], maxDistance: 1, spherical: true })
          .limit(2)
          .lean(),
      () => M.find().elemMatch('loc', { $gt: 8 }).lean(),
      () => M.find().slice('loc', 1).sort('n').limit(2).lean(),
      () => M.find().allowDiskUse(true).tailable(false).limit(1).lean(),
      () => M.find().transform((docs: any[]) => docs.length),
      () => M.find({}, null, { session: null, lean: true, unknownOption: 1, limit: 1 } as any),
      () => M.exists({ n: 3 }),
      () => M.exists({ n: 33 }),
      () => M.findOne({ n: 4 }).select({ tag: 0 }).lean(),
      () => M.findOne({ n: 4 }).setOptions({ explain: true } as any),
      () => M.estimatedDocumentCount(),
      () =>
        M.countDocuments({ n: { $lt: 5 } })
          .sort('n')
          .skip(1)
          .limit(2),
      () => M.where('n', 3).findOne().lean(),
      () => M.find().cursor({ batchSize: 1 }).next(),
      () => M.find().maxTimeMS(-1)
    );
  },

  'update, replace and delete': async on => {
    const M = await numbers(on);
    return on.all(
      () => M.updateOne({ n: 1 }, { $set: { tag: 'x' } }),
      () => M.updateMany({ n: { $lt: 3 } }, { tag: 'y' }),
      () => M.updateOne({ n: 99 }, { tag: 'z' }, { upsert: true, setDefaultsOnInsert: true }),
      () => M.updateOne({ n: 1 }, [{ $set: { tag: 'pipe' } }], { updatePipeline: true } as any),
      () => M.updateOne({ n: 1 }, {}),
      () =>
        M.updateOne(
          { n: 1 },
          { tag: 'y' },
          { timestamps: false, strict: false, runValidators: true, arrayFilters: [] }
        ),
      () => M.updateOne({ n: 2 }, { $set: { 'loc.$[e]': 7 } }, { arrayFilters: [{ e: 2 }] }),
      () => M.replaceOne({ n: 2 }, { n: 2, tag: 'replaced' }),
      () => M.findOneAndUpdate({ n: 3 }, { $inc: { n: 100 } }, { new: true }).lean(),
      () =>
        M.findOneAndUpdate(
          { n: 4 },
          { tag: 'b' },
          { includeResultMetadata: true, returnDocument: 'after' }
        ).lean(),
      () =>
        M.findOneAndUpdate({ n: 1000 }, { tag: 'up' }, {
          upsert: true,
          returnDocument: 'after',
          projection: { _id: 0, tag: 1 }
        } as any).lean(),
      () => M.findOneAndUpdate({ n: -1 }, { tag: 'b' }),
      () =>
        M.findOneAndReplace({ n: 5 }, { n: 5, tag: 'r' }, {
          returnDocument: 'after'
        } as any).lean(),
      () => M.findOneAndDelete({ n: 6 }, { projection: { n: 1, _id: 0 } } as any).lean(),
      () => M.findOneAndDelete({ n: 6 }, { includeResultMetadata: true }),
      () => M.findByIdAndUpdate('5f5f5f5f5f5f5f5f5f5f5f5f', { n: 1 }),
      () => M.deleteOne({ n: 7 }),
      () => M.deleteMany({ n: { $gte: 8 } }),
      () => M.deleteMany({ n: { $gte: 8 } }).orFail(),
      () => M.updateOne({ n: 1 }, { n: 2 }, { writeConcern: { w: 1, j: true } }),
      () => M.updateOne({ n: 1 }, { n: 2 }, { w: 'nowhere' } as any),
      () => M.find().sort('n').lean()
    );
  },

  'explain themselves': async on => {
    const M = await numbers(on);
    const shape = (plan: any): unknown =>
      [plan].flat().map(one => [Object.keys(one).sort(), one.queryPlanner?.namespace]);
    return on.all(
      async () => shape(await M.find({ n: 1 }).explain()),
      async () => shape(await M.find({ n: 1 }).explain('executionStats')),
      async () => shape(await M.findOne({ n: 1 }).explain('queryPlanner')),
      async () => shape(await M.updateOne({ n: 1 }, { n: 2 }).explain()),
      async () => shape(await M.deleteOne({ n: 1 }).explain()),
      async () => shape(await M.aggregate([{ $match: { n: 1 } }]).explain()),
      async () => shape(await M.aggregate([{ $match: { n: 1 } }]).explain('executionStats')),
      async () => shape(await M.countDocuments({ n: 1 }).explain()),
      async () => shape(await M.distinct('n').explain()),
      () => M.countDocuments()
    );
  },

  aggregate: async on => {
    const M = await numbers(on);
    return on.all(
      () =>
        M.aggregate([
          { $match: { n: { $lt: 4 } } },
          { $group: { _id: '$tag', sum: { $sum: '$n' } } },
          { $sort: { _id: 1 } }
        ]),
      () => M.aggregate().match({ n: 3 }).project('n -_id'),
      () => M.aggregate().match({ n: '3' }),
      () =>
        M.aggregate()
          .sort('-n')
          .limit(1)
          .option({ allowDiskUse: true, maxTimeMS: 1000, comment: 'c' }),
      () =>
        M.aggregate().facet({
          a: [{ $count: 'n' }],
          b: [{ $limit: 1 }, { $project: { _id: 0, n: 1 } }]
        }),
      () =>
        M.aggregate()
          .lookup({ from: M.collection.name, localField: 'n', foreignField: 'n', as: 'same' })
          .sort('n')
          .limit(1),
      () => M.aggregate([{ $match: { n: 1 } }, { $out: `${on.name}out` }]),
      () => on.mongoose.connection.collection(`${on.name}out`).countDocuments(),
      () => M.aggregate([{ $match: { n: 2 } }, { $merge: { into: `${on.name}out` } }]),
      () =>
        M.aggregate([{ $match: { n: 2 } }])
          .readConcern('majority')
          .read('primaryPreferred')
          .collation({ locale: 'en' }),
      () => M.aggregate([{ $match: { n: 2 } }]).hint({ _id: 1 }),
      () =>
        M.aggregate([{ $limit: 3 }])
          .cursor({ batchSize: 1 })
          .toArray?.() ?? M.aggregate([{ $limit: 1 }]),
      () =>
        M.aggregate([{ $sort: { n: 1 } }])
          .cursor({ batchSize: 2 })
          .next(),
      () =>
        M.aggregate([{ $nothing: 1 } as any])
          .cursor()
          .next(),
      () => on.mongoose.connection.aggregate?.([{ $documents: [{ a: 1 }] } as any]),
      async () => {
        const seen: number[] = [];
        await M.aggregate([{ $sort: { n: 1 } }])
          .cursor({ batchSize: 3 })
          .eachAsync((doc: any) => void seen.push(doc.n));
        return seen;
      }
    );
  },

  'iterate cursors': async on => {
    const M = await numbers(on, 250);
    const gather = async (iterable: AsyncIterable<any>): Promise<number[]> => {
      const seen: number[] = [];
      for await (const doc of iterable) seen.push(doc.n);
      return seen;
    };
    return on.all(
      () => gather(M.find().sort('n').cursor({ batchSize: 10 })),
      () => gather(M.find().sort('n').lean()),
      () => gather(M.aggregate([{ $sort: { n: 1 } }]).cursor({ batchSize: 7 })),
      async () => {
        const seen: number[] = [];
        await M.find()
          .sort('n')
          .cursor({ batchSize: 20 })
          .eachAsync(
            async (doc: any) => {
              await new Promise(resolve => setImmediate(resolve));
              seen.push(doc.n);
            },
            { parallel: 8 }
          );
        return seen.length === new Set(seen).size ? seen.length : seen;
      },
      async () => {
        const sizes: number[] = [];
        await M.find()
          .sort('n')
          .cursor()
          .eachAsync((docs: any) => void sizes.push(docs.length), { batchSize: 100 });
        return sizes;
      },
      () =>
        M.find()
          .cursor()
          .eachAsync(() => {
            throw new Error('mine');
          }),
      () =>
        M.find()
          .cursor()
          .eachAsync(
            async (doc: any) => {
              if (doc.n === 5) throw new Error('mine');
            },
            { parallel: 4, continueOnError: true } as any
          ),
      () =>
        gather(
          M.find()
            .sort('n')
            .limit(3)
            .cursor()
            .map((doc: any) => ({ n: doc.n * 2 }))
        ),
      async () => {
        const cursor = M.find().sort('n').cursor();
        const first = await cursor.next();
        await cursor.close();
        return [first, (cursor as any).cursor?.closed, await on.settled(() => cursor.next())];
      },
      async () => {
        const cursor = M.find({ n: { $lt: 2 } }).cursor();
        return [
          await cursor.next(),
          await cursor.next(),
          await cursor.next(),
          await on.settled(() => cursor.next())
        ];
      },
      async () => {
        const events: string[] = [];
        const cursor = M.find().limit(2).cursor();
        for (const name of ['cursor', 'data', 'end', 'close', 'error']) {
          cursor.on(name, () => events.push(name));
        }
        await new Promise(resolve => cursor.once('close', resolve));
        return events;
      },
      async () => {
        const cursor = M.find({ $bad: 1 }, null, { strictQuery: false }).cursor();
        return on.settled(() => cursor.next());
      },
      () =>
        gather(
          M.find()
            .sort('n')
            .limit(5)
            .populate('loc', null, undefined, { strictPopulate: false } as any)
            .cursor()
        ),
      () =>
        gather(
          M.find()
            .sort('n')
            .cursor({ noCursorTimeout: true } as any)
            .addCursorFlag('noCursorTimeout', true)
        )
    );
  },

  'are sanitized and strict as set': async on => {
    on.mongoose.set('sanitizeFilter', true);
    on.mongoose.set('strictQuery', true);
    await on.connect();
    const M = on.model({ n: Number, name: String });
    await M.create([
      { n: 1, name: 'a' },
      { n: 2, name: 'b' }
    ]);
    const strict = on.all(
      () => M.find({ n: { $gt: 0 } }),
      () =>
        M.find({ n: on.mongoose.trusted({ $gt: 0 }) } as any)
          .sort('n')
          .lean(),
      () =>
        M.find({ nothing: 1 } as any)
          .sort('n')
          .lean(),
      () => M.find({ nothing: 1 }, null, { strictQuery: 'throw' } as any),
      () => M.find({ nothing: 1 } as any, null, { strictQuery: false } as any).lean(),
      () => M.deleteMany({ name: { $ne: 'zz' } })
    );
    return strict;
  }
};
