/** Documents as JSON bytes: by the rules of cursors, in one piece and as a stream. */
import assert from 'node:assert/strict';
import { Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { after, before, describe, it } from 'node:test';
import { EJSON, type Document } from 'bson';
import {
  BSONRegExp,
  Decimal128,
  Long,
  PolyPool,
  UUID,
  type Collection,
  type FindOptions
} from 'polypool';
import { sharedMongod, uniqueDatabase, type SharedMongod } from '../support/mongod.ts';

interface Item extends Document {
  _id: number;
}

const ITEMS = 1_000;

let mongod: SharedMongod;
let pool: PolyPool;
let items: Collection<Item>;
/** All of them, in order. */
let documents: Item[];

before(async () => {
  mongod = await sharedMongod();
  pool = new PolyPool(mongod.uri, { monitorCommands: true });
  items = pool.db(uniqueDatabase()).collection<Item>('items');
  await items.insertMany(
    Array.from({ length: ITEMS }, (_, _id) => ({
      _id,
      text: 'grüße "und" so weiter '.repeat(_id % 9),
      at: new Date(_id * 1e9),
      ratio: _id / 7,
      long: Long.fromString('9007199254740993'),
      price: Decimal128.fromString('1.50'),
      uuid: new UUID(Buffer.alloc(16, _id)),
      nested: { b: [1, null, { c: true }], a: 'x' }
    }))
  );
  documents = await items.find().toArray();
});
after(async () => {
  await items.db.dropDatabase();
  await pool.close();
  await mongod.stop();
});

const plain = (of: unknown): Buffer => Buffer.from(JSON.stringify(of));

async function text(stream: AsyncIterable<unknown>): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of stream) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}

/** The commands that polypool sends meanwhile. */
async function sent(run: () => Promise<unknown>): Promise<string[]> {
  const names: string[] = [];
  const listener = ({ commandName }: { commandName: string }): unknown => names.push(commandName);
  pool.on('commandStarted', listener);
  try {
    await run();
  } finally {
    pool.off('commandStarted', listener);
  }
  return names;
}

for (const [what, read] of [
  ['toJSONBytes()', cursor => cursor.toJSONBytes()],
  ['jsonStream()', cursor => text(cursor.jsonStream())]
] satisfies Array<[string, (cursor: ReturnType<typeof find>) => Promise<Buffer>]>) {
  describe(what, () => {
    it('gives what JSON.stringify gives of the documents, whatever the batches', async () => {
      for (const options of [{}, { batchSize: 1, limit: 50 }, { batchSize: 350 }, { limit: 3 }]) {
        const bytes = await read(find(options));
        assert.ok(
          bytes.equals(plain(documents.slice(0, options.limit ?? ITEMS))),
          JSON.stringify(options)
        );
      }
    });

    it('gives an empty array of no documents', async () => {
      assert.equal(String(await read(items.find({ _id: -1 }).sort({ _id: 1 }))), '[]');
    });

    it('asks for as many batches as toArray()', async () => {
      for (const options of [{}, { batchSize: 10, limit: 20 }, { batchSize: 300 }]) {
        const expected = await sent(() => find(options).toArray());
        assert.deepEqual(await sent(() => read(find(options))), expected);
      }
    });

    it('gives what is left of a cursor that has been read from', async () => {
      const cursor = find({ batchSize: 10 });
      for (let i = 0; i < 13; i++) await cursor.next();
      assert.deepEqual(await read(cursor), plain(documents.slice(13)));
      assert.equal(cursor.closed, true);
      assert.equal(await cursor.next(), null);
    });

    it('gives the rest of a batch when there is no other', async () => {
      const cursor = find({ limit: 3 });
      await cursor.next();
      assert.deepEqual(await read(cursor), plain(documents.slice(1, 3)));
      assert.equal(String(await read(cursor)), '[]');
    });

    it('gives all again after rewind()', async () => {
      const cursor = find({ batchSize: 100 });
      await read(cursor);
      cursor.rewind();
      assert.deepEqual(await read(cursor), plain(documents));
    });

    it('runs in a session and in its transaction', async () => {
      await pool.withSession(async session => {
        const { operationTime } = session;
        assert.deepEqual(await read(find({ session, batchSize: 100 })), plain(documents));
        assert.notEqual(session.operationTime, operationTime);
        await session.withTransaction(async () => {
          await items.insertOne({ _id: ITEMS }, { session });
          const bytes = await read(items.find({ _id: { $gte: ITEMS } }, { session }));
          assert.deepEqual(bytes, plain([{ _id: ITEMS }]));
          await session.abortTransaction();
        });
      });
    });

    it('fails as the server does, and the cursor is closed', async () => {
      const cursor = items.find({ $where: '1 +' });
      await assert.rejects(read(cursor), { name: 'MongoServerError' });
      assert.equal(cursor.closed, true);
    });

    it('is taken back by a signal', async () => {
      const controller = new AbortController();
      const reason = new RangeError('changed my mind');
      const cursor = items.find(
        { $where: 'sleep(100) || true' },
        { batchSize: 1, signal: controller.signal }
      );
      setTimeout(() => controller.abort(reason), 150);
      await assert.rejects(read(cursor), reason);
    });

    it('reads what other cursors give', async () => {
      const pipeline = [{ $sort: { _id: 1 } }, { $limit: 5 }];
      const aggregated = await read(items.aggregate(pipeline) as never);
      assert.deepEqual(aggregated, plain(documents.slice(0, 5)));
      const indexes = await read(items.listIndexes() as never);
      assert.deepEqual(indexes, plain(await items.indexes()));
      const command = { find: items.collectionName, sort: { _id: 1 } };
      assert.deepEqual(await read(items.db.runCursorCommand(command) as never), plain(documents));
    });

    it('gives the explanation of a cursor that explains', async () => {
      // eslint-disable-next-line @typescript-eslint/no-deprecated -- the driver's option, which it still takes
      const bytes = await read(find({ explain: 'queryPlanner' }));
      const [explanation] = JSON.parse(String(bytes)) as Document[];
      assert.ok(explanation!['queryPlanner']);
    });

    it('refuses a cursor with map() or raw', async () => {
      const mapped = find({}).map(document => document._id);
      await assert.rejects(async () => await read(mapped as never), {
        name: 'MongoAPIError',
        message: /map\(\)/
      });
      await assert.rejects(read(find({ raw: true })), { name: 'MongoAPIError', message: /raw/ });
    });

    it('disregards how documents are to be read, unless some have been', async () => {
      const options = { promoteValues: false, bsonRegExp: true, batchSize: 10 };
      assert.deepEqual(await read(find(options)), plain(documents));
      const cursor = find(options);
      await cursor.next();
      await assert.rejects(read(cursor), { name: 'MongoAPIError', message: /rewind/ });
    });

    it('fails when the cursor is closed under it, rather than give half an array', async () => {
      const cursor = items.find({ $where: 'sleep(5) || true' }, { batchSize: 1 });
      setTimeout(() => void cursor.close(), 100);
      // Depending on where it is caught: between batches, or by the server within one.
      await assert.rejects(read(cursor), ({ name }: Error) =>
        ['MongoCursorExhaustedError', 'MongoServerError'].includes(name)
      );
    });
  });
}

