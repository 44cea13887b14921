/**
 * A hold on a pool, as JS sees it: open it, send it operations, close it. Faces
 * `src/bridge/pool.rs`. It moves bytes; what commands and replies mean is not its business.
 */
import type { DriverInfo } from 'mongodb';
import { deserialize, type Binary } from '../bson/bson';
import type { Sequence } from '../bson/encode';
import { GIVEN_ONLY, type Document, type SerializeOptions } from '../bson/options';
import { serialize } from '../bson/serialize';
import { fromRecord, type ErrorRecord } from '../error';
import { getBridge, type Bridge, type Listener } from './bridge';
import type { Reply } from './completion';
import { kind, type Request, type RequestOptions, type Retry } from './request';

/** The bits of the events that tell of commands: the first three kinds of `src/pool/events/mod.rs`. */
const COMMAND_EVENTS = 0b111;

/** A command to run, and how. */
export interface CommandRequest {
  database: string;
  command: Document;
  sequence?: Sequence;
  options?: RequestOptions;
  serialize?: SerializeOptions;
  /** The handle of a {@link ServerSessionLease}. */
  session?: number | undefined;
  retry?: Retry | undefined;
  /** The batch is to carry what else the reply says. */
  meta?: boolean | undefined;
  /** As what the batch is to come, see `form` in request.ts; BSON when absent. */
  json?: number | undefined;
  inTransaction?: boolean | undefined;
  /** Milliseconds that it may take. */
  timeoutMS?: number | undefined;
  /** The user has written the command. */
  own?: boolean | undefined;
  /** Takes the request back when it is aborted. */
  signal?: AbortSignal | null | undefined;
}

/** A server session, lent until {@link Hold.endSession}. */
export interface ServerSessionLease {
  /** Names it in requests. */
  readonly handle: number;
  /** The UUID in its `lsid`. */
  readonly id: Binary;
  /** The last transaction number that was used with it. */
  readonly txnNumber: number;
}

