/**
 * Makes a model one that tenants have: gives it `db(name)`, and has what is done with it inside a context,
 * and with documents of a tenant's, be done in that tenant's database. What a view is, `view.ts` says.
 */
import type { PolyPool } from 'polypool';
import type { Wrapped, WrapModelOptions } from '../instance';
import { initializing } from './init';
import { redirectMethods } from './methods';
import { WRAPPING, type Model, type ModelConnection } from './model';
import { redirectDocuments, redirectPlaces, redirectQueries, redirectStatics } from './redirect';
import { viewPrototype } from './view';
import { modelOf, PoolViews, wrappingOf, type Wrapping } from './wrapping';

/**
 * Gives a model `db(name)`. Wrapping it again, or by another pool, only changes the pool and the options.
 *
 * @param given - a model; of a view, its model is meant
 * @returns the same
 * @throws TypeError for what is no model
 */
export function wrapModel<M extends object>(
  pool: PolyPool,
  given: M,
  options: WrapModelOptions = {}
): Wrapped<M> {
  const { modelName, prototype } = given as unknown as Partial<Model>;
  if (typeof given !== 'function' || typeof modelName !== 'string' || prototype === undefined) {
    throw new TypeError('wrapModel() takes a Mongoose model');
  }
  const model = modelOf(given);
  const views = PoolViews.of(pool, wrap);
  const known = wrappingOf(model);
  if (known === undefined) {
    wrap(views, model, options);
    // Which makes documents of this one, and finds them.
    const base = model.baseModelName && wrappingOf(model)!.connection.models[model.baseModelName];
    if (base && wrappingOf(base) === undefined) wrapModel(pool, base, options);
  } else {
    Object.assign(known, { views, options });
  }
  for (const child of Object.values(model.discriminators ?? {})) wrapModel(pool, child, options);
  return given;
}

/** A connection in another database of a pool, on which the views of that database are. */
export function databaseConnection(
  pool: PolyPool,
  connection: ModelConnection,
  name: string
): ModelConnection {
  return PoolViews.of(pool, wrap).connectionOf(connection, name);
}

function wrap(views: PoolViews, model: Model, options: WrapModelOptions): Wrapping {
  const { db: connection, collection } = model;
  const wrapping: Wrapping = {
    views,
    options,
    connection,
    collection,
    initializing: 0,
    prototype: viewPrototype(
      model,
      () => wrapping.collection,
      (child, tenant) => wrapping.views.viewOf(child, tenant)
    ),
    callable: callable(connection, name => {
      return wrapping.views.viewOf(model, wrapping.views.tenancy.get(name));
    }),
    wrapChild: child => {
      if (wrappingOf(child) === undefined) wrap(wrapping.views, child, wrapping.options);
    }
  };
  const hidden = { configurable: true, enumerable: false, writable: true };
  Object.defineProperty(model, WRAPPING, { ...hidden, value: wrapping });
  Object.defineProperty(model.prototype, WRAPPING, { ...hidden, value: model });
  // Which began before anybody could see it.
  if (Object.hasOwn(model, '$init')) void initializing(wrapping, () => model.$init);
  redirectStatics(model, wrapping);
  redirectPlaces(model, wrapping);
  redirectQueries(model, wrapping);
  redirectDocuments(model, wrapping);
  redirectMethods(model);
  return wrapping;
}

/** A connection that is a function as well. */
function callable(connection: ModelConnection, call: (name: string) => Model): ModelConnection {
  return new Proxy((() => undefined) as unknown as ModelConnection, {
    apply: (_, __, [name]: [string]) => call(name),
    get: (_, name) => Reflect.get(connection, name) as unknown,
    set: (_, name, value) => Reflect.set(connection, name, value),
    has: (_, name) => Reflect.has(connection, name),
    deleteProperty: (_, name) => Reflect.deleteProperty(connection, name),
    getPrototypeOf: () => Object.getPrototypeOf(connection) as object
  });
}
