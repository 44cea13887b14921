/** Results that are views of memory: they stay as they are, whatever else the pool does later. */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { deserialize } from 'bson';
import { Binary, PolyPool, UUID, type Collection } from 'polypool';
import { sharedMongod, uniqueDatabase, type SharedMongod } from '../support/mongod.ts';

interface Item {
  _id: number;
  bytes: Binary;
  uuid: UUID;
}

const ITEMS = 200;
/** Operations meant to overwrite whatever may be overwritten: many times the size of a slab. */
const OTHERS = 5_000;

let mongod: SharedMongod;
let pool: PolyPool;
let items: Collection<Item>;

before(async () => {
  mongod = await sharedMongod();
  pool = new PolyPool(mongod.uri);
  items = pool.db(uniqueDatabase()).collection<Item>('items');
  await items.insertMany(Array.from({ length: ITEMS }, (_, _id) => ({ _id, ...valuesOf(_id) })));
});
after(async () => {
  await items.db.dropDatabase();
  await pool.close();
  await mongod.stop();
});

/** Different for every item, and longer than what js-bson might copy. */
function valuesOf(id: number): Omit<Item, '_id'> {
  const bytes = new Binary(Buffer.alloc(100 + id, id));
  return { bytes, uuid: new UUID(Buffer.alloc(16, id)) };
}

async function disturb(): Promise<void> {
  await Promise.all(
    Array.from({ length: OTHERS }, (_, i) => items.findOne({ _id: (i * 7) % ITEMS }))
  );
  global.gc?.();
}

function check(item: Item): void {
  const { bytes, uuid } = valuesOf(item._id);
  assert.deepEqual(Buffer.from(item.bytes.buffer), bytes.buffer);
  assert.equal(item.uuid.toHexString(), uuid.toHexString());
}

describe('Values kept while other operations run', () => {
  it('stay as they are: Binary and UUID of single documents', async () => {
    const reads = Array.from({ length: ITEMS }, (_, _id) => items.findOne({ _id }));
    const kept = await Promise.all(reads);
    await disturb();
    kept.forEach((item, i) => {
      assert.equal(item?._id, i);
      check(item);
    });
  });

  it('stay as they are: Binary and UUID of batches', async () => {
    const kept = await items.find({}, { batchSize: 20 }).toArray();
    await disturb();
    assert.equal(kept.length, ITEMS);
    for (const item of kept) check(item);
  });

  it('stay as they are: promoted buffers', async () => {
    const kept = await items.find({}, { promoteBuffers: true }).sort({ _id: 1 }).toArray();
    await disturb();
    kept.forEach((item, i) => {
      assert.ok(Buffer.isBuffer(item.bytes));
      assert.deepEqual(item.bytes, valuesOf(i).bytes.buffer);
    });
  });

  it('stay as they are: documents as bytes', async () => {
    const raw = { raw: true };
    const single = await Promise.all(
      Array.from({ length: ITEMS }, (_, _id) => items.findOne<Uint8Array>({ _id }, raw))
    );
    const batched = (await items
      .find({}, { ...raw, batchSize: 20 })
      .sort({ _id: 1 })
      .toArray()) as unknown as Uint8Array[];
    await disturb();
    for (const kept of [single, batched]) {
      assert.equal(kept.length, ITEMS);
      kept.forEach((bytes, i) => {
        const item = deserialize(bytes!) as Item;
        assert.equal(item._id, i);
        check(item);
      });
    }
  });

  it('are the caller’s own: writing to them harms nobody', async () => {
    const raw = { raw: true };
    const kept = await Promise.all(
      Array.from({ length: ITEMS }, (_, _id) => items.findOne({ _id }))
    );
    for (const item of await items.find<Item>({}).toArray()) {
      Buffer.from(item.bytes.buffer.buffer).fill(255);
    }
    const bytes = await items.findOne<Uint8Array>({ _id: 0 }, raw);
    bytes!.fill(255);
    for (const item of kept) check(item as Item);
    for (const item of await items.find<Item>({}).toArray()) check(item);
  });
});
