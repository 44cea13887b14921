// Owns documents for comparing JSON: BSON bytes out of a seed, with everything that JavaScript makes
// special of keys and values. Must not know who reads them.

import { Random } from './random.ts';
import { int32, long, string } from './value.ts';

const MAX_DEPTH = 5;

const KEYS = [
  ...['a', 'b', 'c', 'name', 'address', 'created_at', 'a longer key than most', 'toJSON', ''],
  ...['0', '1', '9', '10', '4294967294', '4294967295', '01', '-1', '1.5', '99999999999'],
  ...['__proto__', 'constructor', '$x', 'ü', '日本', '"', 'back\\slash', 'line\nbreak', '\u2028']
].map(key => Buffer.from(key));
const INVALID_KEYS = [[0xff], [0xfe], [0xed, 0xa0, 0x80], [0x61, 0xc3]].map(key =>
  Buffer.from(key)
);
const REFERENCE_KEYS = ['$ref', '$id', '$db', '$ref', '$id', 'a', '1', '__proto__'].map(key =>
  Buffer.from(key)
);

const STRINGS = [
  ...['', 'plain', 'x'.repeat(100), '"quoted"', 'back\\slash', '\b\t\n\f\r', '\u0000\u001f\u007f'],
  ...['grüße', '日本語', '\u{1f600} emoji', '\ufeffmark', '\ufffd', '\u2028\u2029', 'a.b', 'a.b.c'],
  `${'long ascii '.repeat(20)}"`
].map(text => Buffer.from(text));
const INVALID_STRINGS = [[0xff], [0xed, 0xa0, 0x80], [0x61, 0xe2, 0x82], [0xc0, 0x80]].map(text =>
  Buffer.from(text)
);

const PATTERNS = ['', 'a/b', '[/]', 'a\\/b', '^x$', '\\d+', 'a\nb', 'ü\u2028', '[[/]/', '\\\\/'];
const REGEXP_OPTIONS = ['', 'i', 'm', 'im', 'x', 'imx', 'u'];

const DOUBLES = [0, -0, 1, -1, 0.1, 1.5, 1e-6, 1e-7, 1e15, 1e16, 1e20, 1e21, 2 ** 53, -(2 ** 63)];
const MORE_DOUBLES = [
  2 ** 31,
  2 ** 31 - 1,
  5e-324,
  1.7976931348623157e308,
  NaN,
  Infinity,
  -Infinity
];
const LONGS = [0n, 1n, -1n, 2n ** 53n, 2n ** 53n + 1n, -(2n ** 53n), -(2n ** 53n) - 1n, 2n ** 31n];
const TIMES = [0n, -1n, 1000n, 253402300799999n, 253402300800000n, -62167219200001n, 2n ** 62n];
const MORE_TIMES = [8640000000000000n, 8640000000000001n, -8640000000000000n, -8640000000000001n];

/** Documents from one seed; with `faults`, some that js-bson or `EJSON` refuses. */
export class Documents {
  readonly #random: Random;
  readonly #faults: boolean;

  constructor(seed: number, faults: boolean) {
    this.#random = new Random(seed);
    this.#faults = faults;
  }

  next(): Buffer {
    return this.#document(0);
  }

