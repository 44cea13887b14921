/** What a pool logs, and where it goes: to a logger, to files, or nowhere. */
import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, afterEach, before, describe, it } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { PolyPool, type PolyPoolOptions } from 'polypool';
import { FailPoints } from '../support/fail-point.ts';
import { startMongod, uniqueDatabase, type Mongod } from '../support/mongod.ts';

interface Entry {
  level: string;
  msg: string;
  fields: Record<string, unknown>;
}

/** A logger like the console, and what it was called with. */
function logger() {
  const entries: Entry[] = [];
  const note = (level: string) => (msg: string, fields: Record<string, unknown>) =>
    void entries.push({ level, msg, fields });
  const levels = ['error', 'warn', 'info', 'debug'] as const;
  const methods = Object.fromEntries(levels.map(level => [level, note(level)]));
  return { entries, logger: methods as unknown as NonNullable<PolyPoolOptions['logger']> };
}

describe('The log of a pool', () => {
  let mongod: Mongod;
  let points: FailPoints;
  let directory: string;
  const database = uniqueDatabase();

  before(async () => {
    mongod = await startMongod();
    points = new FailPoints(mongod.uri, database);
    directory = await mkdtemp(path.join(tmpdir(), 'polypool-log-'));
  });
  afterEach(() => points.clear());
  after(async () => {
    await points.close();
    await mongod.stop();
    await rm(directory, { recursive: true });
  });

  const open = (options: PolyPoolOptions): Promise<PolyPool> =>
    PolyPool.connect(mongod.uri, { appName: database, ...options });

  /** The lines of a file. */
  async function read(file: string): Promise<Array<Record<string, unknown>>> {
    const text = await readFile(file, 'utf8');
    const lines = text.split('\n').filter(Boolean);
    return lines.map(line => JSON.parse(line) as Record<string, unknown>);
  }

  it('tells a logger of the primary, connections, retries and the end', async () => {
    const { entries, logger: to } = logger();
    const pool = await open({ logger: to, logLevel: 'debug' });
    await points.failCommand({ failCommands: ['find'], closeConnection: true });
    await pool.db(database).collection('c').findOne({});
    await pool.close();
    const said = entries.map(({ level, msg }) => `${level}: ${msg}`);
    for (const expected of [
      'info: Server takes writes',
      'debug: Connection ready',
      'warn: Connection failed',
      'warn: Connections closed because one failed',
      'warn: Retry',
      'info: Pool closed'
    ]) {
      assert.ok(said.includes(expected), `${expected} in ${said.join(', ')}`);
    }
    const ready = entries.find(({ msg }) => msg === 'Connection ready')!.fields;
    assert.match(ready['address'] as string, /:\d+$/);
    assert.equal(typeof ready['ms'], 'number');
    assert.equal(entries.find(({ msg }) => msg === 'Retry')!.fields['command'], 'find');
  });

  it('tells the console from the level debug on with `debug: true`, unless a level is given', async t => {
    const said: string[] = [];
    for (const level of ['error', 'warn', 'info', 'debug'] as const) {
      t.mock.method(console, level, (msg: string) => void said.push(`${level}: ${msg}`));
    }
    await (await open({ debug: true })).close();
    for (const expected of ['debug: Connection ready', 'info: Pool closed']) {
      assert.ok(said.includes(expected), `${expected} in ${said.join(', ')}`);
    }
    said.length = 0;
    await (await open({ debug: true, logLevel: 'info' })).close();
    assert.ok(said.includes('info: Pool closed'));
    assert.ok(!said.some(line => line.startsWith('debug')), said.join(', '));
  });

  it('tells of nothing below its level', async () => {
    const { entries, logger: to } = logger();
    const pool = await open({ logger: to, logLevel: 'warn' });
    await pool.close();
    assert.deepEqual(entries, []);
  });

  it('tells of operations that take longer than slowMS, and of those alone', async () => {
    const { entries, logger: to } = logger();
    const pool = await open({ logger: to, slowMS: 500 });
    const documents = pool.db(database).collection('c');
    await documents.insertOne({});
    entries.length = 0;
    await documents.findOne({});
    await documents.findOne({ $where: 'sleep(700) || true' });
    await pool.close();
    const slow = entries.filter(({ msg }) => msg === 'Slow operation');
    assert.equal(slow.length, 1);
    const { command, ms, failed } = slow[0]!.fields;
    assert.deepEqual([command, failed], [`find on ${database}`, false]);
    assert.ok((ms as number) >= 500);
  });

  it('writes lines of JSON to the files of a directory, which it makes', async () => {
    const logPath = path.join(directory, 'made', 'here');
    const pool = await open({ logPath });
    await pool.db(database).collection('c').findOne({});
    await pool.close({ drainMS: 1_000 });
    const lines = await read(path.join(logPath, 'polypool.log'));
    const messages = lines.map(({ msg }) => msg);
    const expected = [
      ...['Server takes writes', 'connected', 'Pool drains', 'disconnected', 'Pool closed']
    ];
    assert.deepEqual(messages, expected);
    for (const { time, level } of lines) {
      assert.ok(!Number.isNaN(Date.parse(time as string)));
      assert.equal(level, 'info');
    }
    assert.deepEqual(await read(path.join(logPath, 'error.log')), []);
  });

  it('writes a connect that failed to error.log, too', async () => {
    const logPath = path.join(directory, 'failed');
    const pool = new PolyPool('mongodb://127.0.0.1:1/', { logPath, serverSelectionTimeoutMS: 50 });
    await assert.rejects(pool.connect(), { name: 'MongoServerSelectionError' });
    await pool.close();
    const isFailure = ({ msg }: Record<string, unknown>): boolean => msg === 'Connect failed';
    const [error, ...others] = await read(path.join(logPath, 'error.log'));
    assert.deepEqual([error?.['level'], error?.['msg'], others], ['error', 'Connect failed', []]);
    assert.equal((error!['error'] as Error).name, 'MongoServerSelectionError');
    assert.ok((await read(path.join(logPath, 'polypool.log'))).some(isFailure));
  });

  it('tells of a connect that failed once, after the last of its attempts', async () => {
    const { entries, logger: to } = logger();
    const pool = new PolyPool('mongodb://127.0.0.1:1/', {
      ...{ logger: to, serverSelectionTimeoutMS: 50 },
      connectRetry: { attempts: 2, baseMS: 1, maxMS: 1 }
    });
    await assert.rejects(pool.connect());
    const abandoned = pool.connect({ signal: AbortSignal.timeout(10) });
    await assert.rejects(abandoned, { name: 'TimeoutError' });
    await pool.close();
    const errors = entries.filter(({ level }) => level === 'error').map(({ msg }) => msg);
    assert.deepEqual(errors, ['Connect failed']);
    const tries = entries.filter(({ msg }) => msg === 'connectAttemptFailed');
    assert.ok(tries.length >= 2 && tries.every(({ level }) => level === 'warn'));
  });

  it('tells of a circuit that opens and of a refresh that fails as errors', async () => {
    const { entries, logger: to } = logger();
    const pool = new PolyPool('mongodb://127.0.0.1:1/', {
      ...{ logger: to, serverSelectionTimeoutMS: 50, breaker: { failures: 1 } }
    });
    await assert.rejects(pool.db('d').command({ ping: 1 }));
    await assert.rejects(pool.refresh());
    await pool.close();
    const errors = entries.filter(({ level }) => level === 'error').map(({ msg }) => msg);
    assert.deepEqual(errors.sort(), ['circuitOpened', 'refreshFailed']);
  });

  it('is told of health though nobody listens, of leaks, and of the end', async () => {
    const { entries, logger: to } = logger();
    const pool = await open({ logger: to, healthIntervalMS: 20, leakMS: 60 });
    const session = pool.startSession();
    const found = (message: string): Entry | undefined =>
      entries.find(({ msg }) => msg === message);
    // Their timers would let the process end.
    const alive = setInterval(() => undefined, 1_000);
    try {
      for (const end = Date.now() + 30_000; !found('health') || !found('leak');) {
        assert.ok(Date.now() < end, entries.map(({ msg }) => msg).join());
        await delay(10);
      }
    } finally {
      clearInterval(alive);
      await session.endSession();
      await pool.close();
    }
    const { level, fields } = found('health')!;
    const levels = { healthy: 'info', degraded: 'warn', unhealthy: 'error' };
    assert.equal(level, levels[fields['status'] as keyof typeof levels]);
    assert.deepEqual([found('leak')!.level, found('leak')!.fields['kind']], ['warn', 'session']);
    const end = found('disconnected')!;
    assert.deepEqual([end.level, end.fields['closed']], ['info', true]);
  });

  it('keeps the messages of pools apart', async () => {
    const [one, other] = [logger(), logger()];
    const first = await open({ logger: one.logger });
    const second = await open({ logger: other.logger });
    await first.close();
    const ends = (entries: Entry[]): number =>
      entries.filter(({ msg }) => msg === 'Pool closed').length;
    assert.deepEqual([ends(one.entries), ends(other.entries)], [1, 0]);
    await second.close();
  });

  it('refuses options that are none', async () => {
    const file = path.join(directory, 'file');
    await writeFile(file, '');
    for (const options of [
      { logPath: file },
      { logLevel: 'loud' },
      { logger: {} },
      { slowMS: -1 }
    ]) {
      assert.throws(
        () => new PolyPool(mongod.uri, options as never),
        (error: Error) => {
          return error.message.includes(`options.${Object.keys(options)[0]!}`);
        }
      );
    }
  });
});
