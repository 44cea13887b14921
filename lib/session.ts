/**
 * A client's session: what its operations have in common, and the transactions among them. It keeps
 * the driver's state and semantics (mongodb 7.8, `sessions.ts`); `operations/session.ts` writes
 * that state into commands, and Rust keeps the server's side.
 */
import type {
  ClientSession as DriverSession,
  ClientSessionEvents,
  ClientSessionOptions,
  ClusterTime,
  EndSessionOptions,
  MongoClientOptions,
  MongoOptions,
  ServerSessionId,
  TransactionOptions,
  WithTransactionCallback
} from 'mongodb';
import { isLater, checkClusterTime } from './cluster-time';
import { TypedEmitter } from './emitter';
import { Deadline, timeoutOf, type TimeoutOptions } from './deadline';
import { driverErrors, invalidArgument } from './error';
import type { Hold } from './bridge/pool';
import type { Timestamp } from './bson/bson';
import type { Executor } from './operations/execute';
import { abortTransaction, commitTransaction } from './operations/transaction';
import type { PolyPool } from './pool';
import type { LeakWatch } from './leaks/leak-watch';
import { ServerSession } from './server-session';
import type { ActiveSessions } from './active-sessions';
import { Transaction, TxnState } from './transaction';
import { withTransaction } from './with-transaction';

/** What a session needs of its client. */
export interface SessionHome {
  readonly client: PolyPool;
  /** Runs commits and aborts, also while the client closes. */
  readonly executor: Executor;
  /** The client's sessions that have not ended. */
  readonly sessions: ActiveSessions;
  /** What lends server sessions; undefined after the client's `close()`. */
  hold(): Hold | undefined;
  /** Takes note when one is left open, if that is wanted. */
  leakWatch?(): LeakWatch | undefined;
}

export class ClientSession extends TypedEmitter<ClientSessionEvents> implements AsyncDisposable {
  /** The pool that started it. */
  readonly client: PolyPool;
  hasEnded = false;
  /** Always true: operations without a session have none of this class. */
  readonly explicit = true;
  /** What it was asked to guarantee. */
  readonly supports: { causalConsistency: boolean };
  /** The latest cluster time it has heard of. */
  clusterTime: ClusterTime | undefined;
  /** The time of its latest operation; the next read is no older. */
  operationTime: Timestamp | undefined;
  /** All its reads are of one point in time. */
  readonly snapshotEnabled: boolean;
  /** That point in time, once the first read has settled it. */
  snapshotTime: Timestamp | undefined;
  readonly defaultTransactionOptions: TransactionOptions;
  /** The last transaction, or one that never was: there always is an object. */
  transaction = new Transaction();
  /** Numbers to use up with the next command that carries one. @internal */
  txnNumberIncrement = 0;
  /** {@link clusterTime} was set by {@link advanceClusterTime} and is still to be sent. @internal */
  gossips = false;
  /** The transaction's router is to be forgotten by the next command. @internal */
  unpins = false;
  /** The command that starts the transaction is under way. @internal */
  starting: Promise<unknown> | undefined;
  readonly #home: SessionHome;
  readonly #leakWatch: LeakWatch | undefined;
  /** What is lent, from the first use on. */
  #server: ServerSession | undefined;
  /** Of what its transactions do, where that is not given. */
  readonly #timeoutMS: number | undefined;
  /** Of the {@link withTransaction} under way. */
  #deadline: Deadline | undefined;
  /** A commit of the current transaction has failed. */
  #commitFailed = false;

  /** @internal */
  constructor(home: SessionHome, options?: ClientSessionOptions | null) {
    super();
    // As in the driver: an 'error' event without a listener must not end the process.
    this.on('error', () => undefined);
    this.#home = home;
    this.client = home.client;
    this.snapshotEnabled = options?.snapshot === true;
    if (options?.causalConsistency === true && this.snapshotEnabled) {
      throw invalidArgument('Properties "causalConsistency" and "snapshot" are mutually exclusive');
    }
    this.supports = { causalConsistency: options?.causalConsistency ?? !this.snapshotEnabled };
    // eslint-disable-next-line @typescript-eslint/no-deprecated -- of the driver's it has no effect
    const defaults = { timeoutMS: options?.defaultTimeoutMS };
    this.#timeoutMS = timeoutOf(defaults, home.client.settings.timeoutMS);
    this.defaultTransactionOptions = { ...options?.defaultTransactionOptions };
    home.sessions.add(this);
    this.#leakWatch = home.leakWatch?.();
    this.#leakWatch?.made(this, new.target);
    this.#leakWatch?.opened('session', this);
  }

  /** See `Leakable`. @internal */
  get lastUse(): number {
    return this.#server?.lastUse ?? 0;
  }

