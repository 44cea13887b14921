/** Databases that are exported, imported and copied: whole, exactly, and in little memory. */
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { createReadStream, createWriteStream } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { after, afterEach, before, describe, it } from 'node:test';
import {
  Binary,
  BSONRegExp,
  BSONSymbol,
  Code,
  Decimal128,
  Double,
  Long,
  MaxKey,
  ObjectId,
  Timestamp
} from 'polypool';
import { textOf, Wrappers, type Wrapper } from './wrappers.ts';

/** Values whose types JavaScript's numbers and EJSON's short forms would lose. */
const TYPED = {
  whole: new Double(5),
  long: Long.fromNumber(5),
  large: Long.MAX_VALUE,
  decimal: Decimal128.fromString('1.10'),
  regexp: new BSONRegExp('a/b', 'imx'),
  simple: /a/i,
  symbol: new BSONSymbol('s'),
  code: new Code('f()', { a: 1 }),
  time: new Timestamp({ t: 1, i: 2 }),
  bytes: new Binary(Buffer.from('abc'), 0x80),
  date: new Date(0),
  far: new Date(8.64e15),
  max: new MaxKey(),
  none: null,
  nested: [{ $odd: { 'a.b': [new ObjectId()] } }],
  2: 'second',
  1: 'first'
};

for (const version of ['mongoose', 'mongoose8']) {
  describe(`A database, with ${version}`, () => {
    let on: Wrappers;
    let wrapper: Wrapper;
    let from: string;
    let to: string;

    before(async () => {
      on = await Wrappers.open();
    });
    after(() => on.close());
    afterEach(() => on.clear());

    async function fill(): Promise<void> {
      [from, to] = [on.database('from'), on.database('to')];
      wrapper = on.ours({ defaultDB: from }, version);
      const db = on.pool.db(from);
      await db.createCollection('log', { capped: true, size: 65_536, max: 100 });
      await db.createCollection('measured', { timeseries: { timeField: 'at' } });
      await db.createCollection('shown', { viewOn: 'items', pipeline: [{ $limit: 1 }] });
      await db.createCollection('empty', { validator: { $jsonSchema: { required: ['a'] } } });
      await db.collection('log').insertOne({ n: 1 });
      await db.collection('measured').insertOne({ at: new Date(), n: 1 });
      const items = db.collection('items');
      await items.createIndex(
        { email: 1 },
        { unique: true, partialFilterExpression: { email: { $exists: true } } }
      );
      await items.createIndex({ text: 'text', n: -1 }, { weights: { text: 3 } });
      const documents = Array.from({ length: 2_500 }, (_, n) => ({ n, email: `${n}@x`, ...TYPED }));
      await items.insertMany(documents);
    }

    /** Documents as the server has them, and all that is to be the same of the collections. */
    async function contents(database: string): Promise<object> {
      const db = on.pool.db(database);
      const found: Record<string, object> = {};
      for (const { name, type, options } of (await db
        .listCollections({ name: /^(?!system)/ })
        .toArray()) as any[]) {
        // The server gives the fields of a time series in no order of theirs.
        const raw = type !== 'timeseries';
        const documents = await db.collection(name).find({}, { raw }).sort({ _id: 1 }).toArray();
        const indexes = type === 'view' ? [] : await db.collection(name).indexes();
        const byName = (a: any, b: any): number => (a.name < b.name ? -1 : 1);
        const hash = createHash('sha256');
        for (const bytes of raw ? (documents as unknown as Buffer[]) : []) hash.update(bytes);
        const stored = raw ? hash.digest('hex') : documents;
        found[name] = { type, options, stored, indexes: indexes.sort(byName) };
      }
      return found;
    }

    it('is the same after an export to a file and its import', async () => {
      await fill();
      const folder = await mkdtemp(path.join(tmpdir(), 'polypool-'));
      const file = path.join(folder, 'backup.ndjson');
      try {
        await pipeline(wrapper.actions.exportDBStream(from), createWriteStream(file));
        const summary = await wrapper.actions.importDBStream(to, createReadStream(file));
        assert.deepEqual(await contents(to), await contents(from));
        assert.equal(summary.insertedDocuments, 2_502);
        assert.equal(summary.createdIndexes, 2);
        assert.deepEqual(summary.failures, []);
      } finally {
        await rm(folder, { recursive: true });
      }
    });

    it('is the same after a copy', async () => {
      await fill();
      const summary = await wrapper.actions.copyDatabase(from, to);
      assert.deepEqual(await contents(to), await contents(from));
      const { source, target, insertedDocuments, failures } = summary;
      assert.deepEqual([source, target, insertedDocuments, failures], [from, to, 2_502, []]);
    });

    it('is the same as an object, and as the JSON of that', async () => {
      await fill();
      const exported = await wrapper.actions.exportDB(from);
      const [first] = exported.collections.items.documents;
      assert.deepEqual([first.n, first.email, first.simple], [0, '0@x', /a/i]);
      await wrapper.actions.importDB(to, exported);
      assert.deepEqual(await contents(to), await contents(from));
      const again = on.database('again');
      await wrapper.bulkTasks.import(again, JSON.parse(JSON.stringify(exported)));
      assert.deepEqual(await contents(again), await contents(from));
    });

    it('is written as lines that say what they are', async () => {
      await fill();
      const text = await textOf(wrapper.actions.exportDBStream(from));
      assert.ok(text.endsWith('\n'));
      const records = text
        .trimEnd()
        .split('\n')
        .map(line => JSON.parse(line));
      const { format, version: number, database } = records[0];
      assert.deepEqual([format, number, database], ['polymongo.ndjson', 1, from]);
      const items = records.filter(({ collection }) => collection === 'items');
      assert.deepEqual(
        [...new Set(items.map(({ type }) => type))],
        ['collection', 'index', 'document', 'collectionEnd']
      );
      assert.equal(records.at(-1).collection, 'shown');
      const document = items.find(({ type }) => type === 'document').document;
      assert.deepEqual(document.long, { $numberLong: '5' });
      assert.match(document._id.$oid, /^[0-9a-f]{24}$/);
    });

    it('tells how far it is', async () => {
      await fill();
      const told: number[] = [];
      const onProgress = ({ collection, documents }: any): void => {
        if (collection === 'items') told.push(documents);
      };
      const stream = wrapper.actions.exportDBStream(from, { onProgress });
      const events: number[] = [];
      stream.on('progress', ({ collection, documents }: any) => {
        if (collection === 'items') events.push(documents);
      });
      await textOf(stream);
      assert.equal(told.at(-1), 2_500);
      assert.deepEqual(events, told);
      told.length = 0;
      await wrapper.actions.copyDatabase(from, to, { batchSize: 500, onProgress });
      assert.deepEqual(told, [500, 1000, 1500, 2000, 2500]);
    });
  });
}

