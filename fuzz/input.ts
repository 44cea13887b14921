// Owns JavaScript values of every sort that a user might have written: common ones mostly, and what
// is odd about the others. Must not know who writes them.

import type { Document } from 'bson';
import type { Random } from './random.ts';

type Classes = typeof import('bson');

const KEYS = [
  ...['_id', 'a', 'b', 'name', 'createdAt', 'a rather long key of many words, longer than forty'],
  ...['', '0', '1', '10', '-1', '4294967295', '__proto__', 'constructor', 'toString', 'length'],
  ...['with.dot', '$ref', '$id', '$db', '$clusterTime', '$other', '$', 'größe', '名前', '😀'],
  ...['\ud800', 'é'.repeat(50), 'é'.repeat(7), 'é'.repeat(8), 'k'.repeat(300)],
  ...[3, 4, 7, 8, 11, 12, 14, 15, 16, 19, 20, 21].map(length => 'k'.repeat(length))
];
const TEXTS = [
  ...['', 'a', 'abc', 'with\0zero', 'Zürich', 'ж', '日本語', '😀 and more', '\ud800', 'x\udfff'],
  ...['y'.repeat(19), 'y'.repeat(20), 'y'.repeat(21), `${'y'.repeat(19)}é`, `é${'y'.repeat(80)}`],
  ...['z'.repeat(300), 'é'.repeat(700), '\u{1f600}'.repeat(100), 'w'.repeat(5_000)]
];
const PATTERNS = ['', 'a+b', '^a', 'grö+', '/', '\ud800', 'p'.repeat(25), 'é'.repeat(200)];
const NUMBERS = [
  ...[0, -0, 1, -1, 1.5, NaN, Infinity, -Infinity, 5e-324, 1.7e308, 2 ** 31 - 1, 2 ** 31],
  ...[-(2 ** 31), -(2 ** 31) - 1, 2 ** 32, 2 ** 53, 2 ** 53 + 2, 2 ** 63, 0.1]
];
const BIGINTS = [
  0n,
  1n,
  -1n,
  2n ** 63n - 1n,
  -(2n ** 63n),
  2n ** 63n,
  2n ** 64n + 5n,
  -(2n ** 70n)
];
const TIMES = [0, -1, 1.7e12, -1.7e12, 8.64e15, -8.64e15, NaN, 2 ** 32, -(2 ** 32), 2 ** 31];

/** A value's surroundings while it is made. */
interface Making {
  readonly random: Random;
  readonly classes: Classes;
  readonly input: { calls: number };
  /** Objects that were made already: held twice, or by themselves. */
  readonly made: object[];
  /** Keys, in their order, that many objects of many documents have. */
  readonly layouts: ReadonlyArray<readonly string[]>;
}

/** Lists of keys for {@link anyDocument}. */
export function anyLayouts(random: Random): string[][] {
  return Array.from({ length: 3 }, () => {
    const count = random.once(20) ? 60 : random.below(9);
    return [...new Set(Array.from({ length: count }, () => key(random)))];
  });
}

/**
 * A document, and a count of the calls that writing it makes.
 * @param layouts - what keys its objects have, mostly
 */
export function anyDocument(
  random: Random,
  classes: Classes,
  layouts: ReadonlyArray<readonly string[]>
): { document: object; calls: number } {
  const input = { document: {} as object, calls: 0 };
  const making = { random, classes, input, made: [], layouts };
  input.document = random.once(40) ? (any(making, 1) as object) : object(making, 0);
  return input;
}

function any(making: Making, depth: number): unknown {
  const { random } = making;
  if (depth < 5 && random.once(5)) return nested(making, depth);
  switch (random.below(random.once(3) ? 12 : 7)) {
    case 0:
    case 1:
      return random.once(2) ? `value ${random.below(1e6)}` : random.pick(TEXTS);
    case 2:
    case 3:
      return random.once(2) ? random.below(1_000) : random.pick(NUMBERS);
    case 4:
      return random.pick([true, false, null, undefined]);
    case 5:
      return new making.classes.ObjectId(random.bytes(12));
    case 6:
      return new Date(random.pick(TIMES));
    case 7:
      return random.pick(BIGINTS);
    case 8:
    case 9:
      return tagged(making, depth);
    default:
      return odd(making, depth);
  }
}

