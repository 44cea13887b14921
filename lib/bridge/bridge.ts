/**
 * This module instance's end of the boundary: requests out, completions in. Faces
 * `src/bridge/mod.rs`. Created by the first pool, so that importing the package costs nothing.
 */
import { loadOwnLibrary } from '../bson/library';
import { binding, type Binding } from './binding';
import { Completions, type Reply } from './completion';
import { Link } from './link';
import { kind, Submission, type Request } from './request';
import { Slots } from './slots';

/** Takes the kind of an event and its record, in memory of its own. It must not throw. */
export type Listener = (event: number, record: Buffer) => void;

/** The handle of no hold. */
const NONE = 0;

export class Bridge {
  readonly native: Binding;
  /** The handle Rust knows this bridge by. */
  readonly handle: number;
  readonly #slots = new Slots();
  readonly #submission: Submission;
  readonly #completions: Completions;
  readonly #link: Link<Bridge>;
  /** Who listens, by the handle of the hold. */
  readonly #listeners = new Map<number, Listener>();
  /** What replies are read with is loaded. */
  #isPrepared = false;

  constructor() {
    const native = binding();
    this.native = native;
    this.#completions = new Completions(
      this.#slots,
      (slab, offset) => native.drain(this.handle, slab, offset),
      () => native.takeExternal(this.handle),
      {
        read: (batch, slab) => native.readKept(this.handle, batch, slab),
        text: batch => this.send({ kind: kind.NEXT_TEXT, hold: NONE, cursor: batch }),
        drop: batch => native.dropKept(this.handle, batch)
      },
      (hold, event, record) => this.#tell(hold, event, record)
    );
    this.#submission = new Submission((bytes, replies) => {
      native.submit(this.handle, bytes, replies);
      this.#prepare();
    });
    this.#link = new Link<Bridge>(this, native.closeBridge);
    this.handle = this.#link.open(native.createBridge);
  }

  /**
   * Loads what replies are read with, while the servers are connected to. That mostly takes longer, and what
   * has been answered meanwhile is not to wait for a wake, behind all that the event loop has put off.
   */
  #prepare(): void {
    if (this.#isPrepared) return;
    this.#isPrepared = true;
    loadOwnLibrary();
    process.nextTick(() => this.drain());
  }

  /** Sends a request; the promise always settles, and only with a reply. */
  send(request: Request): Promise<Reply> {
    const { signal } = request;
    return signal ? this.#sendAbortable(request, signal) : this.#send(request);
  }

  #send(request: Request): Promise<Reply> {
    return new Promise(resolve => {
      const slot = this.#slots.open(resolve);
      this.#append(request, slot);
      this.#link.busy = this;
    });
  }

  /** As {@link send}; Rust answers with an error as soon as it hears of the signal. */
  async #sendAbortable(request: Request, signal: AbortSignal): Promise<Reply> {
    let abort: (() => void) | undefined;
    try {
      return await new Promise(resolve => {
        const slot = this.#slots.open(resolve);
        const generation = this.#slots.generation(slot);
        this.#append(request, slot);
        this.#link.busy = this;
        abort = () => {
          this.#submission.append({ kind: kind.ABORT, hold: request.hold }, slot, generation);
        };
        // One that is aborted already tells nobody again.
        if (signal.aborted) abort();
        else signal.addEventListener('abort', abort, { once: true });
      });
    } finally {
      if (abort) signal.removeEventListener('abort', abort);
    }
  }

  /** Sends a request that nobody answers. */
  tell(request: Request): void {
    this.#submission.append(request, 0, 0);
  }

  /** From now on, the kinds of event in `mask` (a bit each) go to `listener`. */
  listen(hold: number, mask: number, listener: Listener): void {
    if (mask === 0) this.#listeners.delete(hold);
    else this.#listeners.set(hold, listener);
    this.native.listen(this.handle, hold, mask);
  }

  /** Forgets the listener of a hold that is closed. */
  forget(hold: number): void {
    this.#listeners.delete(hold);
  }

  /** Operations that have not been answered. */
  get pending(): number {
    return this.#slots.pending;
  }

  /** Settles what has been answered. */
  drain(): void {
    this.#completions.drain();
    if (this.pending === 0) this.#link.busy = undefined;
  }

  /** What is kept of an event must not keep other operations' replies, so it gets a copy. */
  #tell(hold: number, event: number, { buffer, start, end }: Reply): void {
    const listener = this.#listeners.get(hold);
    if (listener === undefined) return;
    const record = Buffer.allocUnsafeSlow(end - start);
    buffer.copy(record, 0, start, end);
    listener(event, record);
  }

  #append(request: Request, slot: number): void {
    const generation = this.#slots.generation(slot);
    try {
      this.#submission.append(request, slot, generation);
    } catch (error) {
      this.#slots.release(slot);
      throw error;
    }
  }
}

let bridge: Bridge | undefined;

/** The bridge of this module instance. */
export function getBridge(): Bridge {
  return (bridge ??= new Bridge());
}
