/**
 * A cursor that the server keeps for us: its handle, and its end. It fetches nothing; it makes sure
 * that a cursor whose object was dropped without `close()` does not stay open on the server.
 */
import type { Hold } from '../bridge/pool';

export class ServerCursor {
  constructor(
    /** What keeps it. */
    readonly hold: Hold,
    /** What Rust knows it by; never 0. */
    readonly handle: number
  ) {}

  /** Ends it on the server. Never fails: a cursor that is gone already is no error. */
  async kill(): Promise<void> {
    try {
      await this.hold.killCursor(this.handle);
    } catch {
      // The environment is going away, and the cursor with it.
    }
  }
}

const forgotten = new FinalizationRegistry<ServerCursor>(cursor => void cursor.kill());

/** From now on `cursor` is killed when `owner` is garbage. */
export function killWithOwner(owner: object, cursor: ServerCursor): void {
  forgotten.register(owner, cursor, owner);
}

/** Takes {@link killWithOwner} back. */
export function keepWithoutOwner(owner: object): void {
  forgotten.unregister(owner);
}
