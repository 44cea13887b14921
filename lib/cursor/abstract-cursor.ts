/**
 * What all cursors offer: documents one by one, in batches or all at once, transforms, and the
 * options that any cursor has. What command opens a cursor is its subclass's business, how batches
 * come is `batches.ts`'s.
 */
import type { Readable } from 'node:stream';
import type {
  AbstractCursor as DriverCursor,
  AbstractCursorEvents,
  AbstractCursorOptions,
  CursorFlag,
  MongoDBNamespace as DriverNamespace,
  ReadConcern,
  ReadConcernLike,
  ReadPreference,
  ReadPreferenceLike
} from 'mongodb';
import type { Abortable } from '../abort';
import { Long } from '../bson/bson';
import type { Batch } from '../bson/decode';
import { readConcernSetting, toReadConcern } from '../concern';
import { within } from '../deadline';
import { TypedEmitter } from '../emitter';
import { driverErrors, invalidArgument } from '../error';
import type { Maker } from '../leaks/call-site';
import { MongoDBNamespace } from '../namespace';
import type { Executor } from '../operations/execute';
import {
  jsonRequest,
  jsonStreamRequest,
  type JSONOptions,
  type JSONStreamOptions
} from '../operations/json';
import type { DatabaseScope, Operation } from '../operations/operation';
import { readPreferenceOf, readPreferenceSetting, toReadPreference } from '../read-preference';
import { Batches } from './batches';
import { JSONStream, readJSON } from './json';
import { CursorStream } from './stream';
import { CURSOR_FLAGS } from './flags';
import { timeoutModeOf } from './timeout-mode';

/** Options of every cursor. */
export type CursorOptions = AbstractCursorOptions & Abortable;

/* eslint-disable @typescript-eslint/no-explicit-any -- the driver's default: untyped documents */
/** To the compiler a cursor is one of the driver's, as a pool is a client (see there). */
// eslint-disable-next-line @typescript-eslint/no-empty-object-type -- docs/compatibility.md holds the class to what this promises
export interface AbstractCursor<TSchema = any> extends DriverCursor<TSchema> {}

/** Emits `close` when it has ended on the server, or was closed; documents may be left then. */
// eslint-disable-next-line @typescript-eslint/no-unsafe-declaration-merging -- see above
export abstract class AbstractCursor<TSchema = any> extends TypedEmitter<AbstractCursorEvents> {
  /* eslint-enable @typescript-eslint/no-explicit-any */
  static readonly CLOSE = 'close' as const;

  /** @internal */
  protected readonly executor: Executor;
  /** Where it runs, and what it inherits. @internal */
  protected readonly scope: DatabaseScope;
  /** The options so far; setters write to them. @internal */
  protected readonly cursorOptions: CursorOptions;
  readonly #collection: string | undefined;
  readonly #batches: Batches;
  /** What {@link map} has been given, composed. */
  #transform: ((document: unknown) => unknown) | undefined;
  /** Closes the cursor when its signal is aborted. */
  #onAbort: (() => void) | undefined;

