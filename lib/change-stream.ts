/**
 * A change stream: what happens to a collection, a database or a deployment, one event after the
 * other, across failures of the servers. It reads as an iterator or emits events, never both. Where
 * it is in the stream its cursor knows; which failures it survives, `resumable.ts`. It is long because
 * reading, emitting, resuming and closing change one state; what does not is in `change-streams/`.
 *
 * The states, the events and their order are the driver's (mongodb 7.8, `ChangeStream`).
 */
import type { EventEmitter } from 'node:events';
import type { Readable } from 'node:stream';
import type {
  ChangeStream as DriverChangeStream,
  ChangeStreamDocument,
  ChangeStreamEvents,
  ChangeStreamOptions,
  Collection as DriverCollection,
  Db as DriverDb,
  MongoClient,
  ResumeToken
} from 'mongodb';
import type { Document } from './bson/options';
import type { ActiveStreams } from './change-streams/active';
import { Ground } from './change-streams/deployment';
import { SharedCursor } from './change-streams/listener';
import { checkWatchOptions, type WatchOptions } from './change-streams/options';
import { Pace } from './change-streams/pace';
import { fromNow, hasLeftDeployment, isPlaceLost, withAdvice } from './change-streams/place';
import { Progress, type Watch } from './change-streams/progress';
import { hubFor } from './change-streams/shared';
import { ChangeStreamCursor } from './cursor/change-stream-cursor';
import { TypedEmitter } from './emitter';
import { driverErrors } from './error';
import type { PoolLog } from './logs/pool-log';
import { MongoDBNamespace } from './namespace';
import type { Executor } from './operations/execute';
import type { Watched } from './operations/watch';
import { readPreferenceOf, toReadPreference } from './read-preference';
import { isResumable } from './resumable';

type Parent = MongoClient | DriverDb | DriverCollection;

/** Whom a stream is for, and through whom it is read. */
export interface Watcher extends Executor {
  readonly limits: { readonly maxWireVersion?: number | undefined };
  /** Where what is worth knowing of them is written. */
  readonly log?: PoolLog | undefined;
  /** Where streams are kept track of. */
  readonly streams: ActiveStreams;
}

/** What a stream can watch, as `type` tells. */
const DOMAINS = {
  COLLECTION: Symbol('Collection'),
  DATABASE: Symbol('Database'),
  CLUSTER: Symbol('Cluster')
};

/** Events of the cursor that are the stream's. */
const CURSOR_EVENTS = ['resumeTokenChanged', 'end', 'close', 'historyLost'] as const;

const CLOSED = 'ChangeStream is closed';

type Mode = 'iterator' | 'emitter';

/** To the compiler a stream is one of the driver's, as a pool is a client (see there). */
// eslint-disable-next-line @typescript-eslint/no-empty-object-type -- docs/compatibility.md holds the class to what this promises
export interface ChangeStream<
  TSchema extends Document = Document,
  TChange extends Document = ChangeStreamDocument<TSchema>
> extends DriverChangeStream<TSchema, TChange> {}

/**
 * Emits `change` when something has happened, once somebody listens to that; `resumeTokenChanged`
 * when it can go on from a later point than before; `historyLost` when it goes on
 * from now, with the token that was of no use; `error` with what ends it; and `close` when a
 * cursor of its has ended, one that was replaced after a failure, too.
 */
// eslint-disable-next-line @typescript-eslint/no-unsafe-declaration-merging -- see above
export class ChangeStream<
  TSchema extends Document = Document,
  TChange extends Document = ChangeStreamDocument<TSchema>
