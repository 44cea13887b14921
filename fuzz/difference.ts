// Owns what makes two decoded values different: values, types, keys and their order, errors and
// their messages. Must not know what decoded them.

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
  if (expected instanceof Uint8Array) {
    return Buffer.compare(actual as Uint8Array, expected) === 0 ? undefined : 'other bytes';
  }
  const inside = contents(expected);
  if (inside === undefined) return compareProperties({ actual, expected, path }, pairs);
  const others = contents(actual)!;
  inside.forEach((value, i) => pairs.push({ actual: others[i], expected: value, path }));
  return undefined;
}

/** What tells an object from another of its class, if that is not its properties. */
function contents(value: object): unknown[] | undefined {
  if (value instanceof Date) return [value.getTime()];
  if (value instanceof RegExp) return [value.source, value.flags];
  if (value instanceof Error) return [value.name, value.message, (value.cause as Error)?.message];
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
    const { value, ...kind } = Object.getOwnPropertyDescriptor(expected, key)!;
    const { value: other, ...otherKind } = Object.getOwnPropertyDescriptor(actual, key)!;
    if (kind.enumerable !== otherKind.enumerable || kind.writable !== otherKind.writable) {
      return `another kind of property: ${String(key)}`;
    }
    pairs.push({ actual: other, expected: value, path: `${path}.${String(key)}` });
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
