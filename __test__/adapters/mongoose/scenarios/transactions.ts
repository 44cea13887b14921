// Owns sessions and transactions, by each of the ways that Mongoose has to them.

import type { Context, Scenarios } from '../both.ts';

async function accounts(on: Context) {
  await on.connect();
  const M = on.model(
    { name: { type: String, unique: true }, n: Number },
    { optimisticConcurrency: true }
  );
  await M.init();
  await M.create({ name: 'a', n: 1 });
  return M;
}

export const TRANSACTIONS: Scenarios = {
  'commit and abort by connection.transaction': async on => {
    const M = await accounts(on);
    const { connection } = on.mongoose;
    const doc: any = new M({ name: 'new', n: 0 });
    const outcomes = await on.all(
      () =>
        connection.transaction(async session => {
          await M.create([{ name: 'b', n: 2 }], { session });
          await M.updateOne({ name: 'a' }, { $inc: { n: 1 } }).session(session);
          return (await M.find().session(session).sort('name').lean()).length;
        }),
      () =>
        connection.transaction(async session => {
          await doc.save({ session });
          throw new Error('mine');
        }),
      () => [doc.isNew, doc.$session()],
      () => connection.transaction(async session => M.create([{ name: 'a' }], { session })),
      () =>
        connection.transaction(async session => M.findOne({ name: 'b' }).session(session), {
          readConcern: 'majority',
          writeConcern: { w: 'majority' }
        } as any),
      () => doc.save(),
      () => M.find().sort('name').lean()
    );
    return outcomes;
  },

  'are tried again after transient errors of any maker': async on => {
    const M = await accounts(on);
    let tries = 0;
    const { MongoServerError } = on.mongoose.mongo;
    const outcome = await on.settled(() =>
      on.mongoose.connection.transaction(async session => {
        const doc: any = await M.findOne({ name: 'a' }).session(session);
        doc.n = 2;
        await doc.save({ session });
        tries += 1;
        if (tries < 3) {
          throw new MongoServerError({
            message: 'again',
            errorLabels: ['TransientTransactionError']
          });
        }
        return doc;
      })
    );
    return { outcome, tries, stored: await M.find().lean() };
  },

  'run by hand in a session': async on => {
    const M = await accounts(on);
    const session = await on.mongoose.startSession();
    const shown = [
      session.constructor.name,
      session.inTransaction(),
      (session as any).supports,
      session.hasEnded,
      typeof session.serverSession?.lastUse,
      Boolean((session as any).transaction)
    ];
    session.startTransaction();
    const doc: any = await M.findOne({ name: 'a' }).session(session);
    const same = doc.$session() === session;
    doc.n = 5;
    await doc.save();
    const outside: any = await M.findOne({ name: 'a' });
    const outcomes = await on.all(
      () => M.aggregate([{ $match: { n: 5 } }, { $project: { _id: 0 } }]).session(session),
      () => M.countDocuments({ n: 5 }).session(session),
      () => M.find({ n: 5 }).session(session).cursor().next(),
      () => M.exists({ n: 5 }).session(session),
      () => M.distinct('n').session(session),
      () => M.insertMany([{ name: 'x' }], { session }),
      () => M.bulkWrite([{ insertOne: { document: { name: 'y' } as any } }], { session }),
      () => session.commitTransaction(),
      () => session.commitTransaction(),
      () => session.abortTransaction(),
      () => session.startTransaction(),
      () => M.create([{ name: 'a' }], { session }),
      () => M.findOne().session(session),
      () => session.abortTransaction(),
      () => session.endSession(),
      () => M.findOne().session(session),
      () => session.hasEnded
    );
    return { shown, same, outside, outcomes, stored: await M.find().sort('name').lean() };
  },

  'conflict with writes from outside': async on => {
    const M = await accounts(on);
    const session = await M.startSession();
    session.startTransaction();
    await M.updateOne({ name: 'a' }, { n: 2 }).session(session);
    const other = await M.startSession();
    other.startTransaction();
    const outcomes = await on.all(
      () => M.updateOne({ name: 'a' }, { n: 3 }).session(other),
      () => other.abortTransaction(),
      () => session.commitTransaction()
    );
    await session.endSession();
    await other.endSession();
    return outcomes;
  },

  'find their session by AsyncLocalStorage': async on => {
    on.mongoose.set('transactionAsyncLocalStorage', true);
    const M = await accounts(on);
    const { connection } = on.mongoose;
    return on.all(
      () =>
        connection.transaction(async () => {
          await M.create({ name: 'b', n: 2 });
          const doc: any = await M.findOne({ name: 'b' });
          doc.n = 3;
          await doc.save();
          await M.insertMany([{ name: 'c' }]);
          await M.updateMany({}, { $inc: { n: 1 } });
          await M.bulkWrite([{ updateOne: { filter: { name: 'a' }, update: { n: 50 } } }]);
          await M.aggregate([{ $match: {} }]);
          throw new Error('mine');
        }),
      () => M.find().lean(),
      () => connection.transaction(async () => M.create({ name: 'd' })),
      () => connection.withSession(async session => session.constructor.name),
      () => M.find().sort('name').lean()
    );
  },

  'read what they wrote, causally': async on => {
    const M = await accounts(on);
    const session = await M.startSession({ causalConsistency: true });
    await M.updateOne({ name: 'a' }, { n: 7 }).session(session);
    const found = await M.findOne({ name: 'a' }).session(session).lean();
    const used = session.serverSession.lastUse;
    await new Promise(resolve => setTimeout(resolve, 5));
    await M.findOne({ name: 'a' }).session(session);
    const grew = session.serverSession.lastUse > used;
    await session.endSession();
    const snapshot = await M.startSession({ snapshot: true });
    const seen = await on.settled(() => M.findOne({ name: 'a' }).session(snapshot).lean());
    await snapshot.endSession();
    return { found, grew, seen };
  }
};
