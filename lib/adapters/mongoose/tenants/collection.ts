/**
 * A tenant's collection as Mongoose has it: the same methods as the model's own collection, on another
 * database. A view's pool connects by itself, so nothing waits here.
 */
import type { Collection } from 'polypool';
import type { Model, ModelConnection } from './model';

type ModelCollection = Model['collection'];

/** A collection, with what it has itself. */
interface State {
  readonly name: string;
  readonly conn: ModelConnection;
  [DRIVER]?: Collection;
}

const DRIVER: unique symbol = Symbol('polypool.collection');

/** What all collections of tenants have in common, by the class of those of the driver. */
const prototypes = new WeakMap<object, object>();

/**
 * A collection of a tenant's.
 *
 * @param like - of the connection that models are compiled on
 */
export function collectionOf(
  like: ModelCollection,
  connection: ModelConnection,
  name: string
): ModelCollection {
  const { modelName, opts } = like as unknown as Record<string, unknown>;
  const prototype = prototypeOn(Object.getPrototypeOf(like) as object);
  const own: State & Record<string, unknown> = { name, conn: connection, opts, modelName };
  return Object.assign(Object.create(prototype) as object, own) as unknown as ModelCollection;
}

function prototypeOn(native: object): object {
  let prototype = prototypes.get(native);
  if (prototype === undefined) prototypes.set(native, (prototype = newPrototype(native)));
  return prototype;
}

function newPrototype(native: object): object {
  const members = {
    Promise,
    buffer: false,
    queue: [],
    _closed: false,
    get collectionName(): string {
      return stateOf(this).name;
    },
    /** Polypool's, as Mongoose has the driver's there. */
    get collection(): Collection | undefined {
      const state = stateOf(this);
      return (state[DRIVER] ??= state.conn.db?.collection(state.name));
    },
    addQueue(this: Record<string, unknown>, work: unknown, args: unknown[] = []) {
      const run = (typeof work === 'string' ? this[work] : work) as (...args: unknown[]) => unknown;
      run.apply(this, args);
      return this;
    }
  };
  return Object.create(native, Object.getOwnPropertyDescriptors(members)) as object;
}

/** `this` of an accessor above, whose type is that of the literal. */
function stateOf(collection: object): State {
  return collection as State;
}

/** What Mongoose does to a collection when its connection opens and closes. */
const NO_OPERATIONS: ReadonlySet<string> = new Set([
  'addQueue',
  'removeQueue',
  'doQueue',
  'onOpen',
  'onClose'
]);

/**
 * A collection, and the driver's in it, on which nothing can be done.
 *
 * @param refuse - throws, unless an operation is to be let through after all
 */
export function guarded<T extends object>(collection: T, refuse: (operation: string) => void): T {
  return new Proxy(collection, {
    get: (target, name) => {
      const value = Reflect.get(target, name) as unknown;
      if (name === 'collection' && typeof value === 'object' && value !== null) {
        return guarded(value, refuse);
      }
      if (typeof value !== 'function' || !isOperation(name)) return value;
      return (...args: unknown[]) => {
        refuse(name);
        return (value as (...args: unknown[]) => unknown).apply(target, args);
      };
    }
  });
}

function isOperation(name: string | symbol): name is string {
  if (typeof name === 'symbol' || name in Object.prototype) return false;
  return !/^[_$A-Z]/.test(name) && !NO_OPERATIONS.has(name);
}
