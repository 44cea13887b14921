/**
 * BSON that js-bson cannot write: documents that are bytes already, inside a command. It patches
 * lengths and copies; what the documents mean is not its business.
 */

/** BSON's type bytes. */
export const EMBEDDED = 0x03;
export const ARRAY = 0x04;
/** Bytes of a document around its elements: the length before, a zero after. */
export const LENGTH = 4;
export const TERMINATOR = 1;

/** Documents that become one array of a command, its last element. */
export interface Sequence {
  /** How many documents there are. */
  readonly count: number;
  /** Bytes that the command grows by. */
  readonly size: number;
  /**
   * Writes a command with the array into `target`, behind the command that js-bson wrote there.
   * @param start - where the command starts
   * @param end - where it ends, its terminator included
   * @returns the new end; `target` must have room for {@link size} more bytes
   */
  appendTo(target: Buffer, start: number, end: number): number;
  /**
   * The same in memory of the sequence's own, which saves a copy of it, if there is room.
   * @param head - a command with what comes before it
   * @param command - where the command starts in that
   */
  enclose?(head: Uint8Array, command: number): Buffer | undefined;
}

/** A sequence of documents that are bytes already, so the command takes them over in one copy. */
export class DocumentSequence implements Sequence {
  /** The array's field in the command. */
  readonly field: string;
  readonly #documents: Uint8Array[];
  /** Bytes of the array's elements: types, keys and documents. */
  #bytes = 0;

  /** @param documents - taken over: they are the sequence's from now on */
  constructor(field: string, documents: Uint8Array[] = []) {
    this.field = field;
    this.#documents = documents;
    for (let i = 0; i < documents.length; i++) this.#bytes += elementSize(i, documents[i]!);
  }

  get count(): number {
    return this.#documents.length;
  }

  get size(): number {
    return 1 + Buffer.byteLength(this.field) + 1 + LENGTH + this.#bytes + TERMINATOR;
  }

  /** Bytes that the command would grow by with one more document. */
  sizeWith(document: Uint8Array): number {
    return this.size + elementSize(this.#documents.length, document);
  }

  add(document: Uint8Array): void {
    this.#bytes += elementSize(this.#documents.length, document);
    this.#documents.push(document);
  }

  appendTo(target: Buffer, start: number, end: number): number {
    let at = end - TERMINATOR;
    target[at++] = ARRAY;
    at += target.write(this.field, at);
    target[at++] = 0;
    target.writeInt32LE(LENGTH + this.#bytes + TERMINATOR, at);
    at += LENGTH;
    for (let index = 0; index < this.#documents.length; index++) {
      const document = this.#documents[index]!;
      target[at++] = EMBEDDED;
      at = writeKey(target, at, index);
      target.set(document, at);
      at += document.length;
    }
    target[at++] = 0;
    target[at++] = 0;
    target.writeInt32LE(at - start, start);
    return at;
  }
}

/** Bytes of an array's element that is a document: its type, its key, the document. */
function elementSize(index: number, document: Uint8Array): number {
  return 1 + digits(index) + 1 + document.length;
}

function digits(index: number): number {
  let count = 1;
  for (let rest = index; rest >= 10; rest = Math.floor(rest / 10)) count += 1;
  return count;
}

/** Writes an index in decimal and a zero behind it; a native write would cost more than that. */
function writeKey(target: Buffer, at: number, index: number): number {
  const end = at + digits(index);
  target[end] = 0;
  let rest = index;
  for (let i = end - 1; i >= at; i--) {
    target[i] = 0x30 + (rest % 10);
    rest = Math.floor(rest / 10);
  }
  return end + 1;
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
