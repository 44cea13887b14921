// Owns what is compared of bulk writes that are put together piece by piece. Must not know how two
// outcomes are compared.

import { ObjectId } from 'bson';
import type { Scenarios } from '../both.ts';
import { ended, everything, told } from './bulk-models.ts';
import { contents, NOT_DOCUMENTS, seed } from './seed.ts';

const built: Scenarios[string] = {
  'gathers statements and says what they are': async on => {
    await seed(on.collection);
    return [on.collection.initializeOrderedBulkOp(), on.collection.initializeUnorderedBulkOp()].map(
      bulk => {
        const chained = bulk.insert({ _id: 1 }) === bulk;
        for (const operation of everything()) bulk.raw(operation);
        const batches = bulk.batches.map(({ batchType, operations, originalIndexes }) => ({
          batchType,
          operations,
          originalIndexes
        }));
        const { length, isOrdered } = bulk;
        return { chained, batches, length, isOrdered, raw: bulk.bsonOptions.raw ?? false };
      }
    );
  },
  'runs what the builder says': async on => {
    const outcomes: unknown[] = [];
    for (const begin of ['initializeOrderedBulkOp', 'initializeUnorderedBulkOp'] as const) {
      await on.collection.deleteMany({});
      await seed(on.collection);
      const bulk = on.collection[begin]({ comment: 'built' });
      bulk.insert({ _id: 20 }).insert({ a: 1 });
      bulk.find({ _id: 1 }).updateOne({ $set: { seen: true } });
      bulk.find({ n: 3 }).update({ $inc: { n: 100 } });
      bulk.find({ _id: 2 }).updateOne([{ $set: { piped: '$n' } }]);
      bulk.find({ _id: 3 }).replaceOne({ replaced: true });
      bulk
        .find({ _id: 30 })
        .upsert()
        .updateOne({ $set: { n: 1 } });
      bulk
        .find({ _id: 31 })
        .upsert()
        .update({ $set: { n: 1 } });
      bulk.find({ _id: 32 }).upsert().replaceOne({ n: 32 });
      bulk.find({ name: 'FIG' }).collation({ locale: 'en', strength: 2 }).hint('_id_').deleteOne();
      bulk.find({ n: 2 }).hint({ n: 1 }).delete();
      bulk
        .find({ 'grown.years': 3 })
        .arrayFilters([{ y: 3 }])
        .updateOne({ $set: { 'grown.years.$[y]': 4 } });
      bulk.find({ _id: 4 }).upsert().delete();
      outcomes.push(await ended(on, () => bulk.execute()));
    }
    return outcomes;
  },
  'has nothing against a result without errors': async on => {
    const bulk = on.collection.initializeUnorderedBulkOp();
    bulk.insert({ _id: 1 });
    const result = await bulk.execute();
    return await on.settled(() => bulk.handleWriteError(result));
  },
  'runs once': async on => {
    const bulk = on.collection.initializeOrderedBulkOp();
    return await on.all(
      () => bulk.execute(),
      () => bulk.insert({ _id: 1 }).length,
      () => bulk.execute(),
      () => bulk.execute()
    );
  },
  'runs once after a refusal, too': async on => {
    const bulk = on.collection.initializeUnorderedBulkOp();
    bulk.insert({ _id: 1 });
    bulk.insert({ _id: 1 });
    return await on.all(
      () => ended(on, () => bulk.execute()),
      () => bulk.execute()
    );
  },
  'is refused what makes no statement': on => {
    const bulk = on.collection.initializeOrderedBulkOp();
    const find = () => bulk.find({ _id: 1 });
    const wrong = [undefined, null, 5] as any[];
    return on.all(
      ...wrong.map(value => () => void bulk.find(value)),
      ...NOT_DOCUMENTS.map(value => () => bulk.insert(value).length),
      ...wrong.map(value => () => find().update(value)),
      ...wrong.map(value => () => find().updateOne(value)),
      ...wrong.map(value => () => find().replaceOne(value)),
      () => find().updateOne({ a: 1 }),
      () => find().updateOne({}),
      () => find().replaceOne({ $set: { a: 1 } }),
      () => bulk.addToOperationsList(2, []),
      () => bulk.length
    );
  },
  'leaves an update of many without operators to the server': on => {
    const bulk = on.collection.initializeOrderedBulkOp();
    bulk.find({ _id: 1 }).update({ a: 1 });
    return ended(on, () => bulk.execute());
  },
  'forgets what was said once it made a statement': async on => {
    await seed(on.collection);
    const bulk = on.collection.initializeOrderedBulkOp();
    const first = bulk.find({ _id: 1 }).upsert();
    const second = bulk.find({ _id: 2 });
    first.updateOne({ $set: { by: 'first' } });
    const outcome = await on.settled(() => second.updateOne({ $set: { by: 'second' } }).length);
    return { outcome, ended: await ended(on, () => bulk.execute()) };
  },
  'takes statements as the server does': async on => {
    await seed(on.collection);
    const bulk = on.collection.initializeUnorderedBulkOp();
    bulk.addToOperationsList(1, { a: 1 });
    bulk.addToOperationsList(2, { q: { _id: 1 }, u: { $set: { a: 1 } }, multi: true });
    bulk.addToOperationsList(3, { q: { n: 3 }, limit: 0 });
    const outcome = await bulk.execute();
    return { outcome: told(outcome), left: await on.collection.countDocuments() };
  },
  'takes options when it runs': async on => {
    const document = () => ({ _id: new ObjectId(), a: undefined });
    const options = { comment: 'begun', ignoreUndefined: true, writeConcern: { w: 1 } } as const;
    const bulk = on.collection.initializeOrderedBulkOp(options);
    const before = bulk.writeConcern;
    bulk.insert(document());
    const other = on.collection.initializeOrderedBulkOp(options);
    other.insert(document());
    const keys: string[] = [];
    await other.execute();
    const result = await bulk.execute({
      comment: 'run',
      ignoreUndefined: false,
      writeConcern: { w: 'majority' }
    });
    for (const stored of await contents(on.collection)) {
      keys.push(Object.keys(stored as object).join());
    }
    return { before, after: bulk.writeConcern, result, keys };
  }
};

export const BULK_OPERATIONS: Scenarios = {
  'Collection.initializeOrderedBulkOp': built,
  'Collection.initializeUnorderedBulkOp': {
    'begins without options': on => {
      const bulk = on.collection.initializeUnorderedBulkOp();
      return { length: bulk.length, batches: bulk.batches, writeConcern: bulk.writeConcern };
    }
  },
  'UnorderedBulkOperation.handleWriteError': {
    'says nothing of a result without failures': async on => {
      const result = await on.collection.bulkWrite([{ insertOne: { document: { _id: 1 } } }]);
      on.collection.initializeUnorderedBulkOp().handleWriteError(result);
    }
  }
};
