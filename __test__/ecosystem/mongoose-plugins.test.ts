/**
 * Plugins of Mongoose, unmodified, do the same with Mongoose on polypool as on its own driver, and what
 * they are there for.
 */
import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
import { after, before, describe, it } from 'node:test';
import {
  Both,
  compare,
  type Context,
  type Package,
  type Scenario
} from '../adapters/mongoose/both.ts';

const require = createRequire(import.meta.url);

interface Plugin {
  readonly name: string;
  readonly uses: Record<string, (plugin: any, on: Context) => unknown>;
}

const PLUGINS: readonly Plugin[] = [
  {
    name: 'mongoose-paginate-v2',
    uses: {
      'gives a page, and what there is beside it': async (paginate, on) => {
        const M = await numbers(on, schema => schema.plugin(paginate));
        const page = await M.paginate(
          { n: { $gt: 4 } },
          { page: 2, limit: 5, sort: 'n', lean: true, leanWithId: false }
        );
        assert.deepEqual([page.totalDocs, page.totalPages, page.hasNextPage], [20, 4, true]);
        assert.deepEqual(
          page.docs.map(({ n }: any) => n),
          [10, 11, 12, 13, 14]
        );
        const collated = await M.paginate(
          {},
          {
            offset: 3,
            limit: 2,
            sort: '-n',
            select: 'n',
            collation: { locale: 'en' },
            useEstimatedCount: true
          }
        );
        return [page, collated, await on.settled(() => M.paginate({ $bad: 1 }))];
      }
    }
  },
  {
    name: 'mongoose-aggregate-paginate-v2',
    uses: {
      'gives a page of what a pipeline gives': async (paginate, on) => {
        const M = await numbers(on, schema => schema.plugin(paginate));
        const aggregate = M.aggregate([{ $match: { n: { $lt: 10 } } }, { $sort: { n: 1 } }]);
        const page = await M.aggregatePaginate(aggregate, { page: 2, limit: 4 });
        assert.deepEqual([page.totalDocs, page.pagingCounter], [10, 5]);
        assert.deepEqual(
          page.docs.map(({ n }: any) => n),
          [4, 5, 6, 7]
        );
        const facet = await M.aggregatePaginate(M.aggregate([{ $sort: { n: -1 } }]), {
          limit: 2,
          useFacet: true
        });
        return [page, facet];
      }
    }
  },
  {
    name: 'mongoose-lean-virtuals',
    uses: {
      'gives lean documents their virtuals': async (leanVirtuals, on) => {
        const M = await numbers(on, schema => {
          schema.virtual('double').get(function (this: any) {
            return this.n * 2;
          });
          schema.plugin(leanVirtuals.mongooseLeanVirtuals ?? leanVirtuals);
        });
        const found = await M.find({ n: { $lt: 3 } })
          .sort('n')
          .lean({ virtuals: true });
        assert.deepEqual(
          found.map(({ double }: any) => double),
          [0, 2, 4]
        );
        return [
          found,
          await M.findOne({ n: 5 }).lean({ virtuals: ['double'] }),
          await M.findOneAndUpdate({ n: 5 }, { n: 50 }, { returnDocument: 'after' }).lean({
            virtuals: true
          })
        ];
      }
    }
  },
  {
    name: 'mongoose-autopopulate',
    uses: {
      'populates without being asked': async (autopopulate, on) => {
        const Author = await numbers(on, () => undefined);
        const { Schema } = on.mongoose;
        const schema: any = new Schema({
          title: String,
          author: {
            type: Schema.Types.ObjectId,
            ref: Author.modelName,
            autopopulate: { select: 'n' }
          }
        });
        schema.plugin(autopopulate);
        const Book: any = on.mongoose.model(`${on.name}books`, schema, `${on.name}books`);
        const author = await Author.findOne({ n: 7 });
        await Book.create([
          { title: 'a', author },
          { title: 'b', author: author._id }
        ]);
        const found = await Book.find().sort('title');
        assert.deepEqual(
          found.map((book: any) => book.author.n),
          [7, 7]
        );
        return [
          found,
          await Book.findOne().sort('title').lean({ autopopulate: true }),
          await Book.findOne({ title: 'a' }, {}, { autopopulate: false })
        ];
      }
    }
  },
  {
    name: 'mongoose-unique-validator',
    uses: {
      'makes duplicates errors of validation': async (unique, on) => {
        const { Schema } = on.mongoose;
        await on.connect();
        const schema: any = new Schema({
          name: { type: String, unique: true, uniqueCaseInsensitive: true },
          n: { type: Number, unique: true }
        });
        schema.plugin(unique.default ?? unique);
        const M: any = on.mongoose.model(on.name, schema, on.name);
        await M.init();
        await M.create({ name: 'Ada', n: 1 });
        const outcomes: any[] = await on.all(
          () => M.create({ name: 'ada', n: 2 }),
          () => M.create({ name: 'Bob', n: 1 }),
          () => M.create({ name: 'Bob', n: 2 }),
          () =>
            M.findOneAndUpdate({ name: 'Bob' }, { n: 1 }, { runValidators: true, context: 'query' })
        );
        assert.deepEqual(
          outcomes.map(one => one.rejected?.name),
          ['ValidationError', 'ValidationError', undefined, 'ValidationError']
        );
        return [outcomes, await M.find().sort('n').lean()];
      }
    }
  },
  {
    name: 'mongoose-delete',
    uses: {
      'hides what was deleted, and restores it': async (softDelete, on) => {
        const M = await numbers(on, schema =>
          schema.plugin(softDelete, { overrideMethods: 'all', deletedBy: true, indexFields: true })
        );
        await M.delete({ n: { $lt: 5 } });
        const one = await M.findOne({ n: 6 });
        await one.delete();
        const counts = [
          await M.countDocuments(),
          await M.countDocumentsWithDeleted(),
          await M.countDocumentsDeleted()
        ];
        assert.deepEqual(counts, [19, 25, 6]);
        await M.restore({ n: 1 });
        return [
          counts,
          await M.find().sort('n').limit(2),
          await M.findDeleted().select('n deleted -_id').sort('n').lean(),
          await M.updateMany({}, { n: 0 })
        ];
      }
    }
  }
];

/** A model of 25 numbers. */
async function numbers(on: Context, prepare: (schema: any) => unknown): Promise<any> {
  await on.connect();
  const schema = new on.mongoose.Schema({ n: Number });
  prepare(schema);
  const M = on.mongoose.model(on.name, schema, on.name);
  await M.init();
  await M.insertMany(Array.from({ length: 25 }, (_, n) => ({ n })));
  return M;
}

for (const { name, uses } of PLUGINS) {
  const plugin = installed(name);
  const skip = plugin === undefined && `the package ${name} is not installed`;
  describe(name, { skip }, () => {
    let both: Both;
    before(async () => {
      both = await Both.open(require('mongoose') as Package);
    });
    after(() => both.close());
    for (const [title, use] of Object.entries(uses)) {
      const scenario: Scenario = on => use(plugin, on);
      it(title, () => compare(both, scenario));
    }
  });
}

function installed(name: string): unknown {
  try {
    return require(name) as unknown;
  } catch (error) {
    if ((error as { code?: string }).code === 'MODULE_NOT_FOUND') return undefined;
    throw error;
  }
}
