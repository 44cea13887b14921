/** Change streams across failures: of single commands, of connections, and of the primary. */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { MongoClient, type Document } from 'mongodb';
import { PolyPool, type ChangeStream, type Collection } from 'polypool';
import { startMongod, uniqueDatabase, type Mongod } from '../support/mongod.ts';

/** Far above what an election (10 s) or a busy machine needs, in milliseconds. */
const DEADLINE_MS = 60_000;
/** Between two looks at something that changes by itself, in milliseconds. */
const POLL_MS = 20;
/** How long a getMore waits for news, in milliseconds: short, so that one always comes soon. */
const AWAIT_MS = 100;

async function until(what: string, look: () => boolean): Promise<void> {
  const deadline = Date.now() + DEADLINE_MS;
  while (!look()) {
    assert.ok(Date.now() < deadline, `${what}: not within ${DEADLINE_MS} ms`);
    await delay(POLL_MS);
  }
}

/** What a failpoint does to commands. */
interface Failure {
  failCommands: string[];
  closeConnection?: true;
  errorCode?: number;
  errorLabels?: string[];
}

/** A stream that somebody reads all the time, in either way. */
class Reader {
  readonly stream: ChangeStream;
  /** The numbers of the documents that came. */
  readonly seen: number[] = [];
  /** Cursors that ended. */
  closes = 0;
  /** What ended it. */
  error: (Error & { code?: unknown }) | undefined;

  constructor(stream: ChangeStream, mode: 'iterator' | 'emitter') {
    this.stream = stream;
    stream.on('close', () => (this.closes += 1));
    if (mode === 'emitter') {
      stream.on('error', error => (this.error = error));
      stream.on('change', change => this.#note(change));
    } else {
      this.#read().catch((error: unknown) => (this.error = error as Error));
    }
  }

  async #read(): Promise<void> {
    for await (const change of this.stream) this.#note(change);
  }

  #note(change: Document): void {
    this.seen.push(change['fullDocument'].n as number);
  }

  /** Waits until it has asked the server for more than the first batch. */
  async started(): Promise<this> {
    await until('it has a token', () => this.stream.resumeToken !== null);
    return this;
  }
}

const MODES = ['iterator', 'emitter'] as const;

describe('A change stream survives', () => {
  let mongod: Mongod;
  let observer: MongoClient;

  before(async () => {
    mongod = await startMongod();
    observer = new MongoClient(mongod.uri);
  });
  after(async () => {
    await observer.close();
    await mongod.stop();
  });

  /** Fails the next commands of the pool under test, and of nobody else. */
  async function fail(appName: string, times: number, failure: Failure): Promise<void> {
    await observer.db('admin').command({
      configureFailPoint: 'failCommand',
      mode: { times },
      data: { ...failure, appName }
    });
  }

  async function watching(
    mode: (typeof MODES)[number],
    run: (on: { reader: () => Promise<Reader>; numbers: Collection; appName: string }) => unknown
  ): Promise<void> {
    const database = uniqueDatabase();
    const pool = new PolyPool(mongod.uri, { appName: database });
    const numbers = await pool.db(database).createCollection('numbers');
    const readers: Reader[] = [];
    try {
      await run({
        appName: database,
        numbers,
        reader: () => {
          const stream = numbers.watch([], { maxAwaitTimeMS: AWAIT_MS });
          readers.push(new Reader(stream, mode));
          return readers.at(-1)!.started();
        }
      });
    } finally {
      for (const { stream } of readers) await stream.close();
      await observer.db('admin').command({ configureFailPoint: 'failCommand', mode: 'off' });
      await observer.db(database).dropDatabase();
      await pool.close();
    }
  }

  const survived: Record<string, [times: number, failure: Failure]> = {
    'a broken connection': [1, { failCommands: ['getMore'], closeConnection: true }],
    'one broken connection after the other': [
      3,
      { failCommands: ['getMore'], closeConnection: true }
    ],
    'a labelled error': [
      1,
      { failCommands: ['getMore'], errorCode: 280, errorLabels: ['ResumableChangeStreamError'] }
    ],
    'a cursor that the server has lost': [1, { failCommands: ['getMore'], errorCode: 43 }]
  };
  for (const [name, [times, failure]] of Object.entries(survived)) {
    for (const mode of MODES) {
      it(`${name}, as an ${mode}`, async () => {
        await watching(mode, async ({ reader, numbers, appName }) => {
          const one = await reader();
          await numbers.insertOne({ n: 1 });
          await until('the first event', () => one.seen.length === 1);
          await fail(appName, times, failure);
          await until('the failures', () => one.closes === times);
          await numbers.insertMany([{ n: 2 }, { n: 3 }]);
          await until('the other events', () => one.seen.length === 3);
          assert.deepEqual([one.seen, one.error, one.stream.closed], [[1, 2, 3], undefined, false]);
        });
      });
    }
  }

  it('but does not survive an error that says it should not', async () => {
    for (const mode of MODES) {
      await watching(mode, async ({ reader, appName }) => {
        const one = await reader();
        await fail(appName, 1, {
          failCommands: ['getMore'],
          errorCode: 189,
          errorLabels: []
        });
        await until('its end', () => one.error !== undefined);
        assert.deepEqual([one.error?.name, one.error?.code], ['MongoServerError', 189]);
        assert.deepEqual([one.stream.closed, one.closes], [true, 1]);
      });
    }
  });

  it('but does not survive a failure to go on', async () => {
    for (const mode of MODES) {
      await watching(mode, async ({ reader, appName }) => {
        const one = await reader();
        await fail(appName, 2, {
          failCommands: ['getMore', 'aggregate'],
          errorCode: 280,
          errorLabels: ['ResumableChangeStreamError']
        });
        await until('its end', () => one.error !== undefined);
        assert.equal(one.error?.code, 280);
        assert.deepEqual([one.stream.closed, one.closes], [true, 2]);
      });
    }
  });
});

