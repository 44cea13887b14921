// Owns writes of many documents at once: their results, and which of them were refused.

import type { Scenarios } from '../both.ts';

export const WRITES: Scenarios = {
  'insertMany says what it inserted and what not': async on => {
    await on.connect();
    const M = on.model({ n: { type: Number, unique: true }, name: { type: String, maxlength: 3 } });
    await M.init();
    await M.insertMany([{ n: 1 }]);
    const outcomes = await on.all(
      () => M.insertMany([{ n: 2 }, { n: 3 }]),
      () => M.insertMany([{ n: 4 }, { n: 1 }, { n: 5 }]),
      () => M.insertMany([{ n: 6 }, { n: 1 }, { n: 7 }], { ordered: false }),
      () =>
        M.insertMany([{ n: 8 }, { n: 1 }, { n: 'x' }, { n: 9, name: 'long' }], { ordered: false }),
      () => M.insertMany([{ n: 10 }, { n: 1 }, { n: 'x' }], { ordered: false, rawResult: true }),
      () =>
        M.insertMany([{ n: 11 }, { n: 'x' }], {
          ordered: false,
          throwOnValidationError: true
        } as any),
      () => M.insertMany([{ n: 12 }, { n: 13 }], { lean: true }),
      () => M.insertMany([{ n: 14 }, { n: 15 }], { rawResult: true }),
      () => M.insertMany({ n: 16 }),
      () => M.insertMany([]),
      () => M.insertMany([{ n: 'x' }]),
      () => M.insertMany([{ n: 17 }, { n: 17 }], { limit: 1 } as any)
    );
    return { outcomes, stored: await M.find().sort('n').distinct('n') };
  },

  'bulkWrite gives its counts and errors': async on => {
    await on.connect();
    const M = on.model({ n: { type: Number, unique: true }, tag: String }, { timestamps: false });
    await M.init();
    const strange = [
      { insertOne: { document: { n: 7 } } },
      { insertOne: { document: { n: 'x' } } },
      { updateOne: { filter: { n: 'x' }, update: { tag: 'b' } } }
    ] as any[];
    return on.all(
      () =>
        M.bulkWrite([
          { insertOne: { document: { n: 1, tag: 'a' } as any } },
          { insertOne: { document: { n: 2 } as any } },
          { updateOne: { filter: { n: 1 }, update: { tag: 'b' } } },
          { updateMany: { filter: {}, update: { $set: { tag: 'c' } } } },
          { updateOne: { filter: { n: 3 }, update: { tag: 'd' }, upsert: true } },
          { replaceOne: { filter: { n: 2 }, replacement: { n: 2, tag: 'r' } } },
          { deleteOne: { filter: { n: 1 } } },
          { deleteMany: { filter: { tag: 'nothing' } } }
        ]),
      () => M.bulkWrite([{ insertOne: { document: { n: 2 } as any } }]),
      () =>
        M.bulkWrite(
          [
            { insertOne: { document: { n: 5 } as any } },
            { insertOne: { document: { n: 2 } as any } },
            { insertOne: { document: { n: 6 } as any } }
          ],
          { ordered: false }
        ),
      () => M.bulkWrite(strange, { ordered: false }),
      () => M.bulkWrite(strange, { ordered: false, throwOnValidationError: true } as any),
      () => M.bulkWrite(strange),
      () => M.bulkWrite([]),
      () => M.bulkWrite([], { ordered: false }),
      () => M.bulkWrite([{ nothing: {} } as any]),
      () =>
        M.bulkWrite([{ updateOne: { filter: { n: 2 }, update: { $bad: 1 } } } as any], {
          strict: false
        }),
      () =>
        M.bulkWrite([
          {
            updateOne: {
              filter: { n: 2 },
              update: { tag: 'z' },
              collation: { locale: 'en' },
              hint: { n: 1 }
            }
          } as any
        ]),
      async () => {
        const result: any = await M.bulkWrite([{ insertOne: { document: { n: 20 } as any } }]);
        return [
          result.ok,
          result.isOk?.(),
          result.getRawResponse?.(),
          result.hasWriteErrors?.(),
          result.getInsertedIds?.(),
          Object.keys(result)
        ];
      },
      () => M.find().sort('n').lean()
    );
  },

  'bulkSave saves what changed and says what it could not': async on => {
    await on.connect();
    const M = on.model(
      { n: { type: Number, unique: true }, list: [Number] },
      { optimisticConcurrency: true }
    );
    await M.init();
    const docs: any[] = await M.insertMany([{ n: 1 }, { n: 2 }, { n: 3 }]);
    docs[0].n = 10;
    docs[1].list.push(1);
    const fresh = new M({ n: 4 });
    const outcomes = [await on.settled(() => M.bulkSave([...docs, fresh] as any))];
    docs[0].n = 2;
    docs[2].n = 30;
    outcomes.push(await on.settled(() => M.bulkSave(docs, { ordered: false })));
    outcomes.push(await on.settled(() => M.bulkSave([new M({ n: 2 }), new M({ n: 50 })] as any)));
    const stale: any = await M.findOne({ n: 4 });
    await M.updateOne({ n: 4 }, { $inc: { __v: 1 } });
    stale.list.push(5);
    outcomes.push(await on.settled(() => M.bulkSave([stale])));
    outcomes.push(await on.settled(() => M.bulkSave([])));
    return { outcomes, docs, fresh, stored: await M.find().sort('n').lean() };
  },

  'create and save take many at once': async on => {
    await on.connect();
    const M = on.model({ n: { type: Number, unique: true } });
    await M.init();
    return on.all(
      () => M.create([{ n: 1 }, { n: 2 }], { ordered: true } as any),
      () => M.create([{ n: 3 }, { n: 1 }, { n: 4 }], { ordered: true } as any),
      () => M.create([{ n: 5 }, { n: 1 }], { aggregateErrors: true } as any),
      () => M.insertOne?.({ n: 6 } as any),
      () => new M({ n: 1 }).save(),
      () => new M({ n: 9 }).save({ writeConcern: { w: 0 } } as any),
      () => M.applyDefaults({ n: 1 } as any)
    );
  }
};
