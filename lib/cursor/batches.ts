/**
 * The batches of a cursor: the states between its first command and its end, on either side. The
 * states are the driver's (mongodb 7.8, `AbstractCursor`). It knows neither what command opens the
 * cursor nor what becomes of the documents.
 */
import type { Batch, TextBatch } from '../bson/decode';
import { KeptText } from '../bson/kept-text';
import type { ResolvedBSONOptions } from '../bson/options';
import { Deadline } from '../deadline';
import {
  executeCommand,
  executeNextBatch,
  executeTakeText,
  openCursor,
  type Executor
} from '../operations/execute';
import { jsonForm, type JSONRequest } from '../operations/json';
import type { Operation } from '../operations/operation';
import type { Maker } from '../leaks/call-site';
import type { LeakWatch } from '../leaks/leak-watch';
import type { ClientSession } from '../session';
import { DocumentBuffer } from './buffer';
import { ReadAhead } from './read-ahead';
import { ServerCursor } from './server-cursor';
import type { TimeoutMode } from './timeout-mode';

/** What batches ask of the cursor they are for. */
export interface BatchesOwner {
  readonly executor: Executor;
  /** Takes note when it is left open, if that is wanted. */
  readonly leakWatch: LeakWatch | undefined;
  /** Makes the cursor that the batches are of. */
  readonly maker: Maker;
  /** Database and collection, for whoever reads of it. */
  readonly namespace: string;
  /** The command that opens the cursor. */
  open(): Operation;
  /** Of what the operation's `timeoutMS` is the limit: all batches or each; undefined for the first alone. */
  timeoutMode(): TimeoutMode | undefined;
  /** True when no further batch is wanted, though the server would have one. */
  hasEnough(returned: number): boolean;
  /**
   * True when a batch may be fetched before it is wanted.
   * @param all - the reader has said that all will be read
   */
  readsAhead(all: boolean): boolean;
  /** A batch has come, and its documents are not in the buffer yet. */
  onBatch(batch: Batch): void;
  /** The cursor has ended; called once. */
  onEnd(): void;
}

