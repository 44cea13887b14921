// Owns a load of every kind that a pool can have, until it is told to stop: reads, writes, cursors, some
// of them left unread or taken back, transactions, change streams, aborts. Must not know what goes wrong meanwhile.

import type { Collection, PolyPool } from 'polypool';

interface Item {
  _id: number;
  count: number;
  text: string;
}

const ITEMS = 500;
const LOOPS = 24;

export class MixedLoad {
  readonly #pool: PolyPool;
  readonly #items: Collection<Item>;
  #running = true;
  #loops: Promise<void>[] = [];
  /** Operations that have ended well. */
  done = 0;
  /** Those that have failed, by the class of their error. */
  readonly failed = new Map<string, number>();

  constructor(pool: PolyPool, database: string) {
    this.#pool = pool;
    this.#items = pool.db(database).collection<Item>('items');
  }

  async prepare(): Promise<void> {
    const text = 'x'.repeat(400);
    await this.#items.insertMany(
      Array.from({ length: ITEMS }, (_, _id) => ({ _id, count: 0, text }))
    );
  }

  start(): void {
    this.#loops = Array.from({ length: LOOPS }, (_, loop) => this.#loop(loop));
  }

  /** Ends it; every operation has settled then. */
  async stop(): Promise<void> {
    this.#running = false;
    await Promise.all(this.#loops);
  }

  async #loop(loop: number): Promise<void> {
    const kinds = [
      this.#read,
      this.#write,
      this.#page,
      this.#transact,
      this.#watch,
      this.#abort,
      this.#abandon
    ];
    for (let turn = loop; this.#running; turn++) {
      const kind = kinds[turn % kinds.length]!;
      try {
        await kind.call(this, turn % ITEMS);
        this.done += 1;
      } catch (error) {
        const { name } = error as Error;
        this.failed.set(name, (this.failed.get(name) ?? 0) + 1);
      }
    }
  }

  async #read(_id: number): Promise<void> {
    await this.#items.findOne({ _id });
    await this.#items.countDocuments({ _id: { $lt: 50 } });
  }

  async #write(_id: number): Promise<void> {
    await this.#items.updateOne({ _id }, { $inc: { count: 1 } });
  }

  /** Reads some of a cursor, and closes it. */
  async #page(_id: number): Promise<void> {
    const cursor = this.#items.find({}, { batchSize: 40 });
    try {
      for (let read = 0; read < 90; read++) await cursor.next();
    } finally {
      await cursor.close();
    }
  }

  async #transact(_id: number): Promise<void> {
    await this.#pool.withSession(async session => {
      await session.withTransaction(async () => {
        await this.#items.updateOne({ _id }, { $inc: { count: 1 } }, { session });
        await this.#items.findOne({ _id }, { session });
      });
    });
  }

  async #watch(): Promise<void> {
    const stream = this.#items.watch([], { maxAwaitTimeMS: 20 });
    try {
      await stream.tryNext();
    } finally {
      await stream.close();
    }
  }

  async #abort(): Promise<void> {
    await takenBack(5, signal => this.#items.findOne({ $where: 'sleep(20) || true' }, { signal }));
  }

  /** Takes a cursor back while it is opened, or while a batch is fetched. */
  async #abandon(_id: number): Promise<void> {
    await takenBack(_id % 8, signal => this.#items.find({}, { batchSize: 40, signal }).toArray());
  }
}

/** Begins to read, and wants nothing of it after `ms`. */
async function takenBack(
  ms: number,
  read: (signal: AbortSignal) => Promise<unknown>
): Promise<void> {
  const controller = new AbortController();
  const timer = setTimeout(() => controller.abort(), ms);
  try {
    await read(controller.signal);
  } catch (error) {
    if (!controller.signal.aborted) throw error;
  } finally {
    clearTimeout(timer);
  }
}
