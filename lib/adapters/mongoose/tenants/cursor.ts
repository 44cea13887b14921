/**
 * Cursors of Mongoose's over a tenant's documents: what reads them, hooks and all, is that tenant's, and
 * whoever is handed the documents runs as what they are. It knows a cursor by its functions only.
 */
import { AsyncResource } from 'node:async_hooks';
import type { Method } from './model';

/** Runs what it is given as the cursor's tenant's. */
type Within = <T>(work: () => T) => T;

interface Cursor {
  readonly [WITHIN]: Within;
  /** Of whoever reads it as a stream, once somebody has. */
  [READER]?: AsyncResource;
}

const WITHIN = Symbol('polypool.cursorWithin');
const READER = Symbol('polypool.cursorReader');

/** What cursors are made to be, by what they are. */
const prototypes = new WeakMap<object, object>();

/** @param cursor - of a query or an aggregation */
export function redirectCursor(cursor: object, within: Within): object {
  // By the model that this one extends.
  if (WITHIN in cursor) return cursor;
  const native = Object.getPrototypeOf(cursor) as object;
  let prototype = prototypes.get(native);
  if (prototype === undefined) prototypes.set(native, (prototype = newPrototype(native)));
  Object.defineProperty(cursor, WITHIN, { value: within });
  return Object.setPrototypeOf(cursor, prototype) as object;
}

function newPrototype(native: object): object {
  const own = (name: string): Method => Reflect.get(native, name) as Method;
  const members: Record<string, (this: Cursor, ...args: unknown[]) => unknown> = {
    next(...args) {
      return this[WITHIN](() => own('next').apply(this, args));
    },
    eachAsync(use, ...rest) {
      // Without a function Mongoose says what is wrong.
      const given = typeof use === 'function' ? AsyncResource.bind(use as Method) : use;
      return this[WITHIN](() => own('eachAsync').apply(this, [given, ...rest]));
    },
    _read(...args) {
      this[READER] ??= new AsyncResource('polypool.CursorReader');
      this[WITHIN](() => own('_read').apply(this, args));
    },
    push(...args) {
      const push = (): unknown => own('push').apply(this, args);
      return this[READER] ? this[READER].runInAsyncScope(push) : push();
    }
  };
  const prototype = Object.create(native) as object;
  for (const [name, value] of Object.entries(members)) {
    Object.defineProperty(prototype, name, { configurable: true, writable: true, value });
  }
  return prototype;
}
