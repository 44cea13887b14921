/** Change streams of a pool whose deployment changes under them: to a fallback, and back. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { after, afterEach, before, describe, it } from 'node:test';
import type { Document } from 'bson';
import { PolyPool, type ChangeStream, type ResumeToken, type WatchOptions } from 'polypool';
import {
  sharedMongod,
  startMongod,
  uniqueDatabase,
  type Mongod,
  type SharedMongod
} from '../support/mongod.ts';

const DEADLINE_MS = 30_000;

async function until(what: string, holds: () => boolean | Promise<boolean>): Promise<void> {
  const end = performance.now() + DEADLINE_MS;
  while (!(await holds())) {
    assert.ok(performance.now() < end, `in time: ${what}`);
    await new Promise(resolve => setTimeout(resolve, 10));
  }
}

/** What a stream says, in the order in which it says it. */
interface Heard {
  readonly stream: ChangeStream;
  /** The `at` of what was inserted. */
  readonly places: string[];
  /** What it is told is lost, and the place it was at when it was told. */
  readonly lost: { token: ResumeToken; place: ResumeToken }[];
  readonly errors: Error[];
}

function isOtherDeployment(error: Error): true {
  assert.equal(error.name, 'MongoChangeStreamError');
  assert.match(error.message, /fallbackURIs/);
  assert.match(error.message, /onHistoryLost: 'restart'/);
  return true;
}

