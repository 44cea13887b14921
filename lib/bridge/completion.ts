/**
 * Completions: what became of requests, as bytes. Faces `src/bridge/completion.rs`, which documents
 * the layout. It hands each reply to the promise that waits; it does not know what a reply means.
 */
import { KeptBatch, type KeptCalls } from './kept-batch';
import type { Slots } from './slots';

/** Bytes of a record before its payload. */
const HEADER = 16;
/** Bytes of a slab. Slabs are never used again: replies are views of them. */
const SLAB = 64 * 1024;
/** A slab with less room than this is left, rather than drained into for one small record. */
const MIN_ROOM = 4 * 1024;
/** Flag: the payload is external. */
const EXTERNAL = 1;

/** Where in the payload of a kept batch its number is. */
const BATCH_NUMBER = 8;

/** The kinds of completion. */
export const kind = {
  DOCUMENT: 1,
  BATCH: 2,
  DONE: 3,
  ERROR: 4,
  MORE: 5,
  EVENT: 6,
  KEPT: 7
} as const;

/** One reply: a kind and a view of the memory it lies in, which nobody writes to any more. */
export class Reply {
  constructor(
    /** One of {@link kind}. */
    readonly kind: number,
    /** Holds the payload, and other replies' beside it when it is a slab. */
    readonly buffer: Buffer,
    /** Where the payload starts, in bytes. */
    readonly start: number,
    /** Where it ends. */
    readonly end: number,
    /** The documents of a large batch, which stay in Rust. */
    readonly kept?: KeptBatch
  ) {}

  /** True when no other reply lies in the buffer, though there may be a few bytes around this one. */
  get isAlone(): boolean {
    const { length } = this.buffer;
    return length > SLAB || (this.start === 0 && this.end === length);
  }
}

/** Fills a slab from an offset on and returns the bytes written. */
export type Drain = (slab: Buffer, offset: number) => number;
/** Hands over the next external payload. */
export type TakeExternal = () => ArrayBuffer;
/** Takes what a hold listens for: the kind of event, and its record. It must not throw. */
export type OnEvent = (hold: number, event: number, record: Reply) => void;

export class Completions {
  readonly #slots: Slots;
  readonly #drain: Drain;
  readonly #takeExternal: TakeExternal;
  readonly #keptCalls: KeptCalls;
  readonly #onEvent: OnEvent;
  /** Where the next drain writes. */
  #slab: Buffer = Buffer.alloc(0);
  /** Bytes of the slab that replies refer to. */
  #used = 0;

  constructor(
    slots: Slots,
    drain: Drain,
    takeExternal: TakeExternal,
    keptCalls: KeptCalls,
    onEvent: OnEvent
  ) {
    this.#slots = slots;
    this.#drain = drain;
    this.#takeExternal = takeExternal;
    this.#keptCalls = keptCalls;
    this.#onEvent = onEvent;
  }

  /** Settles every promise whose completion is ready, and reports what happened before it. */
  drain(): void {
    let needed = MIN_ROOM;
    do {
      if (needed > SLAB) {
        // A large reply gets memory of its own, or its neighbours would keep it alive.
        const own = Buffer.allocUnsafeSlow(needed);
        needed = this.#read(own, 0, this.#drain(own, 0));
        continue;
      }
      if (this.#slab.length - this.#used < needed) {
        this.#slab = Buffer.allocUnsafeSlow(SLAB);
        this.#used = 0;
      }
      const start = this.#used;
      const end = start + this.#drain(this.#slab, start);
      this.#used = end;
      needed = this.#read(this.#slab, start, end);
    } while (needed > 0);
  }

  /** Reads records; returns the room that a completion left behind needs, or 0. */
  #read(buffer: Buffer, start: number, end: number): number {
    let at = start;
    while (at < end) {
      const length = buffer.readUInt32LE(at + 12);
      const kindOf = buffer[at + 8]!;
      if (kindOf === kind.MORE) return Math.max(length, MIN_ROOM);
      const slot = buffer.readUInt32LE(at);
      const generation = buffer.readUInt32LE(at + 4);
      if ((buffer[at + 9]! & EXTERNAL) === 0) {
        const payload = at + HEADER;
        at = payload + length;
        const kept = kindOf === kind.KEPT ? this.#kept(buffer, payload) : undefined;
        this.#deliver(slot, generation, new Reply(kindOf, buffer, payload, at, kept));
      } else {
        at += HEADER;
        const external = Buffer.from(this.#takeExternal());
        this.#deliver(slot, generation, new Reply(kindOf, external, 0, length));
      }
    }
    return 0;
  }

  #kept(buffer: Buffer, payload: number): KeptBatch {
    return new KeptBatch(this.#keptCalls, buffer.readUInt32LE(payload + BATCH_NUMBER));
  }

  /** An event has the hold and its kind where a completion has the slot and its generation. */
  #deliver(slot: number, generation: number, reply: Reply): void {
    if (reply.kind === kind.EVENT) this.#onEvent(slot, generation, reply);
    else this.#slots.settle(slot, generation, reply);
  }
}
