/** Change streams that are tracked, shared, and ended by polypool; on a real server. */
import assert from 'node:assert/strict';
import { after, afterEach, before, describe, it } from 'node:test';
import { Long, type Document } from 'bson';
import { PolyPool, type ChangeStream, type ChangeStreamDocument } from 'polypool';
import { sharedMongod, uniqueDatabase, type SharedMongod } from '../support/mongod.ts';

const DEADLINE_MS = 20_000;

async function until(holds: () => boolean | Promise<boolean>, what: string): Promise<void> {
  const end = performance.now() + DEADLINE_MS;
  while (!(await holds())) {
    assert.ok(performance.now() < end, `in time: ${what}`);
    await new Promise(resolve => setTimeout(resolve, 5));
  }
}

describe('Change streams of a pool', () => {
  let mongod: SharedMongod;
  let pool: PolyPool;
  let other: PolyPool;
  const database = uniqueDatabase();
  const appName = `watches-${process.pid}`;

  before(async () => {
    mongod = await sharedMongod();
    pool = await PolyPool.connect(mongod.uri, { appName });
    other = await PolyPool.connect(mongod.uri);
    await other.db(database).createCollection('c');
  });
  afterEach(() => pool.closeWatches());
  after(async () => {
    await other.db(database).dropDatabase();
    await Promise.all([pool.close(), other.close()]);
    await mongod.stop();
  });

  const collection = () => pool.db(database).collection('c');
  const insert = (document: Document) => other.db(database).collection('c').insertOne(document);

  /** A stream whose `change`s go to a list, once it is open. */
  async function listen(stream: ChangeStream): Promise<Document[]> {
    const changes: Document[] = [];
    stream.on('change', change => void changes.push(change));
    await until(() => pool.watches().length > 0, 'a stream is open');
    return changes;
  }

  it('are shown while they are open, with how far they are', async () => {
    assert.deepEqual(pool.watches(), []);
    const changes = await listen(collection().watch());
    const [opened] = pool.watches();
    assert.equal(opened!.namespace, `${database}.c`);
    assert.deepEqual([opened!.events, opened!.lastEvent, opened!.listeners], [0, null, 1]);
    await insert({});
    await until(() => changes.length === 1, 'the event');
    const watch = pool.watches()[0]!;
    assert.equal(watch.events, 1);
    assert.ok(watch.lastEvent instanceof Date && watch.since <= watch.lastEvent);
    assert.ok(watch.lagMS !== null && watch.lagMS < DEADLINE_MS);
    assert.ok(watch.resumeTokenAgeMS !== null && watch.resumeTokenAgeMS < DEADLINE_MS);
    await until(() => pool.watches()[0]!.connection?.connectionId !== undefined, 'it waits');
    assert.match(pool.watches()[0]!.connection!.address, /:\d+$/);
  });

  it('are named by what they watch', async () => {
    const streams = [pool.watch(), pool.db(database).watch(), collection().watch()];
    streams.forEach(stream => stream.on('change', () => undefined));
    await until(() => pool.watches().length === 3, 'all are open');
    const namespaces = pool.watches().map(({ namespace }) => namespace);
    assert.deepEqual(namespaces, ['*', database, `${database}.c`]);
  });

  it('end together, or those of one database', async () => {
    const mine = collection().watch();
    const theirs = pool.db(`${database}_b`).collection('c').watch();
    for (const stream of [mine, theirs]) stream.on('change', () => undefined);
    await until(() => pool.watches().length === 2, 'both are open');
    await pool.closeWatches(database);
    assert.deepEqual([mine.closed, theirs.closed], [true, false]);
    assert.equal(pool.watches().length, 1);
    await pool.closeWatches();
    assert.equal(theirs.closed, true);
    assert.deepEqual(pool.watches(), []);
  });

  it('end before operations when the pool drains', async () => {
    const draining = await PolyPool.connect(mongod.uri);
    const documents = draining.db(database).collection('c');
    const stream = documents.watch();
    const ended = assert.rejects(stream.next(), { name: 'MongoAPIError' });
    await until(() => draining.watches().length === 1, 'it is open');
    const slow = documents.findOne({ $where: 'sleep(300) || true' });
    const closing = draining.close({ drainMS: 10_000 });
    await ended;
    assert.ok(
      (await Promise.race([slow.then(() => 'slow'), Promise.resolve('still')])) === 'still'
    );
    await Promise.all([closing, slow]);
  });

  for (const shared of [false, true]) {
    const kind = shared ? 'shared' : 'own';

    it(`end a loop that reads them when the pool wants no more of them: ${kind}`, async () => {
      const draining = await PolyPool.connect(mongod.uri);
      const read = async (): Promise<number> => {
        let seen = 0;
        for await (const change of draining.db(database).collection('c').watch([], { shared })) {
          seen += change.operationType === 'insert' ? 1 : 0;
        }
        return seen;
      };
      const first = read();
      await until(() => draining.watches().length === 1, 'it is open');
      await draining.closeWatches();
      assert.equal(await first, 0);
      const second = read();
      await until(() => draining.watches().length === 1, 'it is open again');
      const slow = draining.db(database).collection('c').findOne({ $where: 'sleep(300) || true' });
      const closing = draining.close({ drainMS: 10_000 });
      assert.equal(await second, 0);
      // Those that begin meanwhile would end with an error.
      assert.equal(await read(), 0);
      assert.equal(draining.state, 'disconnecting');
      await Promise.all([closing, slow]);
      await draining.connect();
      const third = read();
      await until(
        () => draining.watches().length === 1,
        'it is open in the pool that is open again'
      );
      await draining.close({ drainMS: 10_000 });
      assert.equal(await third, 0);
    });

    it(`fail a loop whose stream is closed by who reads it, as the driver's: ${kind}`, async () => {
      const stream = collection().watch([], { shared });
      const loop = (async () => {
        for await (const change of stream) assert.fail(change.operationType);
      })();
      const told = assert.rejects(loop, { name: 'MongoAPIError', message: /is closed/ });
      await until(() => pool.watches().length === 1, 'it is open');
      await stream.close();
      await told;
    });
  }

  it('refuse options that are none', () => {
    const watch = (options: object) => () => collection().watch([], options);
    const refused = { name: 'MongoInvalidArgumentError' };
    assert.throws(watch({ onHistoryLost: 'ignore' }), refused);
    assert.throws(watch({ shared: true, maxBuffered: 0 }), refused);
    assert.throws(watch({ shared: true, resumeAfter: { _data: '1' } }), refused);
  });

  describe('that are shared', () => {
    it('cost one cursor, and give every listener every event in order', async () => {
      const listeners = Array.from({ length: 1_000 }, () => {
        const stream = collection().watch([{ $match: { operationType: 'insert' } }], {
          shared: true
        });
        const seen: unknown[] = [];
        stream.on('change', change => void seen.push((change as Document)['fullDocument'].n));
        return seen;
      });
      await until(() => pool.watches()[0]?.listeners === 1_000, 'all listen');
      assert.equal(pool.watches().length, 1);
      for (let n = 0; n < 5; n++) await insert({ n });
      await until(() => listeners.every(({ length }) => length === 5), 'all have been told');
      for (const seen of listeners) assert.deepEqual(seen, [0, 1, 2, 3, 4]);
      const cursors = { $match: { appName, 'cursor.tailable': true } };
      const stages = [{ $currentOp: { idleCursors: true } }, cursors];
      // Between two `getMore`s the server lists a cursor a moment late.
      const open: number[] = [];
      await until(async () => {
        open.push((await other.db('admin').aggregate(stages).toArray()).length);
        return open.at(-1) !== 0;
      }, 'the server shows the cursor');
      assert.equal(open.at(-1), 1);
    });

    it('are those alone that watch the same', async () => {
      const pipelines = [[], [], [{ $match: { 'fullDocument.a': 1 } }]];
      for (const pipeline of pipelines) {
        collection()
          .watch(pipeline, { shared: true })
          .on('change', () => undefined);
      }
      collection()
        .watch([], { shared: true, fullDocument: 'updateLookup' })
        .on('change', () => undefined);
      await until(() => pool.watches().length === 3, 'three are open');
      const listeners = pool.watches().map(watch => watch.listeners);
      assert.deepEqual(listeners.sort(), [1, 1, 2]);
    });

    it('end a listener that is too far behind, and go on for the others', async () => {
      const slow = collection().watch([], { shared: true, maxBuffered: 2 });
      const first = slow.next();
      const changes = await listen(collection().watch([], { shared: true }));
      for (let n = 0; n < 6; n++) await insert({ n });
      await until(() => changes.length === 6, 'the other has them all');
      const numberOf = (change: ChangeStreamDocument): number =>
        (change as Document).fullDocument.n;
      const read = [numberOf(await first)];
      const error = (await (async () => {
        for (;;) read.push(numberOf(await slow.next()));
      })().catch((reason: unknown) => reason)) as { code: unknown; resumeToken: object };
      assert.equal(error.code, 'POLYPOOL_SLOW_LISTENER');
      assert.deepEqual(read, [0, 1, 2]);
      const own = collection().watch([], { resumeAfter: error.resumeToken });
      assert.equal(numberOf(await own.next()), 3);
      assert.equal(
        pool.watches().find(({ listeners }) => listeners === 1)!.namespace,
        `${database}.c`
      );
    });

    it('end on the server with their last listener', async () => {
      const streams = [1, 2].map(() => collection().watch([], { shared: true }));
      streams.forEach(stream => stream.on('change', () => undefined));
      await until(() => pool.watches()[0]?.listeners === 2, 'both listen');
      await streams[0]!.close();
      assert.equal(pool.watches()[0]!.listeners, 1);
      await streams[1]!.close();
      assert.deepEqual(pool.watches(), []);
    });

    it('end for every listener with closeWatches()', async () => {
      const streams = [1, 2].map(() => collection().watch([], { shared: true }));
      const told = streams.map(stream => assert.rejects(stream.next(), Error));
      await until(() => pool.watches()[0]?.listeners === 2, 'both listen');
      await pool.closeWatches();
      await Promise.all(told);
      assert.ok(streams.every(({ closed }) => closed));
    });

    it('fail for every listener when they fail', async () => {
      const pipeline = [{ $nonsense: 1 }];
      const streams = [1, 2].map(() => collection().watch(pipeline, { shared: true }));
      const told = streams.map(stream =>
        assert.rejects(stream.next(), { name: 'MongoServerError' })
      );
      await Promise.all(told);
    });

    it('read as iterators and as streams, too', async () => {
      const iterated = collection().watch([], { shared: true });
      const streamed = collection().watch([], { shared: true }).stream();
      const first = iterated.next();
      const second = new Promise<Document>(resolve => streamed.once('data', resolve));
      await until(() => pool.watches()[0]?.listeners === 2, 'both listen');
      await insert({ n: Long.fromNumber(1) });
      assert.deepEqual((await first)['_id'], (await second)['_id']);
      assert.deepEqual(iterated.resumeToken, (await first)['_id']);
      streamed.destroy();
    });
  });
});