  /** The id that its commands carry as `lsid`. */
  get id(): ServerSessionId {
    return this.serverSession.id;
  }

  /** What is lent. The first to ask decides of which client: here it is the pool's own. */
  get serverSession(): ServerSession {
    return this.serverSessionFor('admin');
  }

  /** The handle of what is lent; 0 when nothing is. @internal */
  get handle(): number {
    return this.#server?.handle ?? 0;
  }

  /** The same, of the client that a database's operations go to when nothing is lent yet. @internal */
  serverSessionFor(database: string): ServerSession {
    const known = this.#server;
    if (known !== undefined && (known.handle > 0 || this.hasEnded)) return known;
    const lender = this.hasEnded ? undefined : this.#home.hold();
    if (lender === undefined) return (this.#server ??= new ServerSession());
    this.#server = new ServerSession(lender, database);
    this.#home.sessions.returnWith(this, this.#server);
    return this.#server;
  }

  /** The options of its pool. */
  get clientOptions(): Readonly<MongoOptions & MongoClientOptions> {
    return this.client.options;
  }

  get loadBalanced(): boolean {
    return this.client.balanced;
  }

  /** Its transaction runs through one router of a sharded cluster. */
  get isPinned(): boolean {
    return this.transaction.isPinned;
  }

  /** Milliseconds that a commit, an abort and {@link withTransaction} may take, if limited. */
  get timeoutMS(): number | undefined {
    return this.#timeoutMS;
  }

  /**
   * Milliseconds that a command of it may take.
   * @throws MongoOperationTimeoutError when the time of {@link withTransaction} is over
   * @internal
   */
  timeLeft(timeoutMS: number | undefined): number | undefined {
    const left = this.#deadline?.remaining();
    return left === undefined ? timeoutMS : Math.min(left, timeoutMS ?? left);
  }

  /** Forgets the router of its transaction. @internal */
  unpin(): void {
    this.unpins = true;
    this.transaction.unpin();
  }

  /** Whether operations through `executor` may run in it. @internal */
  belongsTo(executor: Executor): boolean {
    return executor === this.client || executor === this.#home.executor;
  }

  /** Ends it, and aborts a transaction that is open. Never fails. */
  async endSession(_options?: EndSessionOptions): Promise<void> {
    try {
      if (this.inTransaction()) await this.abortTransaction();
    } catch {
      // As the specification has it: a session ends whatever becomes of its transaction.
    } finally {
      this.#end();
    }
  }

  #end(): void {
    if (this.hasEnded) return;
    this.hasEnded = true;
    this.#home.sessions.delete(this);
    this.#leakWatch?.closed(this);
    this.#server?.giveBack();
    this.emit('ended', asUserSession(this));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.endSession({ force: true });
  }

  /** Makes the next read no older than `operationTime`. */
  advanceOperationTime(operationTime: Timestamp): void {
    if (this.operationTime === undefined || operationTime.greaterThan(this.operationTime)) {
      this.operationTime = operationTime;
    }
  }

  /**
   * Takes over another session's cluster time.
   * @throws MongoInvalidArgumentError for what is no signed cluster time
   */
  advanceClusterTime(clusterTime: ClusterTime): void {
    checkClusterTime(clusterTime);
    if (this.noteClusterTime(clusterTime)) this.gossips = true;
  }

  /** Keeps the later of two cluster times; true when that is the new one. @internal */
  noteClusterTime(clusterTime: ClusterTime): boolean {
    if (!isLater(clusterTime, this.clusterTime)) return false;
    this.clusterTime = clusterTime;
    return true;
  }

  equals(session: DriverSession | ClientSession): boolean {
    if (!(session instanceof ClientSession)) return false;
    return Buffer.compare(this.id.id.buffer, session.id.id.buffer) === 0;
  }

  /** Makes the next command that carries a transaction number carry the next one. */
  incrementTransactionNumber(): void {
    this.txnNumberIncrement += 1;
  }

  inTransaction(): boolean {
    return this.transaction.isActive;
  }

  /**
   * Starts a transaction; the next operation in the session begins it on the server.
   * @throws MongoCompatibilityError in a snapshot session
   * @throws MongoTransactionError when one is open, or for an unacknowledged write concern
   */
  startTransaction(options?: TransactionOptions): void {
    if (this.snapshotEnabled) {
      throw new (driverErrors().MongoCompatibilityError)(
        'Transactions are not supported in snapshot sessions'
      );
    }
    if (this.loadBalanced) {
      throw new (driverErrors().MongoCompatibilityError)(
        'Transactions behind a load balancer need one connection throughout, which polypool cannot keep'
      );
    }
    if (this.inTransaction()) {
      throw new (driverErrors().MongoTransactionError)('Transaction already in progress');
    }
    if (this.isPinned && this.transaction.isCommitted) this.unpin();
    this.#commitFailed = false;
    this.incrementTransactionNumber();
    const defaults = this.defaultTransactionOptions;
    const { settings } = this.client;
    this.transaction = new Transaction({
      readConcern: options?.readConcern ?? defaults.readConcern ?? settings.readConcern,
      writeConcern: options?.writeConcern ?? defaults.writeConcern ?? settings.writeConcern,
      readPreference: options?.readPreference ?? defaults.readPreference ?? settings.readPreference,
      maxCommitTimeMS: options?.maxCommitTimeMS ?? defaults.maxCommitTimeMS
    });
    this.transaction.transition(TxnState.STARTING_TRANSACTION);
    this.#home.sessions.keep(this);
  }