export class Batches {
  readonly #owner: BatchesOwner;
  /** When the last batch came, by `performance.now()`; kept only while that is watched. */
  #lastFetch = 0;
  /** Documents that have arrived. */
  readonly buffer = new DocumentBuffer(() => this.#readAhead());
  /** Documents that have arrived as JSON. */
  #text: Buffer | KeptText | undefined;
  /** The cursor on the server while it is open there. */
  #server: ServerCursor | undefined;
  /** See {@link bson}. */
  #bson: ResolvedBSONOptions | undefined;
  /** The user's session that it runs in, from the first command on. */
  #session: ClientSession | undefined;
  /** The limit on a single batch, see {@link BatchesOwner.timeoutMode}. */
  #timeoutMS: number | undefined;
  /** The limit on all batches. */
  #deadline: Deadline | undefined;
  /** Takes back what is under way. */
  #signal: AbortSignal | null | undefined;
  /** The batch after the one that is being read. */
  readonly #ahead = new ReadAhead();
  /** The fetch under way, which concurrent callers join. */
  #fetching: Promise<void> | undefined;
  /** The first command has been answered, if by an error. */
  #initialized = false;
  /** The first batch has arrived, so there is or was a cursor on the server. */
  #opened = false;
  /** It has ended, on the server or by {@link end}; buffered documents may be left. */
  #closed = false;
  /** It was ended on the server by us. */
  #killed = false;
  /** It was ended while batches were to come: by the user, or by an error of the server's. */
  #interrupted = false;
  /** The owner knows of the end. */
  #announced = false;
  /** Documents in the batches so far. */
  #returned = 0;
  /** How often the pool had been closed when this began: its cursors end with it. */
  #closes: number | undefined;

  constructor(owner: BatchesOwner) {
    this.#owner = owner;
    this.#closes = owner.executor.closes;
    owner.leakWatch?.made(this, owner.maker);
  }

  get initialized(): boolean {
    return this.#initialized;
  }

  get opened(): boolean {
    return this.#opened;
  }

  get closed(): boolean {
    // Nobody tells a cursor that has not started: nobody else knows it.
    if (!this.#closed && this.#owner.executor.closes !== this.#closes) this.abandon();
    return this.#closed;
  }

  get killed(): boolean {
    return this.#killed;
  }

  get interrupted(): boolean {
    return this.#interrupted;
  }

  /** How documents are read, from the first command on. */
  get bson(): ResolvedBSONOptions | undefined {
    return this.#bson;
  }

  /** What the pool knows the server's cursor by; 0 when there is none. */
  get handle(): number {
    return this.#server?.handle ?? 0;
  }

  /** No batch will follow. */
  get ended(): boolean {
    return this.closed || (this.#initialized && this.#server === undefined);
  }

  /** No batch will follow, and no document is left. */
  get empty(): boolean {
    return this.ended && this.buffer.length === 0;
  }

  /** Has the first batch come, unless it has; none after it, even if that one is empty. */
  async open(): Promise<void> {
    if (!this.#initialized) await this.fetch(true);
  }

  /**
   * Gets a batch, unless none can come. Callers at the same time get the same one.
   * @param firstOnly - an empty first batch will do
   * @param json - as what it is to come; as documents when absent
   */
  async fetch(firstOnly = false, json?: JSONRequest): Promise<void> {
    if (this.#fetching !== undefined) {
      await this.#fetching;
      return;
    }
    if (this.ended) {
      await this.end();
      return;
    }
    this.#fetching = this.#fetchBatch(firstOnly, json);
    try {
      await this.#fetching;
    } finally {
      this.#fetching = undefined;
      if (this.#owner.executor.leakWatch !== undefined) this.#lastFetch = performance.now();
    }
  }

  /** From here on, all there is will be read. */
  wantAll(): void {
    this.#ahead.wantsAll = true;
    this.#readAhead();
  }

  /** Gets a batch as JSON, unless none can come; gives the text that has arrived, if any has. */
  async fetchText(json: JSONRequest): Promise<Buffer | KeptText | undefined> {
    await this.fetch(false, json);
    const text = this.#text;
    this.#text = undefined;
    return text;
  }

  /** Ends it before its time, unless it has ended. Never fails. */
  async interrupt(): Promise<void> {
    if (this.#server !== undefined) this.#interrupted = true;
    await this.end();
  }

  /** Ends it on both sides. Never fails. */
  async end(): Promise<void> {
    this.#closed = true;
    await this.#kill();
    this.#announce();
  }

  /** Takes note that the pool is closed, which ends it on the server. */
  abandon(): void {
    if (this.#server !== undefined) {
      this.#interrupted = true;
      this.#killed = true;
      this.#server = undefined;
    }
    this.#ahead.drop();
    this.#closed = true;
    this.#announce();
  }

  /** See `Leakable`. */
  get lastUse(): number {
    return this.#fetching === undefined ? this.#lastFetch : performance.now();
  }

  #announce(): void {
    this.#owner.leakWatch?.closed(this);
    if (this.#announced) return;
    this.#announced = true;
    this.#owner.onEnd();
  }

  /** Makes it a cursor that has not started. */
  rewind(): void {
    this.#owner.leakWatch?.closed(this);
    void this.#kill();
    this.#ahead.drop();
    this.buffer.clear();
    this.#text = undefined;
    this.#initialized = false;
    this.#opened = false;
    this.#closed = false;
    this.#killed = false;
    this.#interrupted = false;
    this.#announced = false;
    this.#returned = 0;
    this.#closes = this.#owner.executor.closes;
  }

  async #fetchBatch(firstOnly: boolean, json?: JSONRequest): Promise<void> {
    try {
      if (!this.#initialized) {
        await this.#start(json);
        if (firstOnly || this.#hasArrived || this.#server === undefined) return;
      }
      await this.#getMore(json);
    } catch (error) {
      this.#initialized = true;
      const ended = this.interrupt();
      // Whose time is over waits for nothing more; the server's cursor ends by itself.
      if ((error as Error).name !== 'MongoOperationTimeoutError') await ended;
      throw error;
    }
  }

  get #hasArrived(): boolean {
    return this.buffer.length > 0 || this.#text !== undefined;
  }

  async #start(json?: JSONRequest): Promise<void> {
    const { executor } = this.#owner;
    const opened = this.#owner.open();
    const mode = this.#owner.timeoutMode();
    const operation = started(opened, mode, json);
    if (operation.command['explain'] !== undefined) {
      const explanation = await executeCommand(executor, operation);
      this.#bson = operation.bson;
      await this.#arrived({ cursor: 0, documents: [explanation] }, undefined);
      return;
    }
    this.#signal = operation.signal;
    this.#timeoutMS = mode === 'iteration' ? operation.timeoutMS : undefined;
    this.#deadline = mode === 'cursorLifetime' ? Deadline.of(operation.timeoutMS) : undefined;
    const hold = executor.hold();
    const batch = await openCursor(executor, operation);
    this.#bson = operation.bson;
    this.#session = operation.session;
    await this.#arrived(
      batch,
      batch.cursor === 0 ? undefined : new ServerCursor(hold, batch.cursor)
    );
  }

  async #getMore(json?: JSONRequest): Promise<void> {
    const server = this.#server!;
    if (this.#owner.hasEnough(this.#returned)) {
      if (json?.whole) this.#text = await executeTakeText(server.hold, server.handle);
      await this.end();
      return;
    }
    const timeoutMS = this.#deadline?.remaining() ?? this.#timeoutMS;
    const batch = await executeNextBatch({
      hold: server.hold,
      cursor: server.handle,
      bson: this.#bson!,
      session: this.#session,
      signal: this.#signal,
      json: json && jsonForm(json, this.#bson!),
      timeoutMS,
      ahead: this.#ahead.take()
    });
    await this.#arrived(batch, batch.cursor === 0 ? undefined : server);
  }

  /** Takes in a batch. A cursor that was closed meanwhile wants none. */
  async #arrived(batch: Batch | TextBatch, server: ServerCursor | undefined): Promise<void> {
    const first = !this.#initialized;
    this.#initialized = true;
    this.#opened = true;
    if (this.#closed) {
      if (first) await server?.kill();
      return;
    }
    this.#owner.onBatch(batch);
    if ('text' in batch) {
      this.#returned += batch.count;
      const { text } = batch;
      if (text instanceof KeptText || text.length > 0) this.#text = text;
    } else {
      this.#returned += batch.documents.length + (batch.kept?.count ?? 0);
      this.buffer.fill(batch);
    }
    if (first && server !== undefined) {
      server.keepFor(this);
      this.#owner.leakWatch?.opened('cursor', this, this.#owner.namespace);
    }
    if (!first && server === undefined) this.#server?.ended();
    this.#server = server;
    if (server === undefined) await this.end();
    else if (!('text' in batch)) this.#readAhead();
  }

  /** Has the next batch fetched while this one is read, if that is worth it. */
  #readAhead(): void {
    const server = this.#server;
    if (server === undefined || this.#session !== undefined) return;
    // The time of a batch begins when it is wanted.
    if (this.#deadline !== undefined || this.#timeoutMS !== undefined) return;
    if (!this.#ahead.isDue(this.buffer.keptSize)) return;
    const owner = this.#owner;
    if (!owner.readsAhead(this.#ahead.wantsAll) || owner.hasEnough(this.#returned)) return;
    this.#ahead.ask(server, this.#signal);
  }

  async #kill(): Promise<void> {
    const server = this.#server;
    if (server === undefined) return;
    this.#server = undefined;
    this.#killed = true;
    this.#ahead.drop();
    await server.kill();
  }
}

/** The command with what its batches are to be, and where its limit is not for all of them together. */
function started(
  operation: Operation,
  mode: TimeoutMode | undefined,
  json: JSONRequest | undefined
): Operation {
  const timed = operation.timeoutMS !== undefined && mode === 'iteration';
  if (json === undefined && !timed) return operation;
  return {
    ...operation,
    ...(json && { json: jsonForm(json, operation.bson) }),
    ...(timed && { options: { ...operation.options, untold: true } })
  };
}
