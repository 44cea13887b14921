/**
 * The batch that is asked for before it is wanted, so that it is fetched while the one before is read.
 * One at most, and only for a reader that has shown that it reads on: it has come back for a second
 * batch, or wants all. Nobody can tell, so there is none while commands are listened to, when the
 * driver's order of commands and reading would show, and none in a session, whose commands have one.
 * It asks; what the reply says is not its business.
 */
import type { Reply } from '../bridge/completion';
import type { ServerCursor } from './server-cursor';

/**
 * Bytes, about, that are left of a large batch when the next is asked for: few enough for Rust to have given the
 * rest up (`src/pool/held.rs`). Two batches at a time are what costs memory.
 */
export const NEAR = 1024 * 1024;

export class ReadAhead {
  /** What was asked for and not taken. It never fails: an error is a reply. */
  #reply: Promise<Reply> | undefined;
  /** Batches that were fetched when they were wanted, after the first. */
  #wanted = 0;
  /** The reader wants all there is. */
  wantsAll = false;

  /** Takes the reply that is under way, if there is one. */
  take(): Promise<Reply> | undefined {
    const reply = this.#reply;
    this.#reply = undefined;
    this.#wanted += 1;
    return reply;
  }

  /**
   * True when it is time to ask.
   * @param left - bytes, about, that are left of the batch that is being read, if it is a large one
   */
  isDue(left: number): boolean {
    if (this.#reply !== undefined) return false;
    return this.wantsAll || (this.#wanted > 0 && left <= NEAR);
  }

  /** Asks for the batch after the one that is being read, unless somebody would see it. */
  ask({ hold, handle }: ServerCursor, signal: AbortSignal | null | undefined): void {
    if (hold.tellsOfCommands) return;
    this.#reply = hold.getMore(handle, signal);
  }

  /** Forgets what is under way, and begins anew. */
  drop(): void {
    void this.#reply?.then(reply => reply.kept?.drop());
    this.#reply = undefined;
    this.#wanted = 0;
    this.wantsAll = false;
  }
}
