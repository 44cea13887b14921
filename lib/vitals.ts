/**
 * What a pool does to watch over itself: health checks, and the search for what is left open. It
 * begins and ends with the pool's hold; what it finds it tells the pool's listeners.
 */
import type { Hold } from './bridge/pool';
import type { Document } from './bson/options';
import { emitOwn } from './events/own';
import { HealthChecks, HealthMonitor } from './health/checks';
import type { Subject } from './health/database';
import type { Health, HealthOptions } from './health/health';
import type { Leak } from './leaks/leak';
import { LeakWatch } from './leaks/leak-watch';

export class Vitals {
  readonly #on: Subject;
  /** Made with the first one that is asked for. */
  #checks: HealthChecks | undefined;
  /** `healthIntervalMS`; 0 for no checks but those that are asked for. */
  readonly #intervalMS: number;
  #monitor: HealthMonitor | undefined;
  /** With `leakMS` alone. */
  readonly leakWatch: LeakWatch | undefined;

  /** @param resolved - the pool's options */
  constructor(on: Subject, resolved: Document, hold: () => Hold | undefined) {
    const { healthIntervalMS = 0, leakMS = 0 } = resolved as Record<string, number>;
    this.#on = on;
    this.#intervalMS = healthIntervalMS;
    if (leakMS > 0) this.leakWatch = new LeakWatch(leakMS, hold, leak => emitOwn(on, 'leak', leak));
  }

  /** The pool has a hold. */
  start(): void {
    this.leakWatch?.start();
    if (this.#intervalMS === 0) return;
    const on = this.#on;
    this.#monitor = new HealthMonitor(
      on,
      this.#intervalMS,
      () => on.listenerCount('health') > 0,
      (health, previous) => emitOwn(on, 'health', health, previous)
    );
  }

  /** It gives the hold back. */
  stop(): void {
    this.#monitor?.stop();
    this.#monitor = undefined;
    this.leakWatch?.stop();
  }

  async health(options?: HealthOptions): Promise<Health> {
    this.#checks ??= new HealthChecks(this.#on);
    return await this.#checks.check(options);
  }

  /** None without `leakMS`. */
  leaks(): Leak[] {
    return this.leakWatch?.current() ?? [];
  }
}
