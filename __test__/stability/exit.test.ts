/** How a process that uses polypool ends: by itself when idle, never before an answer, never badly. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import path from 'node:path';
import { after, before, describe, it } from 'node:test';
import { PolyPool } from 'polypool';
import { sharedMongod, type SharedMongod } from '../support/mongod.ts';

/** A process that has not ended by then hangs. */
const DEADLINE_MS = 20_000;

interface Ended {
  code: number | null;
  signal: NodeJS.Signals | null;
  output: string;
  errors: string;
}

function run(fixture: string, ...args: string[]): Promise<Ended> {
  const script = path.join(import.meta.dirname, 'fixtures', fixture);
  const child = spawn(process.execPath, [script, ...args], { timeout: DEADLINE_MS });
  let output = '';
  let errors = '';
  child.stdout.on('data', chunk => (output += String(chunk)));
  child.stderr.on('data', chunk => (errors += String(chunk)));
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code, signal) => resolve({ code, signal, output, errors }));
  });
}

describe('A process with a pool', () => {
  let mongod: SharedMongod;

  before(async () => {
    mongod = await sharedMongod();
    const pool = await PolyPool.connect(mongod.uri);
    const documents = pool.db('stability').collection<{ _id: number }>('documents');
    await documents.updateOne({ _id: 1 }, { $set: { there: true } }, { upsert: true });
    await pool.close();
  });
  after(() => mongod.stop());

  it('ends by itself when the pool is idle', async () => {
    assert.deepEqual(await run('idle.cjs', mongod.uri), {
      code: 0,
      signal: null,
      output: 'done\n',
      errors: ''
    });
  });

  it('stays alive for an operation that has not been answered', async () => {
    const ended = await run('pending.cjs', mongod.uri);
    assert.deepEqual(ended, { code: 0, signal: null, output: 'answered\n', errors: '' });
  });

  it('can call process.exit() with operations under way', async () => {
    for (let i = 0; i < 5; i++) {
      const ended = await run('mid-flight.cjs', mongod.uri, 'exit');
      assert.deepEqual([ended.code, ended.signal, ended.errors], [7, null, '']);
    }
  });

  it('ends with its own exception when it throws with operations under way', async () => {
    for (let i = 0; i < 5; i++) {
      const ended = await run('mid-flight.cjs', mongod.uri, 'throw');
      assert.deepEqual([ended.code, ended.signal], [1, null]);
      assert.match(ended.errors, /on purpose/);
    }
  });
});
