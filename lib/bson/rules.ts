/**
 * What the encoder has to know of a copy of js-bson to write as that copy does, and that copy's own
 * way with a single value or key, for what is rare and for its errors. It writes no document.
 */
import type { SerializeOptions } from './options';
import { knownVersion, OWN_LIBRARY, VERSION, type BSONLibrary } from './library';

/** Where js-bson's classes say, from 7.3 on, which class they are. */
const TYPE = Symbol.for('@@mdb.bson.type');

/** A value of one of js-bson's classes, or one that says so. */
export interface Tagged {
  readonly _bsontype: unknown;
  readonly [VERSION]?: unknown;
  readonly [TYPE]?: unknown;
}

/** What the classes of primitives may have been given, for js-bson to call. */
type Extended = { readonly toBSON?: unknown };

/** What a copy of js-bson takes a value for. */
export class Rules {
  /** Absent until it was looked at. */
  #library: BSONLibrary | undefined;
  /** Undefined, too, for a copy whose ways are not known. */
  #version: unknown;
  /** The copy asks a second property for a value's class. */
  #asksTwice = false;

  constructor(library: BSONLibrary) {
    this.#library = library;
  }

  /**
   * False for a copy that is to write its documents itself. polypool's own is known before it is
   * loaded, for it is of the version that the package asks for.
   */
  get areKnown(): boolean {
    if (this.#library === OWN_LIBRARY) return true;
    this.#look();
    return this.#version !== undefined;
  }

  /** The class of a value, if there is no doubt of it. */
  classOf(value: Tagged): unknown {
    if (this.#library !== undefined) this.#look();
    const name = value._bsontype;
    if (this.#version === undefined || value[VERSION] !== this.#version) return undefined;
    return this.#asksTwice && value[TYPE] !== name ? undefined : name;
  }

  #look(): void {
    if (this.#library === undefined) return;
    const prototype = this.#library.ObjectId.prototype as unknown as { serializeInto?: unknown };
    this.#asksTwice = TYPE in prototype;
    const isKnown = typeof prototype.serializeInto === 'function';
    this.#version = isKnown ? knownVersion(this.#library) : undefined;
    this.#library = undefined;
  }
}

const known = new WeakMap<BSONLibrary, Rules>();
/** Those of polypool's own copy, which mostly writes. */
const own = new Rules(OWN_LIBRARY);

export function rulesOf(library: BSONLibrary): Rules {
  if (library === OWN_LIBRARY) return own;
  let rules = known.get(library);
  if (rules === undefined) known.set(library, (rules = new Rules(library)));
  return rules;
}

/** True while strings, numbers and their like have no `toBSON`. Asked one by one, it costs nothing. */
export function primitivesArePlain(): boolean {
  return (
    (String.prototype as Extended).toBSON === undefined &&
    (Number.prototype as Extended).toBSON === undefined &&
    (Boolean.prototype as Extended).toBSON === undefined &&
    (BigInt.prototype as Extended).toBSON === undefined &&
    (Symbol.prototype as Extended).toBSON === undefined
  );
}

/**
 * One value by js-bson: a document with it under the empty key. Its `toBSON`, if any, was called
 * already, so it comes from one itself.
 */
export function valueAlone(value: unknown, options: SerializeOptions): Uint8Array {
  return options.library.serialize({ '': { toBSON: () => value } }, options);
}

/** Has js-bson say what is wrong with a key; returns if it finds nothing. */
export function refuseKey(key: string, options: SerializeOptions): void {
  options.library.serialize(new Map([[key, null]]), options);
}

/** Has js-bson say that an object holds itself. */
export function refuseCircle(options: SerializeOptions): never {
  const circle: { self?: object } = {};
  circle.self = circle;
  options.library.serialize(circle, options);
  throw new TypeError('The object holds itself');
}

/** Has js-bson say that `toBSON` has to return an object. */
export function refuseDocument(value: unknown, options: SerializeOptions): never {
  options.library.serialize({ toBSON: () => value }, options);
  throw new TypeError('toBSON did not return an object');
}
