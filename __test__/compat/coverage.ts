// Owns what the public methods of polypool's classes are. Must not know the scenarios.

import { MongoClient } from 'mongodb';
import { PolyPool } from 'polypool';

type Prototype = object;

/** Members that TypeScript hides and JavaScript does not. */
const PROTECTED: ReadonlySet<string> = new Set([
  'openOperation',
  'explainOperation',
  'hasEnough',
  'set',
  'setNumber',
  'throwIfInitialized'
]);

/** The prototypes that both clients' objects have, by class. */
export interface Classes {
  readonly polypool: ReadonlyMap<string, Prototype>;
  readonly driver: ReadonlyMap<string, Prototype>;
}

/** Every class that a database leads to. */
export function classes(): Classes {
  const uri = 'mongodb://localhost:1';
  return {
    polypool: reached(new PolyPool(uri) as unknown as MongoClient),
    driver: reached(new MongoClient(uri))
  };
}

function reached(client: MongoClient): Map<string, Prototype> {
  const db = client.db('x');
  const collection = db.collection('x');
  const objects = [
    db,
    db.admin(),
    db.listCollections(),
    collection,
    collection.find(),
    collection.aggregate(),
    collection.listIndexes(),
    collection.watch()
  ];
  const found = new Map<string, Prototype>();
  for (const object of objects) {
    let prototype = Object.getPrototypeOf(object) as Prototype;
    for (; isOwn(prototype); prototype = Object.getPrototypeOf(prototype) as Prototype) {
      found.set(prototype.constructor.name, prototype);
    }
  }
  void client.close();
  return found;
}

/** Up to the classes that Node.js has. */
function isOwn(prototype: Prototype): boolean {
  const name = prototype.constructor.name;
  return name !== 'Object' && name !== 'EventEmitter' && name !== 'TypedEventEmitter';
}

/** Public members of a class, methods and getters alike, as scenarios name them. */
export function members(prototype: Prototype): string[] {
  return Reflect.ownKeys(prototype)
    .map(nameOf)
    .filter(name => name !== 'constructor' && !name.startsWith('_') && !PROTECTED.has(name));
}

function nameOf(key: string | symbol): string {
  // Before Node.js had Symbol.asyncDispose, it was called nodejs.asyncDispose.
  return typeof key === 'symbol' ? `[${key.description?.replace('nodejs.', 'Symbol.')}]` : key;
}

/** Notes from now on which public members are used, as `Class.member`. */
export function recordUses(prototypes: ReadonlyMap<string, Prototype>): ReadonlySet<string> {
  const used = new Set<string>();
  for (const [name, prototype] of prototypes) {
    for (const key of Reflect.ownKeys(prototype)) {
      if (key === 'constructor') continue;
      const noted = (): unknown => used.add(`${name}.${nameOf(key)}`);
      const property = Reflect.getOwnPropertyDescriptor(prototype, key)!;
      for (const part of ['value', 'get', 'set'] as const) {
        const original: unknown = property[part];
        if (typeof original !== 'function') continue;
        property[part] = function (this: unknown, ...given: unknown[]): unknown {
          noted();
          return Reflect.apply(original, this, given) as unknown;
        };
      }
      Reflect.defineProperty(prototype, key, property);
    }
  }
  return used;
}
