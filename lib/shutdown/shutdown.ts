/**
 * How one pool ends: who waits for its operations, and whether signals end it. It knows when a pool
 * may be closed, not what that takes.
 */
import { Drain } from './drain';
import { processSignals, type Participant } from './signals';

/** The pool that ends. */
export interface Ended {
  /** Whether operations, or transactions, are under way. */
  readonly isBusy: boolean;
  /** Ends what would never end by itself, such as change streams. Never fails. */
  prepare(): void;
  /** Interrupts what is left; `lateAfterMS` is 0 or the time that operations had. */
  close(lateAfterMS: number): Promise<void>;
}

export class Shutdown implements Participant {
  readonly #pool: Ended;
  readonly #drain: Drain;
  /** See {@link Participant.drainMS}. */
  readonly drainMS: number;
  /** Signals are to end the pool while it is open. */
  #handlesSignals: boolean | undefined;
  /** They do. */
  #hasJoined = false;
  /** The pool's end has begun: its operations are waited for, or it is being closed. */
  #isUnderWay = false;

  /** @param handlesSignals - undefined when nobody has said */
  constructor(pool: Ended, drainMS: number, handlesSignals: boolean | undefined) {
    this.#pool = pool;
    this.#drain = new Drain(() => pool.isBusy);
    this.drainMS = drainMS;
    this.#handlesSignals = handlesSignals;
  }

  get isBusy(): boolean {
    return this.#pool.isBusy;
  }

  get isUnderWay(): boolean {
    return this.#isUnderWay;
  }

  prepare(): void {
    this.#isUnderWay = true;
    this.#pool.prepare();
  }

  async close(lateAfterMS: number): Promise<void> {
    this.#drain.hurry();
    await this.#pool.close(lateAfterMS);
  }

  /** Has signals end the pool, unless its options say otherwise. */
  handleSignalsByDefault(): void {
    this.#handlesSignals ??= true;
    this.opened();
  }

  /** The pool is open. */
  opened(): void {
    this.#isUnderWay = false;
    if (this.#hasJoined || this.#handlesSignals !== true) return;
    this.#hasJoined = true;
    processSignals().join(this);
  }

  /** The pool is closed. */
  closed(): void {
    this.#isUnderWay = false;
    if (!this.#hasJoined) return;
    this.#hasJoined = false;
    processSignals().leave(this);
  }

  /** Waits for what is under way; gives what {@link Ended.close} is to be told. */
  async drained(timeMS: number): Promise<number> {
    if (!this.#drain.isUnderWay) this.prepare();
    return await this.#drain.wait(timeMS);
  }

  /** Has {@link drained} wait no longer. */
  hurry(): void {
    this.#drain.hurry();
  }
}
