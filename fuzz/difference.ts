// Owns what makes two decoded values different: values, types, keys and their order, errors and
// their messages. Must not know what decoded them.

import { types } from 'node:util';

/** Two values that are to be the same, and the way to them. */
interface Pair {
  readonly actual: unknown;
  readonly expected: unknown;
  readonly path: string;
}

/** A difference, with the way to it; nothing if there is none. Nesting may be deep. */
export function difference(actual: unknown, expected: unknown): string | undefined {
  const pairs: Pair[] = [{ actual, expected, path: '$' }];
  for (let pair = pairs.pop(); pair !== undefined; pair = pairs.pop()) {
    const found = compare(pair, pairs);
    if (found !== undefined) return `${pair.path}: ${found}`;
  }
  return undefined;
}

/** How two values differ, apart from the values in them, which are added to `pairs`. */
function compare({ actual, expected, path }: Pair, pairs: Pair[]): string | undefined {
  if (Object.is(actual, expected)) return undefined;
  if (!isObject(actual) || !isObject(expected)) return `${show(actual)}, not ${show(expected)}`;
  const prototype: unknown = Object.getPrototypeOf(expected);
  const other: unknown = Object.getPrototypeOf(actual);
  if (prototype !== other) {
    if (!isDocument(prototype) || !isDocument(other)) return 'another class';
    pairs.push({ actual: other, expected: prototype, path: `${path}.__proto__` });
  }
  const inside = contents(expected);
  const others = contents(actual);
  if (!inside && !others) return compareProperties({ actual, expected, path }, pairs);
  if (!inside || !others) return 'another kind of object';
  inside.forEach((value, i) => pairs.push({ actual: others[i], expected: value, path }));
  return undefined;
}

/**
 * What tells an object from another of its class, if that is not its properties, behind the name of its kind.
 * Its prototype does not say what it is: that of a reference may be a date, and the reference is none.
 */
function contents(value: object): unknown[] | undefined {
  if (types.isDate(value)) return ['Date', value.getTime()];
  if (types.isUint8Array(value)) {
    const { buffer, byteOffset, length } = value;
    return ['Uint8Array', Buffer.from(buffer, byteOffset, length).toString('latin1')];
  }
  if (types.isRegExp(value)) return ['RegExp', value.source, value.flags];
  if (types.isNativeError(value)) {
    return ['Error', value.name, value.message, (value.cause as Error)?.message];
  }
  return undefined;
}

function compareProperties(
  { actual, expected, path }: Pair & { actual: object; expected: object },
  pairs: Pair[]
): string | undefined {
  const keys = Reflect.ownKeys(expected);
  const others = Reflect.ownKeys(actual);
  if (keys.length !== others.length || keys.some((key, i) => key !== others[i])) {
    return `keys ${show(others.map(String))}, not ${show(keys.map(String))}`;
  }
  for (const key of keys) {
    const one = Object.getOwnPropertyDescriptor(actual, key)!;
    const other = Object.getOwnPropertyDescriptor(expected, key)!;
    if (one.enumerable !== other.enumerable || one.writable !== other.writable) {
      return `another kind of property: ${String(key)}`;
    }
    // Most values are alike: then no path is made.
    if (Object.is(one.value, other.value)) continue;
    pairs.push({ actual: one.value, expected: other.value, path: `${path}.${String(key)}` });
  }
  return undefined;
}

/** Whether a prototype is no class's but a document, which js-bson 6 makes of a reference's `__proto__`. */
function isDocument(prototype: unknown): boolean {
  return isObject(prototype) && !Object.hasOwn(prototype, 'constructor');
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null;
}

function show(value: unknown): string {
  return typeof value === 'string' || Array.isArray(value) ? JSON.stringify(value) : String(value);
}