describe('An import', () => {
  let on: Wrappers;
  let wrapper: Wrapper;
  let to: string;

  before(async () => {
    on = await Wrappers.open();
  });
  after(() => on.close());
  afterEach(() => on.clear());

  function begin(): void {
    to = on.database('to');
    wrapper = on.ours();
  }

  const record = (document: object, collection = 'c'): string =>
    JSON.stringify({ type: 'document', collection, document });
  const start = (collection = 'c'): string => JSON.stringify({ type: 'collection', collection });

  it('takes lines in any pieces, with any ends, and without one', async () => {
    begin();
    const text = [start(), record({ _id: 1, a: 'é😀' }), '', record({ _id: 2 })].join('\r\n');
    const bytes = Buffer.from(text);
    const pieces = Array.from({ length: bytes.length }, (_, at) => bytes.subarray(at, at + 1));
    await wrapper.actions.importDBStream(to, Readable.from(pieces));
    const found = await on.pool.db(to).collection('c').find().toArray();
    assert.deepEqual(found, [{ _id: 1, a: 'é😀' }, { _id: 2 }]);
  });

  it('takes a line that is longer than what it reads at a time', async () => {
    begin();
    const lines = [start(), record({ _id: 1, text: 'x'.repeat(3 << 20) }), record({ _id: 2 })];
    await wrapper.actions.importDBStream(to, Readable.from([lines.join('\n')]));
    assert.equal(await on.pool.db(to).collection('c').countDocuments(), 2);
  });

  it('and a copy keep few large documents waiting, however large a batch is', async () => {
    begin();
    const MEGABYTE = 1024 * 1024;
    // As soon as 16 MiB wait.
    const expected: Array<[megabytes: number, documents: number, inserted: number[]]> = [
      [5, 9, [4, 8, 9]],
      [1, 40, [16, 32, 40]]
    ];
    for (const [megabytes, count, inserted] of expected) {
      const [first, second] = [on.database(`of_${megabytes}`), on.database(`copy_${megabytes}`)];
      const text = 'x'.repeat(megabytes * MEGABYTE);
      const lines = function* (): Generator<string> {
        yield `${start()}\n`;
        for (let _id = 0; _id < count; _id++) yield `${record({ _id, text })}\n`;
      };
      const told: number[] = [];
      const onProgress = ({ documents }: any): void => void told.push(documents);
      await wrapper.actions.importDBStream(first, Readable.from(lines()), { onProgress });
      assert.deepEqual(told.splice(0), inserted);
      await wrapper.actions.copyDatabase(first, second, { onProgress });
      assert.deepEqual(told, inserted);
      assert.equal(await on.pool.db(second).collection('c').countDocuments(), count);
    }
  });

  it('leaves out the rest of a collection whose documents are refused, and goes on', async () => {
    begin();
    const lines = [
      start(),
      ...[1, 2, 1, 3].map(_id => record({ _id })),
      start('d'),
      record({ _id: 1 }, 'd')
    ];
    const source = (): Readable => Readable.from(lines.map(line => `${line}\n`));
    const summary = await wrapper.actions.importDBStream(to, source(), { batchSize: 3 });
    assert.deepEqual(summary.collections, [
      { collection: 'c', documents: 2, indexes: 0 },
      { collection: 'd', documents: 1, indexes: 0 }
    ]);
    const [{ collection, stage, message }] = summary.failures;
    assert.deepEqual([collection, stage], ['c', 'import']);
    assert.match(message, /E11000/);
    assert.equal(summary.insertedDocuments, 3);
    await assert.rejects(
      wrapper.actions.importDBStream(to, source(), { stopOnError: true }),
      /Failed to import stream: E11000/
    );
  });

  it('tells of an index that is refused', async () => {
    begin();
    const index = { name: 'a_1', key: { a: 1 }, unique: true };
    const lines = [
      start(),
      JSON.stringify({ type: 'index', collection: 'c', index }),
      record({ a: 1 }),
      record({ a: 1 })
    ];
    const source = (): Readable => Readable.from([lines.join('\n')]);
    const summary = await wrapper.actions.importDBStream(to, source());
    assert.deepEqual(summary.collections, [{ collection: 'c', documents: 2, indexes: 0 }]);
    assert.equal(summary.failures[0].stage, 'index');
    await assert.rejects(
      wrapper.actions.importDBStream(on.database('ended'), source(), { stopOnError: true }),
      /^Error: Failed to import stream: .*E11000/
    );
  });

  it('tells how far it is', async () => {
    begin();
    const lines = [
      start(),
      ...[1, 2, 3, 4, 5].map(_id => record({ _id })),
      start('d'),
      record({}, 'd')
    ];
    const told: unknown[] = [];
    const onProgress = (progress: object): void => void told.push(progress);
    const source = Readable.from([lines.join('\n')]);
    await wrapper.actions.importDBStream(to, source, { batchSize: 2, onProgress });
    const of = (collection: string) => (documents: number) => ({
      database: to,
      collection,
      documents
    });
    assert.deepEqual(told.splice(0), [...[2, 4, 5].map(of('c')), of('d')(1)]);
    const collections = { c: { documents: [{ _id: 6 }, { _id: 7 }] } };
    await wrapper.actions.importDB(to, { collections }, { onProgress });
    assert.deepEqual(told, [of('c')(2)]);
  });

  const WRONG: Array<[what: string, lines: string, message: RegExp]> = [
    ['no JSON', `${start()}\nnope`, /^Failed to import stream: Line 2: An object is wanted/],
    ['another format', '{"type":"meta","format":"x"}', /Unsupported stream format$/],
    ['a document of another collection', `${start()}\n${record({}, 'd')}`, /Out-of-order/],
    ['a document without a collection', record({}), /Out-of-order stream record$/],
    ['a record without a type', '{}', /Line 1: It is no record of an export$/]
  ];
  for (const [what, lines, message] of WRONG) {
    it(`refuses ${what}`, async () => {
      begin();
      const importing = wrapper.actions.importDBStream(to, Readable.from([lines]));
      await assert.rejects(importing, (error: Error) => {
        assert.match(error.message, message);
        return true;
      });
    });
  }

  /** A stream that fails before anybody reads it. */
  function failing(): Readable {
    const stream = new Readable({ read: () => undefined });
    queueMicrotask(() => stream.destroy(new Error('no such file')));
    return stream;
  }

  it('fails with its stream, though that fails before it is read', async () => {
    begin();
    const importing = wrapper.actions.importDBStream(to, failing());
    await assert.rejects(importing, { message: 'Failed to import stream: no such file' });
    // Nor does it wait for a connection that nothing is to go through.
    const away = on.ours({ mongoURI: 'mongodb://127.0.0.1:1/', retry: 60_000 });
    const waiting = away.actions.importDBStream(to, failing());
    await assert.rejects(waiting, { message: 'Failed to import stream: no such file' });
  });

  it('ends a stream that it does not read', async () => {
    begin();
    const stream = new Readable({ read: () => undefined });
    const importing = wrapper.actions.importDBStream(to, stream, { batchSize: 0 });
    await assert.rejects(importing, /batchSize must be a positive number/);
    assert.ok(stream.destroyed);
    const other = new Readable({ read: () => undefined });
    const away = on.ours({ mongoURI: 'mongodb://127.0.0.1:1/?serverSelectionTimeoutMS=1' });
    await assert.rejects(away.actions.importDBStream(to, other), /Failed to import stream/);
    assert.ok(other.destroyed);
  });

  it('refuses an object that is no export, and a copy onto itself', async () => {
    begin();
    const importing = wrapper.actions.importDB(to, { a: 1 });
    await assert.rejects(importing, {
      message: 'Failed to import database: Invalid import data format'
    });
    await assert.rejects(wrapper.actions.copyDatabase(to, to), /copied onto itself/);
  });
});

