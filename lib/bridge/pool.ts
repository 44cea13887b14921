/**
 * A hold on a pool, as JS sees it: open it, send it operations, close it. Faces
 * `src/bridge/pool.rs`. It moves bytes; what commands and replies mean is not its business.
 */
import { deserialize, serialize } from '../bson/bson';
import type { DocumentSequence } from '../bson/encode';
import type { Document, SerializeOptions } from '../bson/options';
import { fromRecord, type ErrorRecord } from '../error';
import { getBridge, type Bridge, type Listener } from './bridge';
import type { Reply } from './completion';
import { kind, type RequestOptions } from './request';

/** A command to run, and how. */
export interface CommandRequest {
  database: string;
  command: Document;
  sequence?: DocumentSequence;
  options?: RequestOptions;
  serialize?: SerializeOptions;
}

export class Hold {
  readonly #bridge: Bridge;
  /** The handle Rust knows this hold by. */
  readonly #handle: number;
  /** The options with every default in place, under the driver's names. */
  readonly resolved: Document;

  private constructor(bridge: Bridge, handle: number, resolved: Document) {
    this.#bridge = bridge;
    this.#handle = handle;
    this.resolved = resolved;
  }

  /**
   * Claims the pool that a connection string and options describe. Connects nothing.
   * @throws MongoParseError and its kin, naming the part of the URI or the option at fault
   */
  static open(uri: string, options: Document, shared: boolean): Hold {
    const bridge = getBridge();
    const request = serialize({ uri, options }, { ignoreUndefined: true });
    const answer = deserialize(bridge.native.openPool(bridge.handle, request, shared)) as {
      hold: number;
      resolved: Document;
      error?: ErrorRecord;
    };
    if (answer.error) throw fromRecord(answer.error);
    return new Hold(bridge, answer.hold, answer.resolved);
  }

  /** Runs a command; the reply is a document. */
  command(request: CommandRequest): Promise<Reply> {
    return this.#bridge.send({ kind: kind.COMMAND, hold: this.#handle, ...request });
  }

  /** Runs a command that no listener is told of; the reply is a document. */
  connect(request: CommandRequest): Promise<Reply> {
    return this.#bridge.send({ kind: kind.CONNECT, hold: this.#handle, ...request });
  }

  /** Runs a command that opens a cursor; the reply is its first batch. */
  openCursor(request: CommandRequest): Promise<Reply> {
    return this.#bridge.send({ kind: kind.OPEN_CURSOR, hold: this.#handle, ...request });
  }

  /** Fetches the next batch of a cursor. */
  getMore(cursor: number): Promise<Reply> {
    return this.#bridge.send({ kind: kind.GET_MORE, hold: this.#handle, cursor });
  }

  /** Ends a cursor on its server. */
  killCursor(cursor: number): Promise<Reply> {
    return this.#bridge.send({ kind: kind.KILL_CURSOR, hold: this.#handle, cursor });
  }

  /** Interrupts what runs and gives the pool back; the last holder's close ends it. */
  async close(): Promise<Reply> {
    const reply = await this.#bridge.send({ kind: kind.CLOSE, hold: this.#handle });
    this.#bridge.forget(this.#handle);
    return reply;
  }

  /** True when nothing has been asked of it, as far as that can be told. */
  get isUntouched(): boolean {
    return this.#bridge.pending === 0 && this.topologyVersion() === 0;
  }

  /** From now on, the kinds of event in `mask` (a bit each) go to `listener`, until `close()` has ended. */
  listen(mask: number, listener: Listener): void {
    this.#bridge.listen(this.#handle, mask, listener);
  }

  /** Counts the changes of {@link topology}; 0 before the first and after `close()`. */
  topologyVersion(): number {
    return this.#bridge.native.topologyVersion(this.#bridge.handle, this.#handle);
  }

  /** The deployment as it is seen now, as BSON; nothing after `close()`. */
  topology(): Uint8Array | null {
    return this.#bridge.native.topology(this.#bridge.handle, this.#handle);
  }

  /** Makes an operation's task panic, to prove what becomes of it. For tests. */
  injectPanic(): Promise<Reply> {
    return this.#bridge.send({ kind: kind.PANIC, hold: this.#handle });
  }
}
