/**
 * A tenant's collections and indexes: made when a view is first used, once by a pool, in the background.
 * Their outcome is the view's `init()`, the model's `index` event and the pool's `tenantIndexes`.
 */
import type { TenantIndexesEvent } from 'polypool';
import type { Turns } from '../../turns';
import type { WrapModelOptions } from '../instance';
import type { Model, Schema } from './model';

/** Options without which the server would make another kind of collection. */
const KINDS = ['capped', 'collation', 'timeseries', 'clusteredIndex', 'expireAfterSeconds'];

/** What is to be made of a schema. */
interface Plan {
  readonly isOfAKind: boolean;
  readonly hasIndexes: boolean;
}

/** Databases, by the collection. Their names are the tenants' own, of which there are few copies. */
type Places = Map<string, Set<string>>;

/** Where a pool has had them made. */
export class Prepared {
  readonly #bySchema = new WeakMap<Schema, Places>();
  /** The same, to go through. */
  readonly #all = new Set<WeakRef<Places>>();

  /** The databases in which a collection with a schema has been seen to. */
  databases(schema: Schema, collection: string): Set<string> {
    let places = this.#bySchema.get(schema);
    if (places === undefined) {
      this.#bySchema.set(schema, (places = new Map<string, Set<string>>()));
      this.#all.add(new WeakRef(places));
    }
    let databases = places.get(collection);
    if (databases === undefined) places.set(collection, (databases = new Set()));
    return databases;
  }

  /** Nothing is known of a database any more. */
  forget(database: string): void {
    for (const reference of this.#all) {
      const places = reference.deref();
      if (places === undefined) this.#all.delete(reference);
      else for (const databases of places.values()) databases.delete(database);
    }
  }
}

/** What making them needs of the views. */
export interface Preparation {
  /** Those of the pool. */
  readonly prepared: Prepared;
  /** Those of the pool, so that the collections of many tenants leave it to others. */
  readonly turns: Turns;
  /** Runs what it is given as the view's tenant's. */
  readonly within: <T>(work: () => T) => T;
  readonly tell: (event: TenantIndexesEvent) => void;
}

const plans = new WeakMap<Schema, Plan>();

function planOf(schema: Schema): Plan {
  let plan = plans.get(schema);
  if (plan === undefined) {
    const isOfAKind = KINDS.some(name => (schema.options[name] ?? false) !== false);
    plan = { isOfAKind, hasIndexes: schema.indexes().length > 0 };
    plans.set(schema, plan);
  }
  return plan;
}

/** Has a view's collection and indexes made, if that is wanted and has not been done. */
export function prepare(view: Model, options: WrapModelOptions, preparation: Preparation): void {
  const { isOfAKind, hasIndexes } = planOf(view.schema);
  if ((!isOfAKind && !hasIndexes) || !isWanted(view, options)) return;
  const databases = preparation.prepared.databases(view.schema, view.collection.name);
  const database = view.db.name;
  if (databases.has(database)) return;
  databases.add(database);
  const made = preparation.turns.take(() =>
    preparation.within(() => make(view, isOfAKind, preparation))
  );
  // Whoever waits for `init()` hears of it, and the events have told it.
  made.catch(() => databases.delete(database));
  view.$init = made;
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

async function make(view: Model, isOfAKind: boolean, { tell }: Preparation): Promise<void> {
  const started = performance.now();
  const outcome = (): TenantIndexesEvent => ({
    tenant: view.db.name,
    model: view.modelName,
    collection: view.collection.name,
    durationMS: performance.now() - started
  });
  try {
    if (isOfAKind) await view.createCollection();
    await view.ensureIndexes({ _automatic: true });
  } catch (error) {
    tell({ ...outcome(), error: error as Error });
    throw error;
  }
  tell(outcome());
}
