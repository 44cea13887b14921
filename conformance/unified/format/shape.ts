// Owns checks of the shape of parsed JSON, built from parts: texts, lists, records. A check throws
// with the path of what is wrong. Knows no format.

/** A value has not the shape that it must have. */
export class ShapeError extends Error {
  override readonly name = 'ShapeError';
}

/** Checks a value that stands at a path. @throws ShapeError */
export type Shape = (value: unknown, path: string) => void;

type Fields = Readonly<Record<string, Shape>>;

export const anything: Shape = () => undefined;

export const text = ofType('string');
export const flag = ofType('boolean');

export const whole: Shape = (value, path) => {
  if (!Number.isInteger(value)) refuse(path, 'must be a whole number');
};

export const anyObject: Shape = (value, path) => {
  asObject(value, path);
};

export function matching(pattern: RegExp): Shape {
  return (value, path) => {
    text(value, path);
    if (!pattern.test(value as string)) refuse(path, `must match ${String(pattern)}`);
  };
}

export function oneOf(...values: ReadonlyArray<string | boolean>): Shape {
  return (value, path) => {
    if (!values.includes(value as string)) refuse(path, `must be one of ${values.join(', ')}`);
  };
}

export function either(...shapes: readonly Shape[]): Shape {
  return (value, path) => {
    const faults = shapes.map(shape => faultOf(shape, value, path));
    if (!faults.includes(undefined)) refuse(path, `fits nothing: ${faults.join('; or ')}`);
  };
}

export function listOf(item: Shape, { min = 0 }: { min?: number } = {}): Shape {
  return (value, path) => {
    if (!Array.isArray(value)) return refuse(path, 'must be a list');
    if (value.length < min) refuse(path, `must have ${min} item or more`);
    for (const [index, one] of value.entries()) item(one, `${path}[${index}]`);
  };
}

/** An object with these keys and no others; `min` is how many there must be. */
export function record(
  { required = {}, optional = {} }: { required?: Fields; optional?: Fields },
  { min = 0 }: { min?: number } = {}
): Shape {
  return (value, path) => {
    const object = asObject(value, path);
    for (const name of Object.keys(required)) {
      if (!(name in object)) refuse(path, `lacks ${name}`);
    }
    const entries = Object.entries(object);
    if (entries.length < min) refuse(path, `must have ${min} key or more`);
    for (const [name, inner] of entries) {
      const shape = required[name] ?? optional[name];
      if (shape === undefined) return refuse(path, `has the unknown key ${name}`);
      shape(inner, `${path}.${name}`);
    }
  };
}

/** An object with exactly one of these keys. */
export function exactlyOne(fields: Fields): Shape {
  const shape = record({ optional: fields });
  return (value, path) => {
    shape(value, path);
    const count = Object.keys(value as object).length;
    if (count !== 1) refuse(path, `must have one key, not ${count}`);
  };
}

/** An object with any keys that match, of one shape. */
export function mapOf(shape: Shape, keys = /./): Shape {
  return (value, path) => {
    for (const [name, inner] of Object.entries(asObject(value, path))) {
      if (!keys.test(name)) refuse(path, `has the unknown key ${name}`);
      shape(inner, `${path}.${name}`);
    }
  };
}

/** One shape, and none of these pairs of keys together. */
export function excluding(shape: Shape, ...pairs: ReadonlyArray<readonly [string, string]>): Shape {
  return (value, path) => {
    shape(value, path);
    for (const [one, other] of pairs) {
      if (one in (value as object) && other in (value as object)) {
        refuse(path, `has both ${one} and ${other}`);
      }
    }
  };
}

function ofType(type: 'string' | 'boolean'): Shape {
  return (value, path) => {
    if (typeof value !== type) refuse(path, `must be a ${type}`);
  };
}

function asObject(value: unknown, path: string): Record<string, unknown> {
  if (value === null || typeof value !== 'object' || Array.isArray(value)) {
    return refuse(path, 'must be an object');
  }
  return value as Record<string, unknown>;
}

function faultOf(shape: Shape, value: unknown, path: string): string | undefined {
  try {
    shape(value, path);
    return undefined;
  } catch (error) {
    if (error instanceof ShapeError) return error.message;
    throw error;
  }
}

function refuse(path: string, what: string): never {
  throw new ShapeError(`${path} ${what}`);
}
