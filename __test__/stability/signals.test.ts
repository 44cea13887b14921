/** Signals to a process with pools: who handles them, for how long, and how the process ends. */
import assert from 'node:assert/strict';
import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import { after, before, describe, it } from 'node:test';
import { connect, createPool, PolyPool } from 'polypool';
import { sharedMongod, type SharedMongod } from '../support/mongod.ts';

const DEADLINE_MS = 20_000;
const SIGNALS = ['SIGTERM', 'SIGINT', 'SIGUSR2'] as const;
const counts = (): number[] => SIGNALS.map(signal => process.listenerCount(signal));

describe('The handler of signals', () => {
  let mongod: SharedMongod;

  before(async () => {
    mongod = await sharedMongod();
  });
  after(() => mongod.stop());

  it('is one for all pools, and goes with the last', async () => {
    const before = counts();
    const more = before.map(count => count + 1);
    const pools = [await connect(mongod.uri), await connect(mongod.uri, { appName: 'b' })];
    assert.deepEqual(counts(), more);
    await pools[0]!.close();
    assert.deepEqual(counts(), more);
    await pools[1]!.close();
    assert.deepEqual(counts(), before);
  });

  it('comes again with a pool that is opened again', async () => {
    const before = counts();
    const pool = await connect(mongod.uri);
    await pool.close();
    await pool.connect();
    assert.deepEqual(
      counts(),
      before.map(count => count + 1)
    );
    await pool.close();
    assert.deepEqual(counts(), before);
  });

  it('is there for connect() unless it is not wanted, and for other pools if it is', async () => {
    const before = counts();
    const without = [
      await connect(mongod.uri, { handleSignals: false }),
      createPool(mongod.uri),
      new PolyPool(mongod.uri)
    ];
    assert.deepEqual(counts(), before);
    const withIt = new PolyPool(mongod.uri, { handleSignals: true });
    assert.deepEqual(
      counts(),
      before.map(count => count + 1)
    );
    await Promise.all([...without, withIt].map(pool => pool.close()));
    assert.deepEqual(counts(), before);
  });

  it('goes when connect() fails', async () => {
    const before = counts();
    const options = { serverSelectionTimeoutMS: 100, connectRetry: false } as const;
    await assert.rejects(connect('mongodb://127.0.0.1:1', options));
    assert.deepEqual(counts(), before);
  });
});

describe('A process that gets a signal', () => {
  let mongod: SharedMongod;

  before(async () => {
    mongod = await sharedMongod();
    await using pool = await PolyPool.connect(mongod.uri);
    const documents = pool.db('stability').collection<{ _id: number }>('documents');
    await documents.updateOne({ _id: 1 }, { $set: { there: true } }, { upsert: true });
  });
  after(() => mongod.stop());

  /** Runs the fixture; `act` is called when its operation is under way. */
  async function run(
    args: string[],
    act: (child: ChildProcess, said: () => string[]) => unknown
  ): Promise<{ code: number | null; signal: string | null; said: string[] }> {
    const script = path.join(import.meta.dirname, 'fixtures', 'signals.cjs');
    const child = fork(script, [mongod.uri, ...args], {
      execArgv: [],
      stdio: ['ignore', 'pipe', 'inherit', 'ipc']
    });
    const killer = setTimeout(() => child.kill('SIGKILL'), DEADLINE_MS);
    let printed = '';
    child.stdout!.on('data', chunk => (printed += String(chunk)));
    const said = (): string[] => printed.trim().split('\n');
    await once(child, 'message');
    const ended = once(child, 'close') as Promise<[number | null, string | null]>;
    await act(child, said);
    const [code, signal] = await ended;
    clearTimeout(killer);
    return { code, signal, said: said() };
  }

  async function until(holds: () => boolean): Promise<void> {
    const end = performance.now() + DEADLINE_MS;
    while (!holds()) {
      assert.ok(performance.now() < end, 'in time');
      await new Promise(resolve => setTimeout(resolve, 10));
    }
  }

  for (const signal of SIGNALS) {
    it(`ends by ${signal} when its operations have had their time, and says so meanwhile`, async () => {
      const ended = await run(['300'], child => child.kill(signal));
      assert.deepEqual([ended.code, ended.signal], [null, signal]);
      const state = 'disconnecting, and connected';
      const expected = ['handlers 1', state, 'ShutdownTimeoutError', 'closed', 'closed'];
      assert.deepEqual(ended.said.toSorted(), expected.toSorted());
    });
  }

  it('waits no longer after a second signal', async () => {
    const ended = await run(['60000'], async child => {
      child.kill('SIGTERM');
      await new Promise(resolve => setTimeout(resolve, 200));
      child.kill('SIGTERM');
    });
    assert.deepEqual([ended.code, ended.signal], [null, 'SIGTERM']);
    assert.ok(ended.said.includes('MongoClientClosedError'), ended.said.join());
  });

  it('is left alone by SIGUSR2 when it listens to that itself', async () => {
    const ended = await run(['300', 'listens'], async (child, said) => {
      child.kill('SIGUSR2');
      await until(() => said().includes('mine'));
      await until(() => said().includes('answered'));
      child.kill('SIGTERM');
    });
    assert.deepEqual([ended.code, ended.signal], [null, 'SIGTERM']);
    assert.ok(!ended.said.includes('ShutdownTimeoutError'));
  });
});
