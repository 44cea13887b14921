/**
 * Reads documents element by element, whatever their shape, and hands those of a known shape to
 * the decoder that was generated for it. Equal to js-bson with the driver's default options in what
 * it returns; what it does not know it refuses with `UNUSUAL`, before anything is returned.
 */
import { Code, ObjectId } from './bson';
import { name, PRIME, SEED } from './key';
import type { Document } from './options';
import { Shapes } from './shapes';
import { Site } from './site';
import { UNUSUAL, type Source } from './source';
import { type as types, UPPER } from './type';
import { afterString, int64, isReferenceKey, rareValue, toReference } from './value';

/** The smallest document: its length and its terminator. */
const SMALLEST = 5;
const DOLLAR = 0x24;

/** For documents in documents that are read element by element. */
const anywhere = new Site();

/** js-bson's own way of reading one, which its types do not show. */
const ObjectIdAt = ObjectId as unknown as new (bytes: Uint8Array, at: number) => ObjectId;

const shapes = new Shapes({
  ObjectIdAt,
  UNUSUAL,
  int64,
  readArray,
  readDocument,
  readValue,
  prototype: Object.prototype,
  specimen: new ObjectIdAt(Buffer.alloc(12), 0)
});

/** Reads the document at `start`. */
export function readDocument(source: Source, start: number, site: Site): Document {
  return (
    site.decoder(source, start) ??
    shapes.read(source, start, site) ??
    interpret(source, start, true)
  );
}

/** @param refers - whether a document that looks like a reference is one */
function interpret(source: Source, start: number, refers: boolean): Document {
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
    const value = readValue(source, type!, at + 1, anywhere);
    at = source.at;
    if (key === '__proto__') define(document, key, value);
    else document[key] = value;
  }
  if (at + 1 !== end) throw UNUSUAL;
  shapes.note(shape, source, start);
  return refers && reference === true ? toReference(document) : document;
}

/** Reads the array at `start`; the keys in it say nothing. */
export function readArray(source: Source, start: number, site: Site): unknown[] {
  const { bytes } = source;
  const end = endOf(source, start);
  const array: unknown[] = [];
  let at = start + 4;
  for (let type = bytes[at]; type !== 0; type = bytes[at]) {
    for (at++; bytes[at] !== 0; at++) if (at >= end) throw UNUSUAL;
    array.push(readValue(source, type!, at + 1, site));
    at = source.at;
  }
  if (at + 1 !== end) throw UNUSUAL;
  return array;
}

/** Reads a value of any type at `at`, and leaves in the source where it ends. */
export function readValue(source: Source, type: number, at: number, site: Site): unknown {
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
      value = objectId(bytes, at);
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
      return int64(source, at);
    case types.DOCUMENT:
      value = readDocument(source, at, site);
      source.at = at + view.getInt32(at, true);
      return value;
    case types.ARRAY:
      value = readArray(source, at, site);
      source.at = at + view.getInt32(at, true);
      return value;
    case types.CODE_WITH_SCOPE:
      return codeWithScope(source, at);
    default:
      return rareValue(source, type, at);
  }
}

/** The twelve bytes are checked: an `ObjectId` takes missing ones for zeros. */
function objectId(bytes: Buffer, at: number): ObjectId {
  if (at + 12 > bytes.length) throw UNUSUAL;
  return new ObjectIdAt(bytes, at);
}

function codeWithScope(source: Source, at: number): Code {
  const code = source.string(at + 4);
  const scopeAt = afterString(source, at + 4);
  const scope = interpret(source, scopeAt, false);
  const end = endOf(source, scopeAt);
  if (at + source.view.getInt32(at, true) !== end) throw UNUSUAL;
  source.at = end;
  return new Code(code, scope);
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