function find(options: FindOptions) {
  return items.find({}, { sort: { _id: 1 }, ...options });
}

describe('toJSONBytes()', () => {
  it('gives EJSON, relaxed or canonical, also of documents that had arrived', async () => {
    for (const relaxed of [true, false]) {
      const cursor = find({ batchSize: 10 });
      await cursor.next();
      const bytes = await cursor.toJSONBytes({ dialect: 'ejson', relaxed });
      assert.equal(String(bytes), EJSON.stringify(documents.slice(1), { relaxed }));
    }
    const bytes = await find({}).toJSONBytes({ dialect: 'ejson' });
    assert.equal(String(bytes), EJSON.stringify(documents));
  });

  it('refuses a dialect that there is none of', async () => {
    await assert.rejects(find({}).toJSONBytes({ dialect: 'yaml' as 'plain' }), {
      name: 'MongoInvalidArgumentError'
    });
  });

  it('gives memory that is the caller’s own', async () => {
    const few = await find({ limit: 2 }).toJSONBytes();
    const many = await find({}).toJSONBytes();
    for (const bytes of [few, many]) {
      Buffer.from(bytes.buffer).fill(0);
    }
    assert.deepEqual(await find({}).toArray(), documents);
    assert.ok(many.length > 64 * 1024, 'is larger than a slab');
  });

  it('leaves no cursor on the server when a document can’t be read', async () => {
    const broken = items.db.collection<Item>('broken');
    // js-bson reads the option as one that EJSON does not have.
    const pattern = new BSONRegExp('x', 's');
    await broken.insertMany(
      Array.from({ length: 50 }, (_, _id) => ({ _id, s: _id === 30 ? pattern : 'é' }))
    );
    const cursor = broken.find({}, { batchSize: 10 });
    await assert.rejects(cursor.toJSONBytes({ dialect: 'ejson' }), { name: 'BSONError' });
    assert.deepEqual([cursor.closed, cursor.killed], [true, true]);
  });
});

