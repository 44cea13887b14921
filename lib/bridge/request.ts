/**
 * Requests: what is asked of Rust, as bytes. Faces `src/bridge/request.rs`, which documents the
 * layout. It collects the requests of a tick in one buffer; it does not know what they are for.
 */
import type { Sequence } from '../bson/encode';
import { Encoder } from '../bson/encoder';
import { OWN_LIBRARY } from '../bson/library';
import type { Document, SerializeOptions } from '../bson/options';
import { Sink } from '../bson/sink';
import { atEndOfTick } from './tick';

/** Bytes of a record before its variable part. */
const HEADER = 24;
/** A submission goes out early once it is half full, so one more request usually fits. */
const CAPACITY = 256 * 1024;
/** A database name has at most 63 bytes; the header keeps 8 bits for its length. */
const MAX_NAME = 0xff;
/** 49 days, which 32 bits hold. */
const MAX_TIMEOUT_MS = 0xffff_ffff;
/** What else a request says of its command. */
const flag = {
  HAS_OPTIONS: 1,
  RETRY_READ: 1 << 1,
  RETRY_WRITE: 1 << 2,
  META: 1 << 3,
  IN_TRANSACTION: 1 << 4,
  TIMEOUT: 1 << 5,
  OWN: 1 << 6
} as const;

/** The kinds of request. */
export const kind = {
  COMMAND: 1,
  OPEN_CURSOR: 2,
  GET_MORE: 3,
  KILL_CURSOR: 4,
  CLOSE: 5,
  ABORT: 6,
  END_SESSION: 7,
  TAKE_TEXT: 8,
  READ_LINES: 9,
  NEXT_TEXT: 10,
  CONNECT: 20,
  REFRESH: 21,
  PANIC: 255
} as const;

/** What a batch is to become, instead of BSON: a dialect of JSON, and bits. */
export const form = {
  /** `JSON.stringify`. */
  PLAIN: 1,
  /** `EJSON.stringify`, relaxed. */
  RELAXED: 2,
  /** `EJSON.stringify`, canonical. */
  CANONICAL: 3,
  /** Strings need not be UTF-8. */
  LOSSY: 1 << 2,
  /** The text is wanted in one piece, an array, when the cursor has ended. */
  WHOLE: 1 << 3,
  /** Of `PLAIN`: long integers have their lower half first, as the `Long` of bson 6. */
  LOW_FIRST: 1 << 4,
  /** Alone: each document as it is, in EJSON, on a line of its own. */
  LINES: 1 << 5
} as const;

/** How a command runs, beyond what it says itself. Keys that are not set are left out. */
export interface RequestOptions {
  readPreference?: {
    mode: string;
    tags?: Document[];
    maxStalenessSeconds?: number;
    hedge?: Document;
  };
  /** Documents in each batch after the first. */
  batchSize?: number;
  /** How long the server may wait for new data of a tailable cursor, in milliseconds. */
  maxTimeMS?: number;
  /** Goes with each `getMore`. */
  comment?: unknown;
  /** Each `getMore` waits for what is yet to come; the cursor's end takes it back. */
  awaitData?: true;
  /** A cluster time that the session is to gossip from this command on. */
  clusterTime?: Document;
  /** The server is not told of `timeoutMS`, which is each batch's. */
  untold?: true;
  /** The session's transaction is not bound to a router any more. */
  unpin?: true;
}

/** What becomes of a command that fails: a read, or a write under one number, may be sent again. */
export type Retry = 'read' | 'write';

/** One request before it is bytes. */
export interface Request {
  kind: number;
  hold: number;
  /**
   * The cursor's handle, where the kind has one; of NEXT_TEXT the number of a kept batch, of CLOSE the
   * milliseconds that operations had.
   */
  cursor?: number;
  /** The handle of the session that the command runs in; none stands for one of Rust's. */
  session?: number | undefined;
  retry?: Retry | undefined;
  /** The batch is to carry what else the reply says. */
  meta?: boolean | undefined;
  /** As what the batch is to come, of {@link form}; BSON when absent. */
  json?: number | undefined;
  /** Part of a transaction, and neither its commit nor its abort. */
  inTransaction?: boolean | undefined;
  /** Milliseconds that it may take; without limit when absent. */
  timeoutMS?: number | undefined;
  /** The user has written the command: whether it reads or writes is not known. */
  own?: boolean | undefined;
  database?: string;
  command?: Document;
  /** Documents that are bytes already; they become the command's last element. */
  sequence?: Sequence;
  options?: RequestOptions;
  serialize?: SerializeOptions;
  /** Takes the request back when it is aborted; no part of the bytes. */
  signal?: AbortSignal | null | undefined;
}

const PLAIN: SerializeOptions = {
  serializeFunctions: false,
  ignoreUndefined: false,
  checkKeys: false,
  library: OWN_LIBRARY
};

/** Takes whole records to Rust; `replies` of them will be answered. */
export type Submit = (bytes: Uint8Array, replies: number) => void;