> extends TypedEmitter<ChangeStreamEvents<TSchema, TChange>> {
  static readonly RESPONSE = 'response' as const;
  static readonly MORE = 'more' as const;
  static readonly INIT = 'init' as const;
  static readonly CLOSE = 'close' as const;
  static readonly CHANGE = 'change' as const;
  static readonly END = 'end' as const;
  static readonly ERROR = 'error' as const;
  static readonly RESUME_TOKEN_CHANGED = 'resumeTokenChanged' as const;

  /** What was asked to watch. */
  readonly parent: Parent;
  /** The user's stages; the very array that was given, as in the driver. */
  readonly pipeline: Document[];
  readonly namespace: MongoDBNamespace;
  /** Named `Collection`, `Database` or `Cluster`. */
  readonly type: symbol;
  /** The cursor that is read now; a failure replaces it. @internal */
  cursor: ChangeStreamCursor<TSchema, TChange>;
  readonly #watcher: Watcher;
  readonly #watched: Watched;
  readonly #given: WatchOptions;
  /** See {@link options}; made when asked for. */
  #options: ChangeStreamOptions | undefined;
  /** {@link close} was called, or nothing can follow. */
  #closed = false;
  /** The pool has ended it, not who reads it. @internal */
  isFinished = false;
  /** How it is read, once it has been. */
  #mode: Mode | undefined;
  /** The emitter reads, or has read to the end. */
  #flowing = false;
  /** The replacement of the cursor that is under way, which other readers join. */
  #resuming: Promise<void> | undefined;
  /** Why the cursor before this one was replaced. */
  #cause: unknown;
  readonly #progress = new Progress();
  /** When it may be opened again. */
  readonly #pace = new Pace();
  /** Ends a pause before it is opened again. */
  #resumeNow: (() => void) | undefined;
  /** How many read it: those of the hub that it feeds. @internal */
  audience = (): number => 1;

  /** @internal */
  constructor(
    parent: Parent,
    watcher: Watcher,
    watched: Watched,
    pipeline: Document[],
    options: WatchOptions
  ) {
    super();
    checkWatchOptions(options);
    this.parent = parent;
    this.pipeline = pipeline;
    this.namespace = new MongoDBNamespace(watched.scope.database, watched.collection);
    this.type = domainOf(watched);
    this.#watcher = watcher;
    this.#watched = watched;
    this.#given = options;
    watcher.leakWatch?.made(this, watch);
    this.cursor = options.shared ? this.#share(options) : this.#open(options);
    if (!options.shared) watcher.streams.add(this);
    (this as unknown as EventEmitter).on('newListener', (event: string | symbol) => {
      if (event === 'change' && this.listenerCount('change') === 0) this.#flow();
    });
  }

  /** The options, with the read preference that the stream has from its parent. */
  get options(): ChangeStreamOptions {
    const given = readPreferenceOf(this.#given) ?? this.#watched.scope.readPreference;
    return (this.#options ??= { ...this.#given, readPreference: toReadPreference(given) });
  }

  /** Where a later stream can go on, with `resumeAfter` or `startAfter`; null when not known. */
  get resumeToken(): ResumeToken {
    return this.cursor.resumeToken;
  }

  /** See `Leakable`. @internal */
  get lastUse(): number {
    return this.cursor.lastUse;
  }

  /** Events that have arrived and not been read. */
  bufferedCount(): number {
    return this.cursor.bufferedCount();
  }

  /** It has ended, and no event is left. */
  get closed(): boolean {
    return this.#closed || (this.#resuming === undefined && this.cursor.closed);
  }

  /**
   * Waits for the next event.
   * @throws MongoAPIError after {@link close}, also when that comes while it waits
   * @throws MongoRuntimeError after the last event, which an `invalidate` is
   * @throws MongoServerError, MongoNetworkError that the stream does not survive; it is closed then
   */
  async next(): Promise<TChange> {
    return await this.#read(async cursor => this.#take(await cursor.next()));
  }

  /** Waits until there is a next event; false when there can't be one. */
  async hasNext(): Promise<boolean> {
    return await this.#read(cursor => cursor.hasNext());
  }

  /** The next event, or null when the server has none right now: asks it once at most. */
  async tryNext(): Promise<TChange | null> {
    return await this.#read(async cursor => {
      const change = await cursor.tryNext();
      return change ? this.#take(change) : null;
    });
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<TChange, void, void> {
    if (this.closed) return;
    try {
      for (;;) {
        const change = await this.#nextOrEnd();
        if (change === undefined) return;
        yield change;
      }
    } finally {
      await this.close();
    }
  }

  /** Who has not closed it need not expect that a loop fails because somebody else has. */
  async #nextOrEnd(): Promise<TChange | undefined> {
    try {
      return await this.next();
    } catch (error) {
      if (this.isFinished) return undefined;
      throw error;
    }
  }

  /**
   * The events as a stream. It does not survive failures, and {@link resumeToken} does not follow.
   * @throws MongoChangeStreamError after {@link close}
   */
  stream(): Readable & AsyncIterable<TChange> {
    if (this.closed) throw new (driverErrors().MongoChangeStreamError)(CLOSED);
    return this.cursor.stream();
  }

  /** Ends it, here and on the server; whoever waits for an event is told. Never fails. */
  async close(): Promise<void> {
    this.#closed = true;
    this.#watcher.streams.delete(this);
    this.#resumeNow?.();
    await this.cursor.close();
  }

  /** Closes it for the pool: it is no failure of a loop that reads it. @internal */
  async finish(): Promise<void> {
    this.isFinished = true;
    await this.close();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  /** @internal */
  get database(): string | undefined {
    return this.#watched.cluster ? undefined : this.namespace.db;
  }

  /** @internal */
  get view(): Watch | undefined {
    const { id } = this.cursor;
    if (this.closed || (id === undefined && this.#progress.resumes === 0)) return undefined;
    return {
      namespace: this.#watched.cluster ? '*' : this.namespace.toString(),
      ...this.#progress.view,
      listeners: this.audience(),
      connection: id ? this.#watcher.hold().cursorPlace(id.toNumber()) : null
    };
  }

  /** @internal */
  leave(): void {
    this.cursor.leave();
  }

  /** @param ground - where it is to go on; wherever the pool is, when absent */
  #open(options: WatchOptions, ground = this.#newGround()): ChangeStreamCursor<TSchema, TChange> {
    return this.#follow(
      new ChangeStreamCursor<TSchema, TChange>(
        this.#watcher,
        this.#watched,
        this.pipeline,
        options,
        ground
      )
    );
  }

  #newGround(): Ground | undefined {
    const { deployments } = this.#watcher.streams;
    return deployments && new Ground(deployments, this.database);
  }

  /** A cursor over the stream that others read, too. */
  #share(options: WatchOptions): ChangeStreamCursor<TSchema, TChange> {
    const { maxBuffered } = options;
    const rest = { ...options };
    delete rest.shared;
    delete rest.maxBuffered;
    const hub = () =>
      hubFor(this.#watcher.streams, this.#watched, this.pipeline, rest, hub => {
        const stream = new ChangeStream(
          this.parent,
          this.#watcher,
          this.#watched,
          this.pipeline,
          rest
        );
        stream.audience = () => hub.listeners;
        stream.on('historyLost', (token: ResumeToken) => hub.lost(token));
        return stream;
      });
    const cursor = new SharedCursor(hub, maxBuffered);
    cursor.once('finished', () => (this.isFinished = true));
    return this.#follow(cursor as unknown as typeof this.cursor);
  }

  /** Passes on what a cursor emits, which is open from now on until it says otherwise. */
  #follow(cursor: typeof this.cursor): typeof this.cursor {
    const source = cursor as unknown as EventEmitter;
    const target = this as unknown as EventEmitter;
    const watch = this.#watcher.leakWatch;
    watch?.opened('changeStream', this, this.namespace.toString());
    source.on('close', () => watch?.closed(this));
    source.on('resumeTokenChanged', (token: ResumeToken) => this.#progress.moved(token));
    for (const event of CURSOR_EVENTS) {
      source.on(event, (...given: unknown[]) => target.emit(event, ...given));
    }
    return cursor;
  }

  /** @throws MongoAPIError when it has been read the other way */
  #enter(mode: Mode): void {
    if (this.#mode !== undefined && this.#mode !== mode) {
      throw new (driverErrors().MongoAPIError)(
        mode === 'emitter'
          ? 'ChangeStream cannot be used as an EventEmitter after being used as an iterator'
          : 'ChangeStream cannot be used as an iterator after being used as an EventEmitter'
      );
    }
    this.#mode = mode;
  }

  /** Reads from the cursor, and from those that replace it, until a read succeeds. */
  async #read<T>(
    attempt: (cursor: ChangeStreamCursor<TSchema, TChange>) => Promise<T>
  ): Promise<T> {
    this.#enter('iterator');
    for (;;) {
      await this.#resuming?.catch(() => undefined);
      const { cursor } = this;
      try {
        return await attempt(cursor);
      } catch (error) {
        try {
          await this.#recover(cursor, error);
        } catch (fatal) {
          await this.close();
          throw fatal;
        }
      }
    }
  }

  /** Takes note of an event that is about to be handed out. */
  #take(change: TChange | null): TChange {
    if (this.#closed) throw closedError();
    if (change === null) throw new (driverErrors().MongoRuntimeError)(CLOSED);
    const token = change['_id'] as ResumeToken;
    if (!token) {
      throw new (driverErrors().MongoChangeStreamError)(
        'A change stream document has been received that lacks a resume token (_id).'
      );
    }
    this.cursor.received(token);
    this.#pace.recovered();
    this.#progress.took(change);
    return change;
  }

  /** Replaces a cursor that failed. @throws what its reader is to be told, if it can't be */
  async #recover(failed: ChangeStreamCursor<TSchema, TChange>, error: unknown): Promise<void> {
    if (this.#closed) throw closedError();
    if (failed !== this.cursor) return;
    if (isPlaceLost(error, failed.ground !== undefined)) {
      const begins = this.#given.onHistoryLost === 'restart' || isUnplaced(failed, error);
      if (!begins) throw withAdvice(error);
      await this.#replace(failed, error);
      return;
    }
    if (failed.id === undefined) throw this.#isSelectionFailure(error) ? this.#cause : error;
    if (!isResumable(error, this.#watcher.limits.maxWireVersion)) throw error;
    await this.#replace(failed, error);
  }

  async #replace(failed: ChangeStreamCursor<TSchema, TChange>, error: unknown): Promise<void> {
    this.#resuming ??= this.#resume(failed, error).finally(() => (this.#resuming = undefined));
    await this.#resuming;
  }

  /** A stream that finds no server to go on with ends with the failure that made it look for one. */
  #isSelectionFailure(error: unknown): boolean {
    const { MongoServerSelectionError } = driverErrors();
    return this.#cause !== undefined && error instanceof MongoServerSelectionError;
  }

  async #resume(failed: ChangeStreamCursor<TSchema, TChange>, error: unknown): Promise<void> {
    await failed.close();
    if (this.#closed) throw closedError();
    this.#cause = error;
    this.#progress.resumes += 1;
    await this.#pause();
    if (this.#closed) throw closedError();
    const options = failed.resumeOptions;
    const isLost = isPlaceLost(error, failed.ground !== undefined);
    this.cursor = isLost ? this.#open(fromNow(options)) : this.#open(options, failed.ground);
    if (!isLost || isUnplaced(failed, error)) return;
    (this as unknown as EventEmitter).emit('historyLost', failed.resumeToken);
  }

  /** Failures in a row, and those of many streams at once, are not made good all at once. */
  async #pause(): Promise<void> {
    const streams = this.#watcher.streams.size;
    const delay = this.#pace.delay(performance.now(), streams, Math.random());
    const namespace = this.namespace.toString();
    const [error, ms] = [this.#cause, Math.round(delay)];
    this.#watcher.log?.write('warn', 'Change stream resumes', { namespace, error, ms });
    if (delay === 0) return;
    await new Promise<void>(resolve => {
      const timer = setTimeout(resolve, delay);
      this.#resumeNow = () => {
        clearTimeout(timer);
        resolve();
      };
    });
    this.#resumeNow = undefined;
  }

  /** Starts to emit. @throws MongoAPIError when it has been read as an iterator */
  #flow(): void {
    this.#enter('emitter');
    if (this.#flowing) return;
    this.#flowing = true;
    // The listener that is being added should see the first event.
    process.nextTick(() => void this.#pump());
  }

  async #pump(): Promise<void> {
    for (;;) {
      const { cursor } = this;
      try {
        const change = await cursor.next();
        if (change === null || this.#closed) return;
        this.#emitChange(change);
      } catch (error) {
        if (!(await this.#survives(cursor, error))) return;
      }
    }
  }

  async #survives(failed: ChangeStreamCursor<TSchema, TChange>, error: unknown): Promise<boolean> {
    if (this.#closed) return false;
    try {
      await this.#recover(failed, error);
      return true;
    } catch (fatal) {
      if (this.#closed) return false;
      this.#emitError(fatal as Error);
      await this.close();
      return false;
    }
  }

  /** As in the driver, an event that nobody listens to is lost, and its token is not kept. */
  #emitChange(change: TChange): void {
    if (this.listenerCount('change') === 0) return;
    try {
      const taken = this.#take(change);
      (this as unknown as EventEmitter).emit('change', taken);
    } catch (error) {
      this.#emitError(error as Error);
    }
  }

  /** An error that nobody listens to, and one that a listener throws, is the process's. */
  #emitError(error: Error): void {
    try {
      (this as unknown as EventEmitter).emit('error', error);
    } catch (thrown) {
      process.nextTick(() => {
        throw thrown;
      });
    }
  }
}

/** A stream, for `watch` of whichever class. As in the driver, the pipeline may be left out. */
export function watch<TSchema extends Document, TChange extends Document>(
  parent: object,
  watcher: Watcher,
  watched: Watched,
  pipeline: Document[] | WatchOptions,
  options: WatchOptions | null
): ChangeStream<TSchema, TChange> {
  return Array.isArray(pipeline)
    ? new ChangeStream(parent as Parent, watcher, watched, pipeline, { ...options })
    : new ChangeStream(parent as Parent, watcher, watched, [], { ...pipeline });
}

function closedError(): Error {
  return new (driverErrors().MongoAPIError)(CLOSED);
}

/** Whether it was opened while the deployment changed, without a place that could be lost. */
function isUnplaced({ hasPlace }: { hasPlace: boolean }, error: unknown): boolean {
  return !hasPlace && hasLeftDeployment(error);
}

function domainOf({ cluster, collection }: Watched): symbol {
  if (cluster) return DOMAINS.CLUSTER;
  return collection === undefined ? DOMAINS.DATABASE : DOMAINS.COLLECTION;
}
