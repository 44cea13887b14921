/**
 * The change streams of a pool that have not ended, so that they can be shown and ended together. It
 * keeps none alive: a stream that nobody reads any more is garbage, and its cursor with it.
 */
import type { Hub } from './hub';
import type { Watch } from './progress';

/** A stream as it is tracked. */
export interface Tracked {
  /** The database that it watches, or has a collection of; undefined of a whole deployment. */
  readonly database: string | undefined;
  /** What there is to see; undefined before it is open. */
  readonly view: Watch | undefined;
  close(): Promise<void>;
}

export class ActiveStreams {
  /** Emptied of what is garbage as streams are added. */
  readonly #all = new Set<WeakRef<Tracked>>();
  /** The entries of `#all`. */
  readonly #entries = new WeakMap<Tracked, WeakRef<Tracked>>();
  /** Streams that are shared, by what makes them the same. */
  readonly hubs = new Map<string, Hub>();
  /** Entries at which garbage is looked for again. */
  #limit = 64;

  /** How many there are, at most. */
  get size(): number {
    return this.#all.size;
  }

  add(stream: Tracked): void {
    if (this.#all.size >= this.#limit) this.#sweep();
    const entry = new WeakRef(stream);
    this.#all.add(entry);
    this.#entries.set(stream, entry);
  }

  delete(stream: Tracked): void {
    const entry = this.#entries.get(stream);
    if (entry !== undefined) this.#all.delete(entry);
  }

  /** Those that are open on the server. */
  views(): Watch[] {
    const views: Watch[] = [];
    for (const entry of this.#all) {
      const view = entry.deref()?.view;
      if (view !== undefined) views.push(view);
    }
    return views;
  }

  /** Ends those of a database and of its collections; all without one. Never fails. */
  async close(database?: string): Promise<void> {
    const closing: Promise<void>[] = [];
    for (const hub of [...this.hubs.values()]) {
      if (database === undefined || hub.database === database) hub.end();
    }
    for (const entry of [...this.#all]) {
      const stream = entry.deref();
      if (stream === undefined) this.#all.delete(entry);
      else if (database === undefined || stream.database === database) closing.push(stream.close());
    }
    await Promise.allSettled(closing);
  }

  /** Their pool is closed, which ends them. */
  forget(): void {
    this.#all.clear();
  }

  #sweep(): void {
    for (const entry of this.#all) {
      if (entry.deref() === undefined) this.#all.delete(entry);
    }
    this.#limit = Math.max(64, this.#all.size * 2);
  }
}
