/**
 * The cursor under a change stream: it keeps track of where in the stream its reader is, so that
 * another cursor can go on from there. When one has to is the stream's business.
 */
import type { EventEmitter } from 'node:events';
import type { ChangeStreamDocument, ChangeStreamOptions, ResumeToken, Timestamp } from 'mongodb';
import type { Batch } from '../bson/decode';
import { timestampIn } from '../bson/library';
import type { Document } from '../bson/options';
import type { Ground } from '../change-streams/deployment';
import { leftDeployment } from '../change-streams/place';
import type { Executor } from '../operations/execute';
import type { Operation } from '../operations/operation';
import { watchOperation, watchPipeline, type Watched } from '../operations/watch';
import { AbstractCursor } from './abstract-cursor';

/** The part of a batch's `meta` that is read here. */
interface StreamMeta {
  cursor: { postBatchResumeToken?: ResumeToken };
  operationTime?: Timestamp;
}

export class ChangeStreamCursor<
  TSchema extends Document = Document,
  TChange extends Document = ChangeStreamDocument<TSchema>
> extends AbstractCursor<TChange> {
  readonly #watched: Watched;
  /** The user's stages. */
  readonly #pipeline: readonly Document[];
  /** Those and the stream's own. */
  readonly #stages: readonly Document[];
  readonly #options: ChangeStreamOptions;
  /** See {@link resumeToken}. */
  #resumeToken: ResumeToken;
  /** Where to start when there is no token: as given, or the time of the first reply. */
  #startAtOperationTime: Timestamp | null;
  /** The token behind the last event that the server looked at, whether it was for us or not. */
  #postBatchResumeToken: ResumeToken;
  /** A reply has come. */
  #started = false;
  /** An event has been handed out. */
  #hasReceived = false;
  /** The deployment that it is for; undefined where there is but one. @internal */
  readonly ground: Ground | undefined;
  /** Reads under way. */
  #reads = 0;

  /** @internal */
  constructor(
    executor: Executor,
    watched: Watched,
    pipeline: readonly Document[],
    options: ChangeStreamOptions,
    ground?: Ground
  ) {
    const cursorOptions = { ...options, tailable: true, awaitData: true };
    super(executor, watched.scope, watched.collection, cursorOptions);
    this.#watched = watched;
    this.#pipeline = pipeline;
    this.#stages = watchPipeline(watched, pipeline, options);
    this.#options = options;
    this.#resumeToken = options.startAfter || options.resumeAfter || null;
    this.#startAtOperationTime = options.startAtOperationTime ?? null;
    this.ground = ground;
    if (this.hasPlace) ground?.take();
  }

  /** The stream closes it. @internal */
  protected override get isUsers(): boolean {
    return false;
  }

  clone(): ChangeStreamCursor<TSchema, TChange> {
    return new ChangeStreamCursor(this.executor, this.#watched, this.#pipeline, this.#options);
  }

  override async next(): Promise<TChange | null> {
    return await this.#read(() => super.next());
  }

  override async tryNext(): Promise<TChange | null> {
    return await this.#read(() => super.tryNext());
  }

  override async hasNext(): Promise<boolean> {
    return await this.#read(() => super.hasNext());
  }

  /** It is known where it would go on, so that events after that can be lost. @internal */
  get hasPlace(): boolean {
    return (this.#resumeToken ?? this.#startAtOperationTime ?? null) !== null;
  }

  /** Tells those who wait for an event when another deployment is in use. @internal */
  leave(): void {
    if (this.#reads > 0 && this.ground?.isLeft) void this.close();
  }

  /** Hands nothing out that may be another deployment's. @throws see {@link leftDeployment} */
  async #read<T>(read: () => Promise<T>): Promise<T> {
    const { ground } = this;
    if (ground === undefined) return await read();
    ground.take();
    if (ground.isLeft) throw leftDeployment();
    this.#reads += 1;
    let failure: unknown;
    try {
      const result = await read();
      if (!ground.isLeft) return result;
    } catch (error) {
      if (!ground.isLeft) throw error;
      failure = error;
    } finally {
      this.#reads -= 1;
    }
    throw leftDeployment(failure);
  }

  /** @internal */
  protected override openOperation(): Operation {
    return watchOperation(this.#watched, this.#stages, this.#options);
  }

  /** Where a cursor would go on that replaced this one; null when only a time is known. */
  get resumeToken(): ResumeToken {
    return this.#resumeToken;
  }

  /** The options of a cursor that goes on where this one's reader is. */
  get resumeOptions(): ChangeStreamOptions {
    const options = { ...this.#options };
    const { startAfter } = options;
    delete options.resumeAfter;
    delete options.startAfter;
    delete options.startAtOperationTime;
    const token = this.#resumeToken;
    if (token !== null && token !== undefined) {
      // After an invalidate event, only startAfter goes on, and only until there is a later event.
      const resumed = startAfter && !this.#hasReceived ? 'startAfter' : 'resumeAfter';
      return { ...options, [resumed]: token };
    }
    const startAt = this.#startAtOperationTime;
    if (startAt === null) return options;
    const { library } = this.scope.bson;
    return { ...options, startAtOperationTime: timestampIn(library, startAt) };
  }

  /** Notes that an event with this token has been handed out. */
  received(token: ResumeToken): void {
    const last = this.bufferedCount() === 0;
    this.#moveTo(last && this.#postBatchResumeToken ? this.#postBatchResumeToken : token);
    this.#hasReceived = true;
  }

  #moveTo(token: ResumeToken): void {
    this.#resumeToken = token;
    this.#tell('resumeTokenChanged', token);
  }

  /** @internal */
  protected override onBatch({ documents, kept, meta }: Batch): void {
    // Whoever reads is told, and where the cursor was stays where it was.
    if (this.ground?.isLeft) return;
    const first = !this.#started;
    this.#started = true;
    const { cursor, operationTime } = (meta ?? { cursor: {} }) as StreamMeta;
    const { resumeAfter, startAfter } = this.#options;
    if (first && (resumeAfter ?? startAfter ?? null) === null) {
      this.#startAtOperationTime ??= operationTime ?? null;
    }
    const token = cursor.postBatchResumeToken;
    if (token) {
      this.#postBatchResumeToken = token;
      if (documents.length === 0 && kept === undefined) this.#moveTo(token);
    }
    this.#tell(first ? 'init' : 'more', meta);
    this.#tell('response');
  }

  /** Emits what cursors of other kinds have no listeners for. */
  #tell(event: string, ...given: unknown[]): void {
    (this as unknown as EventEmitter).emit(event, ...given);
  }
}
