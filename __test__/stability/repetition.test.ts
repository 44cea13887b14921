/** What the bench measures, over and over: none of it keeps memory that it does not need. */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import path from 'node:path';
import { after, before, describe, it } from 'node:test';
import { promisify } from 'node:util';
import { FindCursor, PolyPool } from 'polypool';
import { sharedMongod, uniqueDatabase, type SharedMongod } from '../support/mongod.ts';

const DOCUMENTS = 10_000;
/** Megabytes that repeating may add; the first repetitions have warmed everything up. */
const GROWTH_MB = 32;

const CASES = ['findOne', 'find', 'insertMany', 'bulkWrite', 'GridFS', 'connect'];

describe('A process that does the same again and again', () => {
  let mongod: SharedMongod;
  let pool: PolyPool;
  const database = uniqueDatabase();

  before(async () => {
    mongod = await sharedMongod();
    pool = await PolyPool.connect(mongod.uri);
    const text = 'x'.repeat(450);
    await pool
      .db(database)
      .collection('items')
      .insertMany(Array.from({ length: DOCUMENTS }, (_, sequence) => ({ sequence, text })));
    await pool.db(database).collection('items').createIndex({ sequence: 1 });
  });
  after(async () => {
    await pool.db(database).dropDatabase();
    await pool.close();
    await mongod.stop();
  });

  async function growth(name: string): Promise<number> {
    const script = path.join(import.meta.dirname, 'fixtures', 'repetition.cjs');
    const args = ['--expose-gc', script, mongod.uri, database, name];
    const { stdout } = await promisify(execFile)(process.execPath, args);
    return Number(stdout);
  }

  const noJSON = 'toJSONBytes' in FindCursor.prototype ? false : 'this build has no toJSONBytes()';
  for (const name of [...CASES, 'find as JSON']) {
    const skip = name === 'find as JSON' && noJSON;
    it(`does not grow by ${name}`, { skip }, async t => {
      const grown = await growth(name);
      t.diagnostic(`${grown.toFixed(1)} MB`);
      assert.ok(grown < GROWTH_MB, `grew by ${grown.toFixed(1)} MB`);
    });
  }
});
