/** What an application gave up on, the servers do not keep: cursors whose `getMore` failed or whose opening was taken back. */
import assert from 'node:assert/strict';
import { after, afterEach, before, describe, it } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { MongoClient } from 'mongodb';
import { PolyPool, type Collection } from 'polypool';
import { FailPoints } from '../support/fail-point.ts';
import { startMongod, uniqueDatabase, type Mongod } from '../support/mongod.ts';
import { Proxy } from '../support/proxy.ts';

const APP_NAME = 'orphans';
const ITEMS = 200;
/** How long a command is on its way that a slow network carries. */
const LATE_MS = 500;

interface Item {
  _id: number;
}

describe('Cursors that nobody will read', () => {
  let mongod: Mongod;
  let driver: MongoClient;
  let faults: FailPoints;
  let pool: PolyPool;
  let items: Collection<Item>;

  before(async () => {
    mongod = await startMongod();
    driver = new MongoClient(mongod.uri, { maxPoolSize: 1 });
    faults = new FailPoints(mongod.uri, APP_NAME);
    // After an error that says that it is stopping, a server is asked again with the next heartbeat.
    const options = { appName: APP_NAME, maxPoolSize: 4, heartbeatFrequencyMS: 1_000 };
    pool = new PolyPool(mongod.uri, options);
    items = pool.db(uniqueDatabase()).collection<Item>('items');
    await items.insertMany(Array.from({ length: ITEMS }, (_, _id) => ({ _id })));
  });

  afterEach(async () => {
    await faults.clear();
  });

  after(async () => {
    await pool?.close();
    await faults?.close();
    await driver?.close();
    await mongod?.stop();
  });

  async function open(): Promise<number> {
    const status = await driver.db('admin').command({ serverStatus: 1 });
    return status['metrics'].cursor.open.total as number;
  }

  /** Waits until the server keeps no more cursors than `most`. */
  async function settles(most: number): Promise<void> {
    const end = Date.now() + 20_000;
    for (let now = await open(); now > most; now = await open()) {
      assert.ok(Date.now() < end, `${now - most} cursors are left`);
      await delay(20);
    }
  }

  /** Waits until the server keeps more cursors than `least`. */
  async function rises(least: number): Promise<void> {
    const end = Date.now() + 20_000;
    while ((await open()) <= least) {
      assert.ok(Date.now() < end, 'no cursor was opened');
      await delay(20);
    }
  }

  const failures = {
    'a closed connection': { closeConnection: true },
    'a server that says that it is stopping': { errorCode: 11600 },
    'an error': { errorCode: 50 }
  };
  for (const [what, data] of Object.entries(failures)) {
    it(`are ended after a getMore failed by ${what}`, async () => {
      const before = await open();
      await faults.failCommand({ failCommands: ['getMore'], ...data }, { times: 3 });
      const outcomes = await Promise.allSettled(
        [1, 2, 3].map(() => items.find({}, { batchSize: 2 }).toArray())
      );
      assert.ok(outcomes.some(({ status }) => status === 'rejected'));
      await settles(before);
    });
  }

  it('are ended after a getMore failed in a session', async () => {
    const before = await open();
    await pool.withSession(async session => {
      await faults.failCommand({ failCommands: ['getMore'], errorCode: 50 });
      await assert.rejects(items.find({}, { batchSize: 2, session }).toArray());
      await settles(before);
    });
  });

  it('are ended when the operation that opened them was taken back', async () => {
    const before = await open();
    // Whether the server has opened its cursor by then is a matter of luck; often enough it has.
    await Promise.all(
      Array.from({ length: 200 }, async (_, i) => {
        const { signal, abort } = abortable();
        setTimeout(abort, i % 10);
        const reading = items.find({}, { batchSize: 2, signal }).toArray();
        await ended(reading, signal);
      })
    );
    await settles(before);
    assert.ok((await items.countDocuments()) === ITEMS);
  });

  it('are ended when the command that opens them comes after the word that they are to end', async () => {
    const proxy = await Proxy.before(mongod.ports[0]!);
    const uri = `mongodb://127.0.0.1:${proxy.port}/?directConnection=true`;
    const distant = new PolyPool(uri, { maxPoolSize: 2, minPoolSize: 2, warm: true });
    try {
      await distant.connect();
      const { signal, abort } = abortable();
      const before = await open();
      proxy.fault('up', { kind: 'delay', ms: LATE_MS });
      const from = distant.db(items.dbName).collection<Item>(items.collectionName);
      const reading = from.find({}, { batchSize: 2, signal }).toArray();
      await delay(LATE_MS / 10);
      proxy.heal();
      abort();
      await ended(reading, signal);
      await rises(before);
      await settles(before);
    } finally {
      await distant.close();
      await proxy.close();
    }
  });

  it('are ended when the operation was taken back in a session, with that', async () => {
    const before = await open();
    for (let i = 0; i < 20; i++) {
      await pool.withSession(async session => {
        const { signal, abort } = abortable();
        setTimeout(abort, i % 4);
        const reading = items.find({}, { batchSize: 2, signal, session }).toArray();
        await ended(reading, signal);
      });
    }
    await settles(before);
  });

  it('are ended when their server is there again', async () => {
    const before = await open();
    const cursor = items.find({}, { batchSize: 2 });
    await cursor.next();
    assert.equal(await open(), before + 1);
    mongod.pause(0);
    try {
      await assert.rejects(items.findOne({}, { timeoutMS: 300 }));
      const closing = cursor.close();
      await delay(300);
      mongod.resume(0);
      await closing;
    } finally {
      mongod.resume(0);
    }
    await settles(before);
  });

  it('leave no session behind that is of no use', async () => {
    const { resting } = pool.stats().sessions;
    const { signal, abort } = abortable();
    const reading = items.find({ $where: 'sleep(20) || true' }, { signal }).toArray();
    setTimeout(abort, 30);
    await assert.rejects(reading);
    for (const end = Date.now() + 20_000; pool.stats().sessions.resting > resting;) {
      assert.ok(Date.now() < end, 'a session rests');
      await delay(20);
    }
  });
});

/** Waits until a read has ended, by an error only if it was taken back. */
async function ended(reading: Promise<unknown>, signal: AbortSignal): Promise<void> {
  await reading.catch((error: unknown) => {
    assert.ok(signal.aborted, String(error));
  });
}

function abortable(): { signal: AbortSignal; abort: () => void } {
  const controller = new AbortController();
  return { signal: controller.signal, abort: () => controller.abort() };
}