  /**
   * Commits the transaction; one that had no operation without the server.
   * @throws MongoTransactionError when there is none, or it was aborted
   */
  async commitTransaction(options?: { timeoutMS?: number }): Promise<void> {
    const { transaction } = this;
    if (transaction.state === TxnState.NO_TRANSACTION) throw noTransaction();
    if (transaction.state === TxnState.TRANSACTION_ABORTED) {
      throw transactionError('Cannot call commitTransaction after calling abortTransaction');
    }
    this.#home.sessions.release(this);
    if (
      transaction.state === TxnState.STARTING_TRANSACTION ||
      transaction.state === TxnState.TRANSACTION_COMMITTED_EMPTY
    ) {
      transaction.transition(TxnState.TRANSACTION_COMMITTED_EMPTY);
      return;
    }
    const again = this.#commitFailed || transaction.state === TxnState.TRANSACTION_COMMITTED;
    try {
      const timeoutMS = this.#timeoutOf(options);
      await commitTransaction(this.#home.executor, this, again, timeoutMS);
      this.#commitFailed = false;
    } catch (error) {
      this.#commitFailed = true;
      throw error;
    } finally {
      transaction.transition(TxnState.TRANSACTION_COMMITTED);
    }
  }

  /**
   * Aborts the transaction; one that had no operation without the server. What the server says to
   * it is of no consequence.
   * @throws MongoTransactionError when there is none, or it has ended
   */
  async abortTransaction(options?: { timeoutMS?: number }): Promise<void> {
    const { transaction } = this;
    if (transaction.state === TxnState.NO_TRANSACTION) throw noTransaction();
    if (transaction.state === TxnState.TRANSACTION_ABORTED) {
      throw transactionError('Cannot call abortTransaction twice');
    }
    if (transaction.isCommitted) {
      throw transactionError('Cannot call abortTransaction after calling commitTransaction');
    }
    this.#home.sessions.release(this);
    if (transaction.isStarting) {
      transaction.transition(TxnState.TRANSACTION_ABORTED);
      return;
    }
    try {
      // What is to be undone is undone, even if the time to do it is over.
      this.#deadline = undefined;
      await abortTransaction(this.#home.executor, this, this.#timeoutOf(options));
    } finally {
      transaction.transition(TxnState.TRANSACTION_ABORTED);
    }
  }

  /**
   * Runs `callback` in a transaction and commits it; does both again after errors that are said to
   * pass, for two minutes at most.
   * @returns what `callback` gave
   */
  // eslint-disable-next-line @typescript-eslint/no-explicit-any -- the driver's default
  async withTransaction<T = any>(
    callback: WithTransactionCallback<T>,
    options?: TransactionOptions & { timeoutMS?: number }
  ): Promise<T> {
    const timeoutMS = this.#timeoutOf(options);
    const deadline = Deadline.of(timeoutMS);
    const run = (): Promise<T> => {
      this.#deadline = deadline;
      return callback(asUserSession(this));
    };
    try {
      return await withTransaction(this, run, options, timeoutMS);
    } finally {
      this.#deadline = undefined;
    }
  }

  #timeoutOf(options: TimeoutOptions | undefined): number | undefined {
    return timeoutOf(options, this.#timeoutMS);
  }

  /** @throws MongoRuntimeError so that a session that got into a document is noticed */
  toBSON(): never {
    throw new (driverErrors().MongoRuntimeError)('ClientSession cannot be serialized to BSON.');
  }
}

function transactionError(message: string): Error {
  return new (driverErrors().MongoTransactionError)(message);
}

function noTransaction(): Error {
  return transactionError('No transaction started');
}

/**
 * The class by the type that the driver has for it, so that users need no other: callbacks are
 * given it, and the options of operations take it.
 */
export const UserSession = ClientSession as unknown as typeof DriverSession;
export type UserSession = DriverSession;

export function asUserSession(session: ClientSession): UserSession {
  // eslint-disable-next-line @typescript-eslint/no-unsafe-class-instance-assignment -- of the driver's shape, not of its making
  return session;
}
