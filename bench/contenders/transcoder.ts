// Owns a rival in JavaScript alone: the driver's raw documents written as JSON without making objects.
// It writes what JSON.stringify of the driver's documents gives, with the keys in BSON's order, and
// leaves documents with rarer types to js-bson. Must not know where the documents come from.

import { BSON } from 'mongodb';

/** BSON's type bytes. */
const DOUBLE = 1;
const STRING = 2;
const DOCUMENT = 3;
const ARRAY = 4;
const OBJECT_ID = 7;
const BOOLEAN = 8;
const DATE = 9;
const NULL = 10;
const INT32 = 16;
const INT64 = 18;

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const COLON = 0x3a;
const COMMA = 0x2c;
const OPEN_BRACE = 0x7b;
const CLOSE_BRACE = 0x7d;
const OPEN_BRACKET = 0x5b;
const CLOSE_BRACKET = 0x5d;
const FIRST_PRINTABLE = 0x20;

/** The digits of a byte in hexadecimal, as two characters. */
const HEX = Buffer.from('0123456789abcdef');
/** A document's JSON is at most so many times its BSON: a control character becomes six. */
const MOST_GROWTH = 6;
/** Room beside that for brackets, in bytes. */
const SPARE = 64;
const FIRST_CAPACITY = 64 * 1024;

const DAY_MS = 86_400_000;
const TWO_TO_32 = 2 ** 32;
/** A double's bytes, and the double. */
const doubleBytes = new Uint8Array(8);
const double = new Float64Array(doubleBytes.buffer);

/** A key that was met, and what followed it then: documents of a collection look alike. */
interface Key {
  /** Its bytes, a zero at the end. */
  readonly bytes: Uint8Array;
  /** As JSON, with the colon. */
  readonly json: Uint8Array;
  /** The key after it. */
  next: Key | undefined;
  /** The first key of the document that is its value; a key of no bytes before that. */
  root: Key | undefined;
}

/** Thrown at a type that is left to js-bson. */
const RARE = new Error('This document has a type that is rare');

export class Transcoder {
  /** Stands before the first key of a document. */
  readonly #root: Key = newKey(new Uint8Array(0), '');
  /** The document that is read. */
  #bytes: Uint8Array = new Uint8Array(0);
  /** Where reading goes on, in bytes. */
  #at = 0;
  /** What is written, used again for each result, and its length. */
  #out = Buffer.allocUnsafeSlow(FIRST_CAPACITY);
  #length = 0;
  /** The last date's day since 1970, and how it is written: dates of a collection lie together. */
  #day = Number.NaN;
  #dayText = '';

