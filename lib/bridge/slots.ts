/**
 * The promises that wait for completions, by slot. A slot is used again once its promise is
 * settled; its generation tells a late completion of the old promise from the new one's.
 * It knows neither requests nor replies.
 */
import type { Reply } from './completion';

type Resolve = (reply: Reply) => void;

/** Generations wrap where the boundary's `u32` does. */
const GENERATIONS = 2 ** 32;

export class Slots {
  /** Who waits in a slot; undefined in a free one. */
  readonly #waiting: Array<Resolve | undefined> = [];
  /** How often a slot has been freed. */
  readonly #generations: number[] = [];
  /** Slots below the highest ever used that are free. */
  readonly #free: number[] = [];

  /** Takes a slot for a promise. */
  open(resolve: Resolve): number {
    const slot = this.#free.pop() ?? this.#waiting.length;
    this.#waiting[slot] = resolve;
    this.#generations[slot] ??= 0;
    return slot;
  }

  generation(slot: number): number {
    return this.#generations[slot]!;
  }

  /** How many promises wait. */
  get pending(): number {
    return this.#waiting.length - this.#free.length;
  }

  /** Settles the promise of a slot, unless it is no longer the one that is meant. */
  settle(slot: number, generation: number, reply: Reply): void {
    const resolve = this.#waiting[slot];
    if (resolve === undefined || this.#generations[slot] !== generation) return;
    this.release(slot);
    resolve(reply);
  }

  /** Frees a slot whose request was never sent, or whose promise has been settled. */
  release(slot: number): void {
    this.#waiting[slot] = undefined;
    this.#generations[slot] = (this.#generations[slot]! + 1) % GENERATIONS;
    this.#free.push(slot);
  }
}
