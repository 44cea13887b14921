/**
 * Makes a model one that tenants have: gives it `db(name)`, and has what is done with it inside a context,
 * and with documents of a tenant's, be done in that tenant's database. What a view is, `view.ts` says.
 */
import type { PolyPool } from 'polypool';
import type { Wrapped, WrapModelOptions } from '../instance';
import { connectionOf, type Views } from './connection';
import { prepare } from './indexes';
import {
  TENANT,
  WRAPPING,
  type Method,
  type Model,
  type ModelConnection,
  type Tenancy,
  type Tenant
} from './model';
import { maker, newView, viewPrototype } from './view';

/** A model's functions that are about the model, and not about what is stored. */
const NO_OPERATIONS: ReadonlySet<string> = new Set([
  'init',
  'compile',
  'discriminator',
  'clientEncryption',
  'translateAliases',
  'useConnection',
  'recompileSchema',
  'inspect',
  'model',
  'applyDefaults',
  'applyVirtuals',
  'applyTimestamps',
  'castObject',
  'buildBulkWriteOperations'
]);

/** What Mongoose itself does to a model once its connection is open, wherever that happens. */
const PREPARATIONS: ReadonlySet<string> = new Set([
  'createCollection',
  'ensureIndexes',
  'createIndexes',
  'createSearchIndexes'
]);

/** A document's functions that run users' code, or others' models. */
const DOCUMENT_METHODS = ['save', 'validate', 'populate', 'deleteOne', 'updateOne', 'replaceOne'];

/** One model, wrapped. */
interface Wrapping {
  views: PoolViews;
  options: WrapModelOptions;
  /** What the model had for itself. */
  connection: ModelConnection;
  collection: Model['collection'];
  /** What its views are made on. */
  readonly prototype: object;
  /** `Model.db`. */
  callable: ModelConnection;
}

type WrappedModel = Model & { readonly [WRAPPING]: Wrapping };

/** What a pool's views have in common, by pool. */
const poolViews = new WeakMap<PolyPool, PoolViews>();

class PoolViews implements Views {
  readonly pool: PolyPool;
  readonly tenancy: Tenancy;

  constructor(pool: PolyPool) {
    this.pool = pool;
    this.tenancy = (pool as unknown as { tenancy: Tenancy }).tenancy;
  }

  static of(pool: PolyPool): PoolViews {
    const known = poolViews.get(pool) ?? new PoolViews(pool);
    poolViews.set(pool, known);
    return known;
  }

  viewOf(model: Model, tenant: Tenant): Model {
    const known = tenant.parts.get(model) as Model | undefined;
    if (known !== undefined) return known;
    const wrapping = wrappingOf(model) ?? wrap(this, model, {});
    const connection = this.#connection(wrapping.connection, tenant);
    const view = newView(model, wrapping.prototype, tenant, connection);
    tenant.parts.set(model, view);
    prepare(view, wrapping.options, work => this.tenancy.run(tenant, work));
    return view;
  }

  connectionOf(parent: ModelConnection, name: string): ModelConnection {
    return this.#connection(parent, this.tenancy.get(name));
  }

  elsewhere(view: Model, name: string): Model {
    const { prototype } = view;
    const model = (Object.getOwnPropertyDescriptor(prototype, WRAPPING)?.value ?? view) as Model;
    return this.viewOf(model, this.tenancy.get(name));
  }

  #connection(parent: ModelConnection, tenant: Tenant): ModelConnection {
    const known = tenant.parts.get(parent) as ModelConnection | undefined;
    if (known !== undefined) return known;
    const made = connectionOf(this, parent, tenant);
    tenant.parts.set(parent, made);
    return made;
  }

  /** Runs what is done with a view, or with a document, as its tenant's. */
  within<T>(of: object, work: () => T): T {
    const tenant = (of as { [TENANT]?: Tenant | null })[TENANT];
    return tenant ? this.tenancy.run(tenant, work) : work();
  }
}

/**
 * Gives a model `db(name)`. Wrapping it again, or by another pool, only changes the pool and the options.
 *
 * @returns the model
 * @throws TypeError for what is no model
 */
