// Owns what single documents go through: created, found, changed, validated, deleted, with hooks.

import type { Scenarios } from '../both.ts';

export const DOCUMENTS: Scenarios = {
  'are created, found and hydrated with every type': async on => {
    await on.connect();
    const { Schema, Types } = on.mongoose;
    const Kitten = on.model(
      {
        name: { type: String, required: true },
        age: Number,
        born: Date,
        photo: Buffer,
        isTame: Boolean,
        mother: Schema.Types.ObjectId,
        price: Schema.Types.Decimal128,
        id: Schema.Types.UUID,
        big: BigInt,
        toys: [String],
        claws: [{ length: Number }],
        any: Schema.Types.Mixed,
        scores: { type: Map, of: Number },
        nested: { deep: { er: Number } }
      },
      { timestamps: false, id: false }
    );
    const values = {
      name: 'Tom',
      age: 3.5,
      born: new Date(0),
      photo: Buffer.from('miaow'),
      isTame: false,
      mother: new Types.ObjectId('5f5f5f5f5f5f5f5f5f5f5f5f'),
      price: '12.50',
      id: '0b4fc1a6-6e3c-4e0e-8d3e-3c2f5b0a4b11',
      big: 2n ** 53n,
      toys: ['ball', 'mouse'],
      claws: [{ length: 1 }, { length: 2 }],
      any: { a: [1, { b: null }], r: /x/i },
      scores: new Map([['a', 1]]),
      nested: { deep: { er: 1 } }
    };
    const created = await Kitten.create(values);
    const found = await Kitten.findOne({ name: 'Tom' });
    const lean = await Kitten.findOne({ name: 'Tom' }).lean();
    const json = JSON.stringify(found.toObject(), (_, value: unknown) =>
      typeof value === 'bigint' ? String(value) : value
    ).replace(/"_id":"\w+"/g, '"_id"');
    return { created, found, lean, json, stored: await Kitten.collection.findOne({ name: 'Tom' }) };
  },

  'are read as BSON values when asked for': async on => {
    await on.connect();
    const M = on.model({ any: {} });
    const { Long, Double, Int32, Binary, Timestamp, Decimal128, BSONRegExp } = on.mongoose.mongo;
    await M.collection.insertOne({
      any: {
        long: Long.fromString('9007199254740993'),
        double: new Double(1),
        int: new Int32(2),
        binary: new Binary(Buffer.from('a'), 4),
        timestamp: new Timestamp({ t: 1, i: 2 }),
        decimal: Decimal128.fromString('1.5'),
        pattern: new BSONRegExp('a', 'i')
      }
    });
    return on.all(
      () => M.findOne().lean(),
      () => M.findOne(),
      () => M.findOne({}, null, { promoteValues: false }).lean(),
      () => M.findOne({}, null, { promoteLongs: false }).lean(),
      () => M.findOne({}, null, { useBigInt64: true }).lean(),
      () => M.findOne({}, null, { promoteBuffers: true }).lean(),
      () => M.find({ 'any.int': new Int32(2) }).lean()
    );
  },

  'are saved by what changed': async on => {
    await on.connect();
    const M = on.model({
      n: Number,
      list: [Number],
      docs: [{ x: Number }],
      map: { type: Map, of: {} }
    });
    const doc: any = await M.create({ n: 1, list: [1, 2, 3], docs: [{ x: 1 }, { x: 2 }] });
    doc.n = 2;
    doc.list.push(4);
    doc.docs[0].x = 10;
    doc.docs.push({ x: 3 });
    doc.map = new Map([['k', { v: 1 }]]);
    await doc.save();
    doc.list.pull(1);
    doc.docs.id(doc.docs[1]._id).deleteOne();
    doc.map.set('l', { v: 2 });
    await doc.save();
    const stale: any = await M.findById(doc._id);
    doc.list = [9];
    await doc.save();
    stale.list.set(0, 8);
    return on.all(
      () => stale.save(),
      () => M.findById(doc._id),
      () => doc.updateOne({ $inc: { n: 1 } }),
      () => doc.deleteOne(),
      () => doc.save(),
      () => M.countDocuments()
    );
  },

  'are refused by validators, casts and unique indexes': async on => {
    await on.connect();
    const M = on.model({
      name: { type: String, unique: true, required: true },
      n: { type: Number, max: 5 }
    });
    await M.init();
    await M.create({ name: 'a' });
    return on.all(
      () => M.create({}),
      () => M.create({ name: 'b', n: 6 }),
      () => M.create({ name: 'b', n: 'x' }),
      () => M.create({ name: 'a' }),
      () => M.findOne({ n: 'x' }),
      () => M.updateOne({}, { n: 9 }, { runValidators: true }),
      () => M.updateOne({}, { $badOperator: 1 }, { strict: false }),
      () => M.findById('short'),
      () => M.findOne({ name: 'nobody' }).orFail(),
      () => M.collection.updateOne({}, { $bad: { a: 1 } }),
      () => M.aggregate([{ $bad: 1 } as any])
    );
  },

  'run hooks in their order': async on => {
    const order: string[] = [];
    const { Schema } = on.mongoose;
    const schema = new Schema({ n: Number });
    for (const name of [
      'validate',
      'save',
      'init',
      'deleteOne',
      'updateOne',
      'find',
      'findOne',
      'findOneAndUpdate'
    ] as const) {
      schema.pre(name as 'save', () => void order.push(`pre ${name}`));
      schema.post(name as 'save', () => void order.push(`post ${name}`));
    }
    schema.pre('aggregate', () => void order.push('pre aggregate'));
    schema.post('insertMany', () => void order.push('post insertMany'));
    schema.post('save', function (error: any, _doc: any, next: any) {
      order.push(`error ${error.code}`);
      next(new Error('translated'));
    } as any);
    await on.connect();
    const M = on.mongoose.model(on.name, schema, on.name);
    const doc: any = await M.create({ n: 1 });
    const twin = new M({ _id: doc._id, n: 2 });
    const outcomes = await on.all(
      () => twin.save(),
      () => M.find(),
      () => M.findOne(),
      () => M.findOneAndUpdate({ n: 1 }, { n: 2 }, { returnDocument: 'after', new: true } as any),
      () => M.updateOne({}, { n: 3 }),
      () => M.insertMany([{ n: 4 }]),
      () => M.aggregate([{ $match: {} }]),
      () => M.deleteOne({ n: 4 }),
      () => doc.deleteOne()
    );
    return { outcomes, order };
  },

  'belong to discriminators': async on => {
    await on.connect();
    const { Schema } = on.mongoose;
    const Base = on.model({ at: Number }, { discriminatorKey: 'kind' });
    const Click = Base.discriminator(`${on.name}Click`, new Schema({ url: String }));
    const Sign = Base.discriminator(
      `${on.name}Sign`,
      new Schema({ user: { type: String, required: true } }),
      'sign'
    );
    await Click.create({ at: 1, url: '/a' });
    await Sign.create({ at: 2, user: 'u' });
    await Base.create([{ at: 3 }, { at: 4, kind: 'sign', user: 'v' }]);
    return on.all(
      () => Base.find().sort('at'),
      () => Base.find().sort('at').lean(),
      () => Click.find(),
      () => Sign.countDocuments(),
      () => Sign.updateMany({}, { user: 'w' }),
      () => Sign.findOneAndUpdate({ at: 2 }, { url: 'no' }, { new: true }),
      () => Click.aggregate([{ $project: { _id: 0, url: 1 } }]),
      () => Sign.create({ at: 5 }),
      () => Base.distinct('kind'),
      () => Click.deleteMany()
    );
  },

  'are populated, also deep, virtual, by count and lean': async on => {
    await on.connect();
    const { Schema } = on.mongoose;
    const Author = on.model(
      { name: String, friends: [{ type: Schema.Types.ObjectId, ref: `${on.name}a` }] },
      { toObject: { virtuals: true } },
      'a'
    );
    const book = new Schema({
      title: String,
      author: { type: Schema.Types.ObjectId, ref: `${on.name}a` }
    });
    const Book = on.mongoose.model(`${on.name}b`, book, `${on.name}b`);
    Author.schema.virtual('books', {
      ref: `${on.name}b`,
      localField: '_id',
      foreignField: 'author'
    });
    Author.schema.virtual('count', {
      ref: `${on.name}b`,
      localField: '_id',
      foreignField: 'author',
      count: true
    });
    const authors = await Author.create([{ name: 'a' }, { name: 'b' }, { name: 'c' }], {
      ordered: true
    } as any);
    await Author.updateOne({ name: 'a' }, { friends: [authors[1]!._id, authors[2]!._id] });
    await Book.insertMany(
      Array.from({ length: 5 }, (_, i) => ({ title: `t${i}`, author: authors[i % 2]!._id }))
    );
    return on.all(
      () => Book.find().sort('title').populate('author'),
      () => Book.find().sort('title').populate('author', 'name').lean(),
      () =>
        Book.find()
          .sort('title')
          .populate({
            path: 'author',
            match: { name: 'a' },
            populate: { path: 'friends', select: 'name -_id', options: { sort: '-name' } }
          }),
      () => Author.find().sort('name').populate('books').populate('count'),
      () =>
        Author.find()
          .sort('name')
          .populate({ path: 'books', perDocumentLimit: 1, options: { sort: { title: -1 } } })
          .lean(),
      () =>
        Author.findOne({ name: 'a' })
          .populate('friends')
          .then(async (doc: any) => doc.depopulate('friends')),
      () => Book.findOne().sort('title').populate('nothing'),
      () => Book.findOne().populate({ path: 'nothing', strictPopulate: false } as any)
    );
  },

  'too large for the server are refused by it': async on => {
    await on.connect();
    const M = on.model({ text: String });
    const outcome: any = await on.settled(() => M.create({ text: 'a'.repeat(17 * 2 ** 20) }));
    return { name: outcome.rejected?.name, saved: await M.countDocuments() };
  }
};
