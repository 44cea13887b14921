/**
 * A tenant's collections and indexes: made when a view is first used, once in a process, in the background.
 * Their outcome is the view's `init()`, and the model's `index` event.
 */
import type { WrapModelOptions } from '../instance';
import type { Model } from './model';

/** Options without which the server would make another kind of collection. */
const KINDS = ['capped', 'collation', 'timeseries', 'clusteredIndex', 'expireAfterSeconds'];

/** The tenants whose indexes have been seen to, by schema. */
const seen = new WeakMap<object, Set<string>>();

/**
 * @param within - runs what it is given as the view's tenant's
 */
export function prepare(
  view: Model,
  options: WrapModelOptions,
  within: (work: () => void) => void
): void {
  const { schema, db } = view;
  if (!isWanted(view, options)) return;
  const isOfAKind = KINDS.some(name => schema.options[name] !== undefined);
  if (!isOfAKind && schema.indexes().length === 0) return;
  const known = seen.get(schema) ?? new Set();
  seen.set(schema, known);
  const key = `${db.name}\0${view.collection.name}`;
  if (known.has(key)) return;
  known.add(key);
  within(() => {
    const made = make(view, isOfAKind);
    // Whoever waits for `init()` hears of it, and the model's `index` event has told it.
    made.catch(() => known.delete(key));
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