export class Submission {
  readonly #submit: Submit;
  readonly #buffer = Buffer.allocUnsafeSlow(CAPACITY);
  /** What documents are written into: the buffer, or larger memory for one request. */
  readonly #sink = new Sink(this.#buffer);
  /** Of the buffer. */
  readonly #view = this.#sink.view;
  readonly #encoder = new Encoder(this.#sink);
  /** Bytes of whole records in the buffer. */
  #length = 0;
  /** Records in the buffer that will be answered. */
  #replies = 0;
  /** A flush is due at the end of this tick. */
  #scheduled = false;

  constructor(submit: Submit) {
    this.#submit = submit;
  }

  /**
   * Adds a request. It goes to Rust at the end of the tick, with what else the tick brings.
   * @throws what js-bson throws when the command can't be serialised; nothing is sent then
   */
  append(request: Request, slot: number, generation: number): void {
    if (this.#encoder.isBusy) {
      this.#appendWithin(request, slot, generation);
      return;
    }
    const start = this.#length;
    let end = this.#header(start, request, slot, generation);
    if (request.command !== undefined) {
      end = this.#documents(start, end, request);
      if (end === 0) return;
    }
    this.#buffer.writeUInt32LE(end - start, start);
    this.#length = end;
    if (request.kind !== kind.ABORT && request.kind !== kind.END_SESSION) this.#replies += 1;
    if (end > CAPACITY / 2) this.flush();
    else this.#schedule();
  }

  /** Sends what has been collected. */
  flush(): void {
    if (this.#length === 0) return;
    const bytes = this.#buffer.subarray(0, this.#length);
    const replies = this.#replies;
    this.#length = 0;
    this.#replies = 0;
    this.#submit(bytes, replies);
  }

  /** Writes all but the size; returns where the variable part continues. */
  #header(start: number, request: Request, slot: number, generation: number): number {
    const buffer = this.#buffer;
    let end = start + HEADER;
    if (request.timeoutMS !== undefined) {
      end = buffer.writeUInt32LE(Math.min(Math.ceil(request.timeoutMS), MAX_TIMEOUT_MS), end);
    }
    const name = request.database === undefined ? 0 : buffer.write(request.database, end, MAX_NAME);
    buffer[start + 4] = request.kind;
    buffer[start + 5] = flags(request);
    buffer[start + 6] = name;
    buffer[start + 7] = request.json ?? 0;
    buffer.writeUInt32LE(slot, start + 8);
    buffer.writeUInt32LE(generation, start + 12);
    buffer.writeUInt32LE(request.hold, start + 16);
    buffer.writeUInt32LE(request.cursor ?? request.session ?? 0, start + 20);
    return end + name;
  }

  /**
   * Writes the documents behind the header; returns the end, or 0 if the request has gone already:
   * one that is larger than what is left of the buffer goes alone, after those before it.
   */
  #documents(start: number, at: number, request: Request): number {
    const sink = this.#sink;
    sink.origin = start;
    try {
      const { options, sequence, serialize = PLAIN } = request;
      const command =
        options === undefined ? at : this.#encoder.write(options, optionsWriter(request), at);
      let end = this.#encoder.write(request.command!, serialize, command);
      if (sequence !== undefined) {
        if (sequence.size > CAPACITY && sequence.enclose !== undefined) {
          const head = sink.bytes.subarray(start, end);
          const whole = sequence.enclose(head, command - start);
          if (whole !== undefined) return this.#sendAlone(whole);
        }
        sink.room(end, sequence.size);
        end = sequence.appendTo(sink.bytes, command, end);
      }
      if (sink.bytes === this.#buffer && this.#length === start) return end;
      return this.#sendAlone(sink.bytes.subarray(start, end));
    } finally {
      if (sink.bytes !== this.#buffer) sink.replace(this.#buffer, this.#view);
    }
  }

  /** Sends a record after those before it. */
  #sendAlone(record: Buffer): 0 {
    record.writeUInt32LE(record.length, 0);
    this.flush();
    this.#submit(record, 1);
    return 0;
  }

  /**
   * A request by code of the user's that another request's document called while it was written. It
   * goes now, after those before it; the other one goes alone, then.
   */
  #appendWithin(request: Request, slot: number, generation: number): void {
    this.flush();
    const other = new Submission(this.#submit);
    other.append(request, slot, generation);
    other.flush();
  }

  #schedule(): void {
    if (this.#scheduled) return;
    this.#scheduled = true;
    atEndOfTick(() => {
      this.#scheduled = false;
      this.flush();
    });
  }
}

/** A cluster time is polypool's own value; of the rest, a comment may hold the user's. */
function optionsWriter({ options, serialize }: Request): SerializeOptions {
  if (options?.clusterTime !== undefined || !serialize || serialize.library === OWN_LIBRARY) {
    return PLAIN;
  }
  return { ...PLAIN, library: serialize.library };
}

function flags(request: Request): number {
  let flags = request.options === undefined ? 0 : flag.HAS_OPTIONS;
  if (request.retry === 'read') flags |= flag.RETRY_READ;
  else if (request.retry === 'write') flags |= flag.RETRY_WRITE;
  if (request.meta) flags |= flag.META;
  if (request.inTransaction) flags |= flag.IN_TRANSACTION;
  if (request.timeoutMS !== undefined) flags |= flag.TIMEOUT;
  if (request.own) flags |= flag.OWN;
  return flags;
}