describe('A copy', () => {
  let on: Wrappers;

  before(async () => {
    on = await Wrappers.open();
  });
  after(() => on.close());
  afterEach(() => on.clear());

  it('reads no more of a collection whose documents are refused', async () => {
    const [from, to] = [on.database('from'), on.database('to')];
    const db = on.pool.db(from);
    await db.collection('a').insertMany(Array.from({ length: 5_000 }, (_, n) => ({ n })));
    await db.collection('b').insertOne({ n: 1 });
    await on.pool.db(to).createCollection('a', { validator: { n: { $lt: 1_500 } } });
    const wrapper = on.ours({ poolOptions: { monitorCommands: true } });
    const read: number[] = [];
    wrapper.getNativeClient().on('commandSucceeded', ({ commandName, reply }: any) => {
      if (commandName === 'getMore') read.push(reply.cursor.nextBatch.length);
    });
    const summary = await wrapper.actions.copyDatabase(from, to);
    assert.deepEqual(
      summary.collections.map(({ collection, documents }: any) => [collection, documents]).sort(),
      [
        ['a', 1_500],
        ['b', 1]
      ]
    );
    assert.equal(summary.failures.length, 1);
    // The second batch was refused while the third was on its way.
    assert.ok(read.length <= 2, `${read.length} batches`);
    const stats = await wrapper.stats.db(from);
    assert.deepEqual(stats.collections.map(({ name, docCount }: any) => [name, docCount]).sort(), [
      ['a', 5_000],
      ['b', 1]
    ]);
  });
});

describe('An export', () => {
  let on: Wrappers;

  before(async () => {
    on = await Wrappers.open();
  });
  after(() => on.close());

  it('ends its cursor when nobody reads on', async () => {
    const from = on.database('from');
    const wrapper = on.ours({ defaultDB: from });
    const documents = Array.from({ length: 30_000 }, (_, _id) => ({ _id, text: 'x'.repeat(500) }));
    await on.pool.db(from).collection<{ _id: number }>('c').insertMany(documents);
    const pool = wrapper.getNativeClient();
    const stream = wrapper.actions.exportDBStream(from);
    for await (const piece of stream) {
      if (piece.length > 10_000) break;
    }
    const deadline = performance.now() + 10_000;
    while (pool.stats().held.cursors > 0) {
      assert.ok(performance.now() < deadline, 'a cursor is still open');
      await new Promise(resolve => setTimeout(resolve, 10));
    }
  });
});
