// Owns what the tests of tenants work with: a Mongoose on a pool, and databases that are dropped after.
// Must not know what they do with it.

import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
import type { Mongoose, Schema } from 'mongoose';
import { connect, type ConnectMongooseOptions, type PolyPool } from 'polypool';
import { sharedMongod, uniqueDatabase, type SharedMongod } from '../../../support/mongod.ts';

const require = createRequire(import.meta.url);

/** The versions of Mongoose that are tested, by the packages' names. */
export const PACKAGES = ['mongoose', 'mongoose8'];

/** A model after `wrapModel()`, of whose documents the compiler knows nothing. */
export type WrappedModel = any;

export class Tenancy {
  readonly mongoose: Mongoose;
  readonly pool: PolyPool;
  /** The database of those who are no tenant's. */
  readonly database: string;
  readonly #mongod: SharedMongod;
  readonly #tenants = new Set<string>();

  private constructor(mongoose: Mongoose, pool: PolyPool, database: string, mongod: SharedMongod) {
    this.mongoose = mongoose;
    this.pool = pool;
    this.database = database;
    this.#mongod = mongod;
  }

  static async open(
    name = 'mongoose',
    options: Partial<ConnectMongooseOptions> = {}
  ): Promise<Tenancy> {
    const mongod = await sharedMongod();
    const { Mongoose: Instance } = require(name) as { Mongoose: new () => Mongoose };
    const mongoose = new Instance();
    const database = uniqueDatabase();
    const uri = Object.assign(new URL(mongod.uri), { pathname: `/${database}` }).href;
    const pool = await connect(uri, { ...options, mongoose });
    return new Tenancy(mongoose, pool, database, mongod);
  }

  /** The name of a tenant's database. */
  tenant(name: string): string {
    const full = `${this.database}_${name}`;
    this.#tenants.add(full);
    return full;
  }

  /** A wrapped model. */
  model(name: string, schema: Schema): WrappedModel {
    return this.pool.wrapModel(this.mongoose.model(name, schema));
  }

  /** The stored documents of a tenant's collection. */
  async stored(tenant: string, collection: string): Promise<any[]> {
    return await this.pool.db(tenant).collection(collection).find().sort({ _id: 1 }).toArray();
  }

  async close(): Promise<void> {
    for (const name of [this.database, ...this.#tenants]) await this.pool.db(name).dropDatabase();
    await this.mongoose.disconnect();
    await this.#mongod.stop();
  }
}

/** Waits for a condition. */
export async function until(what: string, look: () => Promise<boolean>): Promise<void> {
  const deadline = performance.now() + 10_000;
  while (!(await look())) {
    assert.ok(performance.now() < deadline, `not within 10 s: ${what}`);
    await new Promise(resolve => setTimeout(resolve, 10));
  }
}
