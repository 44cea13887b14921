/**
 * A tenant's connection as Mongoose has it: that of the models, on the pool and on another database. Its
 * models are views; what it has of state, options and listeners is the other one's.
 */
import type { Db, PolyPool } from 'polypool';
import { STATE } from '../mongoose';
import { collectionOf } from './collection';
import type { Model, ModelConnection, Tenant } from './model';

/** What a connection asks of its pool's views. */
export interface Views {
  readonly pool: PolyPool;
  /** A model by its own connection, in a tenant's database. */
  readonly viewOf: (model: Model, tenant: Tenant) => Model;
  /** The same connection, in another tenant's database. */
  connectionOf(parent: ModelConnection, name: string): ModelConnection;
  /** The same model, in another tenant's database. */
  elsewhere(view: Model, name: string): Model;
}

/** What is done to the connection of the models: listeners come and go there, and closing it is closing all. */
const PARENTAL = [
  'on',
  'once',
  'off',
  'addListener',
  'removeListener',
  'removeAllListeners',
  'prependListener',
  'prependOnceListener',
  'setMaxListeners',
  'emit',
  'close',
  'destroy',
  'deleteModel'
] as const;

/** What the connections of all tenants have in common, by the connection of the models. */
const shared = new WeakMap<ModelConnection, WeakMap<Views, object>>();

/** Where the tenant of a connection is. */
const STATE_OF = Symbol('polypool.tenantConnection');

/** What one tenant's connection has. */
interface State {
  readonly tenant: Tenant;
  db?: Db;
  models?: object;
  collections?: Record<string, Model['collection']>;
}

type TenantConnection = ModelConnection & { readonly [STATE_OF]: State };

/**
 * A tenant's connection. It is a function, too: `User.db(name)` of a view is the view in that tenant's database.
 */
export function connectionOf(
  views: Views,
  parent: ModelConnection,
  tenant: Tenant
): ModelConnection {
  const connection = Object.setPrototypeOf(
    function (this: Model, name: string): Model {
      return views.elsewhere(this, name);
    },
    commonOf(views, parent)
  ) as ModelConnection;
  const state: State = { tenant };
  Reflect.deleteProperty(connection, 'length');
  Object.defineProperty(connection, 'name', { value: tenant.name });
  Object.defineProperty(connection, STATE_OF, { value: state });
  return connection;
}

function commonOf(views: Views, parent: ModelConnection): object {
  const made = shared.get(parent) ?? new WeakMap<Views, object>();
  shared.set(parent, made);
  let common = made.get(views);
  if (common === undefined) made.set(views, (common = newCommon(views, parent)));
  return common;
}

function newCommon(views: Views, parent: ModelConnection): object {
  const { pool } = views;
  const isOnPool = (): boolean => parent.client === pool;
  const common = Object.create(parent, {
    ...Object.getOwnPropertyDescriptors(placesOf(views, parent)),
    ...Object.getOwnPropertyDescriptors({
      client: pool,
      otherDbs: [],
      relatedDbs: {},
      // Or Mongoose would look for models there that are not here.
      _parent: undefined,
      _hasOpened: true,
      get readyState(): number {
        return isOnPool() ? parent.readyState : STATE.CONNECTED;
      },
      useDb: (name: string) => views.connectionOf(parent, name),
      _waitForConnect: async (...args: unknown[]) => {
        if (isOnPool()) await parent._waitForConnect(...args);
      },
      async asPromise() {
        if (isOnPool()) await parent.asPromise();
        return this;
      }
    })
  }) as object;
  for (const name of PARENTAL) {
    const method = Reflect.get(parent, name) as (...args: unknown[]) => unknown;
    Object.defineProperty(common, name, {
      configurable: true,
      writable: true,
      value(this: unknown, ...args: unknown[]) {
        const given = method.apply(parent, args);
        return given === parent ? this : given;
      }
    });
  }
  return common;
}

/** Where a tenant's connection leads. */
function placesOf({ pool, viewOf }: Views, parent: ModelConnection): object {
  return {
    get $dbName(): string {
      return stateOf(this).tenant.name;
    },
    get db(): Db {
      const state = stateOf(this);
      return (state.db ??= pool.db(state.tenant.name));
    },
    get models(): object {
      const state = stateOf(this);
      return (state.models ??= modelsOf(parent, model => viewOf(model, state.tenant)));
    },
    get collections(): object {
      return (stateOf(this).collections ??= {});
    },
    model(this: TenantConnection, ...args: Parameters<ModelConnection['model']>): Model {
      return viewOf(modelOf(parent, args), stateOf(this).tenant);
    },
    collection(this: TenantConnection, name: string, options?: object): Model['collection'] {
      const state = stateOf(this);
      const collections = (state.collections ??= {});
      return (collections[name] ??= collectionOf(like(parent, name, options), this, name));
    }
  };
}

/** `this` of an accessor above, whose type is that of the literal. */
function stateOf(connection: object): State {
  return (connection as TenantConnection)[STATE_OF];
}

/** A collection with the options that a tenant's is to have. It leaves no trace at the connection. */
function like(parent: ModelConnection, name: string, options: object = {}): Model['collection'] {
  const { collections } = parent as { collections: Record<string, unknown> };
  const isKnown = Object.hasOwn(collections, name);
  const made = parent.collection(name, options);
  if (!isKnown) Reflect.deleteProperty(collections, name);
  return made;
}

/** A model by its name, also one of the connection from which `useDb()` made this one. */
function modelOf(parent: ModelConnection, args: Parameters<ModelConnection['model']>): Model {
  const [name, ...rest] = args;
  if (rest.length === 0) {
    for (let at: ModelConnection | undefined = parent; at !== undefined; at = at._parent) {
      const model = at.models[name];
      if (model !== undefined) return model;
    }
  }
  return parent.model(name, ...rest);
}

function modelsOf(parent: ModelConnection, viewOf: (model: Model) => Model): object {
  return new Proxy(parent.models, {
    get: (models, name, receiver) => {
      const model = Reflect.get(models, name, receiver) as Model | undefined;
      return typeof model === 'function' && typeof name === 'string' && Object.hasOwn(models, name)
        ? viewOf(model)
        : model;
    }
  });
}