describe('A change stream of a set of three', () => {
  let mongod: Mongod;
  let writer: MongoClient;
  let pool: PolyPool;
  let numbers: Collection;
  const database = uniqueDatabase();
  /** The number of the next document. */
  let next = 1;

  before(async () => {
    mongod = await startMongod({ nodes: 3 });
    writer = new MongoClient(mongod.uri, { writeConcern: { w: 'majority' } });
    pool = new PolyPool(mongod.uri);
    numbers = await pool.db(database).createCollection('numbers');
  });
  after(async () => {
    await pool.close();
    await writer.close();
    await mongod.stop();
  });

  async function write(): Promise<number[]> {
    const written = [next++, next++, next++];
    for (const n of written) await writer.db(database).collection('numbers').insertOne({ n });
    return written;
  }

  /**
   * Reads in both ways while the set changes. A secondary may be behind when a stream begins, so
   * that this tells of what was written before.
   */
  async function across(change: () => Promise<void>, options = {}): Promise<void> {
    const streams = MODES.map(mode => new Reader(numbers.watch([], options), mode));
    const readers = await Promise.all(streams.map(reader => reader.started()));
    const before = await write();
    await change();
    const expected = [...before, ...(await write())];
    for (const reader of readers) {
      const seen = (): number[] => reader.seen.filter(n => n >= expected[0]!);
      await until('every event', () => seen().length === expected.length || !!reader.error);
      assert.deepEqual([reader.error, seen()], [undefined, expected]);
      await reader.stream.close();
    }
  }

  async function nodeCommand(index: number, command: Document): Promise<void> {
    const node = new MongoClient(mongod.nodeUri(index));
    try {
      await node.db('admin').command(command);
    } finally {
      await node.close();
    }
  }

  it('misses nothing when the primary steps down', async () => {
    await across(async () => {
      const primary = await mongod.waitForPrimary();
      await nodeCommand(primary, { replSetStepDown: 5, force: true });
      await mongod.waitForPrimary();
    });
    await mongod.waitForPrimary({ everyNode: true });
  });

  it('misses nothing when the primary dies', async () => {
    let dead: number | undefined;
    await across(async () => {
      dead = await mongod.waitForPrimary();
      await mongod.kill(dead);
      await mongod.waitForPrimary();
    });
    await mongod.restart(dead!);
    await mongod.waitForPrimary({ everyNode: true });
  });

  it('does not look for a server that died while nobody read', async () => {
    const stream = numbers.watch([], { maxAwaitTimeMS: AWAIT_MS });
    assert.equal(await stream.tryNext(), null);
    const dead = await mongod.waitForPrimary();
    await mongod.kill(dead);
    await mongod.waitForPrimary();
    const [first] = await write();
    const begin = Date.now();
    assert.equal(((await stream.next()) as Document)['fullDocument'].n, first);
    // It would look for as long as this, if it did.
    const { serverSelectionTimeoutMS } = pool.options;
    assert.ok(Date.now() - begin < serverSelectionTimeoutMS / 2, `${Date.now() - begin} ms`);
    await stream.close();
    await mongod.restart(dead);
    await mongod.waitForPrimary({ everyNode: true });
  });

  it('misses nothing when the secondary dies that it reads from', async () => {
    const primary = await mongod.waitForPrimary({ everyNode: true });
    const [first, second] = [0, 1, 2].filter(index => index !== primary) as [number, number];
    // One after the other, as the stream may have been opened on either of them.
    for (const dead of [first, second]) {
      await across(
        async () => {
          await mongod.kill(dead);
        },
        { readPreference: 'secondary' }
      );
      await mongod.restart(dead);
      await mongod.waitForPrimary({ everyNode: true });
    }
  });
});
