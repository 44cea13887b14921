/**
 * A cursor that the server keeps for us: its handle, and its end. It fetches nothing; it makes sure
 * that a cursor whose object was dropped without `close()` does not stay open on the server, and that
 * one whose pool is closed learns of it.
 */
import type { Hold } from '../bridge/pool';

/** Whose cursor it is. */
export interface CursorOwner {
  /** The cursor is gone: the pool that kept it is being closed. */
  abandon(): void;
}

/** What the server keeps, by the hold that keeps it for us. */
const open = new WeakMap<Hold, Set<ServerCursor>>();

/** Kills the cursors of owners that are garbage. */
const forgotten = new FinalizationRegistry<ServerCursor>(cursor => void cursor.kill());

export class ServerCursor {
  /** Does not keep its owner, which may be forgotten. */
  #owner: WeakRef<CursorOwner> | undefined;

  constructor(
    /** What keeps it. */
    readonly hold: Hold,
    /** What Rust knows it by; never 0. */
    readonly handle: number
  ) {}

  /** From now on it is killed when `owner` is garbage, and `owner` told when the pool is closed. */
  keepFor(owner: CursorOwner): void {
    this.#owner = new WeakRef(owner);
    forgotten.register(owner, this, this);
    const cursors = open.get(this.hold) ?? new Set();
    open.set(this.hold, cursors.add(this));
  }

  /** The server keeps it no longer. */
  ended(): void {
    forgotten.unregister(this);
    open.get(this.hold)?.delete(this);
  }

  /** Ends it on the server. Never fails: a cursor that is gone already is no error. */
  async kill(): Promise<void> {
    this.ended();
    try {
      await this.hold.killCursor(this.handle);
    } catch {
      // The environment is going away, and the cursor with it.
    }
  }

  /** Tells its owner that it is gone. */
  abandon(): void {
    this.ended();
    this.#owner?.deref()?.abandon();
  }
}

/** Tells the owners of a hold's cursors that these are gone. The hold's end kills them. */
export function abandonCursors(hold: Hold): void {
  for (const cursor of open.get(hold) ?? []) cursor.abandon();
}
