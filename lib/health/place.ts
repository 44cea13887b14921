/**
 * How long a command waits for its place in the pool, which is the pool's doing and not the
 * database's. Nobody tells, so it looks while there is no answer: at first when one would be late,
 * and more rarely as time passes. An answer that comes soon costs no look.
 */
import { LONGEST_TIMER_MS } from '../deadline';
import type { PoolStats } from '../stats';

/** The pool that is looked at. */
interface Crowd {
  isConnected(): boolean;
  stats(): PoolStats;
}

/** Milliseconds before the first look, at the least. */
const SOONEST_MS = 10;
/** The next look is after this part of the time that has passed. */
const PACE = 1 / 4;
/** Looks take a hundredth of the time at most: the figures of a thousand databases take a while. */
const COST = 100;

export class PlaceWatch {
  readonly #on: Crowd;
  readonly #database: string;
  readonly #began = performance.now();
  #timer: NodeJS.Timeout | undefined;
  /** Milliseconds after which it was last seen to wait; 0 when it never was. */
  #seen = 0;
  /** Milliseconds after which it was first seen to wait no longer. */
  #over: number | undefined;

  /**
   * @param database - that of the command; others of the same are taken for it
   * @param lateMS - when an answer would be late
   */
  constructor(on: Crowd, database: string, lateMS: number) {
    this.#on = on;
    this.#database = database;
    this.#lookAfter(Math.max(lateMS / 2, SOONEST_MS));
  }

  #lookAfter(pauseMS: number): void {
    this.#timer = setTimeout(() => this.#look(), Math.min(pauseMS, LONGEST_TIMER_MS));
    this.#timer.unref();
  }

  #look(): void {
    const start = performance.now();
    const passed = start - this.#began;
    if (!this.#isCrowded()) {
      this.#over = passed;
      return;
    }
    this.#seen = passed;
    this.#lookAfter(Math.max(passed * PACE, (performance.now() - start) * COST));
  }

  /**
   * It waits for its turn, or at the server that it was given to. Without a server that answers it is
   * that which is waited for, and while there may be more connections, one that is being opened.
   */
  #isCrowded(): boolean {
    if (!this.#on.isConnected()) return false;
    const { operations, servers } = this.#on.stats();
    if ((operations.byDatabase.get(this.#database)?.waiting ?? 0) > 0) return true;
    return servers.some(({ checkingOut, inUse, max }) => checkingOut > 0 && inUse >= max);
  }

  /** Milliseconds since it was sent off. */
  get elapsedMS(): number {
    return performance.now() - this.#began;
  }

  /** Milliseconds that it has waited at the least; 0 when nothing is known of that. */
  get atLeastMS(): number {
    return this.#seen;
  }

  /** Milliseconds that it can have waited, of so many that have passed. */
  atMostMS(elapsedMS: number): number {
    return this.#seen === 0 ? 0 : (this.#over ?? elapsedMS);
  }

  /** It was waiting when it was last looked at. */
  get isWaiting(): boolean {
    return this.#seen > 0 && this.#over === undefined;
  }

  stop(): void {
    clearTimeout(this.#timer);
  }
}
