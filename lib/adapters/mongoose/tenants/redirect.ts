/**
 * Has what is done with a wrapped model inside a context, with its views and with documents of a tenant's
 * be done in that tenant's database. What a view is, `view.ts` says.
 */
import { redirectAggregate } from './aggregate';
import { guarded } from './collection';
import { redirectCursor } from './cursor';
import { isGeneratorFunction, stepwise } from './generator';
import { initializing, isInit } from './init';
import { populations, type Population } from './populate';
import { TENANT, type Method, type Model, type Tenant } from './model';
import { maker } from './view';
import { wrappingOf, type Wrapping } from './wrapping';

/** A model's functions that are about the model, and not about what is stored. */
const NO_OPERATIONS: ReadonlySet<string> = new Set([
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

/** The view that a model is inside a context; itself outside, and if it is a view. */
function here(model: Model, name: string): Model {
  const wrapping = wrappingOf(model);
  if (wrapping === undefined) return model;
  const { tenancy } = wrapping.views;
  const tenant = isInit(name, wrapping)
    ? tenancy.current
    : tenancy.demand(() => `${model.modelName}.${name}`);
  return tenant === undefined ? model : wrapping.views.viewOf(model, tenant);
}

export function redirectStatics(model: Model, wrapping: Wrapping): void {
  for (const name of operationsOf(model)) {
    const method = methodOf(model, name, wrapping);
    const isGenerator = isGeneratorFunction(method);
    Object.defineProperty(model, name, {
      configurable: true,
      writable: true,
      enumerable: Object.prototype.propertyIsEnumerable.call(model, name),
      value(this: Model, ...args: unknown[]) {
        if (typeof this !== 'function') return method.apply(this, args);
        const target = wrapping.views.upToDate(here(this, name));
        const run = (): unknown => method.apply(target, args);
        if (name === 'init' && target === model) return initializing(wrapping, run);
        const result = wrapping.views.within(target, run);
        return isGenerator ? stepwise(result, work => wrapping.views.within(target, work)) : result;
      }
    });
  }
  redirectDiscriminator(model, wrapping);
  Object.defineProperty(model, 'useConnection', {
    configurable: true,
    writable: true,
    // Mongoose would put the new connection in place of what leads each document to its tenant.
    value() {
      throw new TypeError(
        `${model.modelName} is wrapped: call useConnection() before pool.wrapModel()`
      );
    }
  });
}

/** A model that extends another does so for all tenants, wherever that is said: it is compiled where the other one was. */
function redirectDiscriminator(model: Model, wrapping: Wrapping): void {
  const { discriminator } = model as unknown as { discriminator: Method };
  const home = new Proxy(model, {
    get: (target, name) => {
      if (name === 'db') return wrapping.connection;
      const isCollection = name === 'collection' || name === '$__collection';
      return isCollection ? wrapping.collection : (Reflect.get(target, name) as unknown);
    }
  });
  Object.defineProperty(model, 'discriminator', {
    configurable: true,
    writable: true,
    value(this: { [TENANT]?: Tenant }, ...args: unknown[]) {
      const child = discriminator.apply(home, args) as Model;
      wrapping.wrapChild(child);
      const { [TENANT]: tenant } = this;
      return tenant === undefined ? child : wrapping.views.viewOf(child, tenant);
    }
  });
}

/** Population goes to other databases where a path's `refDb` says so. */
function methodOf(model: Model, name: string, wrapping: Wrapping): Method {
  const method = Reflect.get(model, name) as Method;
  if (name === 'aggregate') {
    return function (this: unknown, ...args: unknown[]) {
      return redirectAggregate(method.apply(this, args));
    };
  }
  if (name !== 'populate') return method;
  return function (this: unknown, documents: unknown, ...given: unknown[]) {
    const connectionOf = (database: string): unknown =>
      wrapping.views.connectionOf(wrapping.connection, database);
    const parts = populations(model, documents, given, connectionOf);
    const populate = (part: Population): unknown =>
      method.apply(this, [part.documents, ...part.paths]);
    return parts.length === 1 ? populate(parts[0]!) : inTurn(parts, populate, documents);
  };
}

async function inTurn<T>(
  parts: readonly Population[],
  populate: (part: Population) => unknown,
  documents: T
): Promise<T> {
  for (const part of parts) await populate(part);
  return documents;
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
export function redirectPlaces(model: Model, wrapping: Wrapping): void {
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
        const { tenancy, viewOf } = wrapping.views;
        const tenant = tenancy.current;
        if (tenant) return viewOf(model, tenant).collection;
        if (!tenancy.required) return wrapping.collection;
        return guarded(wrapping.collection, operation => {
          if (isInit(operation, wrapping)) return;
          tenancy.demand(() => `${model.modelName}.collection.${operation}`);
        });
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

/** What runs when a query does, hooks and the making of documents, does so as its tenant's; and so do its helpers. */
export function redirectQueries(model: Model, wrapping: Wrapping): void {
  const { prototype } = model.Query;
  const helpers = Object.entries(model.schema.query) as Array<[string, Method]>;
  const run = (name: string, query: { model: object }, args: unknown[]): unknown => {
    const method = Reflect.get(baseOf(prototype)!, name) as Method;
    return wrapping.views.within(query.model, () => method.apply(query, args));
  };
  const members: Record<string, (this: { model: object }, ...args: unknown[]) => unknown> = {
    exec(...args) {
      return run('exec', this, args);
    },
    cursor(...args) {
      const cursor = run('cursor', this, args) as object;
      return redirectCursor(cursor, work => wrapping.views.within(this.model, work));
    }
  };
  for (const [name, helper] of helpers) {
    members[name] = function (...args) {
      return wrapping.views.within(this.model, () => helper.apply(this, args));
    };
  }
  for (const [name, value] of Object.entries(members)) {
    Object.defineProperty(prototype, name, { configurable: true, writable: true, value });
  }
}

/** A document is its maker's: that of the view that makes it, or of the context in which it is made. */
export function redirectDocuments(model: Model, wrapping: Wrapping): void {
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
}