function nested(making: Making, depth: number): unknown {
  const { random, made } = making;
  if (made.length > 0 && random.once(25)) return random.pick(made);
  switch (random.below(10)) {
    case 0:
    case 1:
    case 2: {
      const array: unknown[] = [];
      made.push(array);
      const count = random.once(20) ? 120 : random.below(5);
      for (let i = 0; i < count; i++) array.push(any(making, depth + 1));
      if (random.once(20)) array[array.length + 3] = 'after a gap';
      return array;
    }
    case 3: {
      const map = new Map<unknown, unknown>();
      made.push(map);
      for (let i = random.below(5); i > 0; i--) map.set(key(random), any(making, depth + 1));
      if (random.once(15)) map.set(random.pick([Symbol('s'), 5, null, {}]), 1);
      return map;
    }
    default:
      return object(making, depth);
  }
}

function object(making: Making, depth: number): object {
  const { random, made, input } = making;
  const result = random.once(15) ? (Object.create(null) as object) : new (random.pick(CLASSES))();
  made.push(result);
  for (const name of keysOf(making, depth)) {
    const value = any(making, depth + 1);
    const enumerable = !random.once(60);
    if (random.once(60)) {
      const meddles = random.once(3);
      const get = () => {
        input.calls++;
        if (value === 'value 7') throw new RangeError('by a getter');
        if (meddles) meddle(result as Record<string, unknown>);
        return value;
      };
      Object.defineProperty(result, name, { get, enumerable, configurable: true });
    } else if (enumerable && name !== '__proto__' && !Object.hasOwn(result, name)) {
      // As the next, and many times quicker.
      (result as Document)[name] = value;
    } else {
      Object.defineProperty(result, name, {
        value,
        enumerable,
        configurable: true,
        writable: true
      });
    }
  }
  if (random.once(25)) addToBSON(result, making, depth);
  if (random.once(100)) (result as Record<symbol, unknown>)[Symbol.toStringTag] = oddTag(random);
  if (random.once(100)) return new Proxy(result, {});
  return result;
}

/** Those of a layout, or nearly; or any. */
function keysOf({ random, layouts }: Making, depth: number): string[] {
  // Many values in each of many values would be too many.
  if (random.once(3) || depth > 2) {
    return Array.from({ length: random.once(50) ? 100 : random.below(8) }, () => key(random));
  }
  const keys = [...random.pick(layouts)];
  if (random.once(8)) keys.splice(random.below(keys.length + 1), 1);
  if (random.once(8)) keys.splice(random.below(keys.length + 1), 0, key(random));
  if (random.once(12)) keys.reverse();
  return keys;
}

/** What a getter may do to the others: the last key goes, the one before it changes, one comes. */
function meddle(object: Record<string, unknown>): void {
  const keys = Object.keys(object);
  Reflect.deleteProperty(object, keys.at(-1)!);
  Reflect.set(object, keys.at(-2) ?? 'a', 5);
  Reflect.set(object, 'new', 6);
}

class Point {
  x = 1;
}
class Inheriting extends Point {
  get computed() {
    return 2;
  }
}
/** Has properties that are enumerable and not the object's own. */
class Cluttered {
  own = 3;
}
Object.assign(Cluttered.prototype, { inherited: 1, a: 2 });

const CLASSES = [Object, Object, Object, Object, Object, Object, Point, Inheriting, Cluttered];

function oddTag(random: Random): string {
  return random.pick(['Date', 'Map', 'RegExp', 'Uint8Array', 'Array', 'Object', 'Other']);
}

function addToBSON(target: object, making: Making, depth: number): void {
  const result = making.random.once(4) ? target : any(making, depth + 2);
  const toBSON = () => {
    making.input.calls++;
    if (result === 'value 8') throw new TypeError('by toBSON');
    return result;
  };
  Object.defineProperty(target, 'toBSON', { value: toBSON, configurable: true });
}

function key(random: Random): string {
  if (random.once(300)) return 'zero\0in it';
  return random.once(3) ? `key${random.below(100)}` : random.pick(KEYS);
}

