/**
 * The bytes that documents are read from, and strings out of them. What a string is for, and where
 * documents lie, is not its business.
 */
import { isUtf8 } from 'node:buffer';
import { decodeUTF8 } from './utf8';

/**
 * Thrown, not for anybody to see, by a reader that does not know what to make of a document:
 * js-bson is to read it instead, or to say what is wrong with it.
 */
export const UNUSUAL = new Error('The document is left to js-bson');

/**
 * Characters of the text that strings are cut from. V8 keeps the whole text for each string of 13
 * characters or more that was cut from it, so this bounds what one kept string keeps.
 */
const TEXT = 4096;
/** Bytes from which a string outside the text becomes one of its own, and no part of a text. */
const LONG = 1024;

/** Bytes of memory that small copies share. */
const COPIES = 4096;

const HIGH_BITS = 0x80808080 | 0;

const NOTHING = Buffer.alloc(0);
const NO_VIEW = new DataView(NOTHING.buffer);

/**
 * One serves for all replies, one after the other: code that V8 optimised for objects of which none
 * is left is thrown away at the next garbage collection.
 */
export class Source {
  bytes: Buffer = NOTHING;
  /** The same bytes. */
  view: DataView = NO_VIEW;
  /** Strings that are not UTF-8 are refused; elsewhere they get replacement characters. */
  validates = true;
  /** Where the value ends that was read last, if its reader does not know its size. */
  at = 0;
  /** The document's end: no text goes beyond it, lest a string keeps other documents. */
  end = 0;
  /** Bytes from {@link textStart} on, each as one character. */
  text = '';
  textStart = 0;
  /** Where the reply ends, in whose memory other replies may lie behind it. */
  limit = 0;
  /** Memory for small copies, and how much of it is taken. */
  #copies = NOTHING;
  #copied = 0;

  /** What is read from now on, up to `limit`. */
  open(bytes: Buffer, limit: number, validates: boolean): void {
    this.limit = limit;
    this.bytes = bytes;
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.validates = validates;
  }

  /** Keeps nothing of what was read. */
  close(): void {
    this.bytes = NOTHING;
    this.view = NO_VIEW;
    this.text = '';
    this.#copies = NOTHING;
    this.#copied = 0;
  }

  /** The string whose length stands at `at`. */
  string(at: number): string {
    const start = at + 4;
    const end = start + this.view.getInt32(at, true) - 1;
    if (end < start || this.bytes[end] !== 0) throw UNUSUAL;
    if (!isASCII(this.view, start, end)) return this.#utf8(start, end);
    return this.cut(start, end);
  }

  /** Bytes that are ASCII. */
  cut(start: number, end: number): string {
    const from = start - this.textStart;
    const to = end - this.textStart;
    if (from >= 0 && to <= this.text.length) return this.text.substring(from, to);
    return this.#cutNew(start, end);
  }

  /**
   * Bytes that belong to the value they are for: a view would keep the whole reply. Small ones
   * share memory with a few others of the same reply, and with nobody else's.
   */
  copy(start: number, end: number): Buffer {
    const size = end - start;
    if (size < 0 || end > this.limit) throw UNUSUAL;
    if (size > COPIES / 4) {
      const own = Buffer.allocUnsafeSlow(size);
      this.bytes.copy(own, 0, start, end);
      return own;
    }
    if (this.#copies.length - this.#copied < size) {
      // No more than what is left of the reply can be wanted.
      this.#copies = Buffer.allocUnsafeSlow(Math.min(COPIES, this.limit - start));
      this.#copied = 0;
    }
    const from = this.#copied;
    this.#copied += size;
    for (let i = 0; i < size; i++) this.#copies[from + i] = this.bytes[start + i]!;
    // Half of what `subarray` takes. The memory is no part of a larger one.
    return Buffer.from(this.#copies.buffer, from, size);
  }

  /** Bytes that are a name or a pattern, which js-bson does not validate. */
  unvalidated(start: number, end: number): string {
    return this.bytes.utf8Slice(start, end);
  }

  #cutNew(start: number, end: number): string {
    if (end - start >= LONG || end > this.end) return this.bytes.latin1Slice(start, end);
    this.text = this.bytes.latin1Slice(start, Math.min(start + TEXT, this.end));
    this.textStart = start;
    return this.text.substring(0, end - start);
  }

  #utf8(start: number, end: number): string {
    const valid = decodeUTF8(this.bytes, start, end);
    if (valid !== undefined) return valid;
    const text = this.bytes.utf8Slice(start, end);
    if (this.validates && text.includes('\ufffd') && !isUtf8(this.bytes.subarray(start, end))) {
      throw UNUSUAL;
    }
    return text;
  }
}

/**
 * Whether a string's bytes are ASCII. The string's length stands before them: a word may reach into
 * it where the string has less than four bytes, since the length is less than 128 then.
 */
function isASCII(view: DataView, start: number, end: number): boolean {
  let at = start;
  for (const last = end - 16; at <= last; at += 16) {
    const bits =
      view.getInt32(at, true) |
      view.getInt32(at + 4, true) |
      view.getInt32(at + 8, true) |
      view.getInt32(at + 12, true);
    if ((bits & HIGH_BITS) !== 0) return false;
  }
  for (const last = end - 4; at < last; at += 4) {
    if ((view.getInt32(at, true) & HIGH_BITS) !== 0) return false;
  }
  return (view.getInt32(end - 4, true) & HIGH_BITS) === 0;
}
