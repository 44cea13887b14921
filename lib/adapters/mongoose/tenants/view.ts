/**
 * A view: a model in a tenant's database. It is a constructor that shares all of the model but where its
 * documents are; documents it makes are the model's own, marked with the tenant. It decides nothing.
 */
import { collectionOf } from './collection';
import { TENANT, type Model, type ModelConnection, type Tenant } from './model';

/** Whose documents are being made. Set for as long as a constructor runs. */
let making: Tenant | undefined;

/** The tenant whose documents are being made, if it is a view that makes them. */
export function maker(): Tenant | undefined {
  return making;
}

/** A view, with what it has itself. */
interface View {
  readonly [TENANT]: Tenant;
  readonly [CONNECTION]: ModelConnection;
  [COLLECTION]?: Model['collection'];
}

const CONNECTION = Symbol('polypool.viewConnection');
const COLLECTION = Symbol('polypool.viewCollection');

/**
 * What all views of a model have in common.
 *
 * @param own - the collection that the model was compiled with
 * @param viewOf - for models that extend this one
 */
export function viewPrototype(
  model: Model,
  own: () => Model['collection'],
  viewOf: (model: Model, tenant: Tenant) => Model
): object {
  const members = {
    get db(): ModelConnection {
      return viewIn(this)[CONNECTION];
    },
    get collection(): Model['collection'] {
      const view = viewIn(this);
      const like = own();
      return (view[COLLECTION] ??= collectionOf(like, view[CONNECTION], like.name));
    },
    get $__collection(): Model['collection'] {
      return this.collection;
    },
    get discriminators(): Record<string, Model> | undefined {
      const { discriminators } = model;
      if (discriminators === undefined) return undefined;
      const tenant = viewIn(this)[TENANT];
      const entries = Object.entries(discriminators);
      return Object.fromEntries(entries.map(([name, child]) => [name, viewOf(child, tenant)]));
    },
    [Symbol.hasInstance](this: View, value: unknown): boolean {
      if (typeof value !== 'object' || value === null) return false;
      const isOfModel = Object.prototype.isPrototypeOf.call(model.prototype, value);
      return isOfModel && (value as Partial<View>)[TENANT] === this[TENANT];
    }
  };
  return Object.create(model, Object.getOwnPropertyDescriptors(members)) as object;
}

function viewIn(of: object): View {
  return of as View;
}

/** A view of a model. */
export function newView(
  model: Model,
  prototype: object,
  tenant: Tenant,
  connection: ModelConnection
): Model {
  // Without a name of its own, which would be given to every one of them.
  const view = Object.setPrototypeOf(function (...args: unknown[]): object {
    const before = making;
    making = tenant;
    try {
      return new model(...args);
    } finally {
      making = before;
    }
  }, prototype) as { prototype: object };
  view.prototype = model.prototype;
  (view as unknown as { [TENANT]: Tenant })[TENANT] = tenant;
  (view as unknown as { [CONNECTION]: ModelConnection })[CONNECTION] = connection;
  return view as unknown as Model;
}
