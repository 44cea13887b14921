/**
 * Documents as BSON, byte for byte as js-bson writes them, straight into the memory where they are
 * wanted. What is rare is left to js-bson: whole documents before any code of the user's has run,
 * single values after that, so that a `toBSON` or a getter runs once. Where the bytes go from there
 * is not its business.
 */
import type { Code } from './bson';
import { fieldNames, type FieldName } from './field-name';
import { layouts } from './layouts';
import type { Document, SerializeOptions } from './options';
import {
  primitivesArePlain,
  refuseCircle,
  refuseDocument,
  refuseKey,
  rulesOf,
  valueAlone,
  type Rules,
  type Tagged
} from './rules';
import { LARGEST, REFUSED_KEY, TOO_LARGE, type Sink } from './sink';
import { hasNames, isArray, isPlain, isPlainRoot, kindOf } from './kind';
import { LEFT, writeNumber, writeRegExp, writeTagged, writeTime } from './scalar';
import { MISS, type ValueWriter } from './writer';

/** Documents in documents that are written here; deeper ones are js-bson's, which needs no stack. */
const DEEPEST = 64;

/** Names of a document that are not kept, after which no more are looked for: it may be a map of ids. */
const STRANGE = 16;

/** Values that js-bson would call a method of. */
interface Convertible {
  readonly toBSON?: unknown;
}

export class Encoder implements ValueWriter {
  readonly sink: Sink;
  #options!: SerializeOptions;
  #rules!: Rules;
  /** `undefined` is left out of documents. */
  ignores = false;
  /** Keys with dots or dollars are refused. */
  #checks = false;
  /** The objects around the value that is being written. */
  readonly #around: object[] = [];
  /** It is writing: the user's code, called meanwhile, needs another. */
  #isBusy = false;

  constructor(sink: Sink) {
    this.sink = sink;
  }

  get isBusy(): boolean {
    return this.#isBusy;
  }

  /**
   * Writes a document into the sink.
   * @returns its end
   * @throws what js-bson throws, and what code of the user's throws
   */
  write(document: Document, options: SerializeOptions, at: number): number {
    this.#isBusy = true;
    try {
      return this.#root(document, options, at) ?? this.#leave(document, options, at);
    } finally {
      this.#isBusy = false;
      // Something is left only of what was not written to its end; to set the length takes its time.
      if (this.#around.length > 0) this.#around.length = 0;
    }
  }

  /** The document's end; nothing for one that is left to js-bson. */
  #root(document: Document, options: SerializeOptions, at: number): number | undefined {
    this.#rules = rulesOf(options.library);
    if (!this.#rules.areKnown || !primitivesArePlain() || !isPlainRoot(document)) return undefined;
    this.#options = options;
    // As js-bson reads them: what is no boolean stands for its defaults.
    this.ignores = (options.ignoreUndefined as unknown) !== false;
    this.#checks = (options.checkKeys as unknown) === true;
    this.sink.bound(at);
    try {
      this.sink.room(at, 4);
      const end = this.#document(document, at, fieldNames.root);
      return end - at > LARGEST ? undefined : end;
    } catch (error) {
      if (error !== TOO_LARGE) throw error;
      return undefined;
    } finally {
      this.sink.unbound();
    }
  }

  #leave(document: Document, options: SerializeOptions, at: number): number {
    return this.sink.copy(at, options.library.serialize(document, options));
  }

  /**
   * Writes an object's own properties.
   * @param at - where its size goes
   * @param before - what comes before its first name
   */
  #document(object: object, at: number, before: FieldName): number {
    this.#around.push(object);
    let source = object as Document;
    if (typeof (source as Convertible).toBSON === 'function') {
      source = (source as { toBSON: () => Document }).toBSON();
      if (typeof source !== 'object' || source === null) refuseDocument(source, this.#options);
    }
    // Quicker than `for … in` with a question of each key whether it is the object's own.
    const keys = Object.keys(source);
    let end = this.#checks ? MISS : layouts.write(source, keys, at + 4, before, this);
    if (end === MISS) end = this.#properties(source, keys, at + 4, before);
    this.#around.pop();
    return close(this.sink, at, end);
  }

