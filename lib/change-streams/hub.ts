/**
 * One stream of the server's for many listeners of the same: it reads, and hands each event to every
 * listener. It opens with the first listener and ends with the last. How far behind a listener may be
 * is the listener's business.
 */
import type { ResumeToken } from 'mongodb';
import type { Document } from '../bson/options';

/** What is read. */
export interface Source {
  next(): Promise<Document>;
  close(): Promise<void>;
  readonly closed: boolean;
  /** Nobody who reads it has asked for its end. */
  readonly isFinished: boolean;
}

/** Who is told. It must not throw. */
export interface HubListener {
  /** An event. */
  offer(change: Document): void;
  /** Events have been lost: those after this token. */
  lost(token: ResumeToken): void;
  /** There will be no more: the stream has failed with `error`, or else has ended. */
  end(error?: unknown): void;
  /** Nor did anything fail: the pool has ended it. */
  finish(): void;
}

export class Hub {
  /** The database that is watched; undefined for a whole deployment. */
  readonly database: string | undefined;
  readonly #listeners = new Set<HubListener>();
  readonly #open: () => Source;
  /** Called when it has ended. */
  readonly #onEnd: () => void;
  #source: Source | undefined;

  constructor(database: string | undefined, open: () => Source, onEnd: () => void) {
    this.database = database;
    this.#open = open;
    this.#onEnd = onEnd;
  }

  /** How many listen. */
  get listeners(): number {
    return this.#listeners.size;
  }

  /** From now on `listener` is told. */
  join(listener: HubListener): void {
    this.#listeners.add(listener);
    if (this.#source !== undefined) return;
    const source = this.#open();
    this.#source = source;
    void this.#read(source);
  }

  /** `listener` wants no more. */
  leave(listener: HubListener): void {
    if (this.#listeners.delete(listener) && this.#listeners.size === 0) this.end();
  }

  /** Tells that events have been lost. */
  lost(token: ResumeToken): void {
    for (const listener of this.#listeners) listener.lost(token);
  }

  /** Ends it, here and on the server. */
  end(error?: unknown): void {
    this.#end(listener => listener.end(error));
  }

  /** Ends it because the pool is to end, or does not want it any more. */
  finish(): void {
    this.#end(listener => listener.finish());
  }

  #end(tell: (listener: HubListener) => void): void {
    const source = this.#source;
    this.#source = undefined;
    this.#onEnd();
    void source?.close();
    const told = [...this.#listeners];
    this.#listeners.clear();
    told.forEach(tell);
  }

  async #read(source: Source): Promise<void> {
    try {
      while (this.#source === source) {
        const change = await source.next();
        for (const listener of [...this.#listeners]) listener.offer(change);
        // Nothing follows it.
        if (change['operationType'] === 'invalidate') break;
      }
      if (this.#source === source) this.end();
    } catch (error) {
      if (this.#source !== source) return;
      if (source.isFinished) this.finish();
      else this.end(source.closed && isClosing(error) ? undefined : error);
    }
  }
}

/** What a reader is told that waited while its stream was closed. */
function isClosing(error: unknown): boolean {
  return (error as Error | undefined)?.name === 'MongoAPIError';
}
