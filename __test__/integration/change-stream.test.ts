/** Change streams on a real server: every kind of event, where streams begin, and how they end. */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { MongoClient, type ChangeStreamDocument, type Document } from 'mongodb';
import { PolyPool, type ChangeStream, type Collection, type Db } from 'polypool';
import { sharedMongod, uniqueDatabase, type SharedMongod } from '../support/mongod.ts';

/** Far above what the server needs, in milliseconds. */
const DEADLINE_MS = 30_000;
/** Between two looks at something that changes by itself, in milliseconds. */
const POLL_MS = 20;

/** Looks until `look` gives something. */
async function until<T>(what: string, look: () => Promise<T | undefined>): Promise<T> {
  const deadline = Date.now() + DEADLINE_MS;
  for (;;) {
    const found = await look();
    if (found !== undefined) return found;
    assert.ok(Date.now() < deadline, `${what}: not within ${DEADLINE_MS} ms`);
    await delay(POLL_MS);
  }
}

/** The next events, as many as asked for. */
async function take(stream: ChangeStream, count: number): Promise<Document[]> {
  const changes: Document[] = [];
  while (changes.length < count) changes.push(await stream.next());
  return changes;
}

const kinds = (changes: Document[]): unknown[] => changes.map(change => change['operationType']);

