/**
 * What js-bson takes an object for that is of none of its classes. It writes nothing.
 */

/** As `Object.prototype.toString` has it, which knows objects of other realms, too. */
export function kindOf(value: object): string {
  return Object.prototype.toString.call(value);
}

/** True for an object of the kind "Object" that is written as a document of its properties. */
export function isPlain(value: object): boolean {
  // To ask for the prototype first would be a call out of optimised code; these are none.
  return !(
    ArrayBuffer.isView(value) ||
    value instanceof Date ||
    value instanceof RegExp ||
    value instanceof Map ||
    value instanceof Uint8Array
  );
}

/** True for what is a document by itself. */
export function isPlainRoot(document: unknown): boolean {
  if (typeof document !== 'object' || document === null || '_bsontype' in document) return false;
  return kindOf(document) === '[object Object]' && isPlain(document);
}

/** True for an object of the kind "Array" that is one, and of no class of its own. */
export function isArray(value: object): value is unknown[] {
  return Array.isArray(value) && Object.getPrototypeOf(value) === Array.prototype;
}

/** True for an object of the kind "Map" that is one, and whose keys can be names. */
export function hasNames(value: object): value is Map<string, unknown> {
  if (Object.getPrototypeOf(value) !== Map.prototype || !(value instanceof Map)) return false;
  for (const key of value.keys()) if (typeof key !== 'string') return false;
  return true;
}
