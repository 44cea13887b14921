/** Owns how much goes on at a time. It does not know what that is. */

export class Turns {
  readonly #most: number;
  #running = 0;
  /** Those who wait for their turn. */
  readonly #waiting: Array<() => void> = [];

  /** @param most - how much may go on at a time */
  constructor(most: number) {
    this.#most = most;
  }

  /** Does a piece of work when it is its turn. */
  async take<T>(work: () => Promise<T>): Promise<T> {
    if (this.#running >= this.#most) await new Promise<void>(go => this.#waiting.push(go));
    else this.#running += 1;
    try {
      return await work();
    } finally {
      const next = this.#waiting.shift();
      // Whose turn is next has this one's place.
      if (next === undefined) this.#running -= 1;
      else next();
    }
  }
}
