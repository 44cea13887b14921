/**
 * `error instanceof mongoose.mongo.MongoServerError`, where that is a class of another copy of the driver
 * than polypool's errors are of: Mongoose 8 has version 6. It changes what these classes take for an
 * instance, and no error.
 */
import { MongoError } from 'polypool';

type ErrorClass = abstract new (...args: never[]) => Error;

/** Does what classes do that say nothing else. */
const isInstance = Function.prototype[Symbol.hasInstance];

/**
 * Has a driver's error classes take polypool's errors of the same names for instances.
 *
 * @returns what undoes it
 */
export function recogniseErrors(mongo: object): () => void {
  const changed: ErrorClass[] = [];
  for (const [name, type] of Object.entries(mongo)) {
    if (!isErrorClass(type) || Object.hasOwn(type, Symbol.hasInstance)) continue;
    Object.defineProperty(type, Symbol.hasInstance, {
      configurable: true,
      value(this: unknown, value: unknown) {
        return isInstance.call(this as ErrorClass, value) || (this === type && isOurs(value, name));
      }
    });
    changed.push(type);
  }
  return () => {
    for (const type of changed) Reflect.deleteProperty(type, Symbol.hasInstance);
  };
}

function isErrorClass(type: unknown): type is ErrorClass {
  return typeof type === 'function' && type.prototype instanceof Error;
}

/** Whether a value is an error of polypool's, of a class of that name or of one derived from it. */
function isOurs(value: unknown, name: string): boolean {
  if (!(value instanceof MongoError)) return false;
  let prototype = Object.getPrototypeOf(value) as object | null;
  while (prototype !== null && prototype !== Error.prototype) {
    if (prototype.constructor.name === name) return true;
    prototype = Object.getPrototypeOf(prototype) as object | null;
  }
  return false;
}