  /** @internal */
  protected constructor(
    executor: Executor,
    scope: DatabaseScope,
    collection: string | undefined,
    options: CursorOptions
  ) {
    super();
    // As in the driver: an 'error' event without a listener must not end the process.
    this.on('error', () => undefined);
    this.executor = executor;
    this.scope = scope;
    this.cursorOptions = options;
    this.#collection = collection;
    const leakWatch = this.isUsers ? executor.leakWatch : undefined;
    this.#batches = new Batches({
      executor,
      leakWatch,
      maker: new.target as unknown as Maker,
      namespace: leakWatch ? this.namespace.toString() : '',
      timeoutMode: () => timeoutModeOf(this.cursorOptions),
      open: () => this.openOperation(),
      hasEnough: returned => this.hasEnough(returned),
      readsAhead: all => this.#readsAhead(all),
      onBatch: batch => this.onBatch(batch),
      onEnd: () => this.#onEnd()
    });
    if (options.signal) {
      this.#onAbort = () => void this.close();
      options.signal.addEventListener('abort', this.#onAbort, { once: true });
    }
  }

  /** The command that opens it. @internal */
  protected abstract openOperation(): Operation;

  /** A new cursor with the same options that has not started. */
  abstract clone(): AbstractCursor<TSchema>;

  /** Who uses the pool has to close it. @internal */
  protected get isUsers(): boolean {
    return true;
  }

  /** True when `returned` documents are all that were asked for. @internal */
  protected hasEnough(_returned: number): boolean {
    return false;
  }

  /** Its batches may be fetched before they are wanted, unless it is tailable. @internal */
  protected readsAhead(): boolean {
    return false;
  }

  /**
   * Who sets the size of batches sets how much is read at a time, unless they want all of it. What a
   * user's function makes of a document may be the end of it.
   */
  #readsAhead(all: boolean): boolean {
    const { tailable, batchSize } = this.cursorOptions;
    if (this.#transform !== undefined) return false;
    return !tailable && (all || batchSize === undefined) && this.readsAhead();
  }

  /** A batch has come; what it holds is handed out afterwards. @internal */
  protected onBatch(_batch: Batch): void {}

  #onEnd(): void {
    if (this.#onAbort) this.cursorOptions.signal?.removeEventListener('abort', this.#onAbort);
    this.#onAbort = undefined;
    this.emit('close');
  }

  /**
   * Undefined before the first batch, zero once the server has closed the cursor. In between it
   * names the cursor within its pool; the server's own number stays with the pool.
   */
  get id(): Long | undefined {
    return this.#batches.opened ? Long.fromNumber(this.#batches.handle) : undefined;
  }

  /** When a batch last came, see `Leakable`. @internal */
  get lastUse(): number {
    return this.#batches.lastUse;
  }

  get namespace(): DriverNamespace {
    const namespace: object = new MongoDBNamespace(this.scope.database, this.#collection);
    return namespace as DriverNamespace;
  }

  get readPreference(): ReadPreference {
    return toReadPreference(readPreferenceOf(this.cursorOptions) ?? this.scope.readPreference);
  }

  get readConcern(): ReadConcern | undefined {
    const own = readConcernSetting(this.cursorOptions.readConcern);
    return toReadConcern(own ?? this.scope.readConcern);
  }

  get loadBalanced(): boolean {
    return this.executor.balanced ?? false;
  }

  /** It has ended and no document is left. */
  get closed(): boolean {
    return this.#batches.closed && this.#batches.buffer.length === 0;
  }

  /** It was ended on the server before it had given all its documents. */
  get killed(): boolean {
    return this.#batches.killed;
  }

  /** Documents that have arrived and not been read. */
  bufferedCount(): number {
    return this.#batches.buffer.length;
  }

  /** Takes documents that have arrived, all or the first `number`, without their transforms. */
  readBufferedDocuments(number?: number): NonNullable<TSchema>[] {
    return this.#batches.buffer.take(number) as NonNullable<TSchema>[];
  }

  /**
   * The next document, or null when there is none.
   * @throws MongoCursorExhaustedError after {@link close} came before the end
   */
  async next(): Promise<TSchema | null> {
    this.#throwIfUnreadable();
    const batches = this.#batches;
    do {
      if (batches.buffer.length > 0) return await this.#shift();
      await this.#batches.fetch();
    } while (!batches.empty);
    return null;
  }

  /** The next document, or null when the server has none right now: asks it once at most. */
  async tryNext(): Promise<TSchema | null> {
    this.#throwIfUnreadable();
    const { buffer } = this.#batches;
    if (buffer.length === 0) await this.#batches.fetch();
    return buffer.length > 0 ? await this.#shift() : null;
  }

  /**
   * Opens the cursor on its server and reads nothing. Under the driver's name, which its runner of
   * MongoDB's specifications uses, as ours does.
   * @internal
   */
  async cursorInit(): Promise<void> {
    await this.#batches.open();
  }

  async hasNext(): Promise<boolean> {
    this.cursorOptions.signal?.throwIfAborted();
    const batches = this.#batches;
    if (batches.interrupted) return false;
    do {
      if (batches.buffer.length > 0) return true;
      await this.#batches.fetch();
    } while (!batches.empty);
    return false;
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<TSchema, void, void> {
    this.cursorOptions.signal?.throwIfAborted();
    try {
      while (!this.#batches.killed && !this.#batches.empty) {
        const document = await this.next();
        if (document === null) return;
        yield document;
        this.cursorOptions.signal?.throwIfAborted();
      }
    } finally {
      if (!this.#batches.closed) await this.close();
    }
  }

  /** All documents that are left. */
  async toArray(): Promise<TSchema[]> {
    this.cursorOptions.signal?.throwIfAborted();
    const batches = this.#batches;
    let documents: unknown[] = [];
    batches.wantAll();
    try {
      while (!batches.killed && !batches.empty) {
        if (batches.buffer.length === 0) await this.#batches.fetch();
        const batch = batches.buffer.take();
        if (this.#transform !== undefined) await this.#transformAll(batch);
        // The first batch is often the only one, and then the result as it is.
        if (documents.length === 0) documents = batch;
        else for (const document of batch) documents.push(document);
      }
    } finally {
      if (!batches.closed) await this.close();
    }
    return documents as TSchema[];
  }

  /**
   * Calls `iterator` with one document after the other, until it returns false.
   * @throws MongoInvalidArgumentError for an iterator that is not a function
   */
  // eslint-disable-next-line @typescript-eslint/no-invalid-void-type -- the driver's signature: no result means go on
  async forEach(iterator: (document: TSchema) => boolean | void): Promise<void> {
    this.cursorOptions.signal?.throwIfAborted();
    if (typeof iterator !== 'function') {
      throw invalidArgument('Argument "iterator" must be a function');
    }
    for await (const document of this) {
      if (iterator(document) === false) break;
    }
  }

  /** The documents as a stream. Destroying it closes the cursor. */
  stream(): Readable & AsyncIterable<TSchema> {
    return this.#abortable(new CursorStream(this));
  }

  /**
   * All documents that are left as one JSON array in UTF-8, made off the JavaScript thread.
   * @throws MongoAPIError with {@link map} or the option `raw`
   * @throws MongoCursorExhaustedError when the cursor is closed meanwhile
   */
  async toJSONBytes(options?: JSONOptions): Promise<Buffer> {
    this.cursorOptions.signal?.throwIfAborted();
    this.#refuseTransform();
    const request = jsonRequest(options, true);
    try {
      return await readJSON(this.#batches, request);
    } catch (error) {
      // What the signal ended may look like something else that ended.
      this.cursorOptions.signal?.throwIfAborted();
      throw error;
    } finally {
      if (!this.#batches.closed) await this.close();
    }
  }

  /**
   * The JSON of {@link toJSONBytes} as a stream of bytes, a batch at a time and large ones in pieces, for results
   * that are too large for one text. Destroying it closes the cursor.
   * @throws MongoAPIError with {@link map}
   */
  jsonStream(options?: JSONStreamOptions): Readable {
    const source = { batches: this.#batches, close: () => this.close() };
    this.#refuseTransform();
    return this.#abortable(new JSONStream(source, jsonStreamRequest(options)));
  }

  #refuseTransform(): void {
    if (this.#transform === undefined) return;
    throw new (driverErrors().MongoAPIError)(
      'A cursor with map() has no JSON of its own: stringify what map() gives'
    );
  }

  /** Destroys a stream when the cursor's signal is aborted. */
  #abortable<T extends Readable>(stream: T): T {
    const { signal } = this.cursorOptions;
    if (signal) {
      const abort = (): unknown => stream.destroy(signal.reason as Error);
      signal.addEventListener('abort', abort, { once: true });
      stream.once('close', () => signal.removeEventListener('abort', abort));
    }
    return stream;
  }

  /**
   * Ends the cursor, on its server too. Never fails.
   * @param options - `timeoutMS` is how long the server is waited for; it is told all the same. What is no
   * time sets no limit: to the driver it never means anything
   */
  async close(options?: { timeoutMS?: number }): Promise<void> {
    const { timeoutMS = 0 } = options ?? {};
    const isLimit = timeoutMS > 0 && timeoutMS < Infinity;
    await within(isLimit ? timeoutMS : undefined, this.#batches.interrupt());
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  /** Makes it a cursor that has not started; the next document asked for runs the query again. */
  rewind(): void {
    if (this.#batches.initialized) this.#batches.rewind();
  }

  /** Hands out what `transform` makes of each document; after transforms given before. */
  map<T>(transform: (document: TSchema) => T): AbstractCursor<T> {
    this.throwIfInitialized();
    const before = this.#transform;
    const given = transform as (document: unknown) => unknown;
    this.#transform = before === undefined ? given : document => given(before(document));
    return this as unknown as AbstractCursor<T>;
  }

  addCursorFlag(flag: CursorFlag, value: boolean): this {
    this.throwIfInitialized();
    if (!CURSOR_FLAGS.includes(flag)) {
      throw invalidArgument(`Flag ${flag} is not one of ${CURSOR_FLAGS.join()}`);
    }
    if (typeof value !== 'boolean') throw invalidArgument(`Flag ${flag} must be a boolean value`);
    return this.set({ [flag]: value });
  }

  withReadPreference(readPreference: ReadPreferenceLike): this {
    readPreferenceSetting(readPreference);
    return this.set({ readPreference });
  }

  withReadConcern(readConcern: ReadConcernLike): this {
    return this.set(readConcernSetting(readConcern) ? { readConcern } : {});
  }

  /** @param value - milliseconds the server may take */
  maxTimeMS(value: number): this {
    return this.setNumber('maxTimeMS', value, 'Argument for maxTimeMS must be a number');
  }

  /** @param value - documents a batch */
  batchSize(value: number): this {
    this.throwIfInitialized();
    if (this.cursorOptions.tailable) throw tailableError('batchSize');
    return this.setNumber('batchSize', value, 'Operation "batchSize" requires an integer');
  }

  /** @internal */
  protected set(options: object): this {
    this.throwIfInitialized();
    Object.assign(this.cursorOptions, options);
    return this;
  }

  /** @internal */
  protected setNumber(option: string, value: number, refusal: string): this {
    this.throwIfInitialized();
    if (typeof value !== 'number') throw invalidArgument(refusal);
    return this.set({ [option]: value });
  }

  /** @throws MongoCursorInUseError once the cursor has started. @internal */
  protected throwIfInitialized(): void {
    if (this.#batches.initialized) throw new (driverErrors().MongoCursorInUseError)();
  }

  #throwIfUnreadable(): void {
    this.cursorOptions.signal?.throwIfAborted();
    if (this.#batches.interrupted) throw new (driverErrors().MongoCursorExhaustedError)();
  }

  /** The first document that has arrived, transformed. */
  #shift(): TSchema | Promise<TSchema> {
    const document = this.#batches.buffer.shift() as TSchema;
    return this.#transform === undefined ? document : this.#transformed(document);
  }

  async #transformAll(documents: unknown[]): Promise<void> {
    for (let i = 0; i < documents.length; i++) {
      documents[i] = await this.#transformed(documents[i]);
    }
  }

  async #transformed(document: unknown): Promise<TSchema> {
    try {
      const result = this.#transform!(document);
      if (result !== null) return result as TSchema;
      throw new (driverErrors().MongoAPIError)(
        'Cursor returned a `null` document, but the cursor is not exhausted.  Mapping documents to `null` is not supported in the cursor transform.'
      );
    } catch (error) {
      await this.close();
      throw error;
    }
  }
}

/** What a tailable cursor cannot do. */
export function tailableError(what: string): Error {
  const { MongoTailableCursorError } = driverErrors();
  return new MongoTailableCursorError(`Tailable cursor does not support ${what}`);
}
