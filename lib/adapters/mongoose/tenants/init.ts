/**
 * The making of a model's own collection and indexes, which Mongoose does outside of any tenant's context:
 * what is part of it, and for how long. Nothing else may be done there where a tenant is required.
 */
import type { Wrapping } from './wrapping';

/** What `init()` calls: a model's functions, and its collection's. */
const PARTS: ReadonlySet<string> = new Set([
  'createCollection',
  'ensureIndexes',
  'createSearchIndexes',
  'createIndex',
  'createSearchIndex'
]);

/** Whether a model's function, or its collection's, needs no tenant. */
export function isInit(name: string, { initializing }: Wrapping): boolean {
  return name === 'init' || (initializing > 0 && PARTS.has(name));
}

/** Runs a model's own `init()`, and notes for how long that takes. */
export function initializing<T>(wrapping: Wrapping, init: () => T): T {
  const done = (): void => void (wrapping.initializing -= 1);
  wrapping.initializing += 1;
  try {
    const result = init();
    // Not `catch()`, which is Mongoose's own there, and would have it tell nobody of errors.
    void Promise.resolve(result).then(done, done);
    return result;
  } catch (error) {
    done();
    throw error;
  }
}
