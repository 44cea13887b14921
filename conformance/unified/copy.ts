// Owns copies of values: lists, maps and documents anew, all the way down. Values of BSON's types
// are shared, since nobody changes them.

import { isDocument } from './bson-type.ts';

export function copy<T>(value: T): T {
  return copied(value) as T;
}

function copied(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(copied);
  if (value instanceof Map) {
    return new Map([...value].map(([key, inner]: [unknown, unknown]) => [key, copied(inner)]));
  }
  if (!isDocument(value) || '_bsontype' in value) return value;
  return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, copied(inner)]));
}