export class Hold {
  readonly #bridge: Bridge;
  /** The handle Rust knows this hold by. */
  readonly #handle: number;
  /** The options with every default in place, under the driver's names. */
  readonly resolved: Document;
  /** The kinds of event that are listened for, a bit each. */
  #listened = 0;

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
    const request = serialize({ uri, options }, GIVEN_ONLY);
    const answer = JSON.parse(bridge.native.openPool(bridge.handle, request, shared)) as {
      hold: number;
      resolved: Document;
      error?: ErrorRecord;
    };
    if (answer.error) throw fromRecord(answer.error);
    return new Hold(bridge, answer.hold, answer.resolved);
  }

  /** Runs a command; the reply is a document. */
  command(request: CommandRequest): Promise<Reply> {
    return this.#bridge.send(addressed(kind.COMMAND, this.#handle, request));
  }

  /** Runs a command that no listener is told of; the reply is a document. */
  connect(request: CommandRequest): Promise<Reply> {
    return this.#bridge.send(addressed(kind.CONNECT, this.#handle, request));
  }

  /** Runs a command that opens a cursor; the reply is its first batch. */
  openCursor(request: CommandRequest): Promise<Reply> {
    return this.#bridge.send(addressed(kind.OPEN_CURSOR, this.#handle, request));
  }

  /** Fetches the next batch of a cursor. */
  getMore(
    cursor: number,
    signal?: AbortSignal | null,
    json?: number,
    timeoutMS?: number
  ): Promise<Reply> {
    const hold = this.#handle;
    return this.#bridge.send({ kind: kind.GET_MORE, hold, cursor, signal, json, timeoutMS });
  }

  /** Takes what there is of a cursor's JSON, which was wanted whole; nothing is fetched. */
  takeText(cursor: number): Promise<Reply> {
    return this.#bridge.send({ kind: kind.TAKE_TEXT, hold: this.#handle, cursor });
  }

  /** Reads lines of EJSON, of which `first` is the number of the first; the reply is documents behind each other. */
  readLines(lines: Uint8Array, first: number): Promise<Reply> {
    const command = { lines, first };
    return this.#bridge.send({ kind: kind.READ_LINES, hold: this.#handle, command });
  }

  /** Ends a cursor on its server. */
  killCursor(cursor: number): Promise<Reply> {
    return this.#bridge.send({ kind: kind.KILL_CURSOR, hold: this.#handle, cursor });
  }

  /**
   * Lends a server session of the client that a database's operations go to. Sends nothing; but
   * before the first operation the hosts of an SRV connection string are looked up meanwhile.
   * @throws MongoNotConnectedError after `close()`
   */
  openSession(database: string): ServerSessionLease {
    const bridge = this.#bridge;
    const lent = bridge.native.openSession(bridge.handle, this.#handle, database);
    const answer = deserialize(lent) as {
      session: number;
      id: Binary;
      txnNumber: number;
      error?: ErrorRecord;
    };
    if (answer.error) throw fromRecord(answer.error);
    return { handle: answer.session, id: answer.id, txnNumber: answer.txnNumber };
  }

  /** Takes a session back when the commands and cursors that use it have ended. Never throws. */
  endSession(session: number): void {
    this.#bridge.tell({ kind: kind.END_SESSION, hold: this.#handle, session });
  }

  /** Whether a connection broke under a session, also if what ran was then sent again and done. */
  isSessionBroken(session: number): boolean {
    return this.#bridge.native.isSessionBroken(this.#bridge.handle, this.#handle, session);
  }

  /**
   * Whether writes may be sent again under their number; undefined while no server is known.
   * @param session - the handle of the session that they are in; 0 when it has not been lent
   */
  retryableWrites(session: number, database: string): boolean | undefined {
    const { native, handle } = this.#bridge;
    return native.hasRetryableWrites(handle, this.#handle, session, database) ?? undefined;
  }

  /**
   * Gives databases clients of their own, see `lib/dedicated/scale.ts`.
   * @param options - those that the hold was opened with, and `dbSpecific` with the databases
   * @throws MongoInvalidArgumentError and its kin, naming the option at fault
   */
  dedicate(uri: string, options: Document): void {
    const { native, handle } = this.#bridge;
    const error = native.dedicate(handle, this.#handle, serialize({ uri, options }, GIVEN_ONLY));
    if (error) throw fromRecord(deserialize(error) as unknown as ErrorRecord);
  }

  /** Has connections from now on name one more library to the server. */
  appendMetadata(info: DriverInfo): void {
    const { native, handle } = this.#bridge;
    native.appendMetadata(handle, this.#handle, serialize(info, GIVEN_ONLY));
  }

  /**
   * Interrupts what runs and gives the pool back; the last holder's close ends it.
   * @param lateAfterMS - the milliseconds that operations had to end; 0 when they were not waited for
   */
  async close(lateAfterMS = 0): Promise<Reply> {
    const cursor = lateAfterMS;
    const reply = await this.#bridge.send({ kind: kind.CLOSE, hold: this.#handle, cursor });
    this.#bridge.forget(this.#handle);
    return reply;
  }

  /** The server that has a cursor, and the connection that waits for more of it. */
  cursorPlace(cursor: number): { address: string; connectionId?: number } | null {
    const { native, handle } = this.#bridge;
    const place = native.cursorPlace(handle, this.#handle, cursor);
    return place && (deserialize(place) as { address: string; connectionId?: number });
  }

  /** Has log messages from a level on told to the listener, as events of the name `log`. */
  logTo(level: string): void {
    this.#bridge.native.logTo(this.#bridge.handle, this.#handle, level);
  }

  /** Writes a log message, `{ time, level, msg, ... }`, to the files of the log. */
  writeLog(record: Document): void {
    const bytes = serialize(record, GIVEN_ONLY);
    this.#bridge.native.writeLog(this.#bridge.handle, this.#handle, bytes);
  }

  /** Operations under way, without those that wait for what is yet to come. */
  get inFlight(): number {
    return this.#bridge.native.inFlight(this.#bridge.handle, this.#handle);
  }

  /** True when nothing has been asked of it, as far as that can be told. */
  get isUntouched(): boolean {
    return this.#bridge.pending === 0 && this.topologyVersion() === 0;
  }

  /** From now on, the kinds of event in `mask` (a bit each) go to `listener`, until `close()` has ended. */
  listen(mask: number, listener: Listener): void {
    this.#listened = mask;
    this.#bridge.listen(this.#handle, mask, listener);
  }

  /** True when somebody is told of commands, and so of their order. */
  get tellsOfCommands(): boolean {
    return (this.#listened & COMMAND_EVENTS) !== 0;
  }

  /** Counts the changes of {@link topology}; 0 before the first and after `close()`. */
  topologyVersion(): number {
    return this.#bridge.native.topologyVersion(this.#bridge.handle, this.#handle);
  }

  /** The deployment as it is seen now, as BSON; nothing after `close()`. */
  topology(): Uint8Array | null {
    return this.#bridge.native.topology(this.#bridge.handle, this.#handle);
  }

  /** Whether the pool is connected, see `src/pool/hold/mod.rs`; 0 after `close()`. */
  presence(): number {
    return this.#bridge.native.presence(this.#bridge.handle, this.#handle);
  }

  /** What the pool is doing now, as BSON; nothing after `close()`. */
  stats(): Uint8Array | null {
    return this.#bridge.native.poolStats(this.#bridge.handle, this.#handle);
  }

  /** What has been under way for longer than so many milliseconds, as BSON; nothing after `close()`. */
  overdue(ageMS: number): Uint8Array | null {
    return this.#bridge.native.poolOverdue(this.#bridge.handle, this.#handle, ageMS);
  }

  /** Replaces the pool's client by a new one that has connected. */
  refresh(): Promise<Reply> {
    return this.#bridge.send({ kind: kind.REFRESH, hold: this.#handle });
  }

  /** Whether another deployment stands in for the pool's own. */
  get isDegraded(): boolean {
    return this.#bridge.native.isDegraded(this.#bridge.handle, this.#handle);
  }

  /** Makes an operation's task panic, to prove what becomes of it. For tests. */
  injectPanic(): Promise<Reply> {
    return this.#bridge.send({ kind: kind.PANIC, hold: this.#handle });
  }
}

/** A command with its kind and its hold. It names every field: a spread takes ten times as long. */
function addressed(kind: number, hold: number, request: CommandRequest): Request {
  const { database, command, sequence, options, serialize, session, retry } = request;
  const { meta, json, inTransaction, timeoutMS, own, signal } = request;
  return {
    kind,
    hold,
    database,
    command,
    sequence: sequence!,
    options: options!,
    serialize: serialize!,
    session,
    retry,
    meta,
    json,
    inTransaction,
    timeoutMS,
    own,
    signal
  } satisfies Record<keyof CommandRequest | 'kind' | 'hold', unknown>;
}
