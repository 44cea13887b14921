// Owns BSON values as bytes, of every type, with what is odd about each. Must not know where in a
// document they stand.

import type { Random } from './random.ts';

/** Type bytes of the values that hold no documents. */
export const SCALARS = [
  0x01, 0x02, 0x05, 0x06, 0x07, 0x08, 0x09, 0x0a, 0x0b, 0x0c, 0x0d, 0x0e, 0x10, 0x11, 0x12, 0x13,
  0x7f, 0xff
] as const;

const TEXTS = [
  '',
  'a',
  'ab',
  'abc',
  'abcd',
  'a twelve byt',
  'thirteen byte',
  'with\0zero',
  'Zürich',
  'ж',
  '日本語のテキスト',
  '😀 and more',
  '\ufffd',
  'long enough and \ufffd replaced',
  '\ufeffmarked',
  'x'.repeat(300),
  'é'.repeat(700),
  'y'.repeat(1_023),
  'z'.repeat(1_100),
  'w'.repeat(5_000)
];
const BROKEN = [
  [0xff],
  [0xc3],
  [0x61, 0xc3, 0x28],
  [0xed, 0xa0, 0x80],
  [0xf0, 0x9f, 0x98],
  [0xc0, 0x80]
];
const DOUBLES = [0, -0, 1, -1.5, NaN, Infinity, -Infinity, 5e-324, 1.7e308, 2 ** 53, 0.1];
const LONGS = [
  0n,
  1n,
  -1n,
  2n ** 53n,
  2n ** 53n - 1n,
  2n ** 53n + 1n,
  -(2n ** 53n),
  -(2n ** 53n) - 1n
];
const LIMITS = [
  2n ** 63n - 1n,
  -(2n ** 63n),
  2n ** 32n,
  -(2n ** 32n),
  2n ** 31n,
  -(2n ** 31n) - 1n
];
const DATES = [0n, 1_700_000_000_000n, -1n, 8_640_000_000_000_000n, 8_640_000_000_000_001n];
const PATTERNS = ['', 'a+', '^x', '(', '[a-z]*', 'ü', '\\d{2}', '/'];
const FLAGS = ['', 'i', 'im', 'imsx', 's', 'ii', 'u', 'l', 'é'];

/** A string's bytes; not UTF-8 now and then. */
export function text(random: Random): Buffer {
  if (random.once(60)) return Buffer.from(random.pick(BROKEN));
  if (random.once(3)) return Buffer.from(`value ${random.below(1e6)}`);
  // The long ones are rarer, for they take the time of many short ones.
  return Buffer.from(TEXTS[random.below(random.once(12) ? TEXTS.length : TEXTS.length - 5)]!);
}

/** The value of a type byte of {@link SCALARS}. */
export function scalar(type: number, random: Random): Buffer {
  switch (type) {
    case 0x01:
      return double(random.once(2) ? random.pick(DOUBLES) : random.next() * 1e6);
    case 0x02:
    case 0x0d:
    case 0x0e:
      return string(text(random));
    case 0x05:
      return binary(random);
    case 0x07:
      return random.bytes(12);
    case 0x08:
      return Buffer.from([random.once(40) ? random.below(256) : random.below(2)]);
    case 0x09:
      return long(random.pick(random.once(8) ? LIMITS : DATES));
    case 0x0b:
      return Buffer.from(`${random.pick(PATTERNS)}\0${random.pick(FLAGS)}\0`);
    case 0x0c:
      return Buffer.concat([
        string(Buffer.from(random.pick(['db.c', 'c', 'a.b.c']))),
        random.bytes(12)
      ]);
    case 0x10:
      return int32(random.once(3) ? random.below(2 ** 32) | 0 : random.below(100));
    case 0x11:
      return random.bytes(8);
    case 0x12:
      return long(random.pick(random.once(2) ? LONGS : LIMITS));
    case 0x13:
      return random.bytes(16);
    default:
      return Buffer.alloc(0);
  }
}

function binary(random: Random): Buffer {
  const subType = random.pick([0, 0, 1, 2, 3, 4, 4, 5, 6, 7, 9, 128, 255]);
  const size = random.pick([0, 1, 4, 16, 16, 40]);
  const bytes = random.bytes(size);
  if (subType !== 2) return Buffer.concat([int32(size), Buffer.from([subType]), bytes]);
  const inner = random.once(10) ? random.below(64) : size;
  return Buffer.concat([int32(size + 4), Buffer.from([subType]), int32(inner), bytes]);
}

/** A string with its length before it and a zero behind it. */
export function string(bytes: Uint8Array): Buffer {
  return Buffer.concat([int32(bytes.length + 1), bytes, Buffer.alloc(1)]);
}

export function int32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeInt32LE(value);
  return bytes;
}

function double(value: number): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeDoubleLE(value);
  return bytes;
}

export function long(value: bigint): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeBigInt64LE(value);
  return bytes;
}
