/**
 * The process's one wrapper, for code that asks for it by `getInstance()`. It does not know what a wrapper
 * is.
 */
import { isDeepStrictEqual } from 'node:util';

/** What is kept: bundlers and hot reloads evaluate a module more than once in a process. */
interface Kept<Options, Wrapper> {
  readonly wrapper: Wrapper;
  /**
   * Whether it was made with these. What it compares them with holds a password, and is for that in a
   * closure and in no property: globals are in reach of everything in the process.
   */
  isFor(options: Options): boolean;
}

const INSTANCE = Symbol.for('polypool.polymongo');

/** @throws Error without options when there is none yet, and for other options */
export function instance<Options, Wrapper>(
  options: Options | undefined,
  make: (options: Options) => Wrapper
): Wrapper {
  const shelf = globalThis as { [INSTANCE]?: Kept<Options, Wrapper> };
  const known = shelf[INSTANCE];
  if (known !== undefined) {
    if (options !== undefined && !known.isFor(options)) {
      throw new Error('getInstance() was called with other options before: use createWrapper()');
    }
    return known.wrapper;
  }
  if (options === undefined) throw new Error('The first getInstance() needs options');
  const wrapper = make(options);
  const given = { ...options };
  const value: Kept<Options, Wrapper> = {
    wrapper,
    isFor: others => isDeepStrictEqual(others, given)
  };
  Object.defineProperty(globalThis, INSTANCE, { configurable: true, value });
  return wrapper;
}
