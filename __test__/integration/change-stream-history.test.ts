/** A change stream whose place in the oplog is gone, and one that fails again and again. */
import assert from 'node:assert/strict';
import { after, afterEach, before, describe, it } from 'node:test';
import type { Document } from 'bson';
import { PolyPool, type Collection } from 'polypool';
import { FailPoints } from '../support/fail-point.ts';
import { startMongod, uniqueDatabase, type Mongod } from '../support/mongod.ts';

const DEADLINE_MS = 20_000;
const LOST = { errorCode: 286, errorLabels: ['NonResumableChangeStreamError'] };

async function until(what: string, holds: () => boolean): Promise<void> {
  const end = performance.now() + DEADLINE_MS;
  while (!holds()) {
    assert.ok(performance.now() < end, `in time: ${what}`);
    await new Promise(resolve => setTimeout(resolve, 5));
  }
}

describe('A change stream', () => {
  let mongod: Mongod;
  let pool: PolyPool;
  let points: FailPoints;
  let collection: Collection;
  const database = uniqueDatabase();

  before(async () => {
    mongod = await startMongod();
    pool = await PolyPool.connect(mongod.uri, { appName: database });
    points = new FailPoints(mongod.uri, database);
    collection = await pool.db(database).createCollection('c');
  });
  afterEach(async () => {
    await points.clear();
    await pool.closeWatches();
  });
  after(async () => {
    await points.close();
    await pool.close();
    await mongod.stop();
  });

  const sayWhatToDo = (error: Error & { code?: unknown }): true => {
    assert.equal(error.name, 'MongoServerError');
    assert.equal(error.code, 286);
    assert.match(error.message, /without resumeAfter.*onHistoryLost: 'restart'/);
    return true;
  };

  it('says what to do when the server has lost its place', async () => {
    const stream = collection.watch([], { maxAwaitTimeMS: 50 });
    const ended = assert.rejects(stream.next(), sayWhatToDo);
    await until('it is open', () => pool.watches().length === 1);
    await points.failCommand({ failCommands: ['getMore'], ...LOST });
    await ended;
    assert.equal(stream.closed, true);
    assert.deepEqual(pool.watches(), []);
  });

  it('says so, too, when it can not begin where it was to', async () => {
    await points.failCommand({ failCommands: ['aggregate'], ...LOST });
    await assert.rejects(collection.watch().next(), sayWhatToDo);
  });

  for (const [when, command] of [
    ['at its beginning', 'aggregate'],
    ['later', 'getMore']
  ] as const) {
    it(`goes on from now when it is to and its place is lost ${when}`, async () => {
      const lost: unknown[] = [];
      const changes: Document[] = [];
      if (command === 'aggregate') await points.failCommand({ failCommands: [command], ...LOST });
      const stream = collection.watch([], { onHistoryLost: 'restart', maxAwaitTimeMS: 50 });
      stream.on('historyLost', token => void lost.push(token));
      stream.on('change', change => void changes.push(change));
      await until('it is open', () => pool.watches().length === 1);
      if (command === 'getMore') await points.failCommand({ failCommands: [command], ...LOST });
      await until('it is told', () => lost.length === 1);
      await until('it is open again', () => pool.watches()[0]?.connection != null);
      await collection.insertOne({ when });
      await until('the event', () => changes.length === 1);
      assert.equal(changes[0]!['fullDocument'].when, when);
      assert.equal(pool.watches()[0]!.resumes, 1);
      assert.equal(lost[0] === null, command === 'aggregate');
    });
  }

  it('that fails again and again does not ask the server without pause', async () => {
    const stream = collection.watch();
    stream.on('change', () => undefined);
    await until('it is open', () => pool.watches().length === 1);
    const failure = { errorCode: 43, failCommands: ['getMore'] };
    await points.failCommand(failure, { times: 1_000_000 });
    await collection.insertOne({});
    await until('it has tried', () => (pool.watches()[0]?.resumes ?? 0) >= 3);
    const before = pool.watches()[0]!.resumes;
    await new Promise(resolve => setTimeout(resolve, 500));
    assert.ok(pool.watches()[0]!.resumes - before <= 4, 'in half a second');
    assert.equal(stream.closed, false);
  });

  it('that fails is made good for everybody who shares it', async () => {
    const seen = Array.from({ length: 3 }, () => {
      const changes: Document[] = [];
      const stream = collection.watch([], { shared: true, maxAwaitTimeMS: 50 });
      stream.on('change', change => void changes.push(change));
      return changes;
    });
    await until('all listen', () => pool.watches()[0]?.listeners === 3);
    await points.failCommand({ failCommands: ['getMore'], closeConnection: true });
    await until('it was resumed', () => pool.watches()[0]?.resumes === 1);
    await collection.insertOne({ shared: true });
    await until('all have the event', () => seen.every(({ length }) => length === 1));
  });
});
