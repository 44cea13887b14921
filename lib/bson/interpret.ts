/**
 * Reads documents element by element, whatever their shape, and hands those of a known shape to
 * the decoder that was generated for it. Equal in what it returns to a copy of js-bson with the driver's
 * default options, or with one of those for integers of 64 bits; what it does not know it refuses with
 * `UNUSUAL`, before anything is returned.
 */
import type { Code } from './bson';
import type { Runtime } from './generate';
import { name, PRIME, SEED } from './key';
import type { BSONLibrary } from './library';
import { objectIdReader, type ReadObjectId } from './object-id';
import type { Document } from './options';
import { Shapes } from './shapes';
import type { Site } from './site';
import { UNUSUAL, type Source } from './source';
import { type as types, UPPER } from './type';
import {
  afterString,
  int64,
  isReference,
  isReferenceKey,
  rareValue,
  toReference,
  type Integers
} from './value';

/** The smallest document: its length and its terminator. */
const SMALLEST = 5;
const DOLLAR = 0x24;

/**
 * One for each copy of js-bson, and for each kind of integers: what it makes is of that copy's classes, and
 * so are the decoders.
 */
export class Interpreter implements Runtime {
  readonly readObjectId: ReadObjectId;
  readonly specimen: object;
  readonly integers: Integers;
  /** What documents begin with that are not in other documents. */
  readonly root: Site;
  readonly #library: BSONLibrary;
  readonly #shapes: Shapes;
  /** For documents in documents that are read element by element. */
  readonly #anywhere: Site;

  /** @param library - whose ways are known */
  constructor(library: BSONLibrary, integers: Integers) {
    this.#library = library;
    this.integers = integers;
    this.readObjectId = objectIdReader(library);
    this.specimen = new library.ObjectId('0'.repeat(24));
    this.#shapes = new Shapes(this);
    this.#anywhere = this.#shapes.site();
    this.root = this.#shapes.site();
  }

  /** Reads the document at `start`. */
  readDocument(source: Source, start: number, site: Site): Document {
    return this.#known(source, start, site) ?? this.#interpret(source, start, true);
  }

  /** Reads the array at `start`; the keys in it say nothing. */
  readArray(source: Source, start: number, site: Site): unknown[] {
    const { bytes } = source;
    const end = endOf(source, start);
    const array: unknown[] = [];
    let at = start + 4;
    for (let type = bytes[at]; type !== 0; type = bytes[at]) {
      for (at++; bytes[at] !== 0; at++) if (at >= end) throw UNUSUAL;
      array.push(this.readValue(source, type!, at + 1, site));
      at = source.at;
    }
    if (at + 1 !== end) throw UNUSUAL;
    return array;
  }

  /** Reads a value of any type at `at`, and leaves in the source where it ends. */
  readValue(source: Source, type: number, at: number, site: Site): unknown {
    const { bytes, view } = source;
    let value: unknown;
    switch (type) {
      case types.STRING:
        value = source.string(at);
        source.at = afterString(source, at);
        return value;
      case types.INT32:
        source.at = at + 4;
        return view.getInt32(at, true);
      case types.DOUBLE:
        source.at = at + 8;
        return view.getFloat64(at, true);
      case types.OBJECT_ID:
        value = this.#objectId(source, at);
        source.at = at + 12;
        return value;
      case types.BOOLEAN:
        if (bytes[at]! > 1) throw UNUSUAL;
        source.at = at + 1;
        return bytes[at] === 1;
      case types.DATE:
        source.at = at + 8;
        return new Date(view.getInt32(at + 4, true) * UPPER + view.getUint32(at, true));
      case types.NULL:
        source.at = at;
        return null;
      case types.UNDEFINED:
        source.at = at;
        return undefined;
      case types.INT64:
        source.at = at + 8;
        return this.int64(source, at);
      case types.DOCUMENT:
        value = this.readDocument(source, at, site);
        source.at = at + view.getInt32(at, true);
        return value;
      case types.ARRAY:
        value = this.readArray(source, at, site);
        source.at = at + view.getInt32(at, true);
        return value;
      case types.CODE_WITH_SCOPE:
        return this.#codeWithScope(source, at, site);
      default:
        return rareValue(this.#library, source, type, at);
    }
  }

  int64(source: Source, at: number): unknown {
    return int64(this.#library, this.integers, source, at);
  }

  /** Reads a document of a known shape, which is no reference. */
  #known(source: Source, start: number, site: Site): Document | undefined {
    return site.decoder(source, start) ?? this.#shapes.read(source, start, site);
  }

  /** @param refers - false where no document that looks like a reference may stand */
  #interpret(source: Source, start: number, refers: boolean): Document {
    const { bytes } = source;
    const end = endOf(source, start);
    const document: Document = {};
    let shape = SEED;
    /** Whether it has keys with a dollar, and only a reference's. */
    let reference: boolean | undefined;
    let at = start + 4;
    for (let type = bytes[at]; type !== 0; type = bytes[at]) {
      const first = at + 1;
      let hash = SEED;
      let bits = 0;
      let byte: number | undefined;
      for (at = first; (byte = bytes[at]) !== 0; at++) {
        if (at >= end) throw UNUSUAL;
        hash = Math.imul(hash ^ byte!, PRIME);
        bits |= byte!;
      }
      shape = Math.imul(shape ^ hash, PRIME);
      const key = name(source, first, at, hash, bits);
      if (bytes[first] === DOLLAR && reference !== false) reference = isReferenceKey(key);
      const value = this.readValue(source, type!, at + 1, this.#anywhere);
      at = source.at;
      if (key === '__proto__') define(document, key, value);
      else document[key] = value;
    }
    if (at + 1 !== end) throw UNUSUAL;
    this.#shapes.note(shape, source, start);
    if (reference !== true) return document;
    // In a scope js-bson 6 makes a reference of it, and js-bson 7 does not.
    if (!refers && isReference(document)) throw UNUSUAL;
    return toReference(this.#library, document);
  }

  /** The twelve bytes are checked: an `ObjectId` takes missing ones for zeros. */
  #objectId(source: Source, at: number): unknown {
    if (at + 12 > source.bytes.length) throw UNUSUAL;
    return this.readObjectId(source, at);
  }

  #codeWithScope(source: Source, at: number, site: Site): Code {
    const code = source.string(at + 4);
    const scopeAt = afterString(source, at + 4);
    const end = endOf(source, scopeAt);
    const scope = this.#known(source, scopeAt, site) ?? this.#interpret(source, scopeAt, false);
    if (at + source.view.getInt32(at, true) !== end) throw UNUSUAL;
    source.at = end;
    return new this.#library.Code(code, scope);
  }
}

/** Where a document or an array ends, terminator included. */
function endOf(source: Source, start: number): number {
  const size = source.view.getInt32(start, true);
  const end = start + size;
  if (size < SMALLEST || end > source.bytes.length) throw UNUSUAL;
  return end;
}

function define(document: Document, key: string, value: unknown): void {
  Object.defineProperty(document, key, {
    value,
    writable: true,
    enumerable: true,
    configurable: true
  });
}