  /** A JSON array of documents that are BSON, in UTF-8. */
  array(documents: readonly Uint8Array[]): Buffer {
    this.#length = 0;
    this.#out[this.#length++] = OPEN_BRACKET;
    for (let index = 0; index < documents.length; index++) {
      if (index > 0) this.#out[this.#length++] = COMMA;
      this.#append(documents[index]!);
    }
    this.#out[this.#length++] = CLOSE_BRACKET;
    return Buffer.from(this.#out.subarray(0, this.#length));
  }

  /** One document as JSON in UTF-8. */
  document(bytes: Uint8Array): Buffer {
    this.#length = 0;
    this.#append(bytes);
    return Buffer.from(this.#out.subarray(0, this.#length));
  }

  #append(bytes: Uint8Array): void {
    const start = this.#length;
    this.#reserve(bytes.length * MOST_GROWTH);
    this.#bytes = bytes;
    this.#at = 0;
    try {
      this.#document(this.#root);
    } catch (error) {
      if (error !== RARE) throw error;
      const text = JSON.stringify(BSON.deserialize(bytes));
      this.#length = start;
      this.#reserve(Buffer.byteLength(text));
      this.#length += this.#out.write(text, start);
    }
  }

  #reserve(bytes: number): void {
    const needed = this.#length + bytes + SPARE;
    if (needed <= this.#out.length) return;
    const larger = Buffer.allocUnsafeSlow(needed * 2);
    larger.set(this.#out.subarray(0, this.#length));
    this.#out = larger;
  }

  #document(root: Key): void {
    const bytes = this.#bytes;
    const out = this.#out;
    this.#at += 4;
    out[this.#length++] = OPEN_BRACE;
    let key = root;
    for (let type = bytes[this.#at++]!; type !== 0; type = bytes[this.#at++]!) {
      if (key !== root) out[this.#length++] = COMMA;
      key = this.#key(key);
      const { json } = key;
      const to = this.#length;
      for (let byte = 0; byte < json.length; byte++) out[to + byte] = json[byte]!;
      this.#length = to + json.length;
      this.#value(type, key);
    }
    out[this.#length++] = CLOSE_BRACE;
  }

  #array(key: Key): void {
    const bytes = this.#bytes;
    const out = this.#out;
    this.#at += 4;
    out[this.#length++] = OPEN_BRACKET;
    const first = this.#at;
    for (let type = bytes[this.#at++]!; type !== 0; type = bytes[this.#at++]!) {
      if (this.#at > first + 1) out[this.#length++] = COMMA;
      while (bytes[this.#at++] !== 0);
      this.#value(type, key);
    }
    out[this.#length++] = CLOSE_BRACKET;
  }

  /** The key that starts here: the one that followed before, if its bytes are the same. */
  #key(previous: Key): Key {
    const bytes = this.#bytes;
    const start = this.#at;
    const expected = previous.next;
    if (expected) {
      const known = expected.bytes;
      let same = 0;
      while (same < known.length && bytes[start + same] === known[same]) same++;
      if (same === known.length) {
        this.#at = start + same;
        return expected;
      }
    }
    const end = bytes.indexOf(0, start);
    this.#at = end + 1;
    const name = Buffer.from(bytes.subarray(start, end)).toString();
    const key = newKey(bytes.slice(start, end + 1), `${JSON.stringify(name)}:`);
    previous.next = key;
    return key;
  }

  #value(type: number, key: Key): void {
    const at = this.#at;
    switch (type) {
      case STRING: {
        this.#string();
        return;
      }
      case INT32:
        this.#at += 4;
        {
          this.#write(`${int32(this.#bytes, at)}`);
          return;
        }
      case DOUBLE: {
        this.#at += 8;
        for (let byte = 0; byte < 8; byte++) doubleBytes[byte] = this.#bytes[at + byte]!;
        const value = double[0]!;
        this.#write(Number.isFinite(value) ? `${value}` : 'null');
        return;
      }
      case DATE:
        this.#at += 8;
        {
          this.#date(int64(this.#bytes, at));
          return;
        }
      case OBJECT_ID:
        this.#at += 12;
        {
          this.#objectId(at);
          return;
        }
      case BOOLEAN:
        this.#at += 1;
        {
          this.#write(this.#bytes[at] === 1 ? 'true' : 'false');
          return;
        }
      case NULL: {
        this.#write('null');
        return;
      }
      case DOCUMENT: {
        this.#document((key.root ??= newKey(new Uint8Array(0), '')));
        return;
      }
      case ARRAY: {
        this.#array(key);
        return;
      }
      case INT64: {
        this.#at += 8;
        const value = int64(this.#bytes, at);
        if (!Number.isSafeInteger(value)) throw RARE;
        this.#write(`${value}`);
        return;
      }
      default:
        throw RARE;
    }
  }

  /** Text of ASCII characters alone. */
  #write(text: string): void {
    const out = this.#out;
    const to = this.#length;
    for (let index = 0; index < text.length; index++) out[to + index] = text.charCodeAt(index);
    this.#length = to + text.length;
  }

  /** BSON's strings are in UTF-8 already; what JSON escapes is rare, and all of it is ASCII. */
  #string(): void {
    const bytes = this.#bytes;
    const out = this.#out;
    const start = this.#at + 4;
    const end = start + int32(bytes, this.#at) - 1;
    this.#at = end + 1;
    let to = this.#length;
    out[to++] = QUOTE;
    for (let at = start; at < end; at++) {
      const byte = bytes[at]!;
      if (byte < FIRST_PRINTABLE || byte === QUOTE || byte === BACKSLASH) {
        const escaped = JSON.stringify(String.fromCharCode(byte));
        for (let index = 1; index < escaped.length - 1; index++) {
          out[to++] = escaped.charCodeAt(index);
        }
      } else {
        out[to++] = byte;
      }
    }
    out[to++] = QUOTE;
    this.#length = to;
  }

  #objectId(at: number): void {
    const bytes = this.#bytes;
    const out = this.#out;
    let to = this.#length;
    out[to++] = QUOTE;
    for (let byte = at; byte < at + 12; byte++) {
      out[to++] = HEX[bytes[byte]! >> 4]!;
      out[to++] = HEX[bytes[byte]! & 15]!;
    }
    out[to++] = QUOTE;
    this.#length = to;
  }

  #date(milliseconds: number): void {
    const day = Math.floor(milliseconds / DAY_MS);
    if (day !== this.#day) {
      const date = new Date(milliseconds);
      if (Number.isNaN(date.getTime())) {
        this.#write('null');
        return;
      }
      const text = date.toISOString();
      this.#day = day;
      this.#dayText = `"${text.slice(0, text.indexOf('T') + 1)}`;
    }
    this.#write(this.#dayText);
    const rest = milliseconds - day * DAY_MS;
    const seconds = Math.floor(rest / 1_000);
    const minutes = Math.floor(seconds / 60);
    this.#digits(Math.floor(minutes / 60), 2);
    this.#out[this.#length++] = COLON;
    this.#digits(minutes % 60, 2);
    this.#out[this.#length++] = COLON;
    this.#digits(seconds % 60, 2);
    this.#write('.');
    this.#digits(rest % 1_000, 3);
    this.#write('Z"');
  }

  /** A number in so many digits. */
  #digits(value: number, count: number): void {
    let rest = value;
    for (let index = count - 1; index >= 0; index--) {
      this.#out[this.#length + index] = 0x30 + (rest % 10);
      rest = Math.floor(rest / 10);
    }
    this.#length += count;
  }
}

function int32(bytes: Uint8Array, at: number): number {
  return bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 24);
}

/** Exact up to 53 bits. */
function int64(bytes: Uint8Array, at: number): number {
  return int32(bytes, at + 4) * TWO_TO_32 + (int32(bytes, at) >>> 0);
}

function newKey(bytes: Uint8Array, json: string): Key {
  return { bytes, json: Buffer.from(json), next: undefined, root: undefined };
}
