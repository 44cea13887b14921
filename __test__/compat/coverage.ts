// Owns what of the driver's surface the scenarios have to use: every method and accessor that
// docs/compatibility.md says is there. Must not know the scenarios.

import { classOf } from '../../scripts/build/compatibility/runtime.mjs';
import type { Comparison } from '../../scripts/build/compatibility/compare.mjs';

type Prototype = object;

/** Classes that are not polypool's: Node.js's. */
const BASES: ReadonlySet<string> = new Set(['Object', 'EventEmitter', 'Readable', 'Writable']);

/** A member, by the class that the table names and by the one that has it at run time. */
export interface Covered {
  readonly shown: string;
  readonly used: string;
}

/** The prototypes of polypool's classes, those that they extend among them, by class. */
export function prototypes({ classes }: Comparison): ReadonlyMap<string, Prototype> {
  const found = new Map<string, Prototype>();
  for (const { name } of classes) {
    for (const prototype of ancestors(name)) found.set(nameOfClass(prototype), prototype);
  }
  return found;
}

/** Every member of the table that is there and that can note its use; fields can't. */
export function covered({ classes }: Comparison): Covered[] {
  return classes.flatMap(({ name, members }) =>
    members
      .filter(({ difference }) => difference === undefined || difference.status === 'differs')
      .flatMap(member => {
        const owner = member.isStatic ? undefined : ownerOf(name, member.name);
        if (owner === undefined) return [];
        return [{ shown: `${name}.${member.name}`, used: `${owner}.${member.name}` }];
      })
  );
}

function ancestors(name: string): Prototype[] {
  const chain: Prototype[] = [];
  let prototype = classOf('polypool', name)?.prototype as Prototype | undefined;
  for (; prototype && isOwn(prototype); prototype = Object.getPrototypeOf(prototype) as Prototype) {
    chain.push(prototype);
  }
  return chain;
}

function ownerOf(name: string, member: string): string | undefined {
  const owner = ancestors(name).find(one =>
    Reflect.ownKeys(one).some(key => nameOf(key) === member)
  );
  return owner && nameOfClass(owner);
}

/** A pool goes by the name of what it is to its users. */
function nameOfClass({ constructor: { name } }: Prototype): string {
  return name === 'PolyPool' ? 'MongoClient' : name;
}

function isOwn(prototype: Prototype): boolean {
  return !BASES.has(prototype.constructor.name);
}

function nameOf(key: string | symbol): string {
  // Before Node.js had Symbol.asyncDispose, it was called nodejs.asyncDispose.
  return typeof key === 'symbol' ? `[${key.description?.replace('nodejs.', 'Symbol.')}]` : key;
}

/**
 * Notes from now on which members are used, as `Class.member`: those that scenarios call and those of
 * the same name that these extend, not what a member calls for its own ends.
 */
export function recordUses(found: ReadonlyMap<string, Prototype>): ReadonlySet<string> {
  const used = new Set<string>();
  /** The member that is running, called from outside. */
  let outermost: string | undefined;
  const recording = (original: unknown, type: string, member: string) =>
    function (this: unknown, ...given: unknown[]): unknown {
      const before = outermost;
      outermost ??= member;
      if (outermost === member) used.add(`${type}.${member}`);
      try {
        return Reflect.apply(original as () => unknown, this, given) as unknown;
      } finally {
        outermost = before;
      }
    };
  for (const [name, prototype] of found) {
    for (const key of Reflect.ownKeys(prototype)) {
      if (key === 'constructor') continue;
      const property = Reflect.getOwnPropertyDescriptor(prototype, key)!;
      for (const part of ['value', 'get', 'set'] as const) {
        const original: unknown = property[part];
        if (typeof original !== 'function') continue;
        property[part] = recording(original, name, nameOf(key));
      }
      Reflect.defineProperty(prototype, key, property);
    }
  }
  return used;
}
