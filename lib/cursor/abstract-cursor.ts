/**
 * What all cursors do: fetch batches when they are needed, hand out documents, end on the server.
 * What command opens a cursor is its subclass's business. The states, and what each method does in
 * them, are the driver's (mongodb 7.8, `AbstractCursor`).
 */
import { EventEmitter } from 'node:events';
import type { Readable } from 'node:stream';
import type { AbstractCursorOptions, CursorFlag, ReadConcern, ReadPreference } from 'mongodb';
import type { ReadConcernLike, ReadPreferenceLike } from 'mongodb';
import { abortable, type Abortable } from '../abort';
import { Long } from '../bson/bson';
import type { Batch } from '../bson/decode';
import { readConcernSetting, toReadConcern } from '../concern';
import { driverErrors, invalidArgument } from '../error';
import { MongoDBNamespace } from '../namespace';
import { executeCommand, executeCursor, executeGetMore, type Executor } from '../operations/execute';
import type { DatabaseScope, Operation } from '../operations/operation';
import { readPreferenceOf, readPreferenceSetting, toReadPreference } from '../read-preference';
import { DocumentBuffer } from './buffer';
import { keepWithoutOwner, killWithOwner, ServerCursor } from './server-cursor';
import { CursorStream } from './stream';

/** The flags of the wire protocol that {@link AbstractCursor.addCursorFlag} takes. */
export const CURSOR_FLAGS = [
  'tailable',
  'oplogReplay',
  'noCursorTimeout',
  'awaitData',
  'exhaust',
  'partial'
] as const satisfies readonly CursorFlag[];

/** Options of every cursor. */
export type CursorOptions = AbstractCursorOptions & Abortable;

/** The events of a cursor. */
export interface CursorEvents {
  /** It has ended on the server, or was closed. Buffered documents may be left. */
  close: [];
  error: [Error];
}

