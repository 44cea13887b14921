// Owns how test files become values: JSON with Extended JSON in it. Plain numbers stay plain, so
// that they can be options; typed values become BSON's types. Knows no test format.

import { BSON } from 'mongodb';

const { EJSON } = BSON;

/** The keys that make an object one value of Extended JSON; `$regex` is a query's too, and is not. */
const TYPED: ReadonlySet<string> = new Set([
  '$binary',
  '$code',
  '$date',
  '$dbPointer',
  '$maxKey',
  '$minKey',
  '$numberDecimal',
  '$numberDouble',
  '$numberInt',
  '$numberLong',
  '$oid',
  '$regularExpression',
  '$symbol',
  '$timestamp',
  '$undefined',
  '$uuid'
]);

/** A JSON text, relaxed or canonical, as values. @throws SyntaxError */
export function parseExtendedJSON(text: string): unknown {
  return revive(JSON.parse(text));
}

function revive(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(revive);
  if (value === null || typeof value !== 'object') return value;
  const [key] = Object.keys(value);
  if (key !== undefined && TYPED.has(key)) {
    return (EJSON.deserialize({ value }, { relaxed: false }) as { value: unknown }).value;
  }
  return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, revive(inner)]));
}
