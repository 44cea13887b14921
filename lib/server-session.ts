/**
 * The server's side of a session as its client knows it: the id that goes with commands, and what
 * has been counted on it. The session itself is Rust's (`src/pool/sessions.rs`), lent by a handle.
 */
import type { ServerSessionId } from 'mongodb';
import type { Hold } from './bridge/pool';
import { Binary } from './bson/bson';

const MS_PER_MINUTE = 60_000;

/** Milliseconds of a clock that only goes forward; whole ones, as the driver counts. */
export function processTimeMS(): number {
  return Math.floor(performance.now());
}

export class ServerSession {
  readonly id: ServerSessionId;
  /** When it was last used, by {@link processTimeMS}. */
  lastUse = processTimeMS();
  /** The last transaction number used with it; 0 for none. */
  txnNumber: number;
  /** What Rust knows it by; 0 when it has not been lent. */
  readonly #handle: number;
  /** Who lent it, until it is given back. */
  #lender: Hold | undefined;
  /** See {@link isDirty}, as far as it is known here. */
  #dirty = false;

  /**
   * @param lender - without one, it has an id that no server will see
   * @param database - whose operations it is used for first
   * @internal
   */
  constructor(lender?: Hold, database = 'admin') {
    const lease = lender?.openSession(database);
    this.id = {
      id: new Binary(
        lease?.id.buffer ?? crypto.getRandomValues(new Uint8Array(16)),
        Binary.SUBTYPE_UUID
      )
    };
    this.txnNumber = lease?.txnNumber ?? 0;
    this.#handle = lease?.handle ?? 0;
    this.#lender = lender;
  }

  /** @internal */
  get handle(): number {
    return this.#handle;
  }

  /** A connection broke while it was in use, so that it will not be used again. */
  get isDirty(): boolean {
    this.#dirty ||= this.#lender?.isSessionBroken(this.#handle) ?? false;
    return this.#dirty;
  }

  set isDirty(dirty: boolean) {
    this.#dirty = dirty;
  }

  /** Gives it back to who lent it, if anybody did. @internal */
  giveBack(): void {
    this.#dirty = this.isDirty;
    this.#lender?.endSession(this.#handle);
    this.#lender = undefined;
  }

  /**
   * Whether the server may have forgotten it.
   * @param sessionTimeoutMinutes - the server's `logicalSessionTimeoutMinutes`
   */
  hasTimedOut(sessionTimeoutMinutes: number): boolean {
    const idleMinutes = Math.round((processTimeMS() - this.lastUse) / MS_PER_MINUTE);
    return idleMinutes > sessionTimeoutMinutes - 1;
  }
}
