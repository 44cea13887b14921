/**
 * Aggregations of a wrapped model: whenever one runs, it and its hooks do so as the tenant's of its model. It
 * knows an aggregation by its functions only.
 */
import { redirectCursor } from './cursor';
import { WRAPPING, type Method } from './model';
import type { Wrapping } from './wrapping';

/** What runs one. All else that does comes to these. */
const RUNNERS = ['exec', 'cursor', 'explain'] as const;

interface Aggregate {
  /** The model or the view that it is of. */
  model(): object & { readonly [WRAPPING]?: Wrapping };
}

/** What aggregations are made to be, by what they are. */
const prototypes = new WeakMap<object, object>();
const made = new WeakSet<object>();

/** @param aggregate - what a model's `aggregate()` gave, which a plugin may have replaced */
export function redirectAggregate(aggregate: unknown): unknown {
  if (!isAggregate(aggregate)) return aggregate;
  const native = Object.getPrototypeOf(aggregate) as object;
  return made.has(native) ? aggregate : Object.setPrototypeOf(aggregate, prototypeOn(native));
}

function isAggregate(value: unknown): value is Aggregate {
  const { model, exec } = (value ?? {}) as { model?: unknown; exec?: unknown };
  return typeof model === 'function' && typeof exec === 'function';
}

function prototypeOn(native: object): object {
  const known = prototypes.get(native);
  if (known !== undefined) return known;
  const prototype = Object.create(native) as object;
  for (const name of RUNNERS) {
    Object.defineProperty(prototype, name, {
      configurable: true,
      writable: true,
      value(this: Aggregate, ...args: unknown[]) {
        const model = this.model();
        const run = (): unknown => (Reflect.get(native, name) as Method).apply(this, args);
        const views = model[WRAPPING]?.views;
        if (views === undefined) return run();
        const result = views.within(model, run);
        if (name !== 'cursor') return result;
        return redirectCursor(result as object, work => views.within(model, work));
      }
    });
  }
  prototypes.set(native, prototype);
  made.add(prototype);
  return prototype;
}