describe('findOneJSON()', () => {
  it('gives the first document, or null', async () => {
    assert.deepEqual(await items.findOneJSON({ _id: 7 }), plain(documents[7]));
    assert.equal(await items.findOneJSON({ _id: -1 }), null);
    const options = { sort: { _id: -1 }, projection: { _id: 1 } } as const;
    assert.equal(String(await items.findOneJSON({}, options)), `{"_id":${ITEMS - 1}}`);
  });

  it('gives EJSON and explanations, and refuses raw', async () => {
    const canonical = await items.findOneJSON({ _id: 7 }, { dialect: 'ejson', relaxed: false });
    assert.equal(String(canonical), EJSON.stringify(documents[7], { relaxed: false }));
    const explanation = await items.findOneJSON({ _id: 7 }, { explain: 'queryPlanner' });
    assert.ok((JSON.parse(String(explanation)) as Document)['queryPlanner']);
    await assert.rejects(items.findOneJSON({}, { raw: true }), { name: 'MongoAPIError' });
  });
});

describe('jsonStream()', () => {
  it('asks for no more batches than its reader has room for', async () => {
    const stream = find({ batchSize: 100 }).jsonStream();
    const batches = await sent(async () => {
      stream.once('readable', () => undefined);
      await new Promise(resolve => setTimeout(resolve, 300));
    });
    assert.ok(batches.length < 8, `sent ${batches.join()}`);
    assert.ok((await text(stream)).equals(plain(documents)));
  });

  it('closes the cursor when it is destroyed', async () => {
    const cursor = find({ batchSize: 10 });
    const stream = cursor.jsonStream();
    await new Promise(resolve => stream.once('data', resolve));
    stream.destroy();
    await new Promise(resolve => stream.once('close', resolve));
    assert.deepEqual([cursor.closed, cursor.killed], [true, true]);
  });

  it('gives large batches a piece at a time, and gives up what is left of one', async () => {
    const large = items.db.collection<{ _id: number; text: string }>('large');
    const all = Array.from({ length: 40 }, (_, _id) => ({ _id, text: 'ü'.repeat(100_000) }));
    await large.insertMany(all);
    const ordered = () => large.find({}, { sort: { _id: 1 } });
    assert.ok((await text(ordered().jsonStream())).equals(plain(all)));
    assert.deepEqual(JSON.parse(String(await large.findOneJSON({ _id: 7 }))), all[7]);

    const stream = ordered().jsonStream();
    await new Promise(resolve => stream.once('data', resolve));
    stream.destroy();
    await new Promise(resolve => stream.once('close', resolve));
    assert.ok(stream.readableLength < 1e6, `${stream.readableLength} bytes are left`);
  });

  it('gives lines that are exactly the documents, with ndjson', async () => {
    const stream = find({ batchSize: 300 }).jsonStream({ dialect: 'ndjson' });
    const lines = String(await text(stream)).split('\n');
    assert.equal(lines.pop(), '');
    // What reads them makes a number of the 64-bit one.
    const others = ({ long: _, ...rest }: Item): string => EJSON.stringify(rest);
    assert.deepEqual(
      lines.map(line => others(EJSON.parse(line))),
      documents.map(others)
    );
    assert.deepEqual(JSON.parse(lines[1]!).long, { $numberLong: '9007199254740993' });
    const none = find({}).filter({ _id: -1 }).jsonStream({ dialect: 'ndjson' });
    assert.equal(String(await text(none)), '');
    // @ts-expect-error lines are no array
    await assert.rejects(find({}).toJSONBytes({ dialect: 'ndjson' }), /"plain" or "ejson", not/);
    const refused = (options: object): unknown => find({}).jsonStream(options);
    assert.throws(() => refused({ dialect: 'yaml' }), /"plain" or "ejson" or "ndjson", not yaml/);
    assert.throws(() => refused({ dialect: 'ndjson', relaxed: true }), /"relaxed" cannot be true/);
    assert.throws(() => refused({ dialect: 'ndjson', relaxed: 1 }), /"relaxed" must be a boolean/);
    find({}).jsonStream({ dialect: 'ndjson', relaxed: false }).destroy();
  });

  it('has no lines of documents that have arrived as objects', async () => {
    const cursor = find({ batchSize: 10 });
    await cursor.next();
    await assert.rejects(text(cursor.jsonStream({ dialect: 'ndjson' })), { name: 'MongoAPIError' });
  });

  it('is a stream of bytes that pipes', async () => {
    const chunks: Buffer[] = [];
    const sink = new Writable({
      write(chunk: Buffer, _encoding, done) {
        chunks.push(chunk);
        setImmediate(done);
      }
    });
    await pipeline(find({ batchSize: 50 }).jsonStream({ dialect: 'ejson' }), sink);
    assert.equal(Buffer.concat(chunks).toString(), EJSON.stringify(documents));
  });
});
