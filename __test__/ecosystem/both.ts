// Owns what a package is handed: the driver's MongoClient, then a PolyPool, with one body of tests for
// both, so that a fault of the package is told from one of polypool. Must not know any package.

import { after, before, describe } from 'node:test';
import * as driver from 'mongodb';
import type { Db, MongoClient } from 'mongodb';
import * as polypool from 'polypool';
import { sharedMongod, uniqueDatabase, type SharedMongod } from '../support/mongod.ts';

/** What the tests of one package have, on one client; to be read within tests and hooks. */
export interface Handed {
  /** The client under test, connected. */
  readonly client: MongoClient;
  /** The client's database, nobody else's. */
  readonly db: Db;
  /** The class that comes with the client. */
  readonly GridFSBucket: typeof driver.GridFSBucket;
  /** The same database through the driver, whichever client is under test: what is really there. */
  readonly stored: Db;
}

type Package = Pick<typeof driver, 'MongoClient' | 'GridFSBucket'>;

const PACKAGES: Readonly<Record<string, Package>> = {
  MongoClient: driver,
  PolyPool: polypool
};

/**
 * Registers the same tests for either client.
 *
 * @param title the package
 * @param body registers the tests; called once for each client
 */
export function describeOnBoth(title: string, body: (on: Handed) => void): void {
  for (const [name, from] of Object.entries(PACKAGES)) {
    describe(`${title} on a ${name}`, () => {
      const hands = new Hands(from);
      before(() => hands.open());
      body(hands);
      // After the hooks of the body, which run in the order in which they were registered.
      after(() => hands.close());
    });
  }
}

class Hands implements Handed {
  readonly #package: Package;
  readonly #database = uniqueDatabase();
  #mongod: SharedMongod | undefined;
  #observer: MongoClient | undefined;
  #client: MongoClient | undefined;

  constructor(from: Package) {
    this.#package = from;
  }

  async open(): Promise<void> {
    this.#mongod = await sharedMongod();
    this.#observer = new driver.MongoClient(this.#mongod.uri);
    this.#client = await new this.#package.MongoClient(this.#mongod.uri).connect();
  }

  async close(): Promise<void> {
    await this.#client?.close();
    await this.#observer?.db(this.#database).dropDatabase();
    await this.#observer?.close();
    await this.#mongod?.stop();
  }

  get client(): MongoClient {
    return this.#client!;
  }

  get db(): Db {
    return this.client.db(this.#database);
  }

  get GridFSBucket(): typeof driver.GridFSBucket {
    return this.#package.GridFSBucket;
  }

  get stored(): Db {
    return this.#observer!.db(this.#database);
  }
}
