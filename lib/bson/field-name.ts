/**
 * Names of fields as bytes: the same few names come in every document, and mostly in the same order.
 * It does not know which documents they are in.
 */

import { MISS, type Writer } from './writer';

/** Names that are kept, at most, and names that came once. */
const KEPT = 4096;
const NOTED = 1024;
/** Bytes of the longest name that is kept, its zero included: four words. */
export const WORDS = 16;

const NONE: Writer = () => MISS;

export class FieldName {
  readonly text: string;
  /** Bytes with the zero behind it. */
  readonly size: number;
  /** The bytes as words, with zeros behind them. */
  readonly first: number;
  readonly second: number;
  readonly third: number;
  readonly fourth: number;
  /** Wrote the last object whose first name came after this. */
  writer: Writer = NONE;
  /** Objects in a row, of those whose first name came after this, for which there was no writer. */
  strangers = 0;
  /** The name that came after it, the last time it was looked for. */
  next: FieldName | undefined = undefined;
  /** Stands before the first name of a document under this one. */
  #inside: FieldName | undefined = undefined;

  /** @param bytes - {@link WORDS} of them */
  constructor(text: string, bytes: Buffer, size: number) {
    this.text = text;
    this.size = size;
    this.first = bytes.readInt32LE(0);
    this.second = bytes.readInt32LE(4);
    this.third = bytes.readInt32LE(8);
    this.fourth = bytes.readInt32LE(12);
  }

  get inside(): FieldName {
    return (this.#inside ??= new FieldName('', Buffer.alloc(WORDS), 0));
  }
}

export class FieldNames {
  /** Stands before the first name of a document that is in no other. */
  root = new FieldName('', Buffer.alloc(WORDS), 0);
  readonly #kept = new Map<string, FieldName>();
  /** Names that came once: those of maps from ids never come again. */
  readonly #noted = new Set<string>();

  /** The name that is kept of a field; nothing if none is. */
  find(text: string): FieldName | undefined {
    return this.#kept.get(text) ?? this.#note(text);
  }

  #note(text: string): FieldName | undefined {
    if (text.length >= WORDS) return undefined;
    if (!this.#noted.has(text)) {
      if (this.#noted.size >= NOTED) this.#noted.clear();
      this.#noted.add(text);
      return undefined;
    }
    this.#noted.delete(text);
    const bytes = Buffer.alloc(WORDS);
    const size = Buffer.byteLength(text) + 1;
    // A name with a zero in it is for js-bson to refuse.
    if (size > WORDS || text.includes('\0')) return undefined;
    bytes.write(text);
    if (this.#kept.size >= KEPT) {
      this.#kept.clear();
      this.root = new FieldName('', Buffer.alloc(WORDS), 0);
    }
    const name = new FieldName(text, bytes, size);
    this.#kept.set(text, name);
    return name;
  }
}

/** One for all: collections of many tenants have the same names. */
export const fieldNames = new FieldNames();
