/**
 * BSON that js-bson cannot write: documents that are bytes already, inside a command. It patches
 * lengths and copies; what the documents mean is not its business.
 */
import { serialize, serializeWithBufferAndIndex } from './bson';
import type { Document, SerializeOptions } from './options';

/** BSON's type bytes. */
const EMBEDDED = 0x03;
const ARRAY = 0x04;
/** Bytes of a document around its elements: the length before, a zero after. */
const LENGTH = 4;
const TERMINATOR = 1;
/** Bytes of a sequence's first buffer; it doubles when it is full. */
const FIRST_CAPACITY = 16 * 1024;
/** Bytes that the first buffer has for each expected document. */
const EXPECTED_BYTES = 256;

/**
 * Documents that become one array of a command, its last element: each is written once, its size
 * is known then, and the command takes them over in one copy.
 */
export class DocumentSequence {
  /** The array's field in the command. */
  readonly field: string;
  /** The array's elements, one after the other. */
  #buffer: Buffer;
  /** Bytes of elements in the buffer. */
  #end = 0;
  /** Where the last document starts. */
  #last = 0;
  /** Where the element of the last document starts. */
  #lastElement = 0;
  /** How many documents there are. */
  #count = 0;

  /** @param expected - how many documents are likely to come, for the first buffer's size */
  constructor(field: string, expected = 1) {
    this.field = field;
    this.#buffer = Buffer.allocUnsafe(
      Math.min(Math.max(expected * EXPECTED_BYTES, 64), FIRST_CAPACITY)
    );
  }

  get count(): number {
    return this.#count;
  }

  /** Bytes that the command grows by. */
  get size(): number {
    return 1 + Buffer.byteLength(this.field) + 1 + LENGTH + this.#end + TERMINATOR;
  }

  /**
   * Writes a document.
   * @returns its size in bytes
   * @throws what js-bson throws when it can't be serialised; the sequence is as before then
   */
  add(document: Document, options: SerializeOptions): number {
    const start = this.#key(this.#count);
    let end: number;
    try {
      end = serializeWithBufferAndIndex(document, this.#buffer, { ...options, index: start }) + 1;
    } catch (error) {
      if (!(error instanceof RangeError)) throw error;
      // Too small, or a value out of range: written on its own, the document tells which.
      return this.addBytes(serialize(document, options));
    }
    return this.#added(start, end);
  }

  /**
   * Adds a document that is bytes.
   * @returns its size in bytes
   */
  addBytes(document: Uint8Array): number {
    const start = this.#key(this.#count);
    const end = start + document.length;
    this.#reserve(end);
    this.#buffer.set(document, start);
    return this.#added(start, end);
  }

  /** Moves the last document to another, empty sequence. */
  moveLast(to: DocumentSequence): void {
    to.addBytes(this.#buffer.subarray(this.#last, this.#end));
    this.#end = this.#lastElement;
    this.#count -= 1;
  }

  /**
   * Writes a command with the array into `target`, behind the command that js-bson wrote there.
   * @param start - where the command starts
   * @param end - where it ends, its terminator included
   * @returns the new end; `target` must have room for {@link size} more bytes
   */
  appendTo(target: Buffer, start: number, end: number): number {
    let at = end - TERMINATOR;
    target[at++] = ARRAY;
    at += target.write(this.field, at);
    target[at++] = 0;
    target.writeInt32LE(LENGTH + this.#end + TERMINATOR, at);
    at += LENGTH;
    this.#buffer.copy(target, at, 0, this.#end);
    at += this.#end;
    target[at++] = 0;
    target[at++] = 0;
    target.writeInt32LE(at - start, start);
    return at;
  }

  /** Writes an element's type and key; the document follows at the returned offset. */
  #key(index: number): number {
    const key = String(index);
    const start = this.#end + 1 + key.length + 1;
    this.#reserve(start);
    this.#buffer[this.#end] = EMBEDDED;
    this.#buffer.write(key, this.#end + 1, 'latin1');
    this.#buffer[start - 1] = 0;
    return start;
  }

  #added(start: number, end: number): number {
    this.#lastElement = this.#end;
    this.#last = start;
    this.#end = end;
    this.#count += 1;
    return end - start;
  }

  #reserve(end: number): void {
    if (end <= this.#buffer.length) return;
    const larger = Buffer.allocUnsafeSlow(Math.max(end, this.#buffer.length * 2));
    this.#buffer.copy(larger);
    this.#buffer = larger;
  }
}

/** A document with one more element at its end: a document that is bytes. */
export function withDocument(document: Uint8Array, field: string, value: Uint8Array): Uint8Array {
  const name = Buffer.from(field);
  const result = Buffer.allocUnsafe(document.length + 1 + name.length + 1 + value.length);
  result.set(document);
  let at = document.length - TERMINATOR;
  result[at++] = EMBEDDED;
  result.set(name, at);
  at += name.length;
  result[at++] = 0;
  result.set(value, at);
  result[result.length - 1] = 0;
  result.writeInt32LE(result.length, 0);
  return result;
}

/** A document with the elements of another before its own. */
export function prepend(elements: Uint8Array, document: Uint8Array): Uint8Array {
  const result = Buffer.allocUnsafe(elements.length + document.length - LENGTH - TERMINATOR);
  result.set(elements);
  result.set(document.subarray(LENGTH), elements.length - TERMINATOR);
  result.writeInt32LE(result.length, 0);
  return result;
}

/** A document of elements that are bytes. */
export function documentOf(elements: Uint8Array): Uint8Array {
  const result = Buffer.alloc(LENGTH + elements.length + TERMINATOR);
  result.writeInt32LE(result.length, 0);
  result.set(elements, LENGTH);
  return result;
}
