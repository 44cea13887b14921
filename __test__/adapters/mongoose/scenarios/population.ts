// Owns population and what else reads several collections: its options, its errors, its writes.

import type { Context, Scenarios } from '../both.ts';

async function library(on: Context) {
  const connection = await on.connect();
  const { Schema } = on.mongoose;
  const [Author, Book] = [`${on.name}author`, `${on.name}book`];
  const author = new Schema({ name: String, age: Number });
  author.virtual('books', { ref: Book, localField: '_id', foreignField: 'authors' });
  author.virtual('count', { ref: Book, localField: '_id', foreignField: 'authors', count: true });
  const book = new Schema({
    title: String,
    authors: [{ type: Schema.Types.ObjectId, ref: Author }],
    best: { type: Schema.Types.ObjectId, ref: Author },
    about: { type: Map, of: { type: Schema.Types.ObjectId, ref: Author } },
    notes: [{ by: { type: Schema.Types.ObjectId, refPath: 'notes.kind' }, kind: String }]
  });
  const Authors: any = connection.model(Author, author, Author);
  const Books: any = connection.model(Book, book, Book);
  await Promise.all([Authors.init(), Books.init()]);
  const people = await Authors.create([
    { name: 'a', age: 1 },
    { name: 'b', age: 2 },
    { name: 'c', age: 3 }
  ]);
  const [a, b] = people;
  await Books.create([
    { title: 'one', authors: people, best: a, about: { x: b }, notes: [{ by: a, kind: Author }] },
    { title: 'two', authors: [b], best: b, notes: [{ by: b, kind: Author }] },
    { title: 'none', best: new on.mongoose.Types.ObjectId() }
  ]);
  return { Authors, Books };
}

export const POPULATION: Scenarios = {
  'takes its options': async on => {
    const { Authors, Books } = await library(on);
    const find = () => Books.find().sort('title');
    return on.all(
      () => find().populate('authors best notes.by').lean(),
      () => find().populate({ path: 'authors', match: { age: { $gt: 1 } }, select: 'name -_id' }),
      () =>
        find()
          .populate({ path: 'authors', options: { sort: { name: -1 }, limit: 2 } })
          .lean(),
      () => find().populate({ path: 'authors', perDocumentLimit: 1 }).lean(),
      () =>
        find()
          .populate({ path: 'best', transform: (one: any) => one?.name ?? 'nobody' })
          .lean(),
      () => find().populate('about.$*'),
      () =>
        find()
          .populate({
            path: 'authors',
            populate: { path: 'books', select: 'title', options: { sort: 'title' } }
          })
          .lean(),
      () => Authors.find().sort('name').populate('count').lean(),
      () =>
        Authors.find()
          .sort('name')
          .populate({ path: 'books', select: 'title', options: { sort: 'title' } })
          .lean(),
      () =>
        find()
          .populate({ path: 'authors', options: { retainNullValues: true } })
          .lean(),
      () => find().populate('nothing').lean(),
      () => find().populate({ path: 'nothing', strictPopulate: true }),
      () => find().populate({ path: 'authors', match: { $bad: 1 } }),
      () => find().populate({ path: 'best', model: 'Nowhere' })
    );
  },

  'is done to documents, and undone': async on => {
    const { Books } = await library(on);
    const found = await Books.findOne({ title: 'one' });
    await found.populate(['authors', 'best']);
    const shown = [found.populated('best') !== undefined, found.$assertPopulated('best') === found];
    found.best.name = 'changed';
    await found.best.save();
    found.authors.pop();
    await found.save();
    found.depopulate('best');
    const again = await Books.findOne({ title: 'one' }).populate('best authors');
    return {
      shown,
      best: again.best.name,
      left: again.authors.length,
      id: found.best?.constructor.name
    };
  },

  'goes along with cursors, transactions and updates': async on => {
    const { Books } = await library(on);
    const seen: unknown[] = [];
    for await (const one of Books.find().sort('title').populate('best').cursor({ batchSize: 2 })) {
      seen.push([one.title, one.best?.name]);
    }
    const inside = await on.mongoose.connection.transaction(async session => {
      const one = await Books.findOne({ title: 'two' }).session(session).populate('authors');
      return [one.authors[0].name, one.authors[0].$session() === session];
    });
    const updated = await Books.findOneAndUpdate({ title: 'two' }, { title: 'three' }, {
      returnDocument: 'after',
      populate: 'best'
    } as any);
    return { seen, inside, updated: [updated.title, updated.best?.name] };
  },

  'reads with all that a query says of the server': async on => {
    const { Books } = await library(on);
    return on.all(
      () => Books.find().sort('title').read('nearest').readConcern('local').populate('best').lean(),
      () =>
        Books.find()
          .read('secondaryPreferred', [{ dc: 'x' }, {}])
          .countDocuments(),
      () => Books.find().hint({ _id: 1 }).comment('c').lean().countDocuments(),
      () => Books.find().hint('nothing'),
      () =>
        Books.find()
          .collation({ locale: 'en', strength: 2 })
          .where({ title: 'ONE' })
          .distinct('title'),
      () => Books.findOne().sort({ title: -1 }).select('title -_id').lean(),
      () =>
        Books.find({ title: /^t/i }).where('authors').size(1).select({ title: 1, _id: 0 }).lean(),
      () => Books.find({ $text: { $search: 'x' } }),
      () => Books.exists({ title: 'one' }).then(Boolean),
      () => Books.findById('nonsense'),
      () => Books.estimatedDocumentCount()
    );
  },

  'tells versions that conflict, and documents that are gone': async on => {
    const { Books } = await library(on);
    const [first, second] = await Promise.all([
      Books.findOne({ title: 'one' }),
      Books.findOne({ title: 'one' })
    ]);
    first.authors = [];
    await first.save();
    second.authors.set(2, second.authors[0]);
    const conflict = await on.settled(() => second.save());
    const gone = await Books.findOne({ title: 'two' });
    await Books.deleteOne({ _id: gone._id });
    gone.title = 'x';
    return {
      conflict,
      gone: await on.settled(() => gone.save()),
      lost: await on.settled(() => Books.findOne({ title: 'two' }).orFail())
    };
  }
};
