/**
 * Filters that come from outside: what is a value in them stays a value. It builds what may be sent
 * and sends nothing.
 */
import type { Filter } from 'mongodb';
import type { Document } from './bson/options';
import { invalidArgument } from './error';

/** Filters that are made of filters. */
const LOGICAL: ReadonlySet<string> = new Set(['$and', '$or', '$nor']);

/** Objects that are values, or keep their fields elsewhere. */
const VALUES = [Date, RegExp, Map, Set, ArrayBuffer];

/** How deep these may lie in one another. */
const DEEPEST = 100;

/** Objects that the program itself has written. */
const trustedObjects = new WeakSet<object>();

/**
 * Marks an object with operators as the program's own, so that {@link sanitizeFilter} leaves it.
 * @returns the object
 */
export function trusted<T extends object>(object: T): T {
  trustedObjects.add(object);
  return object;
}

/**
 * A filter without operators where a user could have put them: objects with keys that begin with `$`
 * become values to compare with, `{ $eq: … }`, as by Mongoose's option of this name. What is given is
 * not changed.
 * @throws MongoInvalidArgumentError for what is no object, and for operators that are no part of a
 *   field, such as `$where`, but for `$and`, `$or` and `$nor`
 */
export function sanitizeFilter<TSchema extends Document = Document>(
  filter: unknown
): Filter<TSchema> {
  return sanitize(filter, 0) as Filter<TSchema>;
}

function sanitize(filter: unknown, depth: number): Document {
  if (!isObject(filter) || !isDocument(filter)) {
    throw invalidArgument('A filter must be an object of fields');
  }
  if (trustedObjects.has(filter)) return filter;
  if (depth > DEEPEST) throw invalidArgument(`A filter must not be more than ${DEEPEST} deep`);
  const entries = Object.entries(filter).map(([name, value]) => {
    return [name, sanitizeEntry(name, value, depth)] as const;
  });
  // Unlike an assignment, this makes a property of `__proto__`.
  return Object.fromEntries(entries);
}

function sanitizeEntry(name: string, value: unknown, depth: number): unknown {
  if (isObject(value) && trustedObjects.has(value)) return value;
  if (LOGICAL.has(name)) {
    if (!Array.isArray(value)) throw invalidArgument(`${name} in a filter must be an array`);
    return value.map(part => sanitize(part, depth + 1));
  }
  if (name.startsWith('$')) throw invalidArgument(`${printable(name)} is not allowed in a filter`);
  return hasOperators(value) && !isComparison(value) ? { $eq: value } : value;
}

/** What is equal to a value needs no second `$eq`. */
function isComparison(value: object): boolean {
  const names = Object.keys(value);
  return names.length === 1 && names[0] === '$eq';
}

function hasOperators(value: unknown): value is object {
  if (!isObject(value)) return false;
  // BSON has a map's entries for its fields.
  const names = value instanceof Map ? [...value.keys()] : Object.keys(value);
  return names.some(name => String(name).startsWith('$'));
}

/**
 * Whether an object is its own fields and nothing else. Of what is not, none would be left, and an empty
 * filter finds everything.
 */
function isDocument(value: object): boolean {
  if (Array.isArray(value) || ArrayBuffer.isView(value) || '_bsontype' in value) return false;
  return !VALUES.some(type => value instanceof type);
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null;
}

function printable(name: string): string {
  return JSON.stringify(name.slice(0, 40));
}