describe('A change stream of a pool with a fallback', () => {
  const database = uniqueDatabase();
  let own: Mongod;
  let other: SharedMongod;
  let elsewhere: PolyPool;
  let pool: PolyPool;

  before(async () => {
    [own, other] = await Promise.all([startMongod(), sharedMongod()]);
    elsewhere = await PolyPool.connect(other.uri);
    await elsewhere.db(database).createCollection('c');
  });
  afterEach(() => pool.close());
  after(async () => {
    await elsewhere.db(database).dropDatabase();
    await elsewhere.close();
    await Promise.all([own.stop(), other.stop()]);
  });

  async function open(): Promise<void> {
    pool = await PolyPool.connect(own.uri, {
      fallbackURIs: [other.uri],
      serverSelectionTimeoutMS: 500,
      heartbeatFrequencyMS: 500
    });
  }

  const collection = (of = pool) => of.db(database).collection<{ at: string }>('c');
  const watch = (options?: WatchOptions) =>
    collection().watch([{ $match: { operationType: 'insert' } }], {
      maxAwaitTimeMS: 100,
      ...options
    });

  function hear(stream: ChangeStream): Heard {
    const heard: Heard = { stream, places: [], lost: [], errors: [] };
    stream.on('change', change => void heard.places.push((change as Document).fullDocument.at));
    let place: ResumeToken = null;
    stream.on('resumeTokenChanged', token => void (place = token));
    stream.on(
      'historyLost' as never,
      (token: ResumeToken) => void heard.lost.push({ token, place })
    );
    stream.on('error', error => void heard.errors.push(error));
    return heard;
  }

  const areOpen = (count: number, of?: PolyPool) => (): boolean =>
    (of ?? pool).watches().filter(({ connection }) => connection?.connectionId !== undefined)
      .length === count;

  /** Ends the own deployment; the pool is on the other when it returns. */
  async function fallBack(): Promise<void> {
    await own.kill(0);
    await collection().insertOne({ at: 'other, first' });
    assert.equal(pool.degraded, true);
  }

  async function comeBack(): Promise<void> {
    const ended = once(pool, 'fallbackEnded');
    await own.restart(0);
    await ended;
  }

  it('ends when another deployment stands in, at whatever place it was', async () => {
    await open();
    const before = hear(watch());
    await until('it is open', areOpen(1));
    await collection().insertOne({ at: 'own' });
    await until('it has the event', () => before.places.length === 1);
    // These begin behind it, and have only the time of their beginning.
    const streams = [watch(), watch({ shared: true }), watch({ shared: true })];
    const heard = [before, ...streams.map(hear)];
    const iterated = watch();
    const next = assert.rejects(iterated.next(), isOtherDeployment);
    await until('all are open', areOpen(4));
    // Those that share have none before their first event.
    const placed = [before, heard[1]!];
    await until('they have a place', () => placed.every(({ stream }) => stream.resumeToken));
    try {
      await fallBack();
      await until('all have ended', () => heard.every(({ errors }) => errors.length === 1));
      await next;
      await collection().insertOne({ at: 'other, later' });
      for (const { errors, places: seen, stream } of heard) {
        isOtherDeployment(errors[0]!);
        assert.deepEqual(seen, stream === before.stream ? ['own'] : []);
        assert.equal(stream.closed, true);
      }
      assert.deepEqual(pool.watches(), []);
    } finally {
      await comeBack();
    }
    // What they say is still a place on their own deployment, which goes on there.
    await collection().insertOne({ at: 'own, again' });
    for (const { stream } of placed) {
      const resumed = watch({ resumeAfter: stream.resumeToken });
      assert.equal(((await resumed.next()) as Document).fullDocument.at, 'own, again');
    }
  });

  it('that began on the fallback ends when the own deployment is back', async () => {
    await own.kill(0);
    await open();
    assert.equal(pool.degraded, true);
    const heard = [hear(watch()), hear(watch({ shared: true }))];
    const iterated = watch();
    const next = assert.rejects(iterated.next(), isOtherDeployment);
    const unread = watch();
    const readable = assert.rejects(once(watch().stream(), 'data'), isOtherDeployment);
    await until('it is open', areOpen(4));
    await unread.tryNext();
    await comeBack();
    await until('they have ended', () => heard.every(({ errors }) => errors.length === 1));
    heard.forEach(({ errors }) => isOtherDeployment(errors[0]!));
    await Promise.all([next, readable]);
    await collection(elsewhere).insertOne({ at: 'other' });
    // It is told when it is read again.
    assert.equal(unread.closed, false);
    await assert.rejects(unread.tryNext(), isOtherDeployment);
  });

  it('begins anew on the deployment in use when it is to', async () => {
    await open();
    const restart = { onHistoryLost: 'restart' } as const;
    const heard = [watch(restart), watch({ ...restart, shared: true })].map(hear);
    const seen = (place: string) =>
      until(place, () => heard.every(({ places }) => places.at(-1) === place));
    await until('they are open', areOpen(2));
    await collection().insertOne({ at: 'own' });
    await seen('own');
    try {
      await fallBack();
      await until('they are told', () => heard.every(({ lost }) => lost.length === 1));
      const [{ token, place } = {}] = heard[0]!.lost;
      assert.ok(token);
      assert.deepEqual(token, place);
      await until('they are open again', areOpen(2));
      await collection().insertOne({ at: 'other' });
      await seen('other');
    } finally {
      await comeBack();
    }
    await until('they are told again', () => heard.every(({ lost }) => lost.length === 2));
    await until('they are open on the own', () => {
      const addresses = pool.watches().map(({ connection }) => connection?.address);
      return areOpen(2)() && addresses.every(address => address?.endsWith(`:${own.ports[0]}`));
    });
    await collection(elsewhere).insertOne({ at: 'other, later' });
    await collection().insertOne({ at: 'own, later' });
    await seen('own, later');
    for (const { places, errors } of heard) {
      assert.deepEqual(places, ['own', 'other', 'own, later']);
      assert.deepEqual(errors, []);
    }
  });

  it('says what to do about a token of the other deployment', async () => {
    await open();
    await own.waitForPrimary();
    const stream = collection(elsewhere).watch();
    const next = stream.next();
    await until('it is open', areOpen(1, elsewhere));
    await collection(elsewhere).insertOne({ at: 'other' });
    const { _id: resumeAfter } = await next;
    await stream.close();
    // The server misses the token at the first event that is later than it, by its own clock.
    const tell = () => collection().insertOne({ at: 'later' });
    const refused = hear(watch({ resumeAfter }));
    await until('it is refused', () => tell().then(() => refused.errors.length === 1));
    const [error] = refused.errors as (Error & { code?: unknown })[];
    assert.equal(error!.code, 280);
    assert.match(error!.message, /fallbackURIs.*onHistoryLost: 'restart'/);
    const restarted = hear(watch({ resumeAfter, onHistoryLost: 'restart' }));
    await until('it is told', () => tell().then(() => restarted.lost.length === 1));
    assert.deepEqual(restarted.lost[0]!.token, resumeAfter);
    await until('it is open', areOpen(1));
    await collection().insertOne({ at: 'own' });
    await until('the event', () => restarted.places.at(-1) === 'own');
  });
});
