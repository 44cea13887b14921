/**
 * Reads of one document by its `_id`: which `findOne`s are, and how ids are told apart. What becomes of
 * such a read is not its business.
 */
import type { Document } from '../bson/options';

/** A read that can be answered with others. */
export interface PointRead {
  /** Tells ids apart as the server does. */
  readonly key: string;
  readonly id: unknown;
  readonly projection: Document | undefined;
}

/** The read that `findOne` was asked for, if it is one by `_id` and nothing else. */
export function pointRead(
  filter: unknown,
  options: Document | null | undefined
): PointRead | undefined {
  if (typeof filter !== 'object' || filter === null || isWrittenAsOther(filter)) return undefined;
  let id: unknown;
  for (const name in filter) {
    if (name !== '_id' || id !== undefined) return undefined;
    id = (filter as { _id: unknown })._id;
  }
  const key = keyOf(id);
  if (key === undefined || !isExact(id) || isWrittenAsOther(id)) return undefined;
  let projection: Document | undefined;
  for (const name in options) {
    const value = options[name] as unknown;
    if (value === undefined || name === 'coalesce') continue;
    if (name !== 'projection' || !keepsId(value)) return undefined;
    projection = value;
  }
  return { key, id, projection };
}

/** An id as text, the same for the ids that the server takes for the same; undefined for rare kinds. */
export function keyOf(id: unknown): string | undefined {
  switch (typeof id) {
    case 'string':
      return `s${id}`;
    case 'number':
    case 'bigint':
      // Both zeros are one.
      return `n${id === 0 ? 0 : id}`;
    case 'object':
      return keyOfClass(id);
    default:
      return undefined;
  }
}

/** By its class's name: it may be of another copy of the package. */
function keyOfClass(id: { _bsontype?: string; toString(): string } | null): string | undefined {
  switch (id?._bsontype) {
    case 'ObjectId':
      return `o${id.toString()}`;
    case 'Int32':
    case 'Double':
    case 'Long':
    case 'Decimal128':
      return keyOf(Number(id.toString()));
    default:
      return undefined;
  }
}

/** Ids that are asked for together: those that no other kind of number could be mistaken for. */
function isExact(id: unknown): boolean {
  if (typeof id === 'number') return Number.isSafeInteger(id);
  return typeof id === 'string' || (id as { _bsontype?: string })._bsontype === 'ObjectId';
}

/** Whether a projection is a plain object of fields to have or to leave out, the `_id` not among the latter. */
function keepsId(projection: unknown): projection is Document {
  if (typeof projection !== 'object' || projection === null || isWrittenAsOther(projection)) {
    return false;
  }
  const prototype: unknown = Object.getPrototypeOf(projection);
  if (prototype !== Object.prototype && prototype !== null) return false;
  return Object.entries(projection).every(([name, value]: [string, unknown]) => {
    if (name === '_id') return value === 1 || value === true;
    return value === 1 || value === true || value === 0 || value === false;
  });
}

/** Whether what goes to the server is not the value but what its `toBSON` gives. */
function isWrittenAsOther(value: unknown): boolean {
  return typeof (value as { toBSON?: unknown }).toBSON === 'function';
}
