/**
 * A tenant's collections and indexes: made when a view is first used, once in a process, in the background.
 * Their outcome is the view's `init()`, and the model's `index` event.
 */
import type { WrapModelOptions } from '../instance';
import type { Model, Schema } from './model';

/** Options without which the server would make another kind of collection. */
const KINDS = ['capped', 'collation', 'timeseries', 'clusteredIndex', 'expireAfterSeconds'];

/** What is to be made of a schema, and where it has been. */
interface Plan {
  readonly isOfAKind: boolean;
  readonly hasIndexes: boolean;
  /** Databases and collections in them. */
  readonly seen: Set<string>;
}

const plans = new WeakMap<Schema, Plan>();

function planOf(schema: Schema): Plan {
  let plan = plans.get(schema);
  if (plan === undefined) {
    const isOfAKind = KINDS.some(name => (schema.options[name] ?? false) !== false);
    plan = { isOfAKind, hasIndexes: schema.indexes().length > 0, seen: new Set() };
    plans.set(schema, plan);
  }
  return plan;
}

/**
 * @param within - runs what it is given as the view's tenant's
 */
export function prepare(
  view: Model,
  options: WrapModelOptions,
  within: (work: () => void) => void
): void {
  const { isOfAKind, hasIndexes, seen } = planOf(view.schema);
  if ((!isOfAKind && !hasIndexes) || !isWanted(view, options)) return;
  const key = `${view.db.name}\0${view.collection.name}`;
  if (seen.has(key)) return;
  seen.add(key);
  within(() => {
    const made = make(view, isOfAKind);
    // Whoever waits for `init()` hears of it, and the model's `index` event has told it.
    made.catch(() => seen.delete(key));
    view.$init = made;
  });
}

function isWanted({ schema, db }: Model, { autoIndex }: WrapModelOptions): boolean {
  if (typeof autoIndex === 'function') return autoIndex(db.name);
  const { config, base } = db as unknown as {
    config: Record<string, unknown>;
    base?: { options?: Record<string, unknown> };
  };
  const wish =
    autoIndex ?? schema.options['autoIndex'] ?? config['autoIndex'] ?? base?.options?.['autoIndex'];
  return wish !== false;
}

async function make(view: Model, isOfAKind: boolean): Promise<void> {
  if (isOfAKind) await view.createCollection();
  await view.ensureIndexes({ _automatic: true });
}
