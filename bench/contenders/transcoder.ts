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

/** Strings up to this many bytes are read one by one: a call of native code would cost more. */
const SHORT = 24;
const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const FIRST_PRINTABLE = 0x20;
const LAST_ASCII = 0x7e;

/** A key that was met, and what followed it then: documents of a collection look alike. */
interface Key {
  /** Its bytes, a zero at the end. */
  readonly bytes: Uint8Array;
  /** As JSON, with the colon. */
  readonly json: string;
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
  #buffer: Buffer = Buffer.alloc(0);
  /** Where reading goes on, in bytes. */
  #at = 0;

  /** A JSON array of documents that are BSON. */
  array(documents: readonly Uint8Array[]): string {
    const texts = new Array<string>(documents.length);
    for (let index = 0; index < documents.length; index++) {
      texts[index] = this.document(documents[index]!);
    }
    return `[${texts.join(',')}]`;
  }

  /** One document as JSON. */
  document(bytes: Uint8Array): string {
    this.#buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.#at = 0;
    try {
      return this.#document(this.#root);
    } catch (error) {
      if (error !== RARE) throw error;
      return JSON.stringify(BSON.deserialize(bytes));
    }
  }

  #document(root: Key): string {
    const buffer = this.#buffer;
    this.#at += 4;
    let text = '{';
    let key = root;
    for (let type = buffer[this.#at++]!; type !== 0; type = buffer[this.#at++]!) {
      key = this.#key(key);
      const value = this.#value(type, key);
      text += text === '{' ? key.json + value : `,${key.json}${value}`;
    }
    return `${text}}`;
  }

  #array(key: Key): string {
    const buffer = this.#buffer;
    this.#at += 4;
    let text = '[';
    for (let type = buffer[this.#at++]!; type !== 0; type = buffer[this.#at++]!) {
      while (buffer[this.#at++] !== 0);
      const value = this.#value(type, key);
      text += text === '[' ? value : `,${value}`;
    }
    return `${text}]`;
  }

  /** The key that starts here: the one that followed before, if its bytes are the same. */
  #key(previous: Key): Key {
    const buffer = this.#buffer;
    const start = this.#at;
    const expected = previous.next;
    if (expected) {
      const { bytes } = expected;
      let same = 0;
      while (same < bytes.length && buffer[start + same] === bytes[same]) same++;
      if (same === bytes.length) {
        this.#at = start + same;
        return expected;
      }
    }
    const end = buffer.indexOf(0, start);
    this.#at = end + 1;
    const name = buffer.toString('utf8', start, end);
    const key = newKey(
      Uint8Array.from(buffer.subarray(start, end + 1)),
      `${JSON.stringify(name)}:`
    );
    previous.next = key;
    return key;
  }

  #value(type: number, key: Key): string {
    const buffer = this.#buffer;
    const at = this.#at;
    switch (type) {
      case STRING:
        return this.#string();
      case INT32:
        this.#at += 4;
        return `${buffer.readInt32LE(at)}`;
      case DOUBLE: {
        this.#at += 8;
        const value = buffer.readDoubleLE(at);
        return Number.isFinite(value) ? `${value}` : 'null';
      }
      case DATE: {
        this.#at += 8;
        const date = new Date(Number(buffer.readBigInt64LE(at)));
        return Number.isNaN(date.getTime()) ? 'null' : `"${date.toISOString()}"`;
      }
      case OBJECT_ID:
        this.#at += 12;
        return `"${buffer.toString('hex', at, at + 12)}"`;
      case BOOLEAN:
        this.#at += 1;
        return buffer[at] === 1 ? 'true' : 'false';
      case NULL:
        return 'null';
      case DOCUMENT:
        return this.#document((key.root ??= newKey(new Uint8Array(0), '')));
      case ARRAY:
        return this.#array(key);
      case INT64: {
        this.#at += 8;
        const value = Number(buffer.readBigInt64LE(at));
        if (!Number.isSafeInteger(value)) throw RARE;
        return `${value}`;
      }
      default:
        throw RARE;
    }
  }

  #string(): string {
    const buffer = this.#buffer;
    const start = this.#at + 4;
    const end = start + buffer.readInt32LE(this.#at) - 1;
    this.#at = end + 1;
    if (end - start <= SHORT) {
      let text = '"';
      let at = start;
      for (; at < end; at++) {
        const byte = buffer[at]!;
        const isPlain = byte >= FIRST_PRINTABLE && byte <= LAST_ASCII;
        if (!isPlain || byte === QUOTE || byte === BACKSLASH) break;
        text += String.fromCharCode(byte);
      }
      if (at === end) return `${text}"`;
    }
    return JSON.stringify(buffer.toString('utf8', start, end));
  }
}

function newKey(bytes: Uint8Array, json: string): Key {
  return { bytes, json, next: undefined, root: undefined };
}
