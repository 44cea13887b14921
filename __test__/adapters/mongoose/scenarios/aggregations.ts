// Owns aggregations and reads by cursors: their options, their ways to iterate, how they end.

import { once } from 'node:events';
import type { Context, Scenarios } from '../both.ts';

async function numbers(on: Context, count = 20) {
  await on.connect();
  const M = on.model({ n: Number, tag: String, at: { type: [Number], index: '2dsphere' } });
  await M.init();
  await M.insertMany(
    Array.from({ length: count }, (_, n) => ({ n, tag: n % 2 ? 'odd' : 'even', at: [n, n] }))
  );
  return M;
}

export const AGGREGATIONS: Scenarios = {
  'take every stage and option': async on => {
    const M = await numbers(on);
    const outcomes = await on.all(
      () =>
        M.aggregate()
          .match({ n: { $lt: 6 } })
          .sort('-n')
          .project('-_id n'),
      () =>
        M.aggregate()
          .group({ _id: '$tag', sum: { $sum: '$n' } })
          .sort({ _id: 1 }),
      () =>
        M.aggregate([{ $match: { n: 1 } }])
          .allowDiskUse(true)
          .collation({ locale: 'de' })
          .count('n'),
      () =>
        M.aggregate([{ $count: 'n' }])
          .option({ maxTimeMS: 5_000, comment: 'c' })
          .hint('_id_'),
      () =>
        M.aggregate([{ $count: 'n' }])
          .read('secondaryPreferred')
          .readConcern('majority'),
      () =>
        M.aggregate().facet({
          a: [{ $count: 'n' }],
          b: [{ $limit: 1 }, { $project: { _id: 0, n: 1 } }]
        }),
      () =>
        M.aggregate()
          .near({ near: [3, 3], distanceField: 'd', key: 'at', spherical: true } as any)
          .limit(2)
          .project('-_id n'),
      () => M.aggregate().sortByCount('tag').sort({ _id: 1 }),
      () => M.aggregate().sample(3).count('n'),
      () =>
        M.aggregate()
          .unionWith({ coll: `${on.name}none` })
          .count('n'),
      () => M.aggregate([{ $match: { n: 1 } }, { $out: `${on.name}out` }]),
      () => M.aggregate([{ $match: { n: 2 } }, { $merge: { into: `${on.name}out` } }]),
      () => on.mongoose.connection.collection(`${on.name}out`).countDocuments(),
      () => M.aggregate([{ $bad: 1 } as any]),
      () => M.aggregate(),
      () => M.aggregate([{ $project: { x: { $divide: [1, 0] } } }]),
      () => M.aggregate([{ $match: { n: 3 } }]).pipeline().length,
      async () => typeof (await M.aggregate([{ $match: { n: 1 } }]).explain()),
      () => on.mongoose.connection.aggregate([{ $documents: [{ a: 1 }, { a: 2 }] } as any])
    );
    return outcomes;
  },

  'run their middleware, and take a session': async on => {
    await on.connect();
    const heard: unknown[] = [];
    const schema = new on.mongoose.Schema({ n: Number });
    schema.pre('aggregate', function (this: any) {
      heard.push(['pre', this.pipeline().length]);
      this.pipeline().unshift({ $match: { n: { $gt: 1 } } });
    });
    schema.post('aggregate', (found: any) => void heard.push(['post', found.length]));
    const M: any = on.mongoose.model(on.name, schema, on.name);
    await M.create([{ n: 1 }, { n: 2 }]);
    const session = await on.mongoose.startSession();
    const found = await M.aggregate([{ $project: { _id: 0, n: 1 } }]).session(session);
    await session.endSession();
    return { found, heard };
  },

  'are iterated by cursors': async on => {
    const M = await numbers(on);
    const seen: unknown[] = [];
    for await (const one of M.aggregate([{ $sort: { n: 1 } }]).cursor({ batchSize: 3 })) {
      seen.push(one.n);
    }
    const cursor: any = M.aggregate([{ $sort: { n: 1 } }]).cursor({ batchSize: 2 });
    const first = await cursor.next();
    const close = cursor.close();
    await close;
    return { seen, first: first.n, after: await on.settled(() => cursor.next()) };
  },

  'are streamed in parallel and in batches': async on => {
    const M = await numbers(on);
    const parallel: number[] = [];
    await M.find()
      .sort('n')
      .cursor({ batchSize: 4 })
      .eachAsync(
        async (one: any) => {
          await new Promise(resolve => setTimeout(resolve, one.n % 3));
          parallel.push(one.n);
        },
        { parallel: 5 }
      );
    const batches: unknown[] = [];
    await M.find()
      .sort('n')
      .cursor()
      .eachAsync(async (some: any) => void batches.push(some.map(({ n }: any) => n)), {
        batchSize: 6
      });
    const errors = await on.settled(() =>
      M.find()
        .cursor()
        .eachAsync(async (one: any) => {
          if (one.n === 3) throw new Error('third');
        })
    );
    const go = await on.settled(() =>
      M.find()
        .cursor()
        .eachAsync(
          async (one: any) => {
            if (one.n % 10 === 0) throw new Error(`no ${one.n}`);
          },
          { continueOnError: true } as any
        )
    );
    return { parallel: parallel.sort((a, b) => a - b), batches, errors, go };
  },

  'end their driver’s cursor, and say so': async on => {
    const M = await numbers(on);
    const cursor: any = M.find().batchSize(2).cursor();
    await cursor.next();
    const closed = once(cursor.cursor, 'close');
    const closing = cursor.close();
    const atOnce = cursor.cursor.closed;
    await closing;
    await closed;
    const stream: any = M.find()
      .sort('n')
      .cursor({ transform: (one: any) => one.n } as any);
    const read: unknown[] = [];
    for await (const n of stream) read.push(n);
    const flagged: any = M.find().cursor().addCursorFlag('noCursorTimeout', true);
    const one = await flagged.next();
    await flagged.close();
    const rewound: any = M.find().sort('n').cursor();
    const twice = [(await rewound.next()).n];
    if (typeof rewound.rewind === 'function') rewound.rewind();
    await rewound.close();
    const destroyed: any = M.find().cursor();
    await destroyed.next();
    const gone = once(destroyed, 'close');
    destroyed.destroy();
    await gone;
    return { atOnce, read, one: one !== null, twice, again: await on.settled(() => cursor.next()) };
  }
};
