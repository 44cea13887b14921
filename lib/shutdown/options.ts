/** The options of a pool and of `close()` that say how it ends, and how they are read. */
import { LONGEST_TIMER_MS } from '../deadline';
import { invalidArgument } from '../error';

/** How a pool ends with its process. */
export interface ShutdownOptions {
  /**
   * Whether SIGTERM, SIGINT and SIGUSR2 close the pool when its operations have ended.
   * @defaultValue true for `connect`, false for `createPool` and `new PolyPool`
   */
  handleSignals?: boolean;
  /**
   * How long a signal waits for operations, in milliseconds.
   * @defaultValue 8000
   */
  drainMS?: number;
}

/** How a pool is closed. */
export interface CloseOptions {
  /**
   * How long operations go on before what is left of them is interrupted, in milliseconds; new ones
   * are taken as long. Change streams end at once. It is over when nothing was under way for a tenth
   * of a second. Of several calls, the one whose time is over first decides. Absent or 0, what runs is
   * interrupted at once, as by the driver's.
   */
  drainMS?: number;
  /** No effect, as in the driver. */
  force?: boolean;
}

/**
 * The milliseconds that operations have to end; undefined when they are not waited for.
 * @throws MongoInvalidArgumentError for anything that is no such number
 */
export function drainTime(how: boolean | CloseOptions | undefined): number | undefined {
  if (typeof how !== 'object' || how === null) return undefined;
  const { drainMS } = how;
  if (drainMS === undefined || drainMS === null) return undefined;
  if (typeof drainMS !== 'number' || !(drainMS >= 0)) {
    throw invalidArgument('options.drainMS must be a number of milliseconds of at least zero');
  }
  return Math.min(Math.ceil(drainMS), LONGEST_TIMER_MS);
}