describe('A change stream', () => {
  const database = uniqueDatabase();
  let mongod: SharedMongod;
  let pool: PolyPool;
  let db: Db;
  /** Not polypool's, so that it can't agree by mistake. */
  let observer: MongoClient;
  let version: number[];
  let collections = 0;

  before(async () => {
    mongod = await sharedMongod();
    observer = new MongoClient(mongod.uri);
    pool = new PolyPool(mongod.uri);
    db = pool.db(database);
    version = (await db.command({ buildInfo: 1 }))['versionArray'] as number[];
  });
  after(async () => {
    await db.dropDatabase();
    await pool.close();
    await observer.close();
    await mongod.stop();
  });

  const isBefore = (major: number): boolean => version[0]! < major;

  /** One that exists, so that events begin with what the test does. */
  async function collection(options?: object): Promise<Collection> {
    return await db.createCollection(`c${collections++}`, options);
  }

  /** Reads from the server once, so that the stream begins before what follows. */
  async function started<T extends ChangeStream>(stream: T): Promise<T> {
    assert.equal(await stream.tryNext(), null);
    return stream;
  }

  /** For tests that wait for nothing: a `getMore` without news comes back at once. */
  const QUICK = { maxAwaitTimeMS: 1 };

  describe('tells', () => {
    it('what happens to the documents of a collection', async () => {
      const numbers = await collection();
      await using stream = await started(numbers.watch([], QUICK));
      await numbers.insertOne({ _id: 1 as never, n: 1 });
      await numbers.updateOne({ n: 1 }, { $set: { n: 2 } });
      await numbers.replaceOne({ n: 2 }, { n: 3 });
      await numbers.deleteOne({ n: 3 });
      const changes = await take(stream, 4);
      assert.deepEqual(kinds(changes), ['insert', 'update', 'replace', 'delete']);
      const [insert, update, replace] = changes as Array<ChangeStreamDocument & Document>;
      assert.deepEqual(insert!['fullDocument'], { _id: 1, n: 1 });
      assert.deepEqual(update!['updateDescription'].updatedFields, { n: 2 });
      assert.deepEqual(replace!['fullDocument'], { _id: 1, n: 3 });
      for (const change of changes) {
        assert.deepEqual(change['ns'], { db: database, coll: numbers.collectionName });
        assert.deepEqual(change['documentKey'], { _id: 1 });
      }
    });

    it('that a collection was renamed or dropped, and ends', async () => {
      for (const [verb, run] of [
        ['drop', (doomed: Collection) => doomed.drop()],
        [
          'rename',
          (doomed: Collection) =>
            observer.db(database).renameCollection(doomed.collectionName, `c${collections++}`)
        ]
      ] as const) {
        const doomed = await collection();
        const stream = await started(doomed.watch([], QUICK));
        await run(doomed);
        assert.deepEqual(kinds(await take(stream, 2)), [verb, 'invalidate']);
        assert.equal(stream.closed, true);
        await assert.rejects(stream.next(), { name: 'MongoRuntimeError' });
      }
    });

    it('what happens to a database, and that it was dropped', async () => {
      const doomed = pool.db(uniqueDatabase());
      await doomed.createCollection('a');
      const stream = await started(doomed.watch([], QUICK));
      await doomed.collection('a').insertOne({});
      await doomed.collection('b').insertOne({});
      await doomed.dropDatabase();
      const changes = await take(stream, 6);
      assert.deepEqual(kinds(changes).slice(0, 2), ['insert', 'insert']);
      assert.deepEqual(kinds(changes).slice(2), ['drop', 'drop', 'dropDatabase', 'invalidate']);
      assert.deepEqual(
        changes.slice(0, 2).map(({ ns }) => ns.coll),
        ['a', 'b']
      );
    });

    it('what happens to all databases', async () => {
      const other = pool.db(uniqueDatabase());
      const names = [database, other.databaseName];
      const pipeline = [{ $match: { 'ns.db': { $in: names }, operationType: 'insert' } }];
      await using stream = await started(pool.watch(pipeline, QUICK));
      await db.collection('all').insertOne({});
      await other.collection('all').insertOne({});
      const changes = await take(stream, 2);
      assert.deepEqual(
        changes.map(({ ns }) => ns.db),
        names
      );
      await other.dropDatabase();
    });

    it('what else happens when it is asked to', async context => {
      if (isBefore(6)) {
        context.skip('showExpandedEvents needs MongoDB 6.0');
        return;
      }
      const name = `c${collections++}`;
      const options = { ...QUICK, showExpandedEvents: true };
      const pipeline = [{ $match: { 'ns.coll': name } }];
      await using stream = await started(db.watch(pipeline, options));
      const indexed = await db.createCollection(name);
      await indexed.insertOne({ a: 1 });
      await indexed.createIndex({ a: 1 }, { name: 'a_1' });
      await db.command({ collMod: name, index: { name: 'a_1', hidden: true } });
      await indexed.dropIndex('a_1');
      const changes = await take(stream, 5);
      const expected = ['create', 'insert', 'createIndexes', 'modify', 'dropIndexes'];
      assert.deepEqual(kinds(changes), expected);
      assert.ok(changes.every(change => change['collectionUUID'] !== undefined));
    });

    it('documents as they are now, as they were and as they became', async context => {
      if (isBefore(6)) {
        context.skip('pre- and post-images need MongoDB 6.0');
        return;
      }
      const kept = await collection({ changeStreamPreAndPostImages: { enabled: true } });
      await using images = await started(
        kept.watch([], {
          ...QUICK,
          fullDocument: 'required',
          fullDocumentBeforeChange: 'required'
        })
      );
      await using lookup = await started(
        kept.watch([], { ...QUICK, fullDocument: 'updateLookup' })
      );
      await kept.insertOne({ _id: 1 as never, n: 1 });
      await kept.updateOne({}, { $set: { n: 2 } });
      await kept.updateOne({}, { $set: { n: 3 } });
      await kept.deleteOne({});
      const before: unknown[] = [];
      const became: unknown[] = [];
      for (const change of await take(images, 4)) {
        before.push(change['fullDocumentBeforeChange']?.n);
        became.push(change['fullDocument']?.n);
      }
      assert.deepEqual(before, [undefined, 1, 2, 3]);
      assert.deepEqual(became, [1, 2, 3, undefined]);
      const now = (await take(lookup, 4)).map(change => change['fullDocument']?.n as unknown);
      assert.deepEqual(now, [1, undefined, undefined, undefined]);
    });

    it('that there is no image where one is required, and ends', async context => {
      if (isBefore(6)) {
        context.skip('pre- and post-images need MongoDB 6.0');
        return;
      }
      const bare = await collection();
      const options = { ...QUICK, fullDocumentBeforeChange: 'required' };
      const stream = await started(bare.watch([], options));
      await bare.insertOne({});
      await bare.updateOne({}, { $set: { n: 1 } });
      // The server may give the first event before it fails, or not.
      await assert.rejects(take(stream, 2), { name: 'MongoServerError' });
      assert.equal(stream.closed, true);
    });

    it('a large event in parts', async context => {
      const [major, minor, patch] = version as [number, number, number];
      if (major < 6 || (major === 6 && minor === 0 && patch < 9)) {
        context.skip('$changeStreamSplitLargeEvent needs MongoDB 6.0.9');
        return;
      }
      const large = await collection({ changeStreamPreAndPostImages: { enabled: true } });
      const options = { ...QUICK, fullDocumentBeforeChange: 'required' };
      await using stream = await started(
        large.watch([{ $changeStreamSplitLargeEvent: {} }], options)
      );
      const filler = (letter: string): string => letter.repeat(10 * 2 ** 20);
      await large.insertOne({ value: filler('a') });
      await large.updateOne({}, { $set: { value: filler('b') } });
      assert.equal((await stream.next()).operationType, 'insert');
      const parts = await take(stream, 2);
      assert.deepEqual(
        parts.map(({ splitEvent }) => splitEvent),
        [
          { fragment: 1, of: 2 },
          { fragment: 2, of: 2 }
        ]
      );
      // Behind the first part it goes on with the second.
      await using resumed = large.watch([{ $changeStreamSplitLargeEvent: {} }], {
        ...options,
        resumeAfter: parts[0]!['_id'] as unknown
      });
      assert.deepEqual((await resumed.next()).splitEvent, { fragment: 2, of: 2 });
    });
  });

  describe('begins', () => {
    it('now, at a time, or behind a token', async () => {
      const numbers = await collection();
      const { operationTime } = await db.command({ ping: 1 });
      await numbers.insertMany([1, 2, 3].map(n => ({ n })));
      await using all = numbers.watch([], { ...QUICK, startAtOperationTime: operationTime });
      const [first] = await take(all, 3);
      for (const option of ['resumeAfter', 'startAfter']) {
        await using rest = numbers.watch([], { ...QUICK, [option]: first!['_id'] as unknown });
        const seen = (await take(rest, 2)).map(change => change['fullDocument'].n as number);
        assert.deepEqual(seen, [2, 3]);
      }
      await using later = await started(numbers.watch([], QUICK));
      await numbers.insertOne({ n: 4 });
      assert.equal(((await later.next()) as Document)['fullDocument'].n, 4);
    });

    it('behind the end of a collection with startAfter, and not with resumeAfter', async () => {
      const doomed = await collection();
      const stream = await started(doomed.watch([], QUICK));
      await doomed.drop();
      const [, invalidate] = await take(stream, 2);
      await doomed.insertOne({ n: 1 });
      const token = invalidate!['_id'] as unknown;
      await assert.rejects(doomed.watch([], { ...QUICK, resumeAfter: token }).next(), {
        name: 'MongoServerError'
      });
      await using again = doomed.watch([], { ...QUICK, startAfter: token });
      assert.equal((await again.next()).operationType, 'insert');
    });

    it('behind what happened elsewhere when nothing happened here', async () => {
      const quiet = await collection();
      await using stream = await started(quiet.watch([], QUICK));
      const token = stream.resumeToken;
      await db.collection('elsewhere').insertOne({});
      await until('the token moves', async () => {
        assert.equal(await stream.tryNext(), null);
        return JSON.stringify(stream.resumeToken) !== JSON.stringify(token) || undefined;
      });
    });

    it('as soon as somebody listens, and announces a token though nothing happens', async () => {
      const quiet = await collection();
      await using stream = quiet.watch();
      const announced = new Promise<unknown>(resolve => stream.once('resumeTokenChanged', resolve));
      stream.on('change', () => undefined);
      assert.equal(typeof ((await announced) as Document)['_data'], 'string');
    });
  });

  describe('keeps up', () => {
    const MANY = 10_000;

    it('with many events without asking for each of them', async () => {
      const numbers = await collection();
      await using stream = await started(numbers.watch([], QUICK));
      let replies = 0;
      (stream as unknown as { cursor: NodeJS.EventEmitter }).cursor.on(
        'more',
        () => (replies += 1)
      );
      await numbers.insertMany(Array.from({ length: MANY }, (_, n) => ({ n })));
      let expected = 0;
      for await (const change of stream) {
        assert.equal((change as Document)['fullDocument'].n, expected);
        if (++expected === MANY) break;
      }
      assert.ok(replies < MANY / 20, `${replies} replies for ${MANY} events`);
    });

    it('in batches of the size it is given', async () => {
      const numbers = await collection();
      const { operationTime } = await db.command({ ping: 1 });
      await numbers.insertMany(Array.from({ length: 7 }, (_, n) => ({ n })));
      const options = { ...QUICK, batchSize: 3, startAtOperationTime: operationTime };
      await using stream = numbers.watch([], options);
      const buffered: number[] = [];
      for (let i = 0; i < 7; i++) {
        await stream.next();
        buffered.push(stream.bufferedCount());
      }
      assert.deepEqual(buffered, [2, 1, 0, 2, 1, 0, 0]);
    });
  });

  describe('ends', () => {
    /** A wait that a test can't take for the end of one. */
    const LONG = { maxAwaitTimeMS: 10_000 };
    /** A close that waited for the server would take longer than this, in milliseconds. */
    const PROMPT_MS = 5_000;

    /** The cursors that the server keeps of commands with this comment. */
    async function kept(comment: string): Promise<number> {
      const found = await observer
        .db('admin')
        .aggregate([
          { $currentOp: { idleCursors: true, allUsers: true } },
          { $match: { type: 'idleCursor', 'cursor.originatingCommand.comment': comment } }
        ])
        .toArray();
      return found.length;
    }

    async function nobodyKeeps(comment: string): Promise<void> {
      await until(`the server forgets ${comment}`, async () => {
        return (await kept(comment)) === 0 || undefined;
      });
    }

    /** The getMore under way of a cursor with this comment. */
    async function waits(comment: string): Promise<void> {
      await until('the getMore waits', async () => {
        const found = await observer
          .db('admin')
          .aggregate([
            { $currentOp: { allUsers: true } },
            { $match: { op: 'getmore', 'cursor.originatingCommand.comment': comment } }
          ])
          .toArray();
        return found.length > 0 || undefined;
      });
    }

    for (const read of ['next', 'hasNext', 'tryNext'] as const) {
      it(`at once while ${read} waits, and gives its connection back`, async () => {
        // With one connection: the wait has it, and who comes then needs it.
        const own = new PolyPool(mongod.uri, { maxPoolSize: 1 });
        const comment = `waiting-${read}`;
        const quiet = await collection();
        const watched = own.db(database).collection(quiet.collectionName);
        const stream = watched.watch([], { ...LONG, comment });
        const waiting = assert.rejects(stream[read](), {
          name: 'MongoAPIError',
          message: 'ChangeStream is closed'
        });
        await waits(comment);
        const begin = Date.now();
        await stream.close();
        await waiting;
        assert.equal(await watched.findOne(), null);
        assert.ok(Date.now() - begin < PROMPT_MS, `took ${Date.now() - begin} ms`);
        await nobodyKeeps(comment);
        await own.close();
      });
    }

    it('as an emitter, with one event of its end', async () => {
      const quiet = await collection();
      const stream = quiet.watch([], { ...LONG, comment: 'emitter' });
      const seen: string[] = [];
      for (const event of ['change', 'error', 'end', 'close'] as const) {
        stream.on(event, () => seen.push(event));
      }
      await waits('emitter');
      await stream.close();
      await quiet.insertOne({});
      await nobodyKeeps('emitter');
      assert.deepEqual([seen, stream.closed], [['close'], true]);
    });

    it('as a stream of documents that is destroyed', async () => {
      const quiet = await collection();
      const stream = quiet.watch([], { ...LONG, comment: 'readable' });
      const readable = stream.stream();
      readable.resume();
      await waits('readable');
      const closed = new Promise(resolve => readable.once('close', resolve));
      readable.destroy();
      await closed;
      await nobodyKeeps('readable');
    });

    it('with its pool, and says so to who waits', async () => {
      const own = new PolyPool(mongod.uri);
      const quiet = await collection();
      const stream = own
        .db(database)
        .collection(quiet.collectionName)
        .watch([], {
          ...LONG,
          comment: 'pool'
        });
      const waiting = assert.rejects(stream.next(), { name: 'MongoClientClosedError' });
      await waits('pool');
      await own.close();
      await waiting;
      assert.equal(stream.closed, true);
    });

    it('when it is dropped and collected', async context => {
      const { gc } = global;
      if (gc === undefined) {
        context.skip('needs node --expose-gc');
        return;
      }
      const quiet = await collection();
      const drop = async (): Promise<void> => {
        await started(quiet.watch([], { ...QUICK, comment: 'dropped' }));
      };
      await drop();
      assert.equal(await kept('dropped'), 1);
      await until('the server forgets it', async () => {
        await gc({ execution: 'async' });
        return (await kept('dropped')) === 0 || undefined;
      });
    });

    it('without a trace, a thousand times', async context => {
      const { gc } = global;
      if (gc === undefined) {
        context.skip('needs node --expose-gc');
        return;
      }
      const quiet = await collection();
      const streams: Array<WeakRef<ChangeStream>> = [];
      const open = async (): Promise<void> => {
        const stream = quiet.watch([], { ...QUICK, comment: 'thousand' });
        streams.push(new WeakRef(stream));
        await stream.tryNext();
        await stream.close();
      };
      for (let i = 0; i < 50; i++) await Promise.all(Array.from({ length: 20 }, open));
      await until('all of them are collected', async () => {
        await gc({ execution: 'async' });
        return streams.every(stream => stream.deref() === undefined) || undefined;
      });
      await nobodyKeeps('thousand');
    });
  });
});
