/**
 * The layouts that this process has written, an object's keys in their order, and the writers generated
 * for those it writes again and again. It is one for all pools: collections of many tenants have the
 * same layouts. It counts; how a writer works is not its business.
 */
import { FieldName, fieldNames, WORDS } from './field-name';
import { refusesCode } from './generated-code';
import { compileWriter } from './generate-writer';
import { MISS, type ValueWriter, type Writer } from './writer';

/** Objects of a layout that are written key by key before it gets a writer. */
const FAMILIAR = 16;
/** Layouts that are counted, at most: a power of two. One that comes in between starts anew. */
const COUNTED = 256;
/** Writers, at most, and those whose layouts have the same sizes of keys. */
const WRITERS = 512;
const ALIKE = 8;
/** Objects to write key by key before a full set of writers is given up for new ones. */
const RENEWAL = 1_000_000;
/** Keys of the largest layout, and characters of the longest of them. */
const KEYS = 256;
const LONGEST = 64;

/** Objects in a row of no known layout, after which a place looks only now and then: at each of so many. */
const STRANGE = 32;
const SELDOM = 8;

const SEED = 17;
const FACTOR = 31;

/** A layout and its writer. */
interface Written {
  readonly keys: readonly string[];
  readonly write: Writer;
}

export class Layouts {
  /** By {@link hashOf}. */
  readonly #written = new Map<number, Written[]>();
  #size = 0;
  /** Which layout each count is of, and the counts. */
  readonly #counted = new Array<readonly string[] | undefined>(COUNTED).fill(undefined);
  readonly #counts = new Uint8Array(COUNTED);
  /** Objects that were written key by key since the writers are what they are. */
  #interpreted = 0;
  /** False once the process has refused to generate code. */
  #generates = true;

  /**
   * Writes an object's properties by the writer for its keys.
   * @param at - where the first element goes
   * @param before - what comes before its first name: the place's last writer is the best guess
   * @returns the end, or {@link MISS} if there is no writer
   */
  write(
    object: object,
    keys: readonly string[],
    at: number,
    before: FieldName,
    encoder: ValueWriter
  ): number {
    const end = before.writer(object, keys, at, encoder);
    if (end !== MISS) return end;
    if (++before.strangers > STRANGE && before.strangers % SELDOM !== 0) return MISS;
    const writer = this.#find(keys);
    if (writer === undefined) return MISS;
    before.strangers = 0;
    before.writer = writer;
    return writer(object, keys, at, encoder);
  }

  /** The writer of objects with these keys; if there is none, this one is counted. */
  #find(keys: readonly string[]): Writer | undefined {
    if (!this.#generates || keys.length > KEYS || keys.length === 0) return undefined;
    const hash = hashOf(keys);
    const alike = this.#written.get(hash);
    if (alike !== undefined) {
      for (const written of alike) if (isSame(written.keys, keys)) return written.write;
    }
    this.#interpreted++;
    const slot = hash & (COUNTED - 1);
    const counted = this.#counted[slot];
    if (counted === undefined || !isSame(counted, keys)) {
      this.#counted[slot] = keys;
      this.#counts[slot] = 0;
    }
    if (++this.#counts[slot]! < FAMILIAR) return undefined;
    this.#counts[slot] = 0;
    return this.#add(hash, keys);
  }

  #add(hash: number, keys: readonly string[]): Writer | undefined {
    if (!keys.every(isSimple)) return undefined;
    if (this.#size >= WRITERS) {
      if (this.#interpreted < RENEWAL) return undefined;
      this.#written.clear();
      this.#size = 0;
    }
    const alike = this.#written.get(hash) ?? [];
    if (alike.length >= ALIKE) return undefined;
    this.#interpreted = 0;
    try {
      const write = compileWriter(keys, keys.map(nameOf));
      alike.push({ keys, write });
      this.#written.set(hash, alike);
      this.#size++;
      return write;
    } catch (error) {
      this.#generates = !refusesCode(error);
      return undefined;
    }
  }
}

/** One for all. */
export const layouts = new Layouts();

/** Sizes tell most layouts apart, and cost a load each. */
function hashOf(keys: readonly string[]): number {
  let hash = SEED;
  for (let i = 0; i < keys.length; i++) hash = (Math.imul(hash, FACTOR) + keys[i]!.length) | 0;
  return hash ^ (hash >>> 8);
}

function isSame(one: readonly string[], other: readonly string[]): boolean {
  if (one.length !== other.length) return false;
  for (let i = 0; i < one.length; i++) if (one[i] !== other[i]) return false;
  return true;
}

/** True for a key whose bytes are its characters, and in which js-bson finds nothing to refuse. */
function isSimple(key: string): boolean {
  return key.length <= LONGEST && /^[\x01-\x7f]*$/.test(key);
}

/** What is known of documents under a key belongs to the key; under a long one, to the layout. */
function nameOf(key: string): FieldName {
  return fieldNames.find(key) ?? new FieldName(key, Buffer.alloc(WORDS), 0);
}
