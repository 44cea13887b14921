/**
 * Ten thousand tenants with twenty models each, used in turn for ten minutes, or for a moment of it: memory
 * does not grow with the tenants that have been. `POLYPOOL_TENANTS_SECONDS` says for how long.
 */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { Mongoose } from 'mongoose';
import { connect } from 'polypool';
import { sharedMongod, uniqueDatabase } from '../support/mongod.ts';
import { isFull } from './support/full.ts';
import { rise } from './support/rise.ts';

const SECONDS = Number(process.env['POLYPOOL_TENANTS_SECONDS'] ?? (isFull ? 600 : 10));
/** Of the short run fewer, so that they come round as often. */
const TENANTS = SECONDS < 300 ? 200 : 10_000;
const MODELS = 20;
const IN_FLIGHT = 16;
/** Models that are used before others may have the machine, for as long as that took. */
const LOT = 200;
/** The part of the time that warms everything up: code, caches, connections. */
const WARM_UP = 0.3;
/** Megabytes that memory may grow by over the time that is measured, noise included. */
const GROWTH_MB = 24;
const SAMPLES = 60;
const MEGABYTE = 1_000_000;

describe('Tenants in turn', () => {
  it('cost no memory that stays', { timeout: (SECONDS + 120) * 1_000 }, async t => {
    const mongod = await sharedMongod();
    const mongoose = new Mongoose();
    const pool = await connect(mongod.uri, { mongoose, autoIndex: false, autoCreate: false });
    const prefix = uniqueDatabase();
    const models = Array.from({ length: MODELS }, (_, index) => {
      const schema = new mongoose.Schema<any>({ name: { type: String, index: true }, n: Number });
      return pool.wrapModel(mongoose.model(`Item${index}`, schema));
    });
    /** No database comes of it: what these cost the server is not what is asked. */
    const filter = { _id: new mongoose.Types.ObjectId() };
    let used = 0;

    async function lot(): Promise<void> {
      const end = used + LOT;
      const line = async (): Promise<void> => {
        while (used < end) {
          const pair = used++;
          const tenant = `${prefix}_${Math.floor(pair / MODELS) % TENANTS}`;
          const model = models[pair % MODELS]!.db(tenant);
          assert.equal(await model.findOne(filter), null);
          await model.updateOne(filter, { n: pair });
        }
      };
      await Promise.all(Array.from({ length: IN_FLIGHT }, line));
    }

    const samples: number[] = [];
    const started = performance.now();
    try {
      const every = (SECONDS * 1_000) / SAMPLES;
      for (let due = every; due <= SECONDS * 1_000;) {
        const before = performance.now();
        await lot();
        await delay(performance.now() - before);
        const passed = performance.now() - started;
        if (passed < due) continue;
        due = (Math.floor(passed / every) + 1) * every;
        globalThis.gc?.();
        samples.push(process.memoryUsage.rss() / MEGABYTE);
      }
    } finally {
      await mongoose.disconnect();
      await mongod.stop();
    }
    const measured = samples.slice(Math.ceil(samples.length * WARM_UP));
    const growth = rise(measured);
    const turns = used / MODELS / TENANTS;
    t.diagnostic(`${SECONDS} s: ${TENANTS} tenants of ${MODELS} models, ${turns.toFixed(1)} turns`);
    t.diagnostic(`memory: ${samples.map(sample => sample.toFixed(0)).join(' ')} MB`);
    t.diagnostic(`risen by ${growth.toFixed(1)} MB since it was warm`);
    assert.ok(growth < GROWTH_MB, `memory rose by ${growth} MB`);
    assert.ok(turns > 1, 'no tenant came twice');
  });
});
