/**
 * Owns a load of majority writes whose every outcome is kept, so that what the servers have in the
 * end can be held against it. Must not know what happens to the servers meanwhile, nor whose client
 * it is.
 */
import assert from 'node:assert/strict';
import { setTimeout as delay } from 'node:timers/promises';
import type { Collection, MongoClient } from 'mongodb';

/** Writes that a loop is behind at most: those of a fault's time are not made up for. */
const MADE_GOOD = 8;

/** What one loop of writes keeps. */
interface Count {
  _id: number;
  /** How often the server says that it was raised. */
  raised: number;
}

/** A document of its own for each insert. */
interface Line {
  _id: string;
}

/** What became of one loop's writes. */
interface Outcomes {
  /** `_id`s of inserts that were acknowledged. */
  inserted: string[];
  /** Increments that were acknowledged. */
  raised: number;
  /** Increments that failed, of which the server may have applied each once. */
  unsure: number;
}

/** Figures of a load, in milliseconds where they are times. */
export interface Load {
  readonly acknowledged: number;
  readonly failed: number;
  /** Class and code of errors, with how often each came. */
  readonly errors: ReadonlyMap<string, number>;
  /** The longest that any write took to settle. */
  readonly slowest: number;
}

export class Writers {
  readonly #counts: Collection<Count>;
  readonly #lines: Collection<Line>;
  readonly #loops: number;
  /** Between the starts of a loop's writes, in milliseconds. One that is late is made good. */
  readonly #pause: number;
  readonly #outcomes: Outcomes[] = [];
  readonly #errors = new Map<string, number>();
  /** When the writes that were acknowledged had begun, in the order of their acknowledgement. */
  readonly #begun: number[] = [];
  #failed = 0;
  #slowest = 0;
  /** Writes that have not settled. */
  #pending = 0;
  #stopping = false;
  #running: Promise<void>[] = [];

  /** @param perSecond - writes a second of all loops together */
  constructor(client: MongoClient, database: string, loops: number, perSecond: number) {
    const writeConcern = { w: 'majority' } as const;
    this.#counts = client.db(database).collection<Count>('counts', { writeConcern });
    this.#lines = client.db(database).collection<Line>('lines', { writeConcern });
    this.#loops = loops;
    this.#pause = (1000 * loops) / perSecond;
  }

  /** How many writes have been acknowledged. */
  get acknowledged(): number {
    return this.#begun.length;
  }

  async start(): Promise<void> {
    const documents = Array.from({ length: this.#loops }, (_, _id) => ({ _id, raised: 0 }));
    await this.#counts.insertMany(documents);
    this.#running = documents.map(({ _id }) => this.#loop(_id));
  }

  /** Resolves when a write that begins from now on has been acknowledged; gives the time it took. */
  async service(limitMS: number): Promise<number> {
    const since = performance.now();
    const seen = this.#begun.length;
    while (!this.#begun.slice(seen).some(begun => begun >= since)) {
      const waited = performance.now() - since;
      assert.ok(waited < limitMS, `no write was acknowledged within ${limitMS} ms`);
      await delay(5);
    }
    return performance.now() - since;
  }

  /** No loop begins another write: a test that has failed is to end. */
  end(): void {
    this.#stopping = true;
  }

  /** Ends the loops. @throws when a write does not settle within `limitMS` */
  async stop(limitMS: number): Promise<Load> {
    this.end();
    const late = delay(limitMS, 'late', { ref: false });
    const ended = await Promise.race([Promise.all(this.#running), late]);
    assert.ok(ended !== 'late', `${this.#pending} writes never settled`);
    return {
      acknowledged: this.#begun.length,
      failed: this.#failed,
      errors: this.#errors,
      slowest: this.#slowest
    };
  }

  /** Holds what the servers have against the outcomes. `client` reads, and is not the one that wrote. */
  async verify(client: MongoClient): Promise<void> {
    const read = { readConcern: { level: 'majority' } } as const;
    const database = client.db(this.#counts.dbName);
    const lines = database.collection<Line>('lines', read);
    const kept = new Set((await lines.find().toArray()).map(({ _id }) => _id));
    const counts = await database.collection<Count>('counts', read).find().toArray();
    const lost = this.#outcomes.flatMap(({ inserted }) => inserted.filter(id => !kept.has(id)));
    assert.deepEqual(lost, [], 'acknowledged inserts are gone');
    for (const { _id, raised } of counts) {
      const outcome = this.#outcomes[_id]!;
      assert.ok(raised >= outcome.raised, `loop ${_id}: ${outcome.raised - raised} are gone`);
      const most = outcome.raised + outcome.unsure;
      assert.ok(raised <= most, `loop ${_id}: ${raised - most} were applied twice`);
    }
  }

  async #loop(loop: number): Promise<void> {
    const outcome: Outcomes = { inserted: [], raised: 0, unsure: 0 };
    this.#outcomes[loop] = outcome;
    let due = performance.now() + Math.random() * this.#pause;
    for (let turn = 0; !this.#stopping; turn += 1) {
      await delay(Math.max(due - performance.now(), 0));
      const begun = performance.now();
      due = Math.max(due + this.#pause, begun - MADE_GOOD * this.#pause);
      this.#pending += 1;
      try {
        if (turn % 2 === 0) await this.#insert(`${loop}/${turn}`, outcome);
        else await this.#raise(loop, outcome);
        this.#begun.push(begun);
      } catch (error) {
        this.#note(error as Error & { code?: number | string });
      }
      this.#pending -= 1;
      this.#slowest = Math.max(this.#slowest, performance.now() - begun);
    }
  }

  async #insert(_id: string, outcome: Outcomes): Promise<void> {
    await this.#lines.insertOne({ _id });
    outcome.inserted.push(_id);
  }

  async #raise(loop: number, outcome: Outcomes): Promise<void> {
    outcome.unsure += 1;
    const { modifiedCount } = await this.#counts.updateOne({ _id: loop }, { $inc: { raised: 1 } });
    assert.equal(modifiedCount, 1);
    outcome.unsure -= 1;
    outcome.raised += 1;
  }

  #note(error: Error & { code?: number | string }): void {
    this.#failed += 1;
    const name = error.code === undefined ? error.name : `${error.name} ${error.code}`;
    this.#errors.set(name, (this.#errors.get(name) ?? 0) + 1);
  }
}
