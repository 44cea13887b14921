/**
 * A listener's end of a shared stream: to the change stream over it, a cursor. It keeps the events
 * that its reader has not read, up to a limit; one that is further behind ends, and the others go on.
 */
import { AsyncResource } from 'node:async_hooks';
import { EventEmitter } from 'node:events';
import type { Readable } from 'node:stream';
import type { ResumeToken } from 'mongodb';
import type { Document } from '../bson/options';
import { CursorStream } from '../cursor/stream';
import { classified, polypoolErrors } from '../error';
import type { Hub, HubListener } from './hub';

/** Events that wait for a reader unless `maxBuffered` says otherwise. */
const MAX_BUFFERED = 1_000;

export class SharedCursor extends EventEmitter implements HubListener {
  /** Its failures are those of a stream that has been resumed in vain: nobody is to try again. */
  readonly id = undefined;
  /** Nor are they to be kept from their reader. */
  readonly hasPlace = true;
  readonly #hub: () => Hub;
  readonly #limit: number;
  readonly #buffer: Document[] = [];
  /** When it was last read, by `performance.now()`. */
  #lastUse = performance.now();
  /** The hub, while it tells us. */
  #joined: Hub | undefined;
  /** No event will be added. */
  #ended = false;
  /** It was closed by its reader or with its pool. */
  #closed = false;
  #failure: unknown;
  #resumeToken: ResumeToken = null;
  /** Where it was made. What the hub tells is told there, whoever else listens to the hub. */
  readonly #context = new AsyncResource('polypool.SharedCursor');
  /** Those who wait for something to happen. */
  #waiting: Array<() => void> = [];

  constructor(hub: () => Hub, maxBuffered = MAX_BUFFERED) {
    super();
    this.on('error', () => undefined);
    this.#hub = hub;
    this.#limit = maxBuffered;
  }

  get resumeToken(): ResumeToken {
    return this.#resumeToken;
  }

  get closed(): boolean {
    return this.#closed && this.#buffer.length === 0;
  }

  /** See `Leakable`. */
  get lastUse(): number {
    return this.#waiting.length > 0 ? performance.now() : this.#lastUse;
  }

  /** What a stream is opened with again; this one never is. */
  get resumeOptions(): object {
    return {};
  }

  bufferedCount(): number {
    return this.#buffer.length;
  }

  offer(change: Document): void {
    if (this.#buffer.length < this.#limit) this.#buffer.push(change);
    else this.#fall();
    this.#wake();
  }

  lost(token: ResumeToken): void {
    this.#context.runInAsyncScope(() => this.emit('historyLost', token));
  }

  end(error?: unknown): void {
    this.#joined = undefined;
    if (this.#ended) return;
    this.#ended = true;
    this.#failure = error;
    this.#wake();
    if (error === undefined && this.#buffer.length === 0) this.#close();
  }

  finish(): void {
    this.emit('finished');
    this.end();
  }

  async next(): Promise<Document | null> {
    if (!(await this.#await())) return null;
    return this.#buffer.shift()!;
  }

  async hasNext(): Promise<boolean> {
    return await this.#await();
  }

  /** The next event, if there is one now. Nobody is asked. */
  async tryNext(): Promise<Document | null> {
    this.#join();
    if (this.#buffer.length === 0 && this.#failure !== undefined) await this.#await();
    return this.#buffer.shift() ?? null;
  }

  received(token: ResumeToken): void {
    this.#resumeToken = token;
    this.emit('resumeTokenChanged', token);
  }

  stream(): Readable {
    return new CursorStream(this);
  }

  close(): Promise<void> {
    this.#ended = true;
    this.#buffer.length = 0;
    const hub = this.#joined;
    this.#joined = undefined;
    hub?.leave(this);
    this.#close();
    this.#wake();
    return Promise.resolve();
  }

  /** Waits for an event; false when none will come. @throws what has ended the stream */
  async #await(): Promise<boolean> {
    this.#join();
    while (this.#buffer.length === 0) {
      if (this.#failure !== undefined) throw this.#told(this.#failure);
      if (this.#ended) {
        this.#close();
        return false;
      }
      await new Promise<void>(resolve => this.#waiting.push(resolve));
    }
    return true;
  }

  #join(): void {
    this.#lastUse = performance.now();
    if (this.#joined !== undefined || this.#ended) return;
    this.#joined = this.#hub();
    this.#joined.join(this);
  }

  /** Keeps nothing more for a reader that is too far behind. It is told when it has read what there is. */
  #fall(): void {
    const hub = this.#joined;
    const { SlowListenerError } = polypoolErrors();
    this.end(classified(new SlowListenerError(this.#limit), { retryPolicy: 'overload' }));
    hub?.leave(this);
  }

  /** From where a reader that has fallen behind can go on. */
  #told(failure: unknown): unknown {
    if (failure instanceof polypoolErrors().SlowListenerError) {
      failure.resumeToken = this.#resumeToken;
    }
    return failure;
  }

  #close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#context.runInAsyncScope(() => this.emit('close'));
  }

  #wake(): void {
    const waiting = this.#waiting;
    if (waiting.length > 0) this.#lastUse = performance.now();
    this.#waiting = [];
    for (const resolve of waiting) resolve();
  }
}
