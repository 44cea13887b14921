// Owns tests of binary vectors: lists of numbers of one type, as binary data of subtype 9. Source:
// the BSON binary vector specification. The types are js-bson's for every client.

import { isDeepStrictEqual } from 'node:util';
import { BSON } from 'mongodb';
import { Mismatch, expectThat } from './fault.ts';
import { PASSED, failed, skipped, type Verdict } from './row.ts';
import type { Codec } from './subject.ts';

const { Binary } = BSON;
type Binary = BSON.Binary;

interface VectorFile {
  readonly test_key: string;
  readonly tests: readonly VectorCase[];
}

interface VectorCase {
  readonly description: string;
  readonly valid: boolean;
  /** Numbers, of Extended JSON's types where JSON has none. */
  readonly vector?: readonly unknown[];
  readonly dtype_hex: string;
  readonly padding?: number;
  readonly canonical_bson?: string;
}

const INT8 = '0x03';
const FLOAT32 = '0x27';

export function runBinaryVectors(
  content: unknown,
  codec: Codec,
  report: (test: string, verdict: Verdict) => void
): void {
  const { tests, test_key: key } = content as VectorFile;
  for (const one of tests) {
    try {
      report(
        one.description,
        one.valid ? checkValid(one, key, codec) : checkInvalid(one, key, codec)
      );
    } catch (error) {
      report(one.description, failed(error));
    }
  }
}

function checkValid(one: VectorCase, key: string, codec: Codec): Verdict {
  const bytes = Buffer.from(one.canonical_bson!, 'hex');
  const written = Buffer.from(codec.encode({ [key]: toBinary(one) }));
  expectThat(written.equals(bytes), `written as ${written.toString('hex')}`);
  const found = toNumbers(codec.decode(bytes)[key] as Binary, one.dtype_hex);
  const wanted = numbers(one);
  expectThat(isDeepStrictEqual(found, wanted), `read as ${found.join()}, not ${wanted.join()}`);
  return PASSED;
}

/** What is wrong is the bytes, the padding, or numbers that do not fit. */
function checkInvalid(one: VectorCase, key: string, codec: Codec): Verdict {
  const { canonical_bson: hex, dtype_hex: type } = one;
  if (hex !== undefined) {
    const bytes = Buffer.from(hex, 'hex');
    mustThrow(() => toNumbers(codec.decode(bytes)[key] as Binary, type), 'read');
  }
  if (one.vector !== undefined && isPacked(type) && fits(one)) {
    mustThrow(() => codec.encode({ [key]: toBinary(one) }), 'written');
  }
  // The others are made from typed arrays, which have no padding and hold nothing that does not fit.
  return hex === undefined && !fits(one) ? skipped('no typed array holds such numbers') : PASSED;
}

function mustThrow(work: () => unknown, what: string): void {
  try {
    work();
  } catch {
    return;
  }
  throw new Mismatch(`an invalid vector was ${what}`);
}

function isPacked(type: string): boolean {
  return type !== INT8 && type !== FLOAT32;
}

function numbers({ vector = [], dtype_hex: type }: VectorCase): number[] {
  const values = vector.map(Number);
  return type === FLOAT32 ? [...Float32Array.from(values)] : values;
}

function fits(one: VectorCase): boolean {
  if (one.dtype_hex === FLOAT32) return true;
  const [min, max] = one.dtype_hex === INT8 ? [-128, 127] : [0, 255];
  return numbers(one).every(value => Number.isInteger(value) && value >= min && value <= max);
}

function toBinary(one: VectorCase): Binary {
  const values = numbers(one);
  if (one.dtype_hex === INT8) return Binary.fromInt8Array(Int8Array.from(values));
  if (one.dtype_hex === FLOAT32) return Binary.fromFloat32Array(Float32Array.from(values));
  return Binary.fromPackedBits(Uint8Array.from(values), one.padding);
}

function toNumbers(binary: Binary, type: string): number[] {
  if (type === INT8) return [...binary.toInt8Array()];
  return type === FLOAT32 ? [...binary.toFloat32Array()] : [...binary.toPackedBits()];
}
