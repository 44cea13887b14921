/**
 * What a pool does to watch over itself: health checks, and the search for what is left open. It
 * begins and ends with the pool's hold; what it finds it tells the pool's listeners and its log.
 */
import type { Hold } from './bridge/pool';
import type { Document } from './bson/options';
import { emitOwn } from './events/own';
import { HealthChecks, HealthMonitor } from './health/checks';
import type { Subject } from './health/database';
import type { Health, HealthOptions } from './health/health';
import type { HealthStatus } from './health/status';
import type { Leak } from './leaks/leak';
import { LeakWatch } from './leaks/leak-watch';
import type { LogLevel } from './logs/logger';
import type { PoolLog } from './logs/pool-log';

/** The pool that is watched over. */
interface Watched extends Subject {
  readonly log: PoolLog | undefined;
  listenerCount(event: 'health'): number;
}

/** How much a status matters to a log. */
const LEVELS: Readonly<Record<HealthStatus, LogLevel>> = {
  healthy: 'info',
  degraded: 'warn',
  unhealthy: 'error'
};

export class Vitals {
  readonly #on: Watched;
  /** Made with the first one that is asked for. */
  #checks: HealthChecks | undefined;
  /** `healthIntervalMS`; 0 for no checks but those that are asked for. */
  readonly #intervalMS: number;
  #monitor: HealthMonitor | undefined;
  /** With `leakMS` alone. */
  readonly leakWatch: LeakWatch | undefined;

  /** @param resolved - the pool's options */
  constructor(on: Watched, resolved: Document, hold: () => Hold | undefined) {
    const { healthIntervalMS = 0, leakMS = 0 } = resolved as Record<string, number>;
    this.#on = on;
    this.#intervalMS = healthIntervalMS;
    if (leakMS > 0) this.leakWatch = new LeakWatch(leakMS, hold, leak => this.#tellOfLeak(leak));
  }

  #tellOfLeak(leak: Leak): void {
    this.#on.log?.write('warn', 'leak', leak);
    emitOwn(this.#on, 'leak', leak);
  }

  #tellOfHealth(health: Health, previous: HealthStatus | undefined): void {
    this.#on.log?.write(LEVELS[health.status], 'health', { ...health, previous });
    emitOwn(this.#on, 'health', health, previous);
  }

  /** The pool has a hold. */
  start(): void {
    this.leakWatch?.start();
    if (this.#intervalMS === 0) return;
    const on = this.#on;
    this.#monitor = new HealthMonitor(
      on,
      this.#intervalMS,
      () => on.log !== undefined || on.listenerCount('health') > 0,
      (health, previous) => this.#tellOfHealth(health, previous)
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
