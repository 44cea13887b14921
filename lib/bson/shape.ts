/**
 * A document's shape: its keys, in their order. What types the values had is remembered as a guess,
 * no part of the shape. It reads keys and sizes and no values.
 */
import { PRIME, SEED } from './key';
import { UNUSUAL, type Source } from './source';
import { type as types } from './type';

/** One field of a shape. */
export interface Field {
  readonly key: string;
  /** The type byte of its value in the document that the shape was learned from. */
  readonly type: number;
  /** The element's type byte, its key's bytes and their terminator. */
  readonly header: Uint8Array;
}

/** A hash of the keys of the document at `start`, as reading it element by element gives it. */
export function shapeOf(source: Source, start: number): number {
  const { bytes } = source;
  const end = start + source.view.getInt32(start, true);
  let shape = SEED;
  let at = start + 4;
  for (let type = bytes[at]; type !== 0; type = bytes[at]) {
    let hash = SEED;
    let byte: number | undefined;
    for (at++; (byte = bytes[at]) !== 0; at++) {
      if (at >= end) throw UNUSUAL;
      hash = Math.imul(hash ^ byte!, PRIME);
    }
    shape = Math.imul(shape ^ hash, PRIME);
    at = after(source, type!, at + 1);
  }
  return shape;
}

/** The fields of the document at `start`, which has been read before. */
export function fieldsOf(source: Source, start: number): Field[] {
  const { bytes } = source;
  const fields: Field[] = [];
  let at = start + 4;
  for (let type = bytes[at]; type !== 0; type = bytes[at]) {
    const end = bytes.indexOf(0, at + 1);
    const key = source.unvalidated(at + 1, end);
    fields.push({ key, type: type!, header: Uint8Array.from(bytes.subarray(at, end + 1)) });
    at = after(source, type!, end + 1);
  }
  return fields;
}

/** Where a value ends that starts at `at`. */
function after(source: Source, type: number, at: number): number {
  const { view } = source;
  switch (type) {
    case types.STRING:
    case types.SYMBOL:
    case types.CODE:
      return forward(view, at, 4);
    case types.DOCUMENT:
    case types.ARRAY:
    case types.CODE_WITH_SCOPE:
      return forward(view, at, 0);
    case types.BINARY:
      return forward(view, at, 5);
    case types.OBJECT_ID:
      return at + 12;
    case types.DOUBLE:
    case types.DATE:
    case types.INT64:
    case types.TIMESTAMP:
      return at + 8;
    case types.INT32:
      return at + 4;
    case types.BOOLEAN:
      return at + 1;
    case types.NULL:
    case types.UNDEFINED:
    case types.MIN_KEY:
    case types.MAX_KEY:
      return at;
    case types.DECIMAL128:
      return at + 16;
    case types.REGEXP:
      return afterRegExp(source, at);
    default:
      throw UNUSUAL;
  }
}

/** Skips as many bytes as are counted at `at`, and `more`. */
function forward(view: DataView, at: number, more: number): number {
  const size = view.getInt32(at, true);
  if (size < 0) throw UNUSUAL;
  return at + more + size;
}

function afterRegExp({ bytes }: Source, at: number): number {
  const middle = bytes.indexOf(0, at);
  const end = middle < 0 ? -1 : bytes.indexOf(0, middle + 1);
  if (end < 0) throw UNUSUAL;
  return end + 1;
}
