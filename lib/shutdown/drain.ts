/**
 * Waiting for work to end: until it has been still for a moment, until the time for it is over, or
 * until somebody will not wait. What the work is its owner says; it ends nothing itself.
 */

/** How long nothing may be under way before that counts as the end, in milliseconds. */
export const STILL_MS = 100;

/** How often that is looked at, in milliseconds. */
export const LOOK_MS = 10;

/** The time that one look may stand for, in milliseconds. */
const LONGEST_LOOK_MS = 2 * LOOK_MS;

/**
 * Tells when work that comes in pieces, with pauses in between, is over. Time is passed in. A look that
 * comes late says nothing of the time before: an event loop that was blocked kept the work from going on,
 * too, and what was begun in that turn has not been sent yet.
 */
export class Stillness {
  /** For how long nothing has been under way. */
  #stillMS = 0;
  /** When that was last looked at; unset when something was. */
  #lookedAt: number | undefined;

  /** Takes note of whether something is under way; true when nothing has been for long enough. */
  isReached(busy: boolean, now: number): boolean {
    if (busy) {
      this.#stillMS = 0;
      this.#lookedAt = undefined;
      return false;
    }
    this.#stillMS += Math.min(now - (this.#lookedAt ?? now), LONGEST_LOOK_MS);
    this.#lookedAt = now;
    return this.#stillMS >= STILL_MS;
  }
}

export class Drain {
  readonly #isBusy: () => boolean;
  /** The one under way, which others join. */
  #draining: Promise<number> | undefined;
  /** When it is over, by `performance.now()`. */
  #until = Infinity;
  /** The time whose end that is, in milliseconds. */
  #timeMS = 0;
  /** Ends it. */
  #end: ((lateAfterMS: number) => void) | undefined;

  /** @param isBusy - whether something is under way right now */
  constructor(isBusy: () => boolean) {
    this.#isBusy = isBusy;
  }

  /** True while work is waited for. */
  get isUnderWay(): boolean {
    return this.#draining !== undefined;
  }

  /**
   * Waits for the work's end, for at most `timeMS`. Of several who wait, the one whose time is over first
   * decides for all.
   * @returns that time, if it was not enough; 0 when all was done, or nobody would wait
   */
  async wait(timeMS: number): Promise<number> {
    const until = performance.now() + timeMS;
    if (until < this.#until) {
      this.#until = until;
      this.#timeMS = timeMS;
    }
    this.#draining ??= this.#watch();
    return await this.#draining;
  }

  /** Has {@link wait} wait no longer. */
  hurry(): void {
    this.#end?.(0);
  }

  #watch(): Promise<number> {
    const stillness = new Stillness();
    return new Promise(resolve => {
      const look = (): void => {
        const now = performance.now();
        if (stillness.isReached(this.#isBusy(), now)) this.#end?.(0);
        else if (now >= this.#until) this.#end?.(this.#timeMS);
      };
      const timer = setInterval(look, LOOK_MS);
      this.#end = lateAfterMS => {
        clearInterval(timer);
        this.#end = undefined;
        this.#draining = undefined;
        this.#until = Infinity;
        resolve(lateAfterMS);
      };
    });
  }
}
