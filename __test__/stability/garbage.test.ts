/** No input aborts the process: not through the public classes, not through the addon's functions. */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import path from 'node:path';
import { after, before, describe, it } from 'node:test';
import { promisify } from 'node:util';
import { PolyPool } from 'polypool';
import { sharedMongod, type SharedMongod } from '../support/mongod.ts';

/** Values that are wrong nearly everywhere. */
const WRONG: unknown[] = [
  undefined,
  null,
  0,
  -1,
  NaN,
  Infinity,
  2 ** 53,
  10n ** 30n,
  '',
  'a\0b',
  '\ud800',
  'x'.repeat(70_000),
  true,
  [],
  [null],
  {},
  { $where: 1 },
  Symbol('symbol'),
  () => undefined,
  Buffer.alloc(3),
  new Date(NaN),
  new Proxy({}, {}),
  Object.create(null)
];

describe('Input of any kind', () => {
  let mongod: SharedMongod;

  before(async () => {
    mongod = await sharedMongod();
  });
  after(() => mongod.stop());

  it('given to the addon directly leaves the process and its pools alive', async () => {
    const script = path.join(import.meta.dirname, 'fixtures/garbage.cjs');
    const { stdout } = await promisify(execFile)(process.execPath, [script, mongod.uri]);
    assert.deepEqual(JSON.parse(stdout), { ok: 1, refused: true });
  });

  it('given as connection string or options is taken or refused with an error', () => {
    for (const value of WRONG) {
      const attempts: Array<() => PolyPool> = [
        () => new PolyPool(value as string),
        () => new PolyPool(mongod.uri, value as object),
        ...['maxPoolSize', 'readPreference', 'auth', 'tlsCAFile', 'compressors', 'driverInfo'].map(
          name => () => new PolyPool(mongod.uri, { [name]: value })
        )
      ];
      for (const attempt of attempts) {
        try {
          void attempt().close();
        } catch (error) {
          assert.ok(error instanceof Error, String(error));
        }
      }
    }
  });

  it('given to operations is taken or refused with an error', async () => {
    const pool = await PolyPool.connect(mongod.uri, { serverSelectionTimeoutMS: 2_000 });
    const collection = pool.db('stability').collection('garbage');
    for (const value of WRONG) {
      const wrong = value as never;
      const attempts: Array<() => unknown> = [
        () => pool.db(wrong),
        () => pool.db('stability').collection(wrong),
        () => pool.db('stability').command(wrong),
        () => collection.findOne(wrong, wrong),
        () => collection.find(wrong, wrong).toArray(),
        () => collection.find({}).sort(wrong).limit(wrong).toArray(),
        () => collection.insertOne(wrong),
        () => collection.insertMany(wrong),
        () => collection.insertMany([wrong]),
        () => collection.updateOne(wrong, wrong),
        () => collection.deleteOne({ _id: wrong }),
        () => collection.aggregate(wrong).toArray()
      ];
      const run = async (attempt: () => unknown): Promise<unknown> => await attempt();
      for (const outcome of await Promise.allSettled(attempts.map(run))) {
        if (outcome.status === 'rejected') assert.ok(outcome.reason instanceof Error);
      }
    }
    assert.equal((await pool.db('admin').command({ ping: 1 }))['ok'], 1);
    await pool.db('stability').dropDatabase();
    await pool.close();
  });
});