  #faulty(): boolean {
    return this.#faults && this.#random.below(40) === 0;
  }

  #document(depth: number): Buffer {
    const reference = this.#random.below(8) === 0;
    const count =
      this.#random.below(50) === 0 ? 80 + this.#random.below(40) : this.#random.below(9);
    const elements: Buffer[] = [];
    for (let i = 0; i < count; i++) {
      const key = reference ? this.#random.pick(REFERENCE_KEYS) : this.#key(i);
      elements.push(this.#element(key, depth, reference));
    }
    return framed(elements);
  }

  #key(index: number): Buffer {
    if (this.#faulty()) return Buffer.from('_bsontype');
    const kind = this.#random.below(30);
    if (kind === 0) return this.#random.pick(INVALID_KEYS);
    // Many keys of their own, so that most documents are ordinary.
    return kind < 15 ? Buffer.from(`field${index}`) : this.#random.pick(KEYS);
  }

  #element(key: Buffer, depth: number, reference: boolean): Buffer {
    let [type, value] = this.#value(depth);
    const name = key.toString();
    if (reference && (name === '$ref' || name === '$db') && this.#random.below(4) > 0) {
      [type, value] = [0x02, this.#string()];
    }
    // What an instance of a class does as the prototype of a DBRef's JSON is left out.
    if (reference && name === '__proto__') [type, value] = [0x10, Buffer.alloc(4, 1)];
    return Buffer.concat([Buffer.from([type]), key, ZERO, value]);
  }

  #array(depth: number): Buffer {
    const length = this.#random.below(6);
    return framed(
      Array.from({ length }, (_, i) => {
        const [type, value] = this.#value(depth);
        return Buffer.concat([Buffer.from([type]), Buffer.from(String(i)), ZERO, value]);
      })
    );
  }

  /** A type and a value's bytes; those of most documents more often. */
  #value(depth: number): [type: number, value: Buffer] {
    const nests = depth < MAX_DEPTH;
    switch (this.#random.below(nests ? 34 : 28)) {
      case 0:
      case 1:
      case 2:
        return [0x01, this.#double()];
      case 3:
        return [0x07, this.#random.bytes(12)];
      case 4:
        return [0x08, Buffer.from([this.#random.below(2)])];
      case 5:
      case 6:
        return [0x09, long(this.#time())];
      case 7:
        return [0x0a, NOTHING];
      case 8:
        return [0x06, NOTHING];
      case 9:
        return [0x0b, this.#regexp()];
      case 10:
        return [0x0c, Buffer.concat([this.#string(), this.#random.bytes(12)])];
      case 11:
        return [0x0d, this.#string()];
      case 12:
        return [0x0e, this.#string()];
      case 13:
      case 14:
        return [
          0x10,
          this.#random.below(2) ? int32(this.#random.below(200) - 100) : this.#random.bytes(4)
        ];
      case 15:
        return [0x11, this.#random.bytes(8)];
      case 16:
      case 17:
        return [
          0x12,
          this.#random.below(2) ? long(this.#random.pick(LONGS)) : this.#random.bytes(8)
        ];
      case 18:
        return [0x13, this.#decimal()];
      case 19:
        return [this.#random.pick([0xff, 0x7f]), NOTHING];
      case 20:
      case 21:
        return [0x05, this.#binary()];
      case 28:
        return [0x0f, this.#codeWithScope(depth)];
      case 29:
      case 30:
        return [0x04, this.#array(depth + 1)];
      case 31:
      case 32:
      case 33:
        return [0x03, this.#document(depth + 1)];
      default:
        return [0x02, this.#string()];
    }
  }

  #string(): Buffer {
    const text = this.#faulty() ? this.#random.pick(INVALID_STRINGS) : this.#random.pick(STRINGS);
    return string(text);
  }

  #double(): Buffer {
    const kind = this.#random.below(5);
    if (kind === 0) return this.#random.bytes(8);
    const bytes = Buffer.alloc(8);
    if (kind === 1) bytes.writeDoubleLE(this.#random.pick(DOUBLES));
    else if (kind === 2) bytes.writeDoubleLE(this.#random.pick(MORE_DOUBLES));
    else if (kind === 3) bytes.writeDoubleLE(this.#random.below(100_000) / 100);
    else bytes.writeDoubleLE((this.#random.next() - 0.5) * 10 ** (this.#random.below(60) - 30));
    return bytes;
  }

  #time(): bigint {
    const kind = this.#random.below(6);
    if (kind === 0) return this.#random.pick(TIMES);
    if (kind === 1) return this.#random.pick(MORE_TIMES);
    if (kind === 2) return this.#random.bytes(8).readBigInt64LE();
    return BigInt(this.#random.below(2 ** 46) - 2 ** 44);
  }

  /** Any bits, or an exponent that people use. */
  #decimal(): Buffer {
    const bytes = this.#random.bytes(16);
    if (this.#random.below(2)) return bytes;
    bytes.fill(0, 4 + this.#random.below(10), 14);
    bytes.writeUInt16LE(((6176 + this.#random.below(60) - 40) << 1) & 0x7fff, 14);
    return bytes;
  }

  #binary(): Buffer {
    const subtype = this.#random.pick([0, 1, 2, 3, 4, 4, 5, 9, 9, 128]);
    const data = this.#random.bytes(this.#random.below(3) ? 16 : this.#random.below(40));
    // A vector of bytes; a single byte is none, unless it is of no type.
    if (subtype === 9 && !this.#faulty()) data.set(data.length > 1 ? [0x03, 0] : data.map(() => 0));
    const whole = subtype === 2 ? Buffer.concat([int32(data.length), data]) : data;
    const size = int32(whole.length);
    return Buffer.concat([size, Buffer.from([subtype]), whole]);
  }

  /** EJSON takes `s` for an option that BSON has not. */
  #regexp(): Buffer {
    const options = this.#faulty() ? 'is' : this.#random.pick(REGEXP_OPTIONS);
    return Buffer.from(`${this.#random.pick(PATTERNS)}\0${options}\0`);
  }

  #codeWithScope(depth: number): Buffer {
    const [code, scope] = [this.#string(), this.#document(depth + 1)];
    return Buffer.concat([int32(4 + code.length + scope.length), code, scope]);
  }
}

const ZERO = Buffer.alloc(1);
const NOTHING = Buffer.alloc(0);

/** Elements as a document. */
export function framed(elements: readonly Buffer[]): Buffer {
  const body = Buffer.concat([...elements, ZERO]);
  return Buffer.concat([int32(body.length + 4), body]);
}

/** `{ _id, v: document }`. */
export function numbered(id: number, document: Buffer): Buffer {
  return framed([
    Buffer.concat([Buffer.from('\x10_id\0'), int32(id)]),
    Buffer.concat([Buffer.from('\x03v\0'), document])
  ]);
}
