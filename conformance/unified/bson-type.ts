// Owns what kinds of value there are when expected and actual are compared: the aliases of `$type`,
// numbers of any width, documents. Compares nothing.

import { BSON } from 'mongodb';

const { Binary, BSONRegExp, BSONSymbol, Code, DBRef, Decimal128, Double, Int32 } = BSON;
const { Long, MaxKey, MinKey, ObjectId, Timestamp } = BSON;

type Test = (value: unknown) => boolean;

function isNumeric(value: unknown): boolean {
  return numberOf(value) !== undefined;
}

/** JavaScript does not say how wide a whole number was on the wire, so that it may be any. */
function isWhole(value: unknown): boolean {
  return Number.isInteger(value) || typeof value === 'bigint';
}

const TYPES: Readonly<Record<string, Test>> = {
  double: value => typeof value === 'number' || value instanceof Double,
  string: value => typeof value === 'string',
  object: isDocument,
  array: value => Array.isArray(value),
  binData: value => value instanceof Binary || value instanceof Uint8Array,
  objectId: value => value instanceof ObjectId,
  bool: value => typeof value === 'boolean',
  date: value => value instanceof Date,
  null: value => value === null,
  regex: value => value instanceof RegExp || value instanceof BSONRegExp,
  dbPointer: value => value instanceof DBRef,
  javascript: value => value instanceof Code,
  javascriptWithScope: value => value instanceof Code && value.scope != null,
  symbol: value => value instanceof BSONSymbol,
  int: value => isWhole(value) || value instanceof Int32,
  timestamp: value => value instanceof Timestamp,
  long: value => isWhole(value) || (value instanceof Long && !(value instanceof Timestamp)),
  decimal: value => value instanceof Decimal128,
  number: value => isNumeric(value) || value instanceof Decimal128,
  minKey: value => value instanceof MinKey,
  maxKey: value => value instanceof MaxKey
};

/** Whether a value is of a type by its alias; undefined for an alias that does not exist. */
export function isOfType(value: unknown, alias: string): boolean | undefined {
  return TYPES[alias]?.(value);
}

/** The value of a number of any width but decimal ones; undefined for anything else. */
export function numberOf(value: unknown): number | bigint | undefined {
  if (typeof value === 'number' || typeof value === 'bigint') return value;
  if (value instanceof Int32 || value instanceof Double) return value.valueOf();
  if (value instanceof Long && !(value instanceof Timestamp)) return value.toBigInt();
  return undefined;
}

/** Anything with fields: plain objects, maps, results. Values of BSON's types are none. */
export function isDocument(value: unknown): value is object {
  if (value === null || typeof value !== 'object') return false;
  if (value instanceof DBRef) return true;
  return !(
    Array.isArray(value) ||
    value instanceof Date ||
    value instanceof RegExp ||
    value instanceof Uint8Array ||
    '_bsontype' in value
  );
}

/** The field of a document that may be a map or a reference. */
export function fieldOf(document: object, name: string): unknown {
  if (document instanceof Map) {
    if (document.has(name)) return document.get(name);
    return document.get(Number(name));
  }
  if (document instanceof DBRef) return (document.toJSON() as Record<string, unknown>)[name];
  return (document as Record<string, unknown>)[name];
}

/** The names of the fields that have a value: the driver leaves what is undefined out of commands. */
export function fieldNames(document: object): string[] {
  if (document instanceof Map) return [...document.keys()].map(String);
  const fields = document instanceof DBRef ? document.toJSON() : document;
  return Object.entries(fields)
    .filter(([, value]) => value !== undefined)
    .map(([name]) => name);
}
