// Owns the BSON corpus: bytes and Extended JSON, there and back through the tested client's codec.
// Source: the BSON corpus specification. Must not know whose codec it is.

import { isDeepStrictEqual } from 'node:util';
import { BSON, type Document } from 'mongodb';
import { Mismatch, expectThat } from './fault.ts';
import { PASSED, failed, skipped, type Verdict } from './row.ts';
import type { Codec } from './subject.ts';

const { Decimal128, EJSON } = BSON;

interface CorpusFile {
  readonly bson_type: string;
  readonly test_key?: string;
  readonly deprecated?: boolean;
  readonly valid?: readonly ValidCase[];
  readonly decodeErrors?: ReadonlyArray<{ description: string; bson: string }>;
  readonly parseErrors?: ReadonlyArray<{ description: string; string: string }>;
}

interface ValidCase {
  readonly description: string;
  readonly canonical_bson: string;
  readonly canonical_extjson: string;
  readonly relaxed_extjson?: string;
  readonly degenerate_bson?: string;
  readonly degenerate_extjson?: string;
  readonly converted_bson?: string;
  readonly converted_extjson?: string;
  /** Not every value survives: floating point or duplicate keys. */
  readonly lossy?: boolean;
}

/** Bytes of the length that a document starts with. */
const LENGTH = 4;
/** Decimal numbers have a text of their own; everything else is parsed as Extended JSON. */
const DECIMAL = '0x13';
const LENIENT = "excluded: Extended JSON's parser is js-bson's, which takes more than it must";

export function runBsonCorpus(
  content: unknown,
  codec: Codec,
  report: (test: string, verdict: Verdict) => void
): void {
  const file = content as CorpusFile;
  for (const one of file.valid ?? []) {
    report(
      `valid: ${one.description}`,
      attempt(() => checkValid(one, codec))
    );
  }
  for (const { description, bson } of file.decodeErrors ?? []) {
    report(
      `decode error: ${description}`,
      attempt(() => checkRefused(bytesOf(bson), codec))
    );
  }
  for (const { description, string } of file.parseErrors ?? []) {
    const parse = (): void => mustThrow(() => Decimal128.fromString(string));
    const verdict = file.bson_type === DECIMAL ? attempt(parse) : skipped(LENIENT);
    report(`parse error: ${description}`, verdict);
  }
}

function attempt(work: () => void): Verdict {
  try {
    work();
    return PASSED;
  } catch (error) {
    return failed(error);
  }
}

function checkValid(one: ValidCase, codec: Codec): void {
  const { canonical_bson, canonical_extjson, relaxed_extjson, lossy = false } = one;
  const canonical = bytesOf(canonical_bson);
  const fault = codec.fault?.(canonical) ?? null;
  expectThat(fault === null, `valid BSON is refused: ${fault}`);

  const document = codec.decode(canonical);
  sameBytes(codec.encode(document), one, 'canonical BSON, there and back');
  sameJSON(stringify(document), one, 'BSON as canonical Extended JSON');
  checkJSON(canonical_extjson, one, codec);
  if (one.degenerate_extjson !== undefined) checkJSON(one.degenerate_extjson, one, codec);
  if (one.degenerate_bson !== undefined) {
    const degenerate = codec.decode(bytesOf(one.degenerate_bson));
    sameBytes(codec.encode(degenerate), one, 'degenerate BSON made canonical');
  }
  if (relaxed_extjson !== undefined && !lossy) {
    const relaxed = EJSON.stringify(document, { relaxed: true });
    sameText(relaxed, [relaxed_extjson], 'BSON as relaxed Extended JSON');
  }
}

function checkJSON(text: string, one: ValidCase, codec: Codec): void {
  const parsed = EJSON.parse(text, { relaxed: false }) as Document;
  sameJSON(stringify(parsed), one, `${text}, there and back`);
  if (one.lossy !== true) sameBytes(codec.encode(parsed), one, `${text} as BSON`);
}

function checkRefused(bytes: Buffer, codec: Codec): void {
  // Where documents are cut out of replies before they are decoded, the cutter sees to the length.
  const framed = bytes.length >= LENGTH && bytes.readInt32LE(0) === bytes.length;
  if (framed || codec.fault === undefined) mustThrow(() => codec.decode(bytes));
  expectThat(codec.fault?.(bytes) !== null, 'the check of raw documents lets it pass');
}

function mustThrow(work: () => unknown): void {
  let result;
  try {
    result = work();
  } catch {
    return;
  }
  throw new Mismatch(`it was accepted as ${EJSON.stringify(result)}`);
}

function stringify(document: Document): string {
  return EJSON.stringify(document, { relaxed: false });
}

/** A deprecated type may be kept, or converted to the type that took its place: each on its own. */
function sameBytes(actual: Uint8Array, one: ValidCase, what: string): void {
  const wanted = [one.canonical_bson, one.converted_bson ?? []].flat();
  const choices = wanted.map(hex => elements(bytesOf(hex)));
  const found = elements(actual);
  const same = found.every((element, index) => choices.some(list => list[index] === element));
  const hex = Buffer.from(actual).toString('hex');
  expectThat(
    same && found.length === choices[0]!.length,
    `${what}: ${hex}, not ${wanted.join(' or ')}`
  );
}

/** The elements of a document, byte by byte: type, name and value. */
function elements(bytes: Uint8Array): string[] {
  return [...BSON.onDemand.parseToElements(bytes)].map(
    ([type, name, nameLength, start, length]) => {
      const parts = [
        bytes.subarray(name, name + nameLength),
        bytes.subarray(start, start + length)
      ];
      return [String(type), ...parts.map(part => Buffer.from(part).toString('hex'))].join();
    }
  );
}

function sameJSON(actual: string, one: ValidCase, what: string): void {
  sameText(actual, [one.canonical_extjson, one.converted_extjson ?? []].flat(), what);
}

/** Compares the meaning of JSON: escapes and blanks may differ, the order of keys may not. */
function sameText(actual: string, expected: readonly string[], what: string): void {
  const [found, ...choices] = [actual, ...expected].map(text => meaning(JSON.parse(text)));
  const fields = found as unknown[];
  const same = fields.every((field, index) =>
    choices.some(choice => isDeepStrictEqual(field, (choice as unknown[])[index]))
  );
  expectThat(
    same && fields.length === (choices[0] as unknown[]).length,
    `${what}: ${actual}, not ${expected.join(' or ')}`
  );
}

/** Objects as lists of their entries, and numbers by their values. */
function meaning(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(meaning);
  // JSON.stringify writes -0 as 0.
  if (value === 0) return 0;
  if (value === null || typeof value !== 'object') return value;
  return Object.entries(value).map(([key, inner]) => [
    key,
    // There is more than one decimal text for a binary number.
    key === '$numberDouble' ? Number(inner) : meaning(inner)
  ]);
}

function bytesOf(hex: string): Buffer {
  return Buffer.from(hex, 'hex');
}
