/**
 * Documents that are written as elements of a command's array from the start, one behind the other, with
 * room before them for the command, so that a large command is put together without a copy. Which documents
 * go together, and when they are sent, is not its business.
 */
import { ARRAY, EMBEDDED, LENGTH, TERMINATOR, type Sequence } from './encode';
import { Encoder } from './encoder';
import type { Document, SerializeOptions } from './options';
import { Sink } from './sink';

/** Bytes before the first element, for a request's header and a command without its array. */
const HEADROOM = 1024;
/** Bytes of memory for the first document, which grows if that is larger. */
const FIRST = 4 * 1024;
/** What is taken beyond the first document's size times their number; the most that is taken at once. */
const MARGIN = 1.1;
const MOST = 17 * 1024 * 1024;

export class WrittenSequence implements Sequence {
  readonly #field: Buffer;
  /** How many documents there may be, by whose first the memory is measured. */
  readonly #expected: number;
  readonly #sink = new Sink(Buffer.allocUnsafeSlow(HEADROOM + FIRST));
  readonly #encoder = new Encoder(this.#sink);
  /** Where the next element goes. */
  #end = HEADROOM;
  /** Where the last document begins, and its element. */
  #last = HEADROOM;
  #element = HEADROOM;
  #count = 0;

  /** @param expected - documents, about */
  constructor(field: string, expected: number) {
    this.#field = Buffer.from(field);
    this.#expected = expected;
  }

  get count(): number {
    return this.#count;
  }

  get size(): number {
    return this.#intro + this.#end - HEADROOM + TERMINATOR;
  }

  /** Bytes between the command's own fields and the first element: type, name, length. */
  get #intro(): number {
    return 1 + this.#field.length + 1 + LENGTH;
  }

  /**
   * Writes a document behind the others.
   * @returns its size in bytes
   * @throws what js-bson throws; the sequence is as before then
   */
  write(document: Document, options: SerializeOptions): number {
    const start = this.#begin();
    return this.#added(start, this.#encoder.write(document, options, start));
  }

  /** Adds a document that is bytes; returns its size. */
  add(document: Uint8Array): number {
    const start = this.#begin();
    return this.#added(start, this.#sink.copy(start, document));
  }

  /** Takes the last document out, for good; nothing can be taken out after that until another is added. */
  takeBack(): Uint8Array {
    const document = this.#sink.bytes.subarray(this.#last, this.#end);
    this.#end = this.#element;
    this.#count -= 1;
    return document;
  }

  appendTo(target: Buffer, start: number, end: number): number {
    let at = this.#introduce(target, end - TERMINATOR);
    at += this.#sink.bytes.copy(target, at, HEADROOM, this.#end);
    return close(target, start, at);
  }

  enclose(head: Uint8Array, command: number): Buffer | undefined {
    const start = HEADROOM - this.#intro - (head.length - TERMINATOR);
    if (start < 0) return undefined;
    this.#sink.room(this.#end, 2 * TERMINATOR);
    const { bytes } = this.#sink;
    bytes.set(head, start);
    this.#introduce(bytes, start + head.length - TERMINATOR);
    return bytes.subarray(start, close(bytes, start + command, this.#end));
  }

  /** Writes the next element's type and key; returns where its document goes. */
  #begin(): number {
    const start = this.#end;
    this.#sink.room(start, 1);
    this.#sink.bytes[start] = EMBEDDED;
    return this.#sink.index(start + 1, this.#count);
  }

  #added(start: number, end: number): number {
    this.#element = this.#end;
    this.#last = start;
    this.#end = end;
    this.#count += 1;
    if (this.#count === 1) this.#reserve(end - start);
    return end - start;
  }

  /** Takes the memory for all of them at once: to let it grow would copy what is there each time. */
  #reserve(each: number): void {
    const wanted = HEADROOM + Math.ceil(this.#expected * (each + LENGTH) * MARGIN);
    const more = Math.min(wanted, MOST) - this.#end;
    if (more > this.#sink.bytes.length) this.#sink.room(this.#end, more);
  }

  #introduce(target: Buffer, at: number): number {
    target[at] = ARRAY;
    target.set(this.#field, at + 1);
    target[at + 1 + this.#field.length] = 0;
    return target.writeInt32LE(
      LENGTH + this.#end - HEADROOM + TERMINATOR,
      at + 2 + this.#field.length
    );
  }
}

/** Ends an array and the command that it is the last element of; returns the end. */
function close(target: Buffer, command: number, at: number): number {
  target[at] = 0;
  target[at + 1] = 0;
  const end = at + 2;
  target.writeInt32LE(end - command, command);
  return end;
}
