// Owns documents that resemble each other, as those of a collection do: a template, and documents
// made after it that differ in values, sometimes in types, sometimes in keys. Must not know who
// reads them.

import type { Random } from './random.ts';
import { int32, scalar, SCALARS, string, text } from './value.ts';

const DOCUMENT = 0x03;
const ARRAY = 0x04;
const CODE_WITH_SCOPE = 0x0f;
/** Types that hold documents, the common ones more often. */
const NESTING = [DOCUMENT, DOCUMENT, ARRAY, ARRAY, CODE_WITH_SCOPE] as const;

const KEYS = [
  '_id',
  'a',
  'b',
  'ab',
  'abc',
  'abcd',
  'abcde',
  'name',
  'email',
  'createdAt',
  'a rather long key of many words',
  '',
  '0',
  '1',
  '10',
  '-1',
  '4294967295',
  '01',
  '__proto__',
  'constructor',
  'toString',
  'hasOwnProperty',
  'with.dot',
  "quo'te",
  'dou"ble',
  'back\\slash',
  'new\nline',
  '${x}',
  '`',
  '\u2028',
  '*/',
  'größe',
  '名前',
  '😀',
  '$ref',
  '$id',
  '$db',
  '$other',
  '$',
  'x'.repeat(70)
];

interface Field {
  readonly key: Buffer;
  readonly type: number;
  /** Of a document; of an array's elements, which are documents then. */
  readonly nested?: Template;
  /** Of an array's elements. */
  readonly of?: number;
}

export class Template {
  readonly #fields: readonly Field[];

  constructor(random: Random, depth = 0) {
    const count = random.once(100) ? random.below(400) : random.below(depth === 0 ? 12 : 6);
    const isReference = random.once(15);
    const keys = isReference ? referenceKeys(random) : undefined;
    this.#fields = Array.from({ length: keys?.length ?? count }, (_, i) => {
      const type = keys?.[i] === '$ref' ? 0x02 : anyType(random, depth);
      const isNested = type === DOCUMENT || type === ARRAY || type === CODE_WITH_SCOPE;
      return {
        key: keys === undefined ? anyKey(random) : Buffer.from(keys[i]!),
        type,
        ...(isNested && { nested: new Template(random, depth + 1) }),
        ...(type === ARRAY && { of: anyType(random, depth + 1) })
      };
    });
  }

  /** One document after it. */
  document(random: Random, depth = 0): Buffer {
    const elements: Buffer[] = [];
    for (const field of this.#fields) {
      if (random.once(60)) continue;
      const deviates = random.once(40);
      const type = deviates ? random.pick(SCALARS) : field.type;
      const key = random.once(200) ? anyKey(random) : field.key;
      elements.push(
        element(type, key, deviates ? scalar(type, random) : valueOf(field, random, depth))
      );
    }
    if (random.once(100)) elements.push(element(0x0a, anyKey(random), Buffer.alloc(0)));
    return framed(elements);
  }
}

/** The keys of a reference, and now and then more of them, or less. */
function referenceKeys(random: Random): string[] {
  const keys = ['$ref', '$id', '$db', 'extra'].slice(0, 1 + random.below(4));
  if (random.once(4)) keys.splice(random.below(keys.length), 0, random.pick(KEYS));
  return keys;
}

function valueOf(field: Field, random: Random, depth: number): Buffer {
  switch (field.type) {
    case DOCUMENT:
      return field.nested!.document(random, depth + 1);
    case ARRAY:
      return array(field, random, depth);
    case CODE_WITH_SCOPE: {
      const code = string(text(random));
      const scope = field.nested!.document(random, depth + 1);
      return Buffer.concat([int32(4 + code.length + scope.length), code, scope]);
    }
    default:
      return scalar(field.type, random);
  }
}

/** Elements of one type, mostly, and now and then with keys that are no indexes. */
function array(field: Field, random: Random, depth: number): Buffer {
  const count = random.once(40) ? 120 : random.below(5);
  const elements = Array.from({ length: count }, (_, i) => {
    const key = random.once(100) ? anyKey(random) : Buffer.from(String(i));
    const type = random.once(30) ? random.pick(SCALARS) : field.of!;
    if (type === DOCUMENT) return element(type, key, field.nested!.document(random, depth + 1));
    return type === ARRAY || type === CODE_WITH_SCOPE
      ? element(ARRAY, key, framed([]))
      : element(type, key, scalar(type, random));
  });
  return framed(elements);
}

function anyType(random: Random, depth: number): number {
  if (depth < 4 && random.once(5)) return random.pick(NESTING);
  // The common ones more often than the rest.
  return random.once(3)
    ? random.pick(SCALARS)
    : random.pick([0x01, 0x02, 0x02, 0x07, 0x08, 0x09, 0x10, 0x12]);
}

function anyKey(random: Random): Buffer {
  if (random.once(80)) return Buffer.from([0x61, 0xff, 0x62]);
  return Buffer.from(random.once(8) ? `key${random.below(100)}` : random.pick(KEYS));
}

function element(type: number, key: Buffer, value: Buffer): Buffer {
  return Buffer.concat([Buffer.from([type]), key, Buffer.alloc(1), value]);
}

function framed(elements: readonly Buffer[]): Buffer {
  const body = Buffer.concat(elements);
  return Buffer.concat([int32(body.length + 5), body, Buffer.alloc(1)]);
}

/** A document in a document, and so on. */
export function nest(depth: number): Buffer {
  let inner = framed([]);
  for (let i = 0; i < depth; i++) inner = framed([element(DOCUMENT, Buffer.from('a'), inner)]);
  return inner;
}
