/** A large read that is streamed holds a few batches at a time, however long it goes on. */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import path from 'node:path';
import { after, before, describe, it } from 'node:test';
import { promisify } from 'node:util';
import { PolyPool } from 'polypool';
import { sharedMongod, uniqueDatabase, type SharedMongod } from '../support/mongod.ts';

/** What is there, and read over and over: about 100 MB. */
const DOCUMENTS = 20_000;
const LINES = 100;
const LINE = 'A line of text as a log has them, fifty bytes long';
const INSERTED_AT_ONCE = 2_000;
/** The least that a document takes: its lines, each with its length, key and type. */
const BYTES = DOCUMENTS * LINES * (LINE.length + 8);

const GIGABYTE = 1e9;
/**
 * Megabytes of the whole process at its largest, Node.js itself included (about 45). The server's batches
 * are of 16 MB, of which one is read in two buffers when another is used up. Measured are 136 to 151.
 */
const PEAK_MB = 160;

interface Outcome {
  /** What each reading came to. */
  reads: number[];
  /** Megabytes. */
  peak: number;
}

describe('A streamed read of a gigabyte', () => {
  let mongod: SharedMongod;
  let pool: PolyPool;
  const database = uniqueDatabase();

  before(async () => {
    mongod = await sharedMongod();
    pool = await PolyPool.connect(mongod.uri);
    const collection = pool.db(database).collection('documents');
    const lines = Array.from({ length: LINES }, (_, line) => `${LINE}${line}`);
    for (let inserted = 0; inserted < DOCUMENTS; inserted += INSERTED_AT_ONCE) {
      await collection.insertMany(Array.from({ length: INSERTED_AT_ONCE }, () => ({ lines })));
    }
  });
  after(async () => {
    await pool.db(database).dropDatabase();
    await pool.close();
    await mongod.stop();
  });

  async function read(way: string): Promise<Outcome> {
    const script = path.join(import.meta.dirname, 'fixtures', 'streamed-read.cjs');
    const args = [script, mongod.uri, database, way, String(GIGABYTE), String(BYTES)];
    const { stdout } = await promisify(execFile)(process.execPath, args);
    const outcome = JSON.parse(stdout) as Outcome;
    assert.ok(outcome.reads.length * BYTES >= GIGABYTE);
    return outcome;
  }

  for (const way of ['iteration', 'stream', 'json']) {
    it(`stays under ${PEAK_MB} MB by ${way}`, async t => {
      const { reads, peak } = await read(way);
      t.diagnostic(`${peak.toFixed(0)} MB`);
      if (way === 'json') {
        for (const length of reads) assert.ok(length > DOCUMENTS * LINES * LINE.length);
      } else {
        assert.deepEqual(new Set(reads), new Set([DOCUMENTS]));
      }
      assert.ok(peak < PEAK_MB, `${peak.toFixed(1)} MB`);
    });
  }
});
