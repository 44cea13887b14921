/** `coalesce: true`: which reads go together, and that nobody can tell but by their number. */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import {
  Decimal128,
  Double,
  Long,
  MongoServerError,
  ObjectId,
  type CommandStartedEvent,
  type Document
} from 'mongodb';
import { PolyPool } from 'polypool';
import { sharedMongod, uniqueDatabase, type SharedMongod } from '../support/mongod.ts';

describe('Coalesced reads', () => {
  const database = uniqueDatabase();
  /** The `find` commands that were sent, oldest first, and the `getMore`s. */
  const sent: Document[] = [];
  let mongod: SharedMongod;
  let pool: PolyPool;

  before(async () => {
    mongod = await sharedMongod();
    pool = new PolyPool(mongod.uri, { coalesce: true, monitorCommands: true });
    pool.on('commandStarted', ({ command, commandName }: CommandStartedEvent) => {
      if (commandName === 'find' || commandName === 'getMore') sent.push(command);
    });
    const documents = Array.from({ length: 50 }, (_, _id) => ({ _id, a: { b: _id }, c: [_id] }));
    await pool.db(database).collection<any>('numbers').insertMany(documents);
    await pool
      .db(database)
      .collection<any>('texts')
      .insertMany([{ _id: 'a' }, { _id: '1' }, { _id: 1 }]);
  });
  after(async () => {
    await pool.db(database).dropDatabase();
    await pool.close();
    await mongod.stop();
  });

  /** What `reads` give, and how many round trips that took. */
  async function counted(...reads: Array<() => Promise<unknown>>): Promise<[unknown[], number]> {
    sent.length = 0;
    const results = await Promise.all(reads.map(read => read()));
    return [results, sent.length];
  }

  it('of one tick are one command, in whatever order they were asked for', async () => {
    const numbers = pool.db(database).collection<any>('numbers');
    const ids = [7, 3, 99, 3, 0];
    const [found, commands] = await counted(...ids.map(_id => () => numbers.findOne({ _id })));
    assert.equal(commands, 1);
    assert.deepEqual(sent[0]!['filter'], { _id: { $in: [7, 3, 99, 0] } });
    assert.deepEqual(
      found.map(one => (one as Document | null)?.['_id'] as unknown),
      [7, 3, undefined, 3, 0]
    );
    assert.deepEqual(found[0], { _id: 7, a: { b: 7 }, c: [7] });
  });

  it('are one round trip, also of many ids that there are and that there are not', async () => {
    const numbers = pool.db(database).collection<any>('numbers');
    const ids = Array.from({ length: 256 }, (_, _id) => _id);
    const [found, roundTrips] = await counted(...ids.map(_id => () => numbers.findOne({ _id })));
    assert.equal(roundTrips, 1);
    assert.equal(found.filter(one => one !== null).length, 50);
  });

  it('are the command that they would have been when there is only one id', async () => {
    const numbers = pool.db(database).collection<any>('numbers');
    /** Without what each command has of its own. */
    const command = (): Document => {
      const command = { ...sent[0] };
      delete command['lsid'];
      delete command['$clusterTime'];
      return command;
    };
    for (const options of [undefined, {}, { projection: { a: 1 } }]) {
      const [[plain]] = await counted(() =>
        numbers.findOne({ _id: 5 }, { ...options, coalesce: false })
      );
      const expected = command();
      const read = (): Promise<unknown> => numbers.findOne({ _id: 5 }, options);
      for (const reads of [[read], [read, read]]) {
        const [found, commands] = await counted(...reads);
        assert.equal(commands, 1);
        assert.deepEqual(Object.entries(command()), Object.entries(expected));
        assert.deepEqual(
          found,
          reads.map(() => plain)
        );
      }
    }
    const [none, commands] = await counted(() => numbers.findOne({ _id: -5 }));
    assert.deepEqual([none, commands], [[null], 1]);
  });

  it('go together that are asked for in a tick, whatever part of the tick it is', async () => {
    const numbers = pool.db(database).collection<any>('numbers');
    const begin = (): Promise<unknown> =>
      Promise.all([
        numbers.findOne({ _id: 1 }),
        (async () => {
          for (let i = 0; i < 6; i++) await Promise.resolve();
          return await numbers.findOne({ _id: 2 });
        })(),
        new Promise(resolve => process.nextTick(() => resolve(numbers.findOne({ _id: 3 }))))
      ]);
    const parts: Record<string, (run: () => void) => unknown> = {
      'a promise': run => void Promise.resolve().then(run),
      'a next tick': run => process.nextTick(run),
      'a timer': run => setTimeout(run, 1),
      'an immediate': run => setImmediate(run)
    };
    for (const [part, schedule] of Object.entries(parts)) {
      const [, commands] = await counted(
        () => new Promise(resolve => schedule(() => resolve(begin())))
      );
      assert.equal(commands, 1, part);
    }
  });

  it('leave out filters, ids and projections that are written as something else', async () => {
    const numbers = pool.db(database).collection<any>('numbers');
    const filter = Object.assign(Object.create({ toBSON: () => ({ _id: 2 }) }), { _id: 1 });
    const id = Object.assign(new ObjectId(), { toBSON: () => 3 });
    const projection = Object.assign(Object.create({ toBSON: () => ({ a: 1 }) }), { c: 1 });
    const [found, commands] = await counted(
      () => numbers.findOne(filter),
      () => numbers.findOne({ _id: id }),
      () => numbers.findOne({ _id: 4 }, { projection })
    );
    assert.equal(commands, 3);
    assert.deepEqual(found, [
      { _id: 2, a: { b: 2 }, c: [2] },
      { _id: 3, a: { b: 3 }, c: [3] },
      { _id: 4, a: { b: 4 } }
    ]);
  });

  it('give each caller a document of their own', async () => {
    const numbers = pool.db(database).collection<any>('numbers');
    const read = (): Promise<any> => numbers.findOne({ _id: 4 });
    const [[one, two, three], commands] = await counted(read, read, read);
    assert.equal(commands, 1);
    assert.deepEqual([one, two], [two, three]);
    (one as { a: Document }).a['b'] = 'changed';
    assert.deepEqual([two, three], [{ _id: 4, a: { b: 4 }, c: [4] }, two]);
    assert.notEqual((two as Document)['a'], (three as Document)['a']);
  });

  it('go together through different handles of a collection, also by ObjectId', async () => {
    const ids = [new ObjectId(), new ObjectId()];
    const documents = (): any => pool.db(database).collection<any>('ids');
    await documents().insertMany(ids.map(_id => ({ _id })));
    const [found, commands] = await counted(
      ...[...ids, new ObjectId()].map(_id => () => documents().findOne({ _id }))
    );
    assert.equal(commands, 1);
    assert.deepEqual(found, [{ _id: ids[0] }, { _id: ids[1] }, null]);
  });

  it('do not mix collections, projections and read preferences', async () => {
    const db = pool.db(database);
    const numbers = db.collection<any>('numbers');
    const [found, commands] = await counted(
      () => numbers.findOne({ _id: 1 }),
      () => numbers.findOne({ _id: 2 }, { projection: { a: 1 } }),
      () => numbers.findOne({ _id: 3 }, { projection: { a: 1 } }),
      () => db.collection<any>('numbers', { readPreference: 'nearest' }).findOne({ _id: 4 }),
      () => db.collection<any>('texts').findOne({ _id: 'a' })
    );
    assert.equal(commands, 4);
    assert.deepEqual(found.slice(1, 3), [
      { _id: 2, a: { b: 2 } },
      { _id: 3, a: { b: 3 } }
    ]);
  });

  it('tell numbers from texts, and take equal numbers for equal', async () => {
    const values = pool.db(database).collection<any>('values');
    const ids = [new Double(1), Long.fromNumber(2), Decimal128.fromString('3.0'), '1'];
    await values.insertMany(ids.map((_id, n) => ({ _id, n })));
    const [found, commands] = await counted(
      ...[1, 2, 3, '1', -0].map(_id => () => values.findOne({ _id }))
    );
    assert.equal(commands, 1);
    assert.deepEqual(
      found.map(one => (one as { n: number } | null)?.n),
      [0, 1, 2, 3, undefined]
    );
  });

  it('find what the collation of a collection takes for the same', async () => {
    const db = pool.db(database);
    const folded = await db.createCollection<any>('folded', {
      collation: { locale: 'en', strength: 2 }
    });
    await folded.insertOne({ _id: 'Name' });
    const [found] = await counted(
      () => folded.findOne({ _id: 'name' }),
      () => folded.findOne({ _id: 'Name' }),
      () => folded.findOne({ _id: 'none' })
    );
    assert.deepEqual(found, [{ _id: 'Name' }, { _id: 'Name' }, null]);
  });

  it('are as many commands as before where more than an _id is asked for', async () => {
    const numbers = pool.db(database).collection<any>('numbers');
    const session = pool.startSession();
    const [found, commands] = await counted(
      () => numbers.findOne({ _id: 1, c: 1 }),
      () => numbers.findOne({ _id: { $gt: 48 } }),
      () => numbers.findOne({ _id: 1 }, { session }),
      () => numbers.findOne({ _id: 1 }, { projection: { _id: 0 } }),
      () => numbers.findOne({ _id: 1 }, { projection: { c: { $slice: 1 } } }),
      () => numbers.findOne({ _id: 1 }, { coalesce: false }),
      () => numbers.findOne({ _id: 1 }, { comment: 'mine' })
    );
    assert.equal(commands, 7);
    assert.ok(found.every(one => one !== null));
    await session.endSession();
  });

  it('are asked for by call, by collection and by pool', async () => {
    const plain = new PolyPool(mongod.uri, { monitorCommands: true });
    let finds = 0;
    plain.on('commandStarted', ({ commandName }) => (finds += Number(commandName === 'find')));
    const numbers = plain.db(database).collection<any>('numbers');
    const ids = [1, 2, 3];
    await Promise.all(ids.map(_id => numbers.findOne({ _id })));
    assert.equal(finds, 3);
    await Promise.all(ids.map(_id => numbers.findOne({ _id }, { coalesce: true })));
    assert.equal(finds, 4);
    const coalescing = plain.db(database).collection<any>('numbers', { coalesce: true });
    await Promise.all(ids.map(_id => coalescing.findOne({ _id })));
    assert.equal(finds, 5);
    await plain.close();
    assert.throws(
      () => new PolyPool(mongod.uri, { coalesce: 'often' as unknown as boolean }),
      /options\.coalesce must be/
    );
  });

  it('of more than a thousand ids and of several batches are all found', async () => {
    const large = pool.db(database).collection<any>('large');
    const filler = 'x'.repeat(20_000);
    const ids = Array.from({ length: 1_200 }, (_, _id) => _id);
    await large.insertMany(ids.map(_id => ({ _id, filler })));
    const [found] = await counted(...ids.map(_id => () => large.findOne({ _id })));
    assert.equal(sent.filter(command => 'find' in command).length, 2);
    assert.deepEqual(
      found.map(one => (one as { _id: number })._id),
      ids
    );
  });

  it('fail each with an error of their own, which names the caller', async () => {
    const refused = pool.db(database).collection<any>('$refused');
    async function caller(_id: number): Promise<unknown> {
      return await refused.findOne({ _id });
    }
    const [one, two] = await Promise.allSettled([caller(1), caller(2)]);
    assert.ok(one.status === 'rejected' && two.status === 'rejected');
    const [first, second] = [one.reason, two.reason] as [Error, Error];
    assert.ok(first instanceof MongoServerError && second instanceof MongoServerError);
    assert.notEqual(first, second);
    assert.match(first.stack!, /at async caller/);
  });

  it('end with the pool', async () => {
    const closing = new PolyPool(mongod.uri, { coalesce: true });
    const numbers = closing.db(database).collection<any>('numbers');
    const reads = [1, 2].map(_id => numbers.findOne({ _id }));
    const settled = Promise.allSettled(reads);
    await closing.close();
    for (const one of await settled) {
      assert.ok(one.status === 'rejected' && one.reason instanceof Error);
    }
  });
});