// eslint-disable-next-line @typescript-eslint/no-explicit-any -- the driver's default: untyped documents
export abstract class AbstractCursor<TSchema = any>
  extends EventEmitter<CursorEvents>
  implements AsyncDisposable
{
  static readonly CLOSE = 'close' as const;

  protected readonly executor: Executor;
  /** Where it runs, and what it inherits. */
  protected readonly scope: DatabaseScope;
  /** The collection it reads, as {@link namespace} says it. */
  readonly #collection: string | undefined;
  /** Documents that have arrived. */
  readonly #buffer = new DocumentBuffer();
  /** The cursor on the server while it is open there. */
  #server: ServerCursor | undefined;
  /** The fetch under way, which concurrent callers join. */
  #fetching: Promise<void> | undefined;
  /** The first command has been answered, if by an error. */
  #initialized = false;
  /** It has ended, on the server or by {@link close}; buffered documents may be left. */
  #closed = false;
  /** It was ended on the server by us. */
  #killed = false;
  /** It was closed while documents were to come, so there is no honest end to report. */
  #interrupted = false;
  #emittedClose = false;
  /** What {@link map} has been given, composed. */
  #transform: ((document: unknown) => unknown) | undefined;
  /** Listens for the signal's abort. */
  #onAbort: (() => void) | undefined;

  /** @internal */
  protected constructor(executor: Executor, scope: DatabaseScope, collection?: string) {
    super();
    // As in the driver: an 'error' event without a listener must not end the process.
    this.on('error', () => undefined);
    this.executor = executor;
    this.scope = scope;
    this.#collection = collection;
  }

  /** The options so far. Setters write to them. */
  protected abstract readonly cursorOptions: CursorOptions;

  /** The command that opens it. @internal */
  protected abstract open(): Operation;

  /** A new cursor with the same options that has not started. */
  abstract clone(): AbstractCursor<TSchema>;

  /** Called by subclasses once they have their options. */
  protected closeOnAbort(): void {
    const { signal } = this.cursorOptions;
    if (signal === undefined || signal === null) return;
    this.#onAbort = () => void this.close();
    signal.addEventListener('abort', this.#onAbort, { once: true });
  }

  /**
   * Undefined before the first batch, zero once the server has closed the cursor. In between it
   * names the cursor within its pool; the server's own number stays with the pool.
   */
  get id(): Long | undefined {
    if (this.#server !== undefined) return Long.fromNumber(this.#server.handle);
    return this.#initialized ? Long.ZERO : undefined;
  }

  get namespace(): MongoDBNamespace {
    return new MongoDBNamespace(this.scope.database, this.#collection);
  }

  get readPreference(): ReadPreference {
    return toReadPreference(readPreferenceOf(this.cursorOptions) ?? this.scope.readPreference);
  }

  get readConcern(): ReadConcern | undefined {
    const own = readConcernSetting(this.cursorOptions.readConcern);
    return toReadConcern(own ?? this.scope.readConcern);
  }

  /** It has ended and no document is left. */
  get closed(): boolean {
    return this.#closed && this.#buffer.length === 0;
  }

  /** It was ended on the server before it had given all its documents. */
  get killed(): boolean {
    return this.#killed;
  }

  /** No batch will follow. */
  get #ended(): boolean {
    return this.#closed || this.#killed || (this.#initialized && this.#server === undefined);
  }

  /** Documents that have arrived and not been read. */
  bufferedCount(): number {
    return this.#buffer.length;
  }

  /** Takes documents that have arrived, all or the first `number`, without their transforms. */
  readBufferedDocuments(number?: number): NonNullable<TSchema>[] {
    return this.#buffer.take(number) as NonNullable<TSchema>[];
  }

  /**
   * The next document, or null when there is none.
   * @throws MongoCursorExhaustedError after {@link close} came before the end
   */
  async next(): Promise<TSchema | null> {
    this.#throwIfUnreadable();
    do {
      if (this.#buffer.length > 0) return (await this.#shift()) as TSchema;
      await this.#fetch();
    } while (!this.#ended || this.#buffer.length > 0);
    return null;
  }

  /** The next document, or null when the server has none right now: asks it once at most. */
  async tryNext(): Promise<TSchema | null> {
    this.#throwIfUnreadable();
    if (this.#buffer.length === 0) await this.#fetch();
    return this.#buffer.length > 0 ? ((await this.#shift()) as TSchema) : null;
  }

  async hasNext(): Promise<boolean> {
    this.cursorOptions.signal?.throwIfAborted();
    if (this.#interrupted) return false;
    do {
      if (this.#buffer.length > 0) return true;
      await this.#fetch();
    } while (!this.#ended || this.#buffer.length > 0);
    return false;
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<TSchema, void, void> {
    this.cursorOptions.signal?.throwIfAborted();
    try {
      while (!this.#killed && !this.closed && !(this.#ended && this.#buffer.length === 0)) {
        const document = await this.next();
        if (document === null) return;
        yield document;
        this.cursorOptions.signal?.throwIfAborted();
      }
    } finally {
      if (!this.#closed) await this.close();
    }
  }

  /** All documents that are left. */
  async toArray(): Promise<TSchema[]> {
    this.cursorOptions.signal?.throwIfAborted();
    let documents: unknown[] = [];
    try {
      while (!this.#killed && (!this.#ended || this.#buffer.length > 0)) {
        if (this.#buffer.length === 0) await this.#fetch();
        const batch = this.#buffer.take();
        if (this.#transform !== undefined) await this.#transformAll(batch);
        // The first batch is often the only one, and then the result as it is.
        if (documents.length === 0) documents = batch;
        else for (const document of batch) documents.push(document);
      }
    } finally {
      if (!this.#closed) await this.close();
    }
    return documents as TSchema[];
  }

  /**
   * Calls `iterator` with one document after the other, until it returns false.
   * @throws MongoInvalidArgumentError for an iterator that is not a function
   */
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
    const stream = new CursorStream(this);
    const { signal } = this.cursorOptions;
    if (signal) {
      const abort = (): unknown => stream.destroy(signal.reason as Error);
      signal.addEventListener('abort', abort, { once: true });
      stream.once('end', () => signal.removeEventListener('abort', abort));
    }
    return stream;
  }

  /** Ends the cursor, on its server too. Never fails. */
  async close(_options?: { timeoutMS?: number }): Promise<void> {
    if (this.#server !== undefined) this.#interrupted = true;
    await this.#end();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  /** Makes it a cursor that has not started; the next document asked for runs the query again. */
  rewind(): void {
    if (!this.#initialized) return;
    void this.#kill();
    this.#buffer.fill([]);
    this.#initialized = false;
    this.#closed = false;
    this.#killed = false;
    this.#interrupted = false;
    this.#emittedClose = false;
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
    Object.assign(this.cursorOptions, { [flag]: value });
    return this;
  }

  withReadPreference(readPreference: ReadPreferenceLike): this {
    this.throwIfInitialized();
    readPreferenceSetting(readPreference);
    this.cursorOptions.readPreference = readPreference;
    return this;
  }

  withReadConcern(readConcern: ReadConcernLike): this {
    this.throwIfInitialized();
    if (readConcernSetting(readConcern)) this.cursorOptions.readConcern = readConcern;
    return this;
  }

  /** @param value - milliseconds the server may take */
  maxTimeMS(value: number): this {
    return this.setNumber('maxTimeMS', value, 'Argument for maxTimeMS must be a number');
  }

  /** @param value - documents a batch */
  batchSize(value: number): this {
    this.throwIfInitialized();
    this.throwIfTailable('batchSize');
    return this.setNumber('batchSize', value, 'Operation "batchSize" requires an integer');
  }

  protected setNumber(option: string, value: number, refusal: string): this {
    this.throwIfInitialized();
    if (typeof value !== 'number') throw invalidArgument(refusal);
    Object.assign(this.cursorOptions, { [option]: value });
    return this;
  }

  protected throwIfTailable(what: string): void {
    if (!this.cursorOptions.tailable) return;
    const { MongoTailableCursorError } = driverErrors();
    throw new MongoTailableCursorError(`Tailable cursor does not support ${what}`);
  }

  /** @throws MongoCursorInUseError once the cursor has started */
  protected throwIfInitialized(): void {
    if (this.#initialized) throw new (driverErrors().MongoCursorInUseError)();
  }

  /** How many documents the batches so far had. */
  protected returned = 0;

  /** True when no further batch is wanted, though the server would have one. @internal */
  protected get enough(): boolean {
    return false;
  }

  #throwIfUnreadable(): void {
    this.cursorOptions.signal?.throwIfAborted();
    if (this.#interrupted) throw new (driverErrors().MongoCursorExhaustedError)();
  }

  async #shift(): Promise<unknown> {
    const document = this.#buffer.shift();
    return this.#transform === undefined ? document : await this.#transformed(document);
  }

  async #transformAll(documents: unknown[]): Promise<void> {
    for (let i = 0; i < documents.length; i++) {
      documents[i] = await this.#transformed(documents[i]);
    }
  }

  async #transformed(document: unknown): Promise<unknown> {
    try {
      const result = this.#transform!(document);
      if (result !== null) return result;
      throw new (driverErrors().MongoAPIError)(
        'Cursor returned a `null` document, but the cursor is not exhausted.  Mapping documents to `null` is not supported in the cursor transform.'
      );
    } catch (error) {
      await this.close();
      throw error;
    }
  }

  /** Gets documents, unless none can come. Callers at the same time get the same batch. */
  async #fetch(): Promise<void> {
    if (this.#fetching !== undefined) {
      await this.#fetching;
      return;
    }
    if (this.#ended) {
      await this.#end();
      return;
    }
    const { signal } = this.cursorOptions;
    this.#fetching = this.#fetchBatch();
    try {
      await (signal ? abortable(this.#fetching, signal) : this.#fetching);
    } finally {
      this.#fetching = undefined;
    }
  }

  async #fetchBatch(): Promise<void> {
    try {
      if (!this.#initialized) {
        await this.#start();
        if (this.#buffer.length > 0 || this.#server === undefined) return;
      }
      await this.#getMore();
    } catch (error) {
      this.#initialized = true;
      await this.#end();
      throw error;
    }
  }

  async #start(): Promise<void> {
    const operation = this.open();
    if (operation.command['explain'] !== undefined) {
      const explanation = await executeCommand(this.executor, operation);
      return this.#arrived({ cursor: 0, documents: [explanation] }, undefined);
    }
    const hold = this.executor.hold();
    const batch = await executeCursor(this.executor, operation);
    const server = batch.cursor === 0 ? undefined : new ServerCursor(hold, batch.cursor);
    this.#bson = operation.bson;
    return this.#arrived(batch, server);
  }

  /** How documents are read, from the first command on. */
  #bson: Operation['bson'] | undefined;

  async #getMore(): Promise<void> {
    const server = this.#server;
    if (server === undefined) return;
    if (this.enough) return await this.#end();
    const batch = await executeGetMore(server.hold, server.handle, this.#bson!);
    return this.#arrived(batch, batch.cursor === 0 ? undefined : server);
  }

  /** Takes in a batch. A cursor that was closed meanwhile wants none. */
  async #arrived(batch: Batch<unknown>, server: ServerCursor | undefined): Promise<void> {
    const started = this.#initialized;
    this.#initialized = true;
    if (this.#closed) {
      if (!started) await server?.kill();
      return;
    }
    this.returned += batch.documents.length;
    this.#buffer.fill(batch.documents);
    if (server !== undefined && this.#server === undefined) killWithOwner(this, server);
    if (server === undefined && this.#server !== undefined) keepWithoutOwner(this);
    this.#server = server;
    if (server === undefined) await this.#end();
  }

  /** Ends it everywhere, once. */
  async #end(): Promise<void> {
    if (this.#onAbort !== undefined) {
      this.cursorOptions.signal?.removeEventListener('abort', this.#onAbort);
      this.#onAbort = undefined;
    }
    this.#closed = true;
    await this.#kill();
    if (this.#emittedClose) return;
    this.#emittedClose = true;
    this.emit('close');
  }

  async #kill(): Promise<void> {
    const server = this.#server;
    if (server === undefined) return;
    this.#server = undefined;
    this.#killed = true;
    keepWithoutOwner(this);
    await server.kill();
  }
}
