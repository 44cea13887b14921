/**
 * The databases that a wrapper's user has named since it was last closed: as many as an application shows,
 * not as many as whoever sends requests thinks of. It knows no pool.
 */

/** Names that are kept: those used last. As many databases has `pool.stats()` numbers of. */
const KEPT = 1_000;

export class InUse {
  /** The one used last at the end. */
  readonly #names = new Set<string>();
  #latest: string | undefined;

  /** @returns whether it was not known */
  add(name: string): boolean {
    if (name === this.#latest) return false;
    this.#latest = name;
    const isKnown = this.#names.delete(name);
    this.#names.add(name);
    if (this.#names.size > KEPT) {
      const [oldest] = this.#names;
      this.#names.delete(oldest!);
    }
    return !isKnown;
  }

  get names(): Iterable<string> {
    return this.#names;
  }

  clear(): void {
    this.#names.clear();
    this.#latest = undefined;
  }
}
