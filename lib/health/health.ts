/**
 * How a pool and what it needs are, in one answer that comes in time and never throws. It adds up
 * what the checks beside it find.
 */
import { LONGEST_TIMER_MS } from '../deadline';
import {
  databaseHealth,
  uncheckedDatabase,
  type DatabaseHealth,
  type DatabaseLimits,
  type Subject,
  type Trials
} from './database';
import { readHealthOptions } from './options';
import {
  memoryHealth,
  type CPUHealth,
  type MemoryHealth,
  type ProcessLimits,
  type ProcessMeter
} from './process';
import { replicaSetHealth, type ReplicaSetHealth, type ReplicaSetLimits } from './replica-set';
import { worst, type HealthStatus } from './status';

/**
 * `connection`: what the pool knows by itself; nothing is sent. `ping`: a command is answered.
 * `readwrite`: after that, a document is written and removed. `replicaSet`: after the ping, the set's
 * members are asked for.
 */
export type HealthLevel = 'connection' | 'ping' | 'readwrite' | 'replicaSet';

export interface HealthOptions extends DatabaseLimits, ReplicaSetLimits, ProcessLimits {
  /** @defaultValue `'ping'` */
  level?: HealthLevel;
  /** Milliseconds after which it answers, whatever is still open; 0 for no limit. @defaultValue 5,000 */
  timeoutMS?: number;
  /** Of the application, for the answer. @defaultValue polypool's own, `unknown` in a bundle without it */
  version?: string;
}

/** An answer, made to be sent as JSON. It holds no credentials. */
export interface Health {
  /** The worst of the checks. */
  readonly status: HealthStatus;
  /** ISO 8601. */
  readonly timestamp: string;
  /** Seconds that the process has run. */
  readonly uptime: number;
  readonly checks: {
    readonly database: DatabaseHealth;
    /** Only of the level `replicaSet`. */
    readonly replicaSet?: ReplicaSetHealth;
    readonly memory: MemoryHealth;
    readonly cpu: CPUHealth;
  };
  readonly version: string;
  /** `NODE_ENV`, or `development`. */
  readonly environment: string;
}

const TRIALS: Readonly<Record<HealthLevel, Trials & { readonly set: boolean }>> = {
  connection: { ping: false, write: false, set: false },
  ping: { ping: true, write: false, set: false },
  readwrite: { ping: true, write: true, set: false },
  replicaSet: { ping: true, write: false, set: true }
};

const TIMEOUT_MS = 5_000;

/**
 * Never throws: what can't be found out is unhealthy, and its message says why. So is a check that is
 * asked for wrongly: who is called by a probe has nobody else to tell.
 */
export async function checkHealth(
  on: Subject,
  meter: ProcessMeter,
  given: unknown
): Promise<Health> {
  try {
    return await check(on, meter, readHealthOptions(given));
  } catch (error) {
    return answer(uncheckedDatabase(on, error), undefined, await meter.measure({}), {});
  }
}

async function check(on: Subject, meter: ProcessMeter, options: HealthOptions): Promise<Health> {
  const { level = 'ping', timeoutMS = TIMEOUT_MS } = options;
  const cpu = meter.measure(options);
  const deadline = new Deadline(timeoutMS);
  try {
    const trials = TRIALS[level];
    const { signal } = deadline;
    const [database, replicaSet] = await Promise.all([
      databaseHealth(on, trials, options, signal),
      trials.set ? replicaSetHealth(on, options, signal) : undefined
    ]);
    return answer(database, replicaSet, await cpu, options);
  } catch (error) {
    return answer(uncheckedDatabase(on, error), undefined, await cpu, options);
  } finally {
    deadline.clear();
  }
}

function answer(
  database: DatabaseHealth,
  replicaSet: ReplicaSetHealth | undefined,
  cpu: CPUHealth,
  options: HealthOptions
): Health {
  const memory = memoryHealth(options);
  const checks = { database, ...(replicaSet && { replicaSet }), memory, cpu };
  return {
    status: worst(...Object.values(checks).map(({ status }) => status)),
    timestamp: new Date().toISOString(),
    uptime: Math.round(process.uptime()),
    checks,
    version: options.version ?? packageVersion(),
    environment: process.env['NODE_ENV'] ?? 'development'
  };
}

/** Of this package; looked up once, which is not free. */
let known: string | undefined;

/** `unknown` where a bundler took the package apart, so that its `package.json` is not there. */
function packageVersion(): string {
  return (known ??= readVersion() ?? 'unknown');
}

function readVersion(): string | undefined {
  try {
    // eslint-disable-next-line @typescript-eslint/no-require-imports -- for those alone who ask
    return (require('polypool/package.json') as { version?: string }).version;
  } catch {
    return undefined;
  }
}

/** Takes back what is still open when the time is over. Its timer keeps no process alive. */
class Deadline {
  readonly #controller = new AbortController();
  /** None without a limit, nor with one that is further away than timers reach. */
  readonly #timer: NodeJS.Timeout | undefined;

  constructor(timeoutMS: number) {
    if (timeoutMS === 0 || timeoutMS > LONGEST_TIMER_MS) return;
    this.#timer = setTimeout(() => {
      this.#controller.abort(new Error(`There was no answer within ${timeoutMS} ms`));
    }, timeoutMS);
    this.#timer.unref();
  }

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  clear(): void {
    clearTimeout(this.#timer);
  }
}
