/**
 * Requests: what is asked of Rust, as bytes. Faces `src/bridge/request.rs`, which documents the
 * layout. It collects the requests of a tick in one buffer; it does not know what they are for.
 */
import type { Document, SerializeOptions } from '../bson/options';
import type { DocumentSequence } from '../bson/encode';
import { OWN_LIBRARY, type BSONLibrary } from '../bson/library';

/** Bytes of a record before its variable part. */
const HEADER = 24;
/** A submission goes out early once it is half full, so one more request usually fits. */
const CAPACITY = 256 * 1024;
/** A database name has at most 63 bytes; the header keeps 8 bits for its length. */
const MAX_NAME = 0xff;
/** What else a request says of its command. */
const flag = {
  HAS_OPTIONS: 1,
  RETRY_READ: 1 << 1,
  RETRY_WRITE: 1 << 2,
  META: 1 << 3,
  IN_TRANSACTION: 1 << 4
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
  CONNECT: 20,
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
  WHOLE: 1 << 3
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
  /** The session's transaction is not bound to a router any more. */
  unpin?: true;
}

/** What becomes of a command that fails: a read, or a write under one number, may be sent again. */
export type Retry = 'read' | 'write';

/** One request before it is bytes. */
export interface Request {
  kind: number;
  hold: number;
  /** The cursor's handle, where the kind has one. */
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
  database?: string;
  command?: Document;
  /** Documents that are bytes already; they become the command's last element. */
  sequence?: DocumentSequence;
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
    const start = this.#length;
    let end = this.#header(start, request, slot, generation);
    if (request.command !== undefined) {
      end = this.#documents(end, request);
      if (end === 0) {
        this.#oversized(start, request);
        return;
      }
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
    const name =
      request.database === undefined ? 0 : buffer.write(request.database, start + HEADER, MAX_NAME);
    buffer[start + 4] = request.kind;
    buffer[start + 5] = flags(request);
    buffer[start + 6] = name;
    buffer[start + 7] = request.json ?? 0;
    buffer.writeUInt32LE(slot, start + 8);
    buffer.writeUInt32LE(generation, start + 12);
    buffer.writeUInt32LE(request.hold, start + 16);
    buffer.writeUInt32LE(request.cursor ?? request.session ?? 0, start + 20);
    return start + HEADER + name;
  }

  /** Writes the documents behind the header; returns the end, or 0 if they do not fit. */
  #documents(at: number, request: Request): number {
    let end = at;
    try {
      if (request.options !== undefined) {
        const at = { ...PLAIN, index: end };
        end =
          optionsLibrary(request).serializeWithBufferAndIndex(request.options, this.#buffer, at) +
          1;
      }
      const start = end;
      const options = { ...(request.serialize ?? PLAIN), index: start };
      end =
        options.library.serializeWithBufferAndIndex(request.command!, this.#buffer, options) + 1;
      const { sequence } = request;
      if (sequence === undefined) return end;
      return end + sequence.size > CAPACITY ? 0 : sequence.appendTo(this.#buffer, start, end);
    } catch (error) {
      // js-bson says with the same class that the buffer is too small and that a value is out of
      // range; serialising into a buffer of its own tells them apart.
      if (error instanceof RangeError) return 0;
      throw error;
    }
  }

  /** A request larger than what is left of the buffer goes alone, after those before it. */
  #oversized(start: number, request: Request): void {
    const head = this.#buffer.subarray(start, start + HEADER + this.#buffer[start + 6]!);
    const options =
      request.options === undefined
        ? new Uint8Array()
        : optionsLibrary(request).serialize(request.options, PLAIN);
    const written = request.serialize ?? PLAIN;
    const command = written.library.serialize(request.command!, written);
    const at = head.length + options.length;
    const end = at + command.length;
    const record = Buffer.allocUnsafeSlow(end + (request.sequence?.size ?? 0));
    record.set(head);
    record.set(options, head.length);
    record.set(command, at);
    request.sequence?.appendTo(record, at, end);
    record.writeUInt32LE(record.length, 0);
    this.flush();
    this.#submit(record, 1);
  }

  /**
   * As late as possible within the tick: after the microtasks that may add more. A next-tick
   * callback queued from a microtask runs when the microtask queue has run dry.
   */
  #schedule(): void {
    if (this.#scheduled) return;
    this.#scheduled = true;
    queueMicrotask(() => {
      process.nextTick(() => {
        this.#scheduled = false;
        this.flush();
      });
    });
  }
}

/** A cluster time is polypool's own value; of the rest, a comment may hold the user's. */
function optionsLibrary({ options, serialize }: Request): BSONLibrary {
  return options?.clusterTime === undefined && serialize ? serialize.library : OWN_LIBRARY;
}

function flags(request: Request): number {
  let flags = request.options === undefined ? 0 : flag.HAS_OPTIONS;
  if (request.retry === 'read') flags |= flag.RETRY_READ;
  else if (request.retry === 'write') flags |= flag.RETRY_WRITE;
  if (request.meta) flags |= flag.META;
  if (request.inTransaction) flags |= flag.IN_TRANSACTION;
  return flags;
}
