/**
 * `timeoutMS`: how long an operation may take in all, and what is left of that when it consists of
 * several commands. It measures; Rust ends what takes longer.
 */
import { fromRecord, invalidArgument } from './error';
import { processTimeMS } from './server-session';

/** More than this a timer of Node.js can't wait, in milliseconds: it would fire at once. */
export const LONGEST_TIMER_MS = 0x7fffffff;

/** What says how long something may take. */
export interface TimeoutOptions {
  timeoutMS?: number | null | undefined;
}

/**
 * The limit that options set, else the one they inherit; undefined for none. 0 lifts an inherited one.
 * @throws MongoInvalidArgumentError for what is no time
 */
export function timeoutOf(
  options: TimeoutOptions | null | undefined,
  inherited: number | undefined
): number | undefined {
  const given = options?.timeoutMS;
  if (given === undefined || given === null) return inherited;
  if (typeof given !== 'number' || !(given >= 0)) {
    throw invalidArgument('Option "timeoutMS" must be a number of at least 0');
  }
  return given === 0 || given === Infinity ? undefined : given;
}

/** One limit on several commands. */
export class Deadline {
  readonly #timeoutMS: number;
  readonly #end: number;

  constructor(timeoutMS: number) {
    this.#timeoutMS = timeoutMS;
    this.#end = processTimeMS() + timeoutMS;
  }

  /** One of a limit, if there is one. */
  static of(timeoutMS: number | undefined): Deadline | undefined {
    return timeoutMS === undefined ? undefined : new Deadline(timeoutMS);
  }

  /**
   * Milliseconds that the next command may take.
   * @throws MongoOperationTimeoutError when there are none
   */
  remaining(): number {
    const left = this.#end - processTimeMS();
    if (left > 0) return left;
    throw fromRecord({
      class: 'MongoOperationTimeoutError',
      message: `The operation did not end within timeoutMS: ${String(this.#timeoutMS)} ms have passed`,
      policy: 'fatal'
    });
  }
}

/** Waits for `work`, which goes on if that takes longer than `timeoutMS`. */
export async function within(timeoutMS: number | undefined, work: Promise<void>): Promise<void> {
  if (timeoutMS === undefined) {
    await work;
    return;
  }
  let timer: NodeJS.Timeout | undefined;
  const over = new Promise<void>(resolve => {
    timer = setTimeout(resolve, Math.min(timeoutMS, LONGEST_TIMER_MS));
  });
  try {
    await Promise.race([work, over]);
  } finally {
    clearTimeout(timer);
  }
}
