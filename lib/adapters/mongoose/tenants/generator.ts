/**
 * Generators: their bodies run when they are asked for what is next, and not when they are called. It does not
 * know as whose they run.
 */
import type { Method } from './model';

/** What has a body run. */
const STEPS = ['next', 'return', 'throw'] as const;

const GENERATOR_FUNCTION = /^\[object (Async)?GeneratorFunction\]$/;

/** Runs what it is given as somebody's. */
type Within = <T>(work: () => T) => T;

/** Whether a function gives a generator. What a compiler has made an ordinary function of is not known as one. */
export function isGeneratorFunction(method: Method): boolean {
  return GENERATOR_FUNCTION.test(Object.prototype.toString.call(method));
}

/** Has all of a generator run as somebody's. Who goes through it runs as before. */
export function stepwise<T>(generator: T, within: Within): T {
  for (const name of STEPS) {
    const step = Reflect.get(generator as object, name) as Method;
    Object.defineProperty(generator, name, {
      configurable: true,
      writable: true,
      value: (...args: unknown[]) => within(() => step.apply(generator, args))
    });
  }
  return generator;
}
