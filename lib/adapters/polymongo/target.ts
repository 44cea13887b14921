/**
 * A database that is being filled: its collections, documents and indexes, and what became of them.
 * Documents come as BSON and are not read. It does not know where they come from.
 */
import type { Db, MongoBulkWriteError, PolyPool } from 'polypool';
import type { CollectionFailure, CollectionTransferSummary, ImportOptions } from './types';

/** The server's code for a collection that is there already. */
const NAMESPACE_EXISTS = 48;

/** Bytes from which on waiting documents are inserted, however few they are: 16 MiB, as in the server's replies. */
const WAITING_BYTES = 16 * 1024 * 1024;

/** A collection that is being filled. */
interface Active {
  readonly name: string;
  readonly indexes: Array<Record<string, unknown>>;
  documents: number;
  /** Something of it was refused; the rest is left out. */
  failed: boolean;
  /** Documents that wait for others. */
  waiting: Buffer[];
  /** Bytes in those. */
  waitingBytes: number;
}

export class Target {
  readonly #db: Db;
  readonly #batchSize: number;
  readonly #options: ImportOptions;
  #active: Active | undefined;
  readonly collections: CollectionTransferSummary[] = [];
  readonly failures: CollectionFailure[] = [];
  insertedDocuments = 0;
  createdIndexes = 0;

  constructor(pool: PolyPool, database: string, options: ImportOptions = {}) {
    this.#db = pool.db(database);
    this.#batchSize = options.batchSize ?? 1000;
    this.#options = options;
    if (!(this.#batchSize >= 1)) throw new Error('batchSize must be a positive number');
  }

  /** Ends the collection before, if there is one, and begins another. */
  async begin(name: string, options: object = {}): Promise<void> {
    await this.end();
    const nothing = { documents: 0, failed: false, waiting: [], waitingBytes: 0 };
    this.#active = { name, indexes: [], ...nothing };
    try {
      await this.#db.createCollection(name, options);
    } catch (error) {
      if ((error as { code?: unknown }).code !== NAMESPACE_EXISTS) this.#fail('import', error);
    }
  }

  /** Takes an index, as `listIndexes` gives it, to be made when the documents are there. */
  index(collection: string, index: Record<string, unknown>): void {
    this.#of(collection).indexes.push(index);
  }

  /** Whether documents of a collection are not left out. */
  takes(collection: string): boolean {
    return !this.#of(collection).failed;
  }

  /** Takes documents. They wait until they are a batch, or fill the memory that is theirs. */
  async add(collection: string, documents: readonly Buffer[]): Promise<void> {
    const active = this.#of(collection);
    for (const document of documents) {
      if (active.failed) return;
      active.waiting.push(document);
      active.waitingBytes += document.length;
      const { waiting, waitingBytes } = active;
      if (waiting.length >= this.#batchSize || waitingBytes >= WAITING_BYTES) {
        await this.#insert(active);
      }
    }
  }

  /** Ends the collection. */
  async end(): Promise<void> {
    const active = this.#active;
    if (active === undefined) return;
    await this.#insert(active);
    const indexes = active.failed ? 0 : await this.#createIndexes(active);
    const { name: collection, documents } = active;
    this.collections.push({ collection, documents, indexes });
    this.#active = undefined;
  }

  #of(collection: string): Active {
    if (this.#active?.name !== collection) throw new Error('Out-of-order stream record');
    return this.#active;
  }

  async #insert(active: Active): Promise<void> {
    const { waiting, name } = active;
    active.waiting = [];
    active.waitingBytes = 0;
    if (waiting.length === 0 || active.failed) return;
    const options = { raw: true, ordered: false };
    try {
      await this.#db.collection(name).insertMany(waiting, options);
      this.#count(active, waiting.length);
    } catch (error) {
      this.#count(active, (error as MongoBulkWriteError).result?.insertedCount ?? 0);
      this.#fail('import', error);
    }
  }

  #count(active: Active, inserted: number): void {
    active.documents += inserted;
    this.insertedDocuments += inserted;
    const { name: collection, documents } = active;
    const database = this.#db.databaseName;
    this.#options.onProgress?.({ database, collection, documents });
  }

  async #createIndexes({ name, indexes }: Active): Promise<number> {
    // The one that every collection has comes with it.
    const own = indexes.filter(index => index['name'] !== '_id_' && !index['clustered']);
    if (own.length === 0) return 0;
    try {
      const specifications = own.map(({ v: _, ns: __, ...index }) => index);
      await this.#db.command({ createIndexes: name, indexes: specifications });
    } catch (error) {
      this.#fail('index', error);
      return 0;
    }
    this.createdIndexes += own.length;
    return own.length;
  }

  #fail(stage: CollectionFailure['stage'], error: unknown): void {
    const active = this.#active!;
    const { message } = error as Error;
    this.failures.push({ collection: active.name, stage, message });
    active.failed = true;
    if (this.#options.stopOnError) throw error;
  }
}
