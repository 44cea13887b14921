// Owns the bench's own database, through a client that takes no part in the race.
// Must not know which suite needs it for what.

import { MongoClient } from 'mongodb';
import type { Db } from 'mongodb';
import { DOCUMENTS, item } from './documents';
import type { Item } from './documents';

/** Documents per insert while filling: a few megabytes in flight at most. */
const FILL_BATCH = 2_000;

/** A collection of `DOCUMENTS` items that suites read; it is never changed after filling. */
export const ITEMS = 'items';

export class Database {
  readonly #client: MongoClient;
  /** The name of the database, unique to this run so that runs side by side don't collide. */
  readonly name: string;

  private constructor(client: MongoClient, name: string) {
    this.#client = client;
    this.name = name;
  }

  /** Connects; fails within five seconds where no server answers. */
  static async open(uri: string): Promise<Database> {
    // One connection: between rounds, housekeeping has no need of more.
    const client = new MongoClient(uri, { maxPoolSize: 1, serverSelectionTimeoutMS: 5_000 });
    try {
      await client.connect();
    } catch (error) {
      await client.close();
      throw error;
    }
    return new Database(client, `bench_${process.pid}_${Date.now().toString(36)}`);
  }

  /** The database itself, for what a suite prepares and cleans up. */
  get db(): Db {
    return this.#client.db(this.name);
  }

  /** The server's version, as it reports it. */
  async serverVersion(): Promise<string> {
    const { version } = await this.#client.db('admin').command({ buildInfo: 1 });
    return String(version);
  }

  /** How many connections the server has from clients that call themselves `appName`. */
  async connections(appName: string): Promise<number> {
    const every = { $currentOp: { allUsers: true, idleConnections: true } };
    const found = await this.#client
      .db('admin')
      .aggregate([every, { $match: { appName } }])
      .toArray();
    return new Set(found.map(({ connectionId }) => connectionId as number)).size;
  }

  /** Fills the collection that is read, unless it is there. */
  async fill(): Promise<void> {
    const items = this.#client.db(this.name).collection<Item>(ITEMS);
    if ((await items.estimatedDocumentCount()) === DOCUMENTS) return;
    await items.deleteMany({});
    for (let start = 0; start < DOCUMENTS; start += FILL_BATCH) {
      const length = Math.min(FILL_BATCH, DOCUMENTS - start);
      await items.insertMany(Array.from({ length }, (_, offset) => item(start + offset)));
    }
  }

  /** Makes a collection empty by creating it anew, which costs less than deleting documents. */
  async empty(collection: string): Promise<void> {
    const db = this.#client.db(this.name);
    await db.dropCollection(collection);
    await db.createCollection(collection);
  }

  /** Drops the database and disconnects. */
  async close(): Promise<void> {
    try {
      await this.#client.db(this.name).dropDatabase();
    } finally {
      await this.#client.close();
    }
  }
}
