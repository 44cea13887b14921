/** A password is in nothing that polypool tells anybody. */
import assert from 'node:assert/strict';
import { mkdtemp, readFile, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, describe, it } from 'node:test';
import { inspect } from 'node:util';
import { connect, PolyPool } from 'polypool';
import { startMongod, type Mongod } from '../support/mongod.ts';

const PASSWORD = 'hunter2-is-secret';
const WRONG = 'wrong-is-secret-too';
const SECRET = /hunter2|wrong-is|is-secret/;
/** How deep the process's globals are looked at; what polypool has among them, to the bottom. */
const GLOBAL_DEPTH = 5;

describe('A password', () => {
  let mongod: Mongod;
  let directory: string;
  /** Everything that was told. */
  const told: Array<[what: string, text: string]> = [];

  const tell = (what: string, value: unknown): void => {
    told.push([what, inspect(value, { depth: Infinity, showHidden: true })]);
    try {
      told.push([`${what}, as JSON`, JSON.stringify(value) ?? '']);
    } catch {
      // What refers to itself has no JSON.
    }
  };

  function listen(pool: PolyPool): void {
    const emit = pool.emit.bind(pool) as (...given: unknown[]) => boolean;
    pool.emit = (...given: unknown[]) => {
      tell(`the event ${String(given[0])}`, given.slice(1));
      return emit(...given);
    };
    for (const event of ['commandStarted', 'commandSucceeded', 'commandFailed'] as const) {
      pool.on(event, () => undefined);
    }
    for (const event of ['connectionReady', 'serverHeartbeatFailed', 'serverClosed'] as const) {
      pool.on(event, () => undefined);
    }
  }

  /** What is in reach of everything in the process. */
  function tellOfGlobals(): void {
    told.push(['globalThis', inspect(globalThis, { depth: GLOBAL_DEPTH, showHidden: true })]);
    for (const name of Object.getOwnPropertySymbols(globalThis)) {
      if (!name.description?.startsWith('polypool')) continue;
      const { value, enumerable } = Object.getOwnPropertyDescriptor(globalThis, name)!;
      tell(`globalThis[${String(name)}]`, value);
      assert.equal(enumerable, false);
    }
  }

  before(async () => {
    mongod = await startMongod({ auth: true });
    directory = await mkdtemp(path.join(tmpdir(), 'polypool-secrets-'));
  });
  after(async () => {
    await mongod.stop();
    await rm(directory, { recursive: true });
  });

  it('is in no error, event, log line, option or picture of a pool', async () => {
    const note = (...given: unknown[]): void => tell('the logger', given);
    const logger = { error: note, warn: note, info: note, debug: note };
    const options = {
      logger,
      logPath: directory,
      logLevel: 'trace',
      monitorCommands: true
    } as const;
    const admin = new PolyPool(mongod.uri, options);
    listen(admin);
    await admin.connect();
    const roles = [{ role: 'readWrite', db: 'app' }];
    await admin.db('admin').command({ createUser: 'user', pwd: PASSWORD, roles });
    const again = admin.db('admin').command({ createUser: 'user', pwd: PASSWORD, roles });
    tell('an error', await again.catch((error: unknown) => error));

    const { host } = new URL(mongod.nodeUri(0));
    for (const password of [PASSWORD, WRONG]) {
      const uri = `mongodb://user:${password}@${host}/app?directConnection=true&authSource=admin`;
      const pool = new PolyPool(uri, { ...options, serverSelectionTimeoutMS: 5_000 });
      listen(pool);
      tell('an error', await pool.connect().catch((error: unknown) => error));
      const failing = pool.db('app').command({ nonsense: 1 });
      tell('an error', await failing.catch((error: unknown) => error));
      tell('a pool', pool);
      tell('the options', pool.options);
      tell('the topology', pool.topology);
      tell('the streams', pool.watches());
      const { stats, health } = pool as { stats?: () => unknown; health?: () => Promise<unknown> };
      if (typeof stats === 'function') tell('the figures', await stats.call(pool));
      if (typeof health === 'function') tell('the health', await health.call(pool));
      await pool.close();
    }
    const uri = `mongodb://user:${PASSWORD}@${host}/app?directConnection=true&authSource=admin`;
    const pool = await connect(uri, { auth: { username: 'user', password: PASSWORD } });
    tellOfGlobals();
    await pool.close();
    for (const uri of [
      `mongodb://user:${WRONG}@`,
      `mongodb://user:${WRONG}@h:99999`,
      `mongodb://user:${WRONG}@h/?nonsense=1`,
      `mongodb://user:${WRONG}/slash@h`
    ]) {
      assert.throws(
        () => new PolyPool(uri),
        (error: unknown) => {
          tell('an error', error);
          return true;
        }
      );
    }
    await admin.close();
    const files = await readdir(directory);
    assert.ok(files.includes('polypool.log'));
    for (const file of files) told.push([file, await readFile(path.join(directory, file), 'utf8')]);
    for (const kind of [
      'the logger',
      'the event commandStarted',
      'an error',
      'globalThis[Symbol(polypool.pools)]',
      'polypool.log'
    ]) {
      assert.ok(
        told.some(([what]) => what === kind),
        `${kind} has told something`
      );
    }
    for (const [what, text] of told) {
      const found = SECRET.exec(text);
      const at = found?.index ?? 0;
      assert.equal(found, null, `${what}: ${text.slice(Math.max(0, at - 80), at + 40)}`);
    }
  });
});
