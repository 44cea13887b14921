// Owns what is compared of the inserts. Must not know how two outcomes are compared.
/* eslint-disable @typescript-eslint/no-deprecated -- what is deprecated is compared like the rest */

import {
  Binary,
  BSONRegExp,
  Code,
  Decimal128,
  Double,
  Int32,
  Long,
  MaxKey,
  MinKey,
  ObjectId,
  Timestamp,
  UUID
} from 'bson';
import type { Context, Scenarios } from '../both.ts';
import { contents, NOT_DOCUMENTS, seed } from './seed.ts';

const GIVEN = new ObjectId('5f0000000000000000000001');
const validator = { $jsonSchema: { required: ['name'], properties: { n: { bsonType: 'int' } } } };

/** A value of every type that a document can hold. */
const values = () => ({
  double: 1.5,
  whole: 7,
  large: 2 ** 40,
  unsafe: 2 ** 60,
  negative: -0,
  nan: NaN,
  infinite: -Infinity,
  bigint: 9_007_199_254_740_993n,
  text: 'grüße 🍇 \u0000 end',
  nested: { a: { b: [] } },
  list: [1, 'two', null, undefined, [3]],
  binary: new Binary(Buffer.from('bytes'), 0x80),
  buffer: Buffer.from([1, 2, 3]),
  bytes: new Uint8Array([4, 5]),
  uuid: new UUID('8f2f8a0b-6a3a-4c3f-9d5f-0d8f2b0c1a11'),
  id: GIVEN,
  yes: true,
  date: new Date(1_600_000_000_123),
  nothing: null,
  missing: undefined,
  regexp: /^a.*b$/im,
  bsonRegexp: new BSONRegExp('^c', 'x'),
  code: new Code('return 1', { a: 1 }),
  int: new Int32(3),
  long: Long.fromString('9223372036854775807'),
  doubled: new Double(4),
  decimal: Decimal128.fromString('12.340'),
  timestamp: new Timestamp({ t: 5, i: 6 }),
  min: new MinKey(),
  max: new MaxKey(),
  map: new Map<string, unknown>([
    ['z', 1],
    ['a', new Map([['k', 2]])]
  ]),
  dated: { toBSON: () => ({ made: 'by toBSON' }) },
  boxed: Object(5) as unknown
});

const large = (mebibytes: number) => 'x'.repeat(mebibytes * 2 ** 20);

async function refused({ db, collection }: Context): Promise<void> {
  await db.createCollection(collection.collectionName, { validator });
}

