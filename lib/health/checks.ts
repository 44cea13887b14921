/**
 * A pool's health checks: those that somebody asks for, and with `healthIntervalMS` those that go on
 * by themselves, of which only changes are told. It knows when to check, not what.
 */
import { LONGEST_TIMER_MS } from '../deadline';
import type { Subject } from './database';
import { checkHealth, type Health, type HealthOptions } from './health';
import { ProcessMeter } from './process';
import type { HealthStatus } from './status';

/** Takes a status that has changed; the one before is undefined at first. */
type Tell = (health: Health, previous: HealthStatus | undefined) => void;

export class HealthChecks {
  readonly #on: Subject;
  /** Made with the first check: it measures from one to the next. */
  #meter: ProcessMeter | undefined;

  constructor(on: Subject) {
    this.#on = on;
  }

  /** Never throws. */
  async check(options?: HealthOptions | null): Promise<Health> {
    this.#meter ??= new ProcessMeter();
    return await checkHealth(this.#on, this.#meter, options);
  }
}

/** Checks again and again, while somebody would be told. Keeps no process alive, and connects no pool that nobody has used. */
export class HealthMonitor {
  readonly #checks: HealthChecks;
  readonly #tell: Tell;
  readonly #timer: NodeJS.Timeout;
  /** A check is under way. */
  #busy = false;
  #stopped = false;
  /** What was told last. */
  #status: HealthStatus | undefined;

  constructor(on: Subject, intervalMS: number, isHeard: () => boolean, tell: Tell) {
    this.#checks = new HealthChecks(on);
    this.#tell = tell;
    this.#timer = setInterval(
      () => {
        if (!this.#busy && isHeard() && on.stats().generation > 0) void this.#look();
      },
      Math.min(intervalMS, LONGEST_TIMER_MS)
    );
    this.#timer.unref();
  }

  async #look(): Promise<void> {
    this.#busy = true;
    const health = await this.#checks.check();
    this.#busy = false;
    const previous = this.#status;
    if (this.#stopped || health.status === previous) return;
    this.#status = health.status;
    this.#tell(health, previous);
  }

  stop(): void {
    this.#stopped = true;
    clearInterval(this.#timer);
  }
}
