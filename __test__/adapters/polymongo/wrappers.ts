// Owns what the tests of `polypool/polymongo` work with: wrappers on a mongod, and databases that are
// dropped after. Must not know what they do with it.

import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
import type { Mongoose } from 'mongoose';
import { PolyPool } from 'polypool';
import type PolyMongo from 'polypool/polymongo';
import { sharedMongod, uniqueDatabase, type SharedMongod } from '../../support/mongod.ts';

const require = createRequire(import.meta.url);

/** One of ours or of the package's, of which the compiler is to know nothing. */
export type Wrapper = any;

/** A model of one. */
export type WrappedModel = any;

export class Wrappers {
  /** A connection string that names no database. */
  readonly uri: string;
  readonly pool: PolyPool;
  readonly #mongod: SharedMongod;
  readonly #prefix = uniqueDatabase();
  readonly #names = new Set<string>();
  readonly #wrappers: Wrapper[] = [];

  private constructor(mongod: SharedMongod) {
    this.#mongod = mongod;
    this.uri = mongod.uri;
    this.pool = new PolyPool(mongod.uri);
  }

  static async open(): Promise<Wrappers> {
    return new Wrappers(await sharedMongod());
  }

  /** A database of this test's own. */
  database(name: string): string {
    const full = `${this.#prefix}_${name}`;
    this.#names.add(full);
    return full;
  }

  /** The connection string, with a database in it. */
  uriOf(database: string): string {
    return Object.assign(new URL(this.uri), { pathname: `/${database}` }).href;
  }

  /** A wrapper of ours, with a Mongoose of its own. */
  ours(options: Partial<PolyMongo.Types.wrapperOptions> = {}, version = 'mongoose'): Wrapper {
    const { Mongoose: Instance } = require(version) as { Mongoose: new () => Mongoose };
    const Ours = require('polypool/polymongo') as typeof PolyMongo;
    return this.#add(
      Ours.createWrapper({ mongoose: new Instance(), mongoURI: this.uri, ...options })
    );
  }

  /** A wrapper of the package `polymongo`. */
  theirs(options: object = {}): Wrapper {
    const Theirs = require('polymongo') as typeof PolyMongo;
    return this.#add(Theirs.createWrapper({ mongoURI: this.uri, ...options }));
  }

  #add(wrapper: Wrapper): Wrapper {
    this.#wrappers.push(wrapper);
    return wrapper;
  }

  /** Closes the wrappers and drops the databases. */
  async clear(): Promise<void> {
    await Promise.all(this.#wrappers.splice(0).map(wrapper => wrapper.disconnect()));
    await Promise.all([...this.#names].map(name => this.pool.db(name).dropDatabase()));
    this.#names.clear();
  }

  async close(): Promise<void> {
    await this.clear();
    await this.pool.close();
    await this.#mongod.stop();
  }
}

/** Waits for a condition. */
export async function until(what: string, holds: () => boolean | Promise<boolean>): Promise<void> {
  const deadline = performance.now() + 10_000;
  while (!(await holds())) {
    assert.ok(performance.now() < deadline, `not within 10 s: ${what}`);
    await new Promise(resolve => setTimeout(resolve, 10));
  }
}

/** What a stream gives, as text. */
export async function textOf(stream: AsyncIterable<Buffer | string>): Promise<string> {
  let text = '';
  for await (const piece of stream) text += piece.toString();
  return text;
}