const insertOne: Scenarios[string] = {
  'makes an _id and puts it into the document': async on => {
    const document: Record<string, unknown> = { a: 1 };
    const result = await on.collection.insertOne(document);
    return { document, result, stored: await contents(on.collection) };
  },
  'makes an _id for one that is undefined, keeps null and others': on =>
    on.all(
      ...[undefined, null, 0, '', GIVEN, { a: 1 }, 5n, new Date(0)].map(_id => async () => ({
        result: await on.collection.insertOne({ _id: _id as any })
      })),
      () => contents(on.collection)
    ),
  'stores values of every type': async on => {
    await on.collection.insertOne({ _id: 1, ...values() });
    return await on.collection.findOne({ _id: 1 });
  },
  'is refused an _id that is there': async on => {
    await on.collection.insertOne({ _id: 1 });
    await on.collection.insertOne({ _id: 1, again: true });
  },
  'is refused by a unique index': async on => {
    await on.collection.createIndex({ 'a.b': 1, c: -1 }, { unique: true });
    await on.collection.insertOne({ a: { b: 'x' }, c: GIVEN });
    await on.collection.insertOne({ a: { b: 'x' }, c: GIVEN });
  },
  'is refused an _id that cannot be one': on =>
    on.all(
      () => on.collection.insertOne({ _id: [1] as any }),
      () => on.collection.insertOne({ _id: /a/ as any }),
      () => on.collection.insertOne({ _id: { $a: 1 } as any })
    ),
  'is refused by a validator, which it may bypass': async on => {
    await refused(on);
    const { collection } = on;
    return await on.all(
      () => collection.insertOne({ _id: 1, n: 'text' }),
      () => collection.insertOne({ _id: 2 }, { bypassDocumentValidation: false }),
      () => collection.insertOne({ _id: 3 }, { bypassDocumentValidation: true })
    );
  },
  'leaves the _id to the server when told to': async on => {
    const document = { a: 1 };
    const result = await on.collection.insertOne(document, { forceServerObjectId: true });
    const { collectionName: name } = on.collection;
    const ignored = on.db.collection(name, { forceServerObjectId: true } as any);
    const inherited = on.client
      .db(on.db.databaseName, { forceServerObjectId: true })
      .collection(name);
    const others = await on.all(
      () => ignored.insertOne({ a: 2 }),
      () => inherited.insertOne({ a: 3 }),
      () => inherited.insertMany([{ a: 4 }]),
      () => inherited.insertOne({ a: 5 }, { forceServerObjectId: false })
    );
    return { document, result, others, count: await on.collection.countDocuments() };
  },
  'asks a primary key factory for the _id': async on => {
    let next = 100;
    const client = on.open({ pkFactory: { createPk: () => next++ } });
    const collection = client.db(on.db.databaseName).collection<any>(on.collection.collectionName);
    return await on.all(
      () => collection.insertOne({ a: 1 }),
      () => collection.insertMany([{ a: 2 }, { _id: 5 }])
    );
  },
  'is refused what is not a document': on =>
    on.all(...NOT_DOCUMENTS.map(value => () => on.collection.insertOne(value))),
  'is refused a document above the size limit': on =>
    on.collection.insertOne({ _id: 1, text: large(16) }),
  'is refused a cycle': on => {
    const cycle: Record<string, unknown> = { _id: 1 };
    cycle['list'] = [{ cycle }];
    return on.collection.insertOne(cycle);
  },
  'is refused a number that no type holds': on =>
    on.all(
      () => on.collection.insertOne({ _id: 1, n: 2n ** 70n }),
      () => on.collection.insertOne({ _id: 1, s: Symbol('s') }),
      () => on.collection.insertOne({ _id: 1, 'a\u0000b': 1 })
    ),
  'obeys the BSON options': async on => {
    const odd = { a: undefined, f: function add() {} };
    const { collection } = on;
    return await on.all(
      () => collection.insertOne({ _id: 1, ...odd }, { ignoreUndefined: true }),
      () => collection.insertOne({ _id: 2, ...odd }, { serializeFunctions: true }),
      () => collection.insertOne({ _id: 3, $a: 1 }, { checkKeys: true }),
      () => collection.insertOne({ _id: 4, 'a.b': 1 }, { checkKeys: true }),
      () => collection.insertOne({ _id: 5, 'a.b': 1, $c: 1 }),
      () => collection.insertOne({ _id: 6 }, { promoteValues: false, promoteLongs: false }),
      () => collection.insertOne({ _id: 7 }, { raw: true }),
      () => collection.insertOne({ _id: 8 }, { useBigInt64: true }),
      () => contents(collection)
    );
  },
  'passes its options to the server': on =>
    on.all(
      () => on.collection.insertOne({ _id: 1 }, { comment: { why: 'test' } }),
      () => on.collection.insertOne({ _id: 2 }, { maxTimeMS: 5_000 }),
      () => on.collection.insertOne({ _id: 3 }, { maxTimeMS: -1 }),
      () => on.collection.insertOne({ _id: 4 }, { writeConcern: { w: 1, j: false } }),
      () => on.collection.insertOne({ _id: 5 }, { w: 1 } as any),
      () => on.collection.insertOne({ _id: 6 }, { explain: true }),
      () => on.collection.insertOne({ _id: 7 }, { collation: { locale: 'de' } }),
      () => on.collection.insertOne({ _id: 8 }, null as any),
      () => on.collection.insertOne({ _id: 9 }, { noSuchOption: 1 } as any)
    ),
  'is refused by a collection whose name is none': on =>
    on.all(
      () => on.db.collection('').insertOne({}),
      () => on.db.collection('$a').insertOne({}),
      () => on.db.collection('a..b').insertOne({}),
      () => on.db.collection('.a').insertOne({}),
      () => on.db.collection('a\u0000b').insertOne({}),
      () => on.client.db('a b').collection('c').insertOne({}),
      () => on.db.collection('system.nothing').insertOne({})
    )
};

