/**
 * How long all may take that a bucket or one of its streams sends: the limit of which, and what each command
 * is told of it. It does not know what is sent.
 */
import { Deadline, timeoutOf, type TimeoutOptions } from '../deadline';

/** Undefined where nothing was said: each command has what it inherits. */
export type Limit = Pick<Deadline, 'remaining'> | undefined;

/** To a command 0 is no limit, whatever it would inherit. */
const NONE: Limit = { remaining: () => 0 };

/** What options say: not by the driver's types, to which it has no effect. */
export function timeoutGiven(
  options: TimeoutOptions | null | undefined
): TimeoutOptions['timeoutMS'] {
  return options?.timeoutMS;
}

/**
 * What the first says that says something, from now on.
 * @throws MongoInvalidArgumentError for what is no time
 */
export function limitOf(...given: Array<TimeoutOptions | null | undefined>): Limit {
  const said = given.find(one => one?.timeoutMS !== undefined && one.timeoutMS !== null);
  if (said === undefined) return undefined;
  return Deadline.of(timeoutOf(said, undefined)) ?? NONE;
}

/**
 * How long the next command may take.
 * @throws MongoOperationTimeoutError when nothing is left
 */
export function timed(limit: Limit): { timeoutMS?: number } {
  return limit === undefined ? {} : { timeoutMS: limit.remaining() };
}
