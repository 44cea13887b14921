/**
 * A connection's state and events while the replica set has no primary, on Mongoose's own driver and on
 * polypool. On a server of its own, which steps down.
 */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createRequire } from 'node:module';
import { after, before, describe, it } from 'node:test';
import { MongoClient } from 'mongodb';
import type { Connection, Mongoose } from 'mongoose';
import { install } from 'polypool/mongoose';
import { startMongod, type Mongod } from '../../support/mongod.ts';

const require = createRequire(import.meta.url);

const EVENTS = ['disconnected', 'connected', 'reconnected', 'open', 'close', 'error'];
/** Milliseconds. */
const DEADLINE_MS = 30_000;

describe('A Mongoose connection through an election', () => {
  let mongod: Mongod;
  let observer: MongoClient;
  before(async () => {
    mongod = await startMongod();
    observer = await new MongoClient(mongod.uri).connect();
  });
  after(async () => {
    await observer.close();
    await mongod.stop();
  });

  async function stepDown(): Promise<void> {
    await observer.db('admin').command({ replSetStepDown: 2, force: true });
  }

  async function through(one: Mongoose): Promise<unknown> {
    const options = { heartbeatFrequencyMS: 500 };
    const connection = (await one.connect(mongod.uri, options)).connection;
    const M = one.model('M', new one.Schema({ n: Number }));
    await M.create({ n: 1 });
    const events = record(connection);
    const lost = once(connection, 'disconnected', { signal: AbortSignal.timeout(DEADLINE_MS) });
    const found = once(connection, 'reconnected', { signal: AbortSignal.timeout(DEADLINE_MS) });
    await stepDown();
    await lost;
    const without = connection.readyState;
    const created: any = await M.create({ n: 2 });
    await found;
    const stored = await M.countDocuments();
    await M.deleteMany();
    await one.disconnect();
    return { events, without, created: created.n, stored };
  }

  for (const name of ['mongoose', 'mongoose8']) {
    const from = require(name) as Mongoose & { Mongoose: new () => Mongoose };
    it(`goes through the same states: Mongoose ${from.version}`, async () => {
      const stock = await through(new from.Mongoose());
      const one = new from.Mongoose();
      const undo = install(one);
      const polypool = await through(one);
      undo();
      assert.deepEqual(polypool, stock);
    });
  }
});

function record(connection: Connection): unknown[] {
  const heard: unknown[] = [];
  for (const name of EVENTS) connection.on(name, () => heard.push([name, connection.readyState]));
  return heard;
}
