/**
 * Memory that documents are written into, with what is written the same way everywhere: keys and
 * strings. It grows when something does not fit; which values there are is not its business.
 */

import { WORDS, type FieldName } from './field-name';

/** Bytes of the longest value of a fixed size, and the end of the document around it. */
const SPARE = 32;
/**
 * Characters up to which a loop is quicker than a native write: the call costs as much as some 20
 * rounds.
 */
const SHORT = 20;
/** UTF-8 takes at most so many bytes for a unit of UTF-16. */
const WIDEST = 3;
/** js-bson's own memory for one document, unless a user gave it more. */
export const LARGEST = 17 * 1024 * 1024;

/** Thrown, not for anybody to see, for a document that js-bson has no memory for either. */
export const TOO_LARGE = new Error('The document is left to js-bson');
/** Returned for a key with a zero in it, which js-bson has something to say about. */
export const REFUSED_KEY = -1;

/** Node.js has it without types: what `write` calls when it has looked at its arguments. */
type Memory = Buffer & { utf8Write: (text: string, at: number) => number };

export class Sink {
  bytes: Memory;
  /** The same bytes. */
  view: DataView;
  /** When it grows, bytes from here on are kept, and stay where they are. */
  origin = 0;
  /** Beyond this it does not grow. */
  #limit = Infinity;

  constructor(bytes: Buffer) {
    this.bytes = bytes as Memory;
    this.view = viewOf(bytes);
  }

  /** Takes other memory; what was written stays behind. */
  replace(bytes: Buffer, view = viewOf(bytes)): void {
    this.bytes = bytes as Memory;
    this.view = view;
  }

  /** A document starts at `at`, for which there is as much memory as js-bson has. */
  bound(at: number): void {
    this.#limit = at + LARGEST;
  }

  /** There is as much memory as it takes. */
  unbound(): void {
    this.#limit = Infinity;
  }

  /** Makes sure that `size` bytes fit at `at`. */
  room(at: number, size: number): void {
    if (at + size > this.bytes.length) this.#grow(at, size);
  }

  /**
   * Writes a key and the zero behind it, and makes sure of room for a value of a fixed size.
   * @returns the end, or {@link REFUSED_KEY} for a key with a zero in it
   */
  key(at: number, key: string): number {
    const length = key.length;
    this.room(at, length * WIDEST + 1 + SPARE);
    const { bytes } = this;
    if (length > SHORT) return this.#longKey(at, key);
    for (let i = 0; i < length; i++) {
      const unit = key.charCodeAt(i);
      if (unit === 0 || unit > 0x7f) return this.#longKey(at, key);
      bytes[at + i] = unit;
    }
    bytes[at + length] = 0;
    return at + length + 1;
  }

  /** Writes a name that is kept, as {@link key} does. */
  name(at: number, name: FieldName): number {
    this.room(at, WORDS + SPARE);
    const { view } = this;
    view.setInt32(at, name.first, true);
    if (name.size > 4) {
      view.setInt32(at + 4, name.second, true);
      if (name.size > 8) {
        view.setInt32(at + 8, name.third, true);
        view.setInt32(at + 12, name.fourth, true);
      }
    }
    return at + name.size;
  }

  /** Writes an element's index as its key, in decimal, as {@link key} does. */
  index(at: number, index: number): number {
    this.room(at, SPARE * 2);
    const { bytes } = this;
    let end = at + 1;
    for (let rest = index; rest >= 10; rest = Math.floor(rest / 10)) end++;
    bytes[end] = 0;
    let rest = index;
    for (let i = end - 1; i >= at; i--) {
      const tens = Math.floor(rest / 10);
      bytes[i] = 0x30 + (rest - tens * 10);
      rest = tens;
    }
    return end + 1;
  }

  /** Writes a string with its length before it and a zero behind it; returns the end. */
  string(at: number, text: string): number {
    const length = text.length;
    if (at + length * WIDEST + SPARE > this.bytes.length) {
      this.room(at, Buffer.byteLength(text) + SPARE);
    }
    const { bytes } = this;
    const start = at + 4;
    let written = 0;
    if (length <= SHORT) {
      for (; written < length; written++) {
        const unit = text.charCodeAt(written);
        if (unit > 0x7f) break;
        bytes[start + written] = unit;
      }
    }
    if (written < length) written = bytes.utf8Write(text, start);
    this.view.setInt32(at, written + 1, true);
    bytes[start + written] = 0;
    return start + written + 1;
  }

  /** Copies bytes; returns the end. */
  copy(at: number, source: Uint8Array, start = 0, end = source.length): number {
    const size = end - start;
    this.room(at, size + SPARE);
    const { bytes } = this;
    if (size <= 16) {
      for (let i = 0; i < size; i++) bytes[at + i] = source[start + i]!;
    } else {
      bytes.set(size === source.length ? source : source.subarray(start, end), at);
    }
    return at + size;
  }

  #longKey(at: number, key: string): number {
    if (key.includes('\0')) return REFUSED_KEY;
    const end = at + this.bytes.utf8Write(key, at);
    this.bytes[end] = 0;
    return end + 1;
  }

  #grow(at: number, more: number): void {
    const needed = at + more;
    if (needed > this.#limit) throw TOO_LARGE;
    const size = Math.min(this.#limit, Math.max(needed, this.bytes.length * 2));
    const bytes = Buffer.allocUnsafeSlow(size);
    this.bytes.copy(bytes, this.origin, this.origin, Math.min(at, this.bytes.length));
    this.replace(bytes);
  }
}

function viewOf(bytes: Buffer): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
