// Owns what the public methods of polypool's classes are. Must not know the scenarios.

import * as mongodb from 'mongodb';
import * as polypool from 'polypool';

type Prototype = object;

/** Classes that a database does not lead to, because users make them themselves. */
const OWN = ['GridFSBucket', 'GridFSBucketReadStream', 'GridFSBucketWriteStream'] as const;

/** Members that TypeScript hides and JavaScript does not. */
const PROTECTED: ReadonlySet<string> = new Set([
  'openOperation',
  'explainOperation',
  'hasEnough',
  'set',
  'setNumber',
  'throwIfInitialized',
  'belongsTo',
  'noteClusterTime',
  'unpin',
  'hold',
  'injectPanic',
  'pkFactory',
  'forceServerObjectId',
  'autoEncrypter',
  'balanced'
]);

/** The prototypes that both clients' objects have, by class. */
export interface Classes {
  readonly polypool: ReadonlyMap<string, Prototype>;
  readonly driver: ReadonlyMap<string, Prototype>;
}

/** Every class that a database leads to, and those that users make of one. */
export function classes(): Classes {
  const uri = 'mongodb://localhost:1';
  return {
    polypool: reached(new polypool.PolyPool(uri) as unknown as mongodb.MongoClient, polypool),
    driver: reached(new mongodb.MongoClient(uri), mongodb)
  };
}

/** Where the classes of {@link OWN} are exported. */
type Package = Record<(typeof OWN)[number], { prototype: Prototype }>;

function reached(client: mongodb.MongoClient, from: Package): Map<string, Prototype> {
  const db = client.db('x');
  const collection = db.collection('x');
  const objects = [
    client,
    db,
    db.admin(),
    db.listCollections(),
    collection,
    collection.find(),
    collection.aggregate(),
    collection.listIndexes(),
    client.startSession(),
    collection.listSearchIndexes(),
    db.runCursorCommand({ ping: 1 })
  ];
  const prototypes = [
    ...objects.map(object => Object.getPrototypeOf(object) as Prototype),
    ...OWN.map(name => from[name].prototype)
  ];
  const found = new Map<string, Prototype>();
  for (let prototype of prototypes) {
    for (; isOwn(prototype); prototype = Object.getPrototypeOf(prototype) as Prototype) {
      found.set(nameOfClass(prototype), prototype);
    }
  }
  void client.close();
  return found;
}

/** What the packages' classes extend. */
const BASES: ReadonlySet<string> = new Set([
  'Object',
  'EventEmitter',
  'TypedEventEmitter',
  'Readable',
  'Writable'
]);
/** A pool goes by the name of what it is to its users. */
function nameOfClass({ constructor: { name } }: Prototype): string {
  return name === 'PolyPool' ? 'MongoClient' : name;
}

/** Up to the classes that Node.js has. */
function isOwn(prototype: Prototype): boolean {
  return !BASES.has(prototype.constructor.name);
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