const insertMany: Scenarios[string] = {
  'gives the ids by index and puts made ones into the documents': async on => {
    const documents: any[] = [{ a: 1 }, { _id: GIVEN }, { a: 3 }];
    const result = await on.collection.insertMany(documents);
    return { documents, result, stored: await contents(on.collection) };
  },
  'stops at a duplicate in the middle': async on => {
    await on.collection.insertOne({ _id: 3 });
    return await on.all(
      () => on.collection.insertMany([1, 2, 3, 4, 3, 5].map(_id => ({ _id }))),
      () => contents(on.collection)
    );
  },
  'goes on after a duplicate when unordered': async on => {
    await on.collection.insertOne({ _id: 3 });
    const documents = [1, 2, 3, 4, 3, 5].map(_id => ({ _id }));
    return await on.all(
      () => on.collection.insertMany(documents, { ordered: false }),
      () => contents(on.collection)
    );
  },
  'names made ids in the error of a refusal': async on => {
    await on.collection.createIndex({ a: 1 }, { unique: true });
    const documents = [{ a: 1 }, { a: 1 }, { a: 2 }];
    return { outcome: await on.settled(() => on.collection.insertMany(documents)), documents };
  },
  'is refused an empty list and what is no list': on =>
    on.all(
      () => on.collection.insertMany([]),
      () => on.collection.insertMany(undefined as any),
      () => on.collection.insertMany(null as any),
      () => on.collection.insertMany({ _id: 1 } as any),
      () => on.collection.insertMany('text' as any),
      () => on.collection.insertMany([], { ordered: false })
    ),
  'is refused elements that are not documents': on =>
    on.all(...NOT_DOCUMENTS.map(value => () => on.collection.insertMany([{ _id: 1 }, value]))),
  'is refused a document above the size limit': on =>
    on.all(
      () => on.collection.insertMany([{ _id: 1 }, { _id: 2, text: large(16) }, { _id: 3 }]),
      () => contents(on.collection)
    ),
  'splits more than 16 MB into commands, each error at its own index': async on => {
    const text = large(6);
    const documents = [1, 2, 3, 4, 3].map(_id => ({ _id, text }));
    const outcome = await on.settled(() => on.collection.insertMany(documents.slice(0, 4)));
    const refusal = await on.settled(async () => {
      await on.collection.deleteOne({ _id: 1 });
      return on.collection.insertMany(documents, { ordered: false }).catch((error: unknown) => {
        // Not the texts: nobody wants them in a failure's diff.
        const { insertedCount, insertedIds, writeErrors, code } = error as Record<string, any>;
        const indexes = writeErrors.map((one: { index: number }) => one.index);
        return { insertedCount, insertedIds, indexes, code };
      });
    });
    return { outcome, refusal, count: await on.collection.countDocuments() };
  },
  'splits more than 100,000 documents into commands': async on => {
    const documents = Array.from({ length: 100_001 }, (_, _id) => ({ _id }));
    const { insertedCount } = await on.collection.insertMany(documents);
    return { insertedCount, count: await on.collection.estimatedDocumentCount() };
  },
  'leaves the ids to the server when told to': async on => {
    const documents: any[] = [{ a: 1 }, { _id: 2 }];
    const result = await on.collection.insertMany(documents, { forceServerObjectId: true });
    return { documents, result };
  },
  'is refused by a validator, which it may bypass': async on => {
    await refused(on);
    const { collection } = on;
    return await on.all(
      () =>
        collection.insertMany([
          { _id: 1, name: '' },
          { _id: 2, n: 'text' }
        ]),
      () => collection.insertMany([{ _id: 3 }, { _id: 4 }], { ordered: false }),
      () => collection.insertMany([{ _id: 5 }], { bypassDocumentValidation: true }),
      () => collection.insertMany([{ _id: 6 }], { bypassDocumentValidation: false })
    );
  },
  'obeys the BSON options': on => {
    const odd = { a: undefined, f: function add() {} };
    const { collection } = on;
    return on.all(
      () => collection.insertMany([{ _id: 1, ...odd }], { ignoreUndefined: true }),
      () => collection.insertMany([{ _id: 2, ...odd }], { serializeFunctions: true }),
      () => collection.insertMany([{ _id: 3, $a: 1 }], { checkKeys: true }),
      () => collection.insertMany([{ _id: 4 }], { promoteValues: false }),
      () => collection.insertMany([{ _id: 5, n: 2n ** 70n }]),
      () => collection.insertMany([{ _id: 6 }], { raw: true }),
      () => contents(collection)
    );
  },
  'passes its options to the server': on =>
    on.all(
      () => on.collection.insertMany([{ _id: 1 }], { comment: 'why' }),
      () => on.collection.insertMany([{ _id: 2 }], { maxTimeMS: 5_000 }),
      () => on.collection.insertMany([{ _id: 3 }], { ordered: undefined }),
      () => on.collection.insertMany([{ _id: 4 }], { let: { a: 1 } }),
      () => on.collection.insertMany([{ _id: 5 }], null as any),
      () => on.collection.insertMany([{ _id: 6 }], { explain: true })
    ),
  'does not change the list': async on => {
    const documents = Object.freeze([{ _id: 1 }, { _id: 2 }]);
    await on.collection.insertMany(documents);
    await seed(on.db.collection(`${on.collection.collectionName}b`));
    return documents;
  }
};

export const INSERTS: Scenarios = {
  'Collection.insertOne': insertOne,
  'Collection.insertMany': insertMany
};
