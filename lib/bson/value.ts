/**
 * Values of the types that are not common, as a copy of js-bson makes them. A reader is given where the
 * value starts and leaves where it ends in the source. What js-bson would refuse it leaves to it.
 */
import type { Binary, Decimal128, Long, ObjectId, UUID } from './bson';
import type { BSONLibrary } from './library';
import type { Document } from './options';
import { UNUSUAL, type Source } from './source';
import { type as types, UPPER } from './type';

/** A value of any type but documents, arrays and those that {@link Source} or a reader knows. */
export function rareValue(library: BSONLibrary, source: Source, type: number, at: number): unknown {
  switch (type) {
    case types.BINARY:
      return binary(library, source, at);
    case types.DECIMAL128:
      return decimal128(library, source, at);
    case types.TIMESTAMP:
      source.at = at + 8;
      return new library.Timestamp({
        i: source.view.getUint32(at, true),
        t: source.view.getUint32(at + 4, true)
      });
    case types.REGEXP:
      return regExp(source, at);
    case types.CODE:
      source.at = afterString(source, at);
      return new library.Code(source.string(at));
    case types.SYMBOL:
      source.at = afterString(source, at);
      return source.string(at);
    case types.MIN_KEY:
      source.at = at;
      return new library.MinKey();
    case types.MAX_KEY:
      source.at = at;
      return new library.MaxKey();
    default:
      throw UNUSUAL;
  }
}

/**
 * What an integer of 64 bits becomes: a number, or a `Long` where that would not be exact; always a
 * `Long` (`promoteLongs: false`); always a bigint (`useBigInt64`).
 */
export type Integers = 'numbers' | 'longs' | 'bigints';

/** An integer of 64 bits. */
export function int64(
  library: BSONLibrary,
  integers: Integers,
  source: Source,
  at: number
): number | Long | bigint {
  if (integers === 'bigints') return source.view.getBigInt64(at, true);
  const low = source.view.getInt32(at, true);
  const high = source.view.getInt32(at + 4, true);
  // From -2^53 to 2^53, both included.
  const isExact = (high >= -0x200000 && high < 0x200000) || (high === 0x200000 && low === 0);
  if (isExact && integers === 'numbers') return high * UPPER + (low >>> 0);
  return new library.Long(low, high);
}

/** Where the string ends whose length stands at `at`. */
export function afterString(source: Source, at: number): number {
  return at + 4 + source.view.getInt32(at, true);
}

/** Binary data whose length stands before it once more. */
const OLD_BINARY = 2;

function binary({ Binary, UUID }: BSONLibrary, source: Source, at: number): Binary | UUID {
  const { bytes, view } = source;
  const subType = bytes[at + 4]!;
  let size = view.getInt32(at, true);
  let start = at + 5;
  source.at = start + size;
  if (subType === OLD_BINARY) {
    if (view.getInt32(start, true) !== size - 4) throw UNUSUAL;
    start += 4;
    size -= 4;
  }
  const value = new Binary(source.copy(start, start + size), subType);
  return subType === Binary.SUBTYPE_UUID && UUID.isValid(value) ? value.toUUID() : value;
}

function decimal128(library: BSONLibrary, source: Source, at: number): Decimal128 {
  source.at = at + 16;
  return new library.Decimal128(source.copy(at, at + 16));
}

/** js-bson's reading of the flags: `s` is `g`, and what JavaScript has no flag for is left out. */
const FLAGS: Readonly<Record<string, string>> = { i: 'i', m: 'm', s: 'g' };

function regExp(source: Source, at: number): RegExp {
  const { bytes } = source;
  const middle = bytes.indexOf(0, at);
  const end = middle < 0 ? -1 : bytes.indexOf(0, middle + 1);
  if (end < 0) throw UNUSUAL;
  let flags = '';
  for (const flag of source.unvalidated(middle + 1, end)) flags += FLAGS[flag] ?? '';
  source.at = end + 1;
  return new RegExp(source.unvalidated(at, middle), flags);
}

const REFERENCE_KEYS: ReadonlySet<string> = new Set(['$ref', '$id', '$db']);

/** Whether a document with such a key may still be a reference; js-bson looks at each `$` key. */
export function isReferenceKey(key: string): boolean {
  return REFERENCE_KEYS.has(key);
}

/** A document of which every key with a `$` is a reference's: a `DBRef` if it is complete. */
export function toReference(library: BSONLibrary, document: Document): Document {
  if (!isReference(document)) return document;
  // A key that js-bson 6 copies in another way than js-bson 7.
  if (Object.hasOwn(document, '__proto__')) throw UNUSUAL;
  const { $ref, $id, $db, ...fields } = document;
  return new library.DBRef($ref as string, $id as ObjectId, $db as string | undefined, fields);
}

/** Whether a document of which every key with a `$` is a reference's is complete. */
export function isReference(document: Document): boolean {
  const { $ref, $id, $db } = document;
  return (
    $id != null && typeof $ref === 'string' && (!('$db' in document) || typeof $db === 'string')
  );
}