  /** Writes properties key by key. */
  #properties(source: Document, keys: readonly string[], at: number, before: FieldName): number {
    const sink = this.sink;
    let end = at;
    let last = before;
    let strangers = 0;
    for (let i = 0; i < keys.length; i++) {
      const key = keys[i]!;
      const value = converted(source[key]);
      let name = last.next;
      if (name?.text !== key) name = strangers < STRANGE ? fieldNames.find(key) : undefined;
      if (name === undefined || this.#checks) {
        strangers++;
        end = this.#element(key, value, end);
        continue;
      }
      last.next = name;
      last = name;
      const behind = sink.name(end + 1, name);
      if (value !== undefined) end = this.#value(value, end, behind, name);
      else if (!this.ignores) {
        sink.bytes[end] = 0x0a;
        end = behind;
      }
    }
    return end;
  }

  /** @internal */
  value(value: unknown, type: number, at: number, under: FieldName): number {
    if (value !== undefined) return this.#value(value, type, at, under);
    if (this.ignores) return type;
    this.sink.bytes[type] = 0x0a;
    return at;
  }

  #map(map: Map<string, unknown>, at: number): number {
    this.#around.push(map);
    let end = at + 4;
    // By its method, as js-bson: a map may have one of its own.
    for (const [key, value] of map.entries()) end = this.#element(key, converted(value), end);
    this.#around.pop();
    return close(this.sink, at, end);
  }

  #array(array: readonly unknown[], at: number, under: FieldName): number {
    const sink = this.sink;
    this.#around.push(array);
    let end = at + 4;
    for (let i = 0; i < array.length; i++) {
      const value = converted(array[i]);
      const type = end;
      end = sink.index(type + 1, i);
      if (value === undefined) sink.bytes[type] = 0x0a;
      else end = this.#value(value, type, end, under);
    }
    this.#around.pop();
    return close(sink, at, end);
  }

  /** Writes an element whose key is not kept, or has to be looked at. */
  #element(key: string, value: unknown, at: number): number {
    const sink = this.sink;
    if (this.#checks && (key.startsWith('$') || key.includes('.'))) refuseKey(key, this.#options);
    const end = sink.key(at + 1, key);
    if (end === REFUSED_KEY) refuseKey(key, this.#options);
    if (value !== undefined) return this.#value(value, at, end, fieldNames.root);
    if (this.ignores) return at;
    sink.bytes[at] = 0x0a;
    return end;
  }

  /**
   * Writes a value behind its key.
   * @param type - where the type goes
   * @param under - the name it stands under
   * @returns the end, which is `type` for what is left out
   */
  #value(value: unknown, type: number, at: number, under: FieldName): number {
    const sink = this.sink;
    switch (typeof value) {
      case 'string':
        sink.bytes[type] = 0x02;
        return sink.string(at, value);
      case 'number':
        return writeNumber(sink, value, type, at);
      case 'boolean':
        sink.bytes[type] = 0x08;
        sink.bytes[at] = value ? 1 : 0;
        return at + 1;
      case 'object':
        if (value !== null) return this.#object(value, type, at, under);
        sink.bytes[type] = 0x0a;
        return at;
      case 'bigint':
        sink.bytes[type] = 0x12;
        sink.view.setBigInt64(at, value, true);
        return at + 8;
      case 'function':
        return this.#options.serializeFunctions ? this.#alone(value, type, at) : type;
      default:
        return type;
    }
  }

  #object(value: object, type: number, at: number, under: FieldName): number {
    const name = (value as Tagged)._bsontype;
    return name === undefined || name === null
      ? this.untagged(value, type, at, under)
      : this.tagged(value, type, at);
  }

  /** @internal */
  tagged(value: object, type: number, at: number): number {
    const className = this.#rules.classOf(value as Tagged);
    const end =
      className === 'Code'
        ? this.#code(value as Code, type, at)
        : writeTagged(this.sink, value, className, type, at);
    return this.#written(end, value, type, at);
  }

  /** @internal */
  untagged(value: object, type: number, at: number, under: FieldName): number {
    const { sink } = this;
    switch (kindOf(value)) {
      case '[object Object]':
        if (!isPlain(value) || !this.#canNest(value)) return this.#alone(value, type, at);
        sink.bytes[type] = 0x03;
        return this.#document(value, at, under.inside);
      case '[object Array]':
        if (!isArray(value) || !this.#canNest(value)) return this.#alone(value, type, at);
        sink.bytes[type] = 0x04;
        return this.#array(value, at, under);
      case '[object Map]':
        if (!hasNames(value) || !this.#canNest(value)) return this.#alone(value, type, at);
        sink.bytes[type] = 0x03;
        return this.#map(value, at);
      case '[object Date]':
        return this.#written(writeTime(sink, (value as Date).getTime(), type, at), value, type, at);
      case '[object Uint8Array]':
        if (!(value instanceof Uint8Array)) return this.#alone(value, type, at);
        sink.bytes[type] = 0x05;
        sink.view.setInt32(at, value.length, true);
        sink.bytes[at + 4] = 0;
        return sink.copy(at + 5, value);
      case '[object RegExp]':
        return this.#written(writeRegExp(sink, value, type, at), value, type, at);
      default:
        return this.#alone(value, type, at);
    }
  }

  /** Writes code; what is odd about its scope is left to js-bson. */
  #code(value: Code, type: number, at: number): number {
    const { code, scope } = value as { code: unknown; scope: unknown };
    if (typeof code !== 'string') return LEFT;
    const sink = this.sink;
    if (!scope || typeof scope !== 'object') {
      sink.bytes[type] = 0x0d;
      return sink.string(at, code);
    }
    if (this.#around.length >= DEEPEST || this.#around.includes(scope)) return LEFT;
    if (kindOf(scope) !== '[object Object]' || !isPlain(scope)) return LEFT;
    sink.bytes[type] = 0x0f;
    const end = this.#document(scope, sink.string(at + 4, code), fieldNames.root);
    sink.view.setInt32(at, end - at, true);
    return end;
  }

  /** False for an object that is too deep; it throws for one that holds itself. */
  #canNest(value: object): boolean {
    const around = this.#around;
    for (let i = around.length - 1; i >= 0; i--) {
      if (around[i] === value) refuseCircle(this.#options);
    }
    return around.length < DEEPEST;
  }

  /** The end of a value, which js-bson writes now if it was left. */
  #written(end: number, value: object, type: number, at: number): number {
    return end === LEFT ? this.#alone(value, type, at) : end;
  }

  /** Has js-bson write a value, and takes its bytes over. */
  #alone(value: unknown, type: number, at: number): number {
    const bytes = valueAlone(value, this.#options);
    // The size, the type, an empty key and its zero; the document's zero at the end.
    if (bytes.length < 7) return type;
    this.sink.bytes[type] = bytes[4]!;
    return this.sink.copy(at, bytes, 6, bytes.length - 1);
  }
}

/** Ends what is a document for BSON. */
function close(sink: Sink, at: number, end: number): number {
  sink.room(end, 1);
  sink.bytes[end] = 0;
  sink.view.setInt32(at, end + 1 - at, true);
  return end + 1;
}

/** What is written in a value's place. Primitives have no `toBSON`: that was looked at. */
function converted(value: unknown): unknown {
  if (typeof value === 'object' ? value === null : typeof value !== 'function') return value;
  if (typeof (value as Convertible).toBSON !== 'function') return value;
  return (value as { toBSON: () => unknown }).toBSON();
}