export function wrapModel<M extends object>(
  pool: PolyPool,
  given: M,
  options: WrapModelOptions = {}
): Wrapped<M> {
  const model = given as unknown as Model;
  const isModel = typeof given === 'function' && typeof model.modelName === 'string';
  if (!isModel || model.prototype === undefined) {
    throw new TypeError('wrapModel() takes a Mongoose model');
  }
  const views = PoolViews.of(pool);
  const known = wrappingOf(model);
  if (known === undefined) wrap(views, model, options);
  else Object.assign(known, { views, options });
  for (const child of Object.values(model.discriminators ?? {})) wrapModel(pool, child, options);
  return given as Wrapped<M>;
}

function wrappingOf(model: Model): Wrapping | undefined {
  return Object.hasOwn(model, WRAPPING) ? (model as WrappedModel)[WRAPPING] : undefined;
}

function wrap(views: PoolViews, model: Model, options: WrapModelOptions): Wrapping {
  const { db: connection, collection } = model;
  const wrapping: Wrapping = {
    views,
    options,
    connection,
    collection,
    prototype: viewPrototype(
      model,
      () => wrapping.collection,
      (child, tenant) => wrapping.views.viewOf(child, tenant)
    ),
    callable: callable(connection, name => {
      return wrapping.views.viewOf(model, wrapping.views.tenancy.get(name));
    })
  };
  const hidden = { configurable: true, enumerable: false, writable: true };
  Object.defineProperty(model, WRAPPING, { ...hidden, value: wrapping });
  Object.defineProperty(model.prototype, WRAPPING, { ...hidden, value: model });
  redirectStatics(model, wrapping);
  redirectPlaces(model, wrapping);
  redirectQueries(model, wrapping);
  redirectDocuments(model, wrapping);
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

/** The view that a model is inside a context; itself outside, and if it is a view. */
function here(model: Model, name?: string): Model {
  const wrapping = wrappingOf(model);
  if (wrapping === undefined) return model;
  const { tenancy } = wrapping.views;
  const isExempt = name !== undefined && PREPARATIONS.has(name);
  const tenant = isExempt
    ? tenancy.current
    : tenancy.demand(() => `${model.modelName}.${name ?? 'collection'}`);
  return tenant === undefined ? model : wrapping.views.viewOf(model, tenant);
}

function redirectStatics(model: Model, wrapping: Wrapping): void {
  for (const name of operationsOf(model)) {
    const method = Reflect.get(model, name) as Method;
    Object.defineProperty(model, name, {
      configurable: true,
      writable: true,
      enumerable: Object.prototype.propertyIsEnumerable.call(model, name),
      value(this: Model, ...args: unknown[]) {
        if (typeof this !== 'function') return method.apply(this, args);
        const target = here(this, name);
        return wrapping.views.within(target, () => method.apply(target, args));
      }
    });
  }
  const { discriminator } = model as unknown as { discriminator: Method };
  Object.defineProperty(model, 'discriminator', {
    configurable: true,
    writable: true,
    value(this: unknown, ...args: unknown[]) {
      const child = discriminator.apply(this, args) as Model;
      if (wrappingOf(child) === undefined) wrap(wrapping.views, child, wrapping.options);
      return child;
    }
  });
}

/** Mongoose's own, and those of the schema. */
function operationsOf(model: Model): string[] {
  const names = new Set(Object.keys(model.schema.statics));
  for (let at = baseOf(model); at !== null && at !== Function.prototype; at = baseOf(at)) {
    for (const name of Object.getOwnPropertyNames(at)) names.add(name);
  }
  return [...names].filter(name => {
    if (NO_OPERATIONS.has(name) || /^[_$A-Z]/.test(name) || name in EMITTER) return false;
    return isMethod(model, name);
  });
}

/** A model's events are those of all its views. */
const EMITTER: Record<string, true> = {
  on: true,
  once: true,
  emit: true,
  listeners: true,
  removeListener: true,
  setMaxListeners: true,
  removeAllListeners: true,
  addListener: true
};

function baseOf(of: object): object | null {
  return Object.getPrototypeOf(of) as object | null;
}

function isMethod(model: Model, name: string): boolean {
  for (let at: object | null = model; at !== null; at = baseOf(at)) {
    const found = Object.getOwnPropertyDescriptor(at, name);
    if (found !== undefined) return typeof found.value === 'function' && name !== 'constructor';
  }
  return false;
}

/** Where a model is, and where its documents are. Mongoose has that under several names. */
function redirectPlaces(model: Model, wrapping: Wrapping): void {
  const { connection, collection } = wrapping;
  for (const name of Reflect.ownKeys(model)) {
    const value = Object.getOwnPropertyDescriptor(model, name)?.value as unknown;
    if (value === connection) {
      place(model, name, wrapping, 'connection', function (this: Model) {
        if (wrappingOf(this) === undefined) return wrapping.callable;
        const tenant = wrapping.views.tenancy.current;
        return tenant ? wrapping.views.viewOf(model, tenant).db : wrapping.callable;
      });
    } else if (value === collection) {
      place(model, name, wrapping, 'collection', function (this: Model) {
        const tenant = wrapping.views.tenancy.current;
        return tenant ? wrapping.views.viewOf(model, tenant).collection : wrapping.collection;
      });
    }
  }
  const { prototype } = model;
  for (const name of Reflect.ownKeys(prototype)) {
    const value = Object.getOwnPropertyDescriptor(prototype, name)?.value as unknown;
    if (value === connection) {
      place(prototype, name, wrapping, 'connection', function (this: object) {
        return homeOf(this, model, wrapping)?.db ?? wrapping.connection;
      });
    } else if (value === collection) {
      place(prototype, name, wrapping, 'collection', function (this: object) {
        return homeOf(this, model, wrapping)?.collection ?? wrapping.collection;
      });
    }
  }
}

function place(
  on: object,
  name: string | symbol,
  wrapping: Wrapping,
  member: 'connection' | 'collection',
  get: (this: never) => unknown
): void {
  const { enumerable = true } = Object.getOwnPropertyDescriptor(on, name) ?? {};
  Object.defineProperty(on, name, {
    configurable: true,
    enumerable,
    get,
    set(value: never) {
      wrapping[member] = value;
    }
  });
}

/** The view that a document was made by; nothing for one that is nobody's. */
function homeOf(document: object, model: Model, wrapping: Wrapping): Model | undefined {
  const tenant = (document as { [TENANT]?: Tenant | null })[TENANT];
  if (tenant) return wrapping.views.viewOf(model, tenant);
  // The prototype, which Mongoose looks at as well, is not marked.
  if (tenant === null) wrapping.views.tenancy.demand(() => `A document of ${model.modelName}`);
  return undefined;
}

/** What runs when a query does, hooks and the making of documents, does so as its tenant's. */
function redirectQueries(model: Model, wrapping: Wrapping): void {
  const { prototype } = model.Query;
  for (const name of ['exec', 'cursor']) {
    Object.defineProperty(prototype, name, {
      configurable: true,
      writable: true,
      value(this: { model: object }, ...args: unknown[]) {
        const method = Reflect.get(baseOf(prototype)!, name) as Method;
        return wrapping.views.within(this.model, () => method.apply(this, args));
      }
    });
  }
}

/** A document is its maker's: that of the view that makes it, or of the context in which it is made. */
function redirectDocuments(model: Model, wrapping: Wrapping): void {
  const { prototype, schema } = model;
  const known = Object.getOwnPropertyDescriptor(prototype, '$__schema')?.value as unknown;
  let current: unknown = known ?? schema;
  Object.defineProperty(prototype, '$__schema', {
    configurable: true,
    enumerable: true,
    // What Mongoose's constructor reads first.
    get(this: { [TENANT]?: Tenant | null }) {
      if (this[TENANT] === undefined && this !== prototype) {
        this[TENANT] = maker() ?? wrapping.views.tenancy.current ?? null;
      }
      return current;
    },
    set(value: unknown) {
      current = value;
    }
  });
  Object.defineProperty(prototype, 'constructor', {
    configurable: true,
    enumerable: false,
    get(this: { [TENANT]?: Tenant | null }) {
      const tenant = this[TENANT];
      return tenant ? wrapping.views.viewOf(model, tenant) : model;
    },
    set(this: object, value: unknown) {
      Object.defineProperty(this, 'constructor', { configurable: true, writable: true, value });
    }
  });
  for (const name of DOCUMENT_METHODS) {
    const method = Reflect.get(prototype, name) as Method;
    Object.defineProperty(prototype, name, {
      configurable: true,
      writable: true,
      value(this: object, ...args: unknown[]) {
        return wrapping.views.within(this, () => method.apply(this, args));
      }
    });
  }
}
