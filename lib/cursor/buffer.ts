/** Documents that have arrived and not been asked for yet: a queue that does not move its rest. */

export class DocumentBuffer {
  #documents: unknown[] = [];
  /** Where the first document is that has not been taken. */
  #next = 0;

  get length(): number {
    return this.#documents.length - this.#next;
  }

  /** Replaces what is left. */
  fill(documents: unknown[]): void {
    this.#documents = documents;
    this.#next = 0;
  }

  /** Takes the first; there must be one. */
  shift(): unknown {
    const document = this.#documents[this.#next];
    // Not kept alive by the buffer once it has been handed out.
    this.#documents[this.#next++] = undefined;
    return document;
  }

  /** Takes up to `count`, all by default. */
  take(count = this.length): unknown[] {
    if (count >= this.length) {
      const rest = this.#next === 0 ? this.#documents : this.#documents.slice(this.#next);
      this.fill([]);
      return rest;
    }
    const taken: unknown[] = [];
    while (taken.length < count) taken.push(this.shift());
    return taken;
  }
}
