/**
 * Documents out of a reply's memory, by decoders of our own with the driver's default options, or with
 * one of those for integers of 64 bits. A document that they do not know what to make of is left to
 * js-bson. Loaded when a process has read a few documents: one that ends before is not to pay for it.
 */
import { Interpreter } from './interpret';
import { BSON } from './bson';
import { knownVersion, type BSONLibrary } from './library';
import type { Document } from './options';
import { Source } from './source';
import type { Integers } from './value';

/** The smallest document: its length and its terminator. */
const SMALLEST = 5;

/** Reads documents as one copy of js-bson would, into values of its classes. */
export class Reader {
  readonly #source = new Source();
  readonly #interpreter: Interpreter;

  /** @param library - of a known version */
  constructor(library: BSONLibrary, integers: Integers) {
    this.#interpreter = new Interpreter(library, integers);
  }

  /** Reads in `buffer` from now on, up to `limit`, and refuses strings that are not UTF-8 if asked. */
  open(buffer: Buffer, limit: number, validates: boolean): void {
    this.#source.open(buffer, limit, validates);
  }

  /** Keeps nothing of the reply. */
  close(): void {
    this.#source.close();
  }

  /** The document at `start`; nothing if js-bson is to read it, or to say what is wrong. */
  read(start: number): Document | undefined {
    const source = this.#source;
    try {
      const end = start + source.view.getInt32(start, true);
      if (end < start + SMALLEST || end > source.limit) return undefined;
      source.end = end;
      return this.#interpreter.readDocument(source, start, this.#interpreter.root);
    } catch {
      return undefined;
    }
  }
}

/** What most documents are read by. */
const own = new Reader(BSON, 'numbers');

/** Those of one copy, as far as there are some yet; none for one that is to read its documents itself. */
type Readers = Partial<Record<Integers, Reader>> | undefined;

const others = new WeakMap<BSONLibrary, Readers>();

/**
 * The one that reads as a copy of js-bson does, if there is one.
 * @param library - the copy by itself, not what stands for it in other modules
 */
export function readerOf(library: BSONLibrary, integers: Integers): Reader | undefined {
  if (library === BSON && integers === 'numbers') return own;
  if (!others.has(library)) {
    others.set(library, knownVersion(library) === undefined ? undefined : {});
  }
  const readers = others.get(library);
  return readers && (readers[integers] ??= new Reader(library, integers));
}
