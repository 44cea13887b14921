/** Much at once: many small documents, few huge ones, batches as large as the server makes them. */
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { after, before, describe, it } from 'node:test';
import { PolyPool, type Collection } from 'polypool';
import { sharedMongod, uniqueDatabase, type SharedMongod } from '../support/mongod.ts';

interface Item {
  _id: number;
  text: string;
}

const MANY = 100_000;
const MEBIBYTE = 2 ** 20;

let mongod: SharedMongod;
let pool: PolyPool;
let many: Collection<Item>;
let large: Collection<Item>;

before(async () => {
  mongod = await sharedMongod();
  pool = new PolyPool(mongod.uri);
  const db = pool.db(uniqueDatabase());
  many = db.collection<Item>('many');
  large = db.collection<Item>('large');
});
after(async () => {
  await many.db.dropDatabase();
  await pool.close();
  await mongod.stop();
});

const textOf = (id: number) => `text of ${id}`;

describe('A hundred thousand documents', () => {
  before(async () => {
    const documents = Array.from({ length: MANY }, (_, _id) => ({ _id, text: textOf(_id) }));
    const result = await many.insertMany(documents);
    assert.equal(result.insertedCount, MANY);
    assert.equal(Object.keys(result.insertedIds).length, MANY);
  });

  function check(documents: readonly Item[]): void {
    assert.equal(documents.length, MANY);
    documents.forEach((document, i) => {
      if (document._id !== i || document.text !== textOf(i)) assert.fail(`number ${i} differs`);
    });
  }

  it('arrive in order in one array', async () => {
    check(await many.find().sort({ _id: 1 }).toArray());
  });

  it('arrive in order in small batches', async () => {
    check(await many.find({}, { batchSize: 1_000 }).sort({ _id: 1 }).toArray());
  });

  it('arrive in order one by one', async () => {
    const found: Item[] = [];
    for await (const item of many.find().sort({ _id: 1 })) found.push(item);
    check(found);
  });

  it('arrive in order for several cursors at once', async () => {
    const cursors = [1, 2, 3].map(() => many.find({}, { batchSize: 5_000 }).sort({ _id: 1 }));
    for (const documents of await Promise.all(cursors.map(cursor => cursor.toArray()))) {
      check(documents);
    }
  });
});

describe('Large documents', () => {
  const hash = (text: string) => createHash('sha256').update(text).digest('hex');
  /** Texts of different lengths that differ from end to end. */
  const texts = [1, 7 * MEBIBYTE, 3, 8 * MEBIBYTE - 1_000, 15 * MEBIBYTE].map((length, i) =>
    `${i}-abcdefgh`.repeat(Math.ceil(length / 10)).slice(0, length)
  );

  before(async () => {
    await large.insertMany(texts.map((text, _id) => ({ _id, text })));
  });

  it('arrive as they were in batches of up to 16 MB', async () => {
    const found = await large.find().sort({ _id: 1 }).toArray();
    assert.deepEqual(
      found.map(({ _id, text }) => [_id, text.length, hash(text)]),
      texts.map((text, i) => [i, text.length, hash(text)])
    );
  });

  it('arrive as they were on their own, many at once', async () => {
    const ids = [4, 0, 3, 2, 1, 4];
    const found = await Promise.all(ids.map(_id => large.findOne({ _id })));
    ids.forEach((id, i) => assert.equal(hash(found[i]!.text), hash(texts[id]!)));
  });

  it('arrive as they were beside many small ones', async () => {
    const ids = Array.from({ length: 2_000 }, (_, i) => i);
    const [found, ...small] = await Promise.all([
      large.findOne({ _id: 1 }),
      ...ids.map(_id => large.findOne({ _id: _id % 2 === 0 ? 0 : 2 }))
    ]);
    assert.equal(hash(found!.text), hash(texts[1]!));
    small.forEach((item, i) => assert.equal(item?.text, texts[i % 2 === 0 ? 0 : 2]));
  });
});

describe('Null', () => {
  it('stands for no options wherever there are any', async () => {
    const none: any = null;
    const items = many.db.collection<Item>('null');
    await items.insertOne({ _id: 1, text: '' }, none);
    await items.insertMany([{ _id: 2, text: '' }], none);
    await items.updateOne({ _id: 1 }, { $set: { text: 'a' } }, none);
    await items.updateMany({ _id: 1 }, { $set: { text: 'b' } }, none);
    await items.replaceOne({ _id: 2 }, { text: 'c' }, none);
    assert.equal((await items.findOne({ _id: 1 }, none))?.text, 'b');
    assert.equal((await items.find({}, none).toArray()).length, 2);
    assert.equal((await items.aggregate([], none).toArray()).length, 2);
    assert.equal(await items.countDocuments({}, none), 2);
    assert.equal(await items.estimatedDocumentCount(none), 2);
    assert.deepEqual(await items.distinct('text', {}, none), ['b', 'c']);
    assert.deepEqual(await items.findOneAndDelete({ _id: 1 }, none), { _id: 1, text: 'b' });
    assert.equal((await items.deleteOne({ _id: 2 }, none)).deletedCount, 1);
    assert.equal((await items.deleteMany({}, none)).deletedCount, 0);
    assert.equal((await items.db.command({ ping: 1 }, none))['ok'], 1);
  });
});
