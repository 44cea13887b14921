// Owns what a package is handed: the driver's MongoClient, then a PolyPool, with one body of tests for
// both, so that a fault of the package is told from one of polypool. Must not know any package.

import { after, before, describe } from 'node:test';
import { MongoClient, type Db } from 'mongodb';
import { PolyPool } from 'polypool';
import { sharedMongod, uniqueDatabase, type SharedMongod } from '../support/mongod.ts';

/** What the tests of one package have, on one client; to be read within tests and hooks. */
export interface Handed {
  /** The client under test, connected. */
  readonly client: MongoClient;
  /** The client's database, nobody else's. */
  readonly db: Db;
  /** The same database through the driver, whichever client is under test: what is really there. */
  readonly stored: Db;
}

type Client = new (uri: string) => MongoClient;

const CLIENTS: Readonly<Record<string, Client>> = {
  MongoClient,
  // A class with private fields is to the compiler only itself.
  PolyPool: PolyPool as unknown as Client
};

/**
 * Registers the same tests for either client.
 *
 * @param title the package
 * @param body registers the tests; called once for each client
 */
export function describeOnBoth(title: string, body: (on: Handed) => void): void {
  for (const [name, type] of Object.entries(CLIENTS)) {
    describe(`${title} on a ${name}`, () => {
      const hands = new Hands(type);
      before(() => hands.open());
      body(hands);
      // After the hooks of the body, which run in the order in which they were registered.
      after(() => hands.close());
    });
  }
}

class Hands implements Handed {
  readonly #type: Client;
  readonly #database = uniqueDatabase();
  #mongod: SharedMongod | undefined;
  #observer: MongoClient | undefined;
  #client: MongoClient | undefined;

  constructor(type: Client) {
    this.#type = type;
  }

  async open(): Promise<void> {
    this.#mongod = await sharedMongod();
    this.#observer = new MongoClient(this.#mongod.uri);
    this.#client = await new this.#type(this.#mongod.uri).connect();
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

  get stored(): Db {
    return this.#observer!.db(this.#database);
  }
}
