/**
 * Values of bson's classes as the primitives that would be written as the same types again. The others stay
 * what they are.
 */
import type { BSON, Double, Int32 } from 'polypool';

/** The flags of a regular expression that JavaScript has by the same names. */
const FLAGS = /^[im]*$/;

/** A document that was read with `promoteValues: false`. Objects and arrays are changed in place. */
export function plain(value: unknown, bson: typeof BSON): unknown {
  if (typeof value !== 'object' || value === null) return value;
  const { _bsontype: type } = value as { _bsontype?: string };
  if (type === 'Int32') return (value as Int32).value;
  if (type === 'Double') return fraction(value as Double);
  if (type === 'BSONRegExp') {
    return regularExpression(value as InstanceType<typeof BSON.BSONRegExp>);
  }
  if (Array.isArray(value)) {
    for (const [index, element] of value.entries()) value[index] = plain(element, bson);
  } else if (type === undefined && !(value instanceof Date) && !ArrayBuffer.isView(value)) {
    const document = value as Record<string, unknown>;
    for (const key of Object.keys(document)) set(document, key, plain(document[key], bson));
  }
  return value;
}

/** A key may be `__proto__`. */
function set(document: Record<string, unknown>, key: string, value: unknown): void {
  if (document[key] === value) return;
  Object.defineProperty(document, key, {
    configurable: true,
    enumerable: true,
    writable: true,
    value
  });
}

/** Without a fraction it would be written as an integer. */
function fraction(double: Double): unknown {
  return Number.isFinite(double.value) && Number.isInteger(double.value) ? double : double.value;
}

function regularExpression(given: InstanceType<typeof BSON.BSONRegExp>): unknown {
  if (!FLAGS.test(given.options)) return given;
  try {
    return new RegExp(given.pattern, given.options);
  } catch {
    return given;
  }
}