function tagged(making: Making, depth: number): unknown {
  const { random, classes } = making;
  const bytes = random.bytes(random.pick([0, 1, 12, 16, 17, 40]));
  switch (random.below(16)) {
    case 0:
      return classes.Long.fromBigInt(random.pick(BIGINTS));
    case 1:
      return new classes.Timestamp({ t: random.below(2 ** 32), i: random.below(2 ** 32) });
    case 2:
      return new classes.Double(random.pick(NUMBERS));
    case 3:
      return new classes.Int32(random.pick(NUMBERS));
    case 4:
      return new classes.Decimal128(random.bytes(16));
    case 5:
      return new classes.Binary(bytes, random.pick([0, 1, 2, 3, 4, 5, 6, 7, 9, 128]));
    case 6: {
      const growing = new classes.Binary();
      growing.put(7);
      return growing;
    }
    case 7:
      return new classes.UUID(random.bytes(16));
    case 8:
      return new classes.Code(random.pick(TEXTS), scope(making, depth));
    case 9:
      return new classes.DBRef(
        'c',
        new classes.ObjectId(random.bytes(12)),
        random.once(2) ? 'db' : undefined,
        object(making, depth + 1)
      );
    case 10:
      return random.pick([new classes.MinKey(), new classes.MaxKey()]);
    case 11:
      return new classes.BSONSymbol(random.pick(TEXTS));
    case 12:
      return new classes.BSONRegExp(random.pick(PATTERNS), random.pick(['', 'i', 'mi', 'xuil']));
    case 13:
      return overridden(making);
    case 14: {
      const version = Symbol.for('@@mdb.bson.version');
      const type = random.pick(['ObjectId', 'Long', 'Unknown', 5, 'Binary', 'Double']);
      return { _bsontype: type, ...(random.once(2) && { [version]: 7 }), value: 1 };
    }
    default: {
      const id = new classes.ObjectId(random.bytes(12));
      if (random.once(4)) addToBSON(id, making, depth);
      return id;
    }
  }
}

/** A scope is a document mostly, and anything that js-bson takes for one. */
function scope(making: Making, depth: number): Document | undefined {
  const { random } = making;
  if (random.once(2)) return undefined;
  return (random.once(3) ? nested(making, depth + 1) : object(making, depth + 1)) as Document;
}

/** A value of a class that says it is of another, or of another version. */
function overridden({ random, classes }: Making): unknown {
  const value = new classes.Long(5);
  const name = random.pick(['_bsontype', Symbol.for('@@mdb.bson.version')]);
  Object.defineProperty(value, name, { value: random.pick([5, 'Timestamp', 'Unknown', null]) });
  return value;
}

function odd(making: Making, depth: number): unknown {
  const { random } = making;
  const bytes = random.bytes(random.pick([0, 1, 16, 17, 100]));
  switch (random.below(16)) {
    case 0:
      return new RegExp(random.pick(PATTERNS), random.pick(['', 'g', 'i', 'm', 'gimsuy']));
    case 1:
      return oddExpression(random);
    case 2:
      return bytes;
    case 3:
      return new Uint8Array(bytes);
    case 4:
      return new Uint8Array(bytes).buffer;
    case 5:
      return new Float64Array([1, 2]);
    case 6:
      return Symbol('symbol');
    case 7:
      return function named() {
        return 1;
      };
    case 8: {
      const callable = () => 2;
      addToBSON(callable, making, depth);
      return callable;
    }
    case 9:
      return random.pick([Object(5), Object('text'), Object(true), Object(5n)]);
    case 10:
      return new Error('an error');
    case 11:
      return new Set([1, 2]);
    case 12:
      return Object.setPrototypeOf(new Date(5), Object.prototype) as object;
    case 13:
      return Object.setPrototypeOf([1, 2], null) as object;
    case 14: {
      const date = new Date(0);
      const time = random.pick([1.5, -1.5, 2 ** 60, 5]);
      date.getTime = () => time;
      return date;
    }
    default: {
      let inner: object = {};
      for (let i = random.pick([10, 62, 63, 64, 65, 66, 200]); i > 0; i--) inner = { i: inner };
      return inner;
    }
  }
}

/** One that js-bson refuses, one of a class of its own, one whose pattern is no string. */
function oddExpression(random: Random): RegExp {
  const result = new (random.pick([RegExp, Expression]))(random.pick(['\0', 'a']), 'g');
  if (random.once(3)) Object.defineProperty(result, 'source', { value: random.pick([5, '', 'b']) });
  return result;
}

class Expression extends RegExp {}
