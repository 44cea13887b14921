/**
 * The change streams of a pool that have not ended, so that they can be shown and ended together. It
 * keeps none alive: a stream that nobody reads any more is garbage, and its cursor with it.
 */
import type { Deployments } from './deployment';
import type { Hub } from './hub';
import type { Watch } from './progress';

/** A stream as it is tracked. */
export interface Tracked {
  /** The database that it watches, or has a collection of; undefined of a whole deployment. */
  readonly database: string | undefined;
  /** What there is to see; undefined before it is open. */
  readonly view: Watch | undefined;
  /** Ends it, here and on the server, for the pool: nobody who reads it has asked for that. Never fails. */
  finish(): Promise<void>;
  /** Another deployment may be in use. */
  leave(): void;
}

export class ActiveStreams {
  /** Emptied of what is garbage as streams are added. */
  readonly #all = new Set<WeakRef<Tracked>>();
  /** The entries of `#all`. */
  readonly #entries = new WeakMap<Tracked, WeakRef<Tracked>>();
  /** Streams that are shared, by what makes them the same. */
  readonly hubs = new Map<string, Hub>();
  /** Where they can be; undefined where there is but one deployment. */
  deployments: Deployments | undefined;
  /** The pool is to end: none is to begin. */
  #isEnding = false;
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
    if (this.#isEnding) void stream.finish();
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

  /** Another deployment is in use, which those who wait for events of the one before are told. */
  leave(): void {
    this.deployments?.changed();
    for (const entry of [...this.#all]) entry.deref()?.leave();
  }

  /** Ends those of a database and of its collections; all without one. Never fails. */
  async close(database?: string): Promise<void> {
    const closing: Promise<void>[] = [];
    for (const hub of [...this.hubs.values()]) {
      if (database === undefined || hub.database === database) hub.finish();
    }
    for (const entry of [...this.#all]) {
      const stream = entry.deref();
      if (stream === undefined) this.#all.delete(entry);
      else if (database === undefined || stream.database === database) {
        closing.push(stream.finish());
      }
    }
    await Promise.allSettled(closing);
  }

  /** Ends all, and those that begin until their pool is closed. Never fails. */
  async end(): Promise<void> {
    this.#isEnding = true;
    await this.close();
  }

  /** Their pool is closed, which ends them. */
  forget(): void {
    this.#isEnding = false;
    this.#all.clear();
  }

  #sweep(): void {
    for (const entry of this.#all) {
      if (entry.deref() === undefined) this.#all.delete(entry);
    }
    this.#limit = Math.max(64, this.#all.size * 2);
  }
}
