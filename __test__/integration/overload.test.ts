/** An overloaded server: who asks it again, how often and after what delays, on polypool as on the driver. */
import assert from 'node:assert/strict';
import { after, afterEach, before, describe, it } from 'node:test';
import { MongoClient, type CommandStartedEvent, type MongoClientOptions } from 'mongodb';
import { PolyPool, type ClassifiedError } from 'polypool';
import { FailPoints } from '../support/fail-point.ts';
import { startMongod, uniqueDatabase, type Mongod } from '../support/mongod.ts';

const APP_NAME = 'overload';
/** The server's code of it (`IngressRequestRateLimitExceeded`), which says nothing by itself. */
const CODE = 462;
const LABELS = ['SystemOverloadedError', 'RetryableError'];
const ENDLESS = { skip: 0 } as const;

type Client = Pick<MongoClient, 'db' | 'on' | 'close' | 'connect'>;
type Operation = (client: Client) => Promise<unknown>;

describe('An overloaded server', () => {
  let mongod: Mongod;
  let faults: FailPoints;
  const database = uniqueDatabase();

  before(async () => {
    mongod = await startMongod();
    faults = new FailPoints(mongod.uri, APP_NAME);
  });
  afterEach(() => faults.clear());
  after(async () => {
    await faults.close();
    await mongod.stop();
  });

  /** How it ends, and when the command was sent each time. */
  async function outcome(
    client: Client,
    name: string,
    operation: Operation
  ): Promise<{ sent: number[]; error: Error | undefined }> {
    const sent: number[] = [];
    client.on('commandStarted', (event: CommandStartedEvent) => {
      if (event.commandName === name) sent.push(performance.now());
    });
    try {
      await client.connect();
      await operation(client);
      return { sent, error: undefined };
    } catch (error) {
      return { sent, error: error as Error };
    } finally {
      await client.close();
    }
  }

  /** The same on both, which is to be the same. */
  async function onBoth(
    name: string,
    operation: Operation,
    options: MongoClientOptions,
    labels: readonly string[],
    mode: { times: number } | { skip: number } = ENDLESS
  ): Promise<{ tries: number; error: Error | undefined }> {
    const given = { appName: APP_NAME, monitorCommands: true, ...options };
    const outcomes = [];
    for (const open of [
      () => new PolyPool(mongod.uri, given) as unknown as Client,
      () => new MongoClient(mongod.uri, given)
    ]) {
      const data = { failCommands: [name], errorCode: CODE, errorLabels: labels };
      await faults.failCommand(data, mode);
      const { sent, error } = await outcome(open(), name, operation);
      outcomes.push({ tries: sent.length, error });
    }
    const [ours, theirs] = outcomes as [(typeof outcomes)[0], (typeof outcomes)[0]];
    const seen = ({ tries, error }: typeof ours): unknown[] => [
      tries,
      error?.name,
      labelsOf(error)
    ];
    assert.deepEqual(seen(ours), seen(theirs));
    return ours;
  }

  const find: Operation = client => client.db(database).collection('c').findOne({});
  const insert: Operation = client => client.db(database).collection('c').insertOne({});
  const ping: Operation = client => client.db('admin').command({ ping: 1 });
  const kinds: ReadonlyArray<readonly [string, Operation]> = [
    ['find', find],
    ['insert', insert],
    ['ping', ping]
  ];

  for (const [name, operation] of kinds) {
    it(`is asked twice more for ${name}, and then its refusal is told`, async () => {
      const { tries, error } = await onBoth(name, operation, {}, LABELS);
      assert.equal(tries, 3);
      const { retryable, retryPolicy } = error as Error & ClassifiedError;
      assert.deepEqual([retryable, retryPolicy], [true, 'overload']);
    });
  }

  it('is asked as often as maxAdaptiveRetries says', async () => {
    assert.equal((await onBoth('find', find, { maxAdaptiveRetries: 0 }, LABELS)).tries, 1);
    const { tries, error } = await onBoth('find', find, { maxAdaptiveRetries: 4 }, LABELS, {
      times: 3
    });
    assert.deepEqual([tries, error], [4, undefined]);
  });

  it('is not asked again for what retryReads and retryWrites exclude', async () => {
    const reads = { retryReads: false };
    const writes = { retryWrites: false };
    assert.equal((await onBoth('find', find, reads, LABELS)).tries, 1);
    assert.equal((await onBoth('insert', insert, writes, LABELS)).tries, 1);
    assert.equal((await onBoth('insert', insert, reads, LABELS)).tries, 3);
    // Nobody knows what a command of the application's own does.
    assert.equal((await onBoth('ping', ping, reads, LABELS)).tries, 1);
    assert.equal((await onBoth('ping', ping, writes, LABELS)).tries, 1);
  });

  it('is not asked again when it does not say that it has not begun', async () => {
    assert.equal((await onBoth('insert', insert, {}, ['SystemOverloadedError'])).tries, 1);
    assert.equal((await onBoth('ping', ping, {}, ['RetryableError'])).tries, 1);
  });

  it('is asked again in a transaction', async () => {
    const inTransaction: Operation = async client => {
      const session = (client as MongoClient).startSession();
      try {
        session.startTransaction();
        const documents = client.db(database).collection('c');
        await documents.insertOne({}, { session });
        await session.commitTransaction();
      } finally {
        await session.endSession();
      }
    };
    const { tries, error } = await onBoth('insert', inTransaction, {}, LABELS, { times: 2 });
    assert.deepEqual([tries, error], [3, undefined]);
  });

  it('is asked again for the next batch of a cursor, which goes on', async () => {
    const documents = Array.from({ length: 5 }, () => ({}));
    await using writer = new PolyPool(mongod.uri);
    await writer.db(database).collection('batches').insertMany(documents);
    const read =
      (options: object): Operation =>
      async client => {
        const session = (client as MongoClient).startSession(options);
        const given = 'plain' in options ? {} : { session };
        const cursor = client
          .db(database)
          .collection('batches')
          .find({}, { batchSize: 2, ...given });
        assert.equal((await cursor.toArray()).length, 5);
        await session.endSession();
      };
    for (const options of [{ plain: true }, {}]) {
      const { tries, error } = await onBoth('getMore', read(options), {}, LABELS, { times: 2 });
      assert.deepEqual([tries, error], [4, undefined]);
      assert.equal((await onBoth('getMore', read(options), {}, LABELS)).tries, 3);
      const off = { retryReads: false };
      assert.equal((await onBoth('getMore', read(options), off, LABELS)).tries, 1);
    }
  });

  it('is left for another that would do as well, with enableOverloadRetargeting', async () => {
    const set = await startMongod({ nodes: 2 });
    const nodes = [0, 1].map(index => new FailPoints(set.nodeUri(index), APP_NAME));
    const data = { failCommands: ['find'], errorCode: CODE, errorLabels: LABELS };
    try {
      for (const readPreference of ['nearest', 'secondaryPreferred', 'primaryPreferred'] as const) {
        const options = {
          ...{ appName: APP_NAME, monitorCommands: true, readPreference },
          ...{ enableOverloadRetargeting: true, localThresholdMS: 10_000 }
        };
        await using pool = new PolyPool(set.uri, options);
        await pool.connect();
        const asked: string[] = [];
        pool.on('commandStarted', ({ commandName, address }) => {
          if (commandName === 'find') asked.push(address);
        });
        await Promise.all(nodes.map(node => node.failCommand(data)));
        await pool.db(database).collection('c').findOne({});
        await Promise.all(nodes.map(node => node.clear()));
        assert.equal(new Set(asked.slice(0, 2)).size, 2, `${readPreference}: ${asked.join()}`);
        assert.equal(asked.length, 3);
      }
    } finally {
      await Promise.all(nodes.map(node => node.close()));
      await set.stop();
    }
  });

  it('has time to recover: the delays are at random, and their bound grows', async t => {
    await faults.failCommand(
      { failCommands: ['ping'], errorCode: CODE, errorLabels: LABELS },
      ENDLESS
    );
    const firsts: number[] = [];
    const seconds: number[] = [];
    await Promise.all(
      Array.from({ length: 24 }, async () => {
        const options = { appName: APP_NAME, monitorCommands: true };
        const pool = new PolyPool(mongod.uri, options) as unknown as Client;
        const { sent } = await outcome(pool, 'ping', ping);
        firsts.push(sent[1]! - sent[0]!);
        seconds.push(sent[2]! - sent[1]!);
      })
    );
    const text = (delays: number[]): string =>
      `${Math.min(...delays).toFixed(0)} to ${Math.max(...delays).toFixed(0)} ms`;
    t.diagnostic(`first delay ${text(firsts)}, second ${text(seconds)}`);
    // The chance that all of 24 are in a half of their range is one in eight millions.
    assert.ok(Math.max(...firsts) - Math.min(...firsts) > 50, 'the first delay is at random');
    assert.ok(Math.max(...seconds) > 200, 'the second may be longer than the first');
  });

  it('ends what it refuses by the deadline of that, if it would come later', async () => {
    await faults.failCommand(
      { failCommands: ['find'], errorCode: CODE, errorLabels: LABELS },
      ENDLESS
    );
    await using pool = new PolyPool(mongod.uri, { appName: APP_NAME, maxAdaptiveRetries: 1_000 });
    await pool.connect();
    const began = performance.now();
    await assert.rejects(pool.db(database).collection('c').findOne({}, { timeoutMS: 300 }));
    const took = performance.now() - began;
    assert.ok(took < 10_000, `took ${took.toFixed(0)} ms`);
  });
});

function labelsOf(error: Error | undefined): readonly string[] {
  return [...((error as { errorLabels?: string[] } | undefined)?.errorLabels ?? [])].sort();
}
