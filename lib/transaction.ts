/**
 * A transaction as its session sees it: its state, and the options it was started with. It knows
 * which states follow which; it sends nothing and does not know its session.
 */
import type {
  ReadConcernLike,
  ReadPreferenceLike,
  TransactionOptions,
  WriteConcernOptions
} from 'mongodb';
import type { Document } from './bson/options';
import {
  readConcernSetting,
  toReadConcern,
  toWriteConcern,
  writeConcernSetting,
  type ReadConcernSetting,
  type WriteConcernSetting
} from './concern';
import { driverErrors } from './error';
import {
  readPreferenceSetting,
  toReadPreference,
  type ReadPreferenceSetting
} from './read-preference';

/** The states of a transaction, under the driver's names (mongodb 7.8, `transactions.ts`). */
export const TxnState = {
  NO_TRANSACTION: 'NO_TRANSACTION',
  /** Begun here; the server knows nothing of it. */
  STARTING_TRANSACTION: 'STARTING_TRANSACTION',
  TRANSACTION_IN_PROGRESS: 'TRANSACTION_IN_PROGRESS',
  TRANSACTION_COMMITTED: 'TRANSACTION_COMMITTED',
  /** Committed before the server knew of it, so nothing was sent. */
  TRANSACTION_COMMITTED_EMPTY: 'TRANSACTION_COMMITTED_EMPTY',
  TRANSACTION_ABORTED: 'TRANSACTION_ABORTED'
} as const;

export type TxnState = (typeof TxnState)[keyof typeof TxnState];

const NEXT: Readonly<Record<TxnState, readonly TxnState[]>> = {
  NO_TRANSACTION: ['NO_TRANSACTION', 'STARTING_TRANSACTION'],
  STARTING_TRANSACTION: [
    'TRANSACTION_IN_PROGRESS',
    'TRANSACTION_COMMITTED',
    'TRANSACTION_COMMITTED_EMPTY',
    'TRANSACTION_ABORTED'
  ],
  TRANSACTION_IN_PROGRESS: [
    'TRANSACTION_IN_PROGRESS',
    'TRANSACTION_COMMITTED',
    'TRANSACTION_ABORTED'
  ],
  TRANSACTION_COMMITTED: [
    'TRANSACTION_COMMITTED',
    'TRANSACTION_COMMITTED_EMPTY',
    'STARTING_TRANSACTION',
    'NO_TRANSACTION'
  ],
  TRANSACTION_ABORTED: ['STARTING_TRANSACTION', 'NO_TRANSACTION'],
  TRANSACTION_COMMITTED_EMPTY: ['TRANSACTION_COMMITTED_EMPTY', 'NO_TRANSACTION']
};

/** The states that no router has a part in; a committed one's router may have to repeat that. */
const UNPINNING: ReadonlySet<TxnState> = new Set([
  'NO_TRANSACTION',
  'STARTING_TRANSACTION',
  'TRANSACTION_ABORTED'
]);

/** What a transaction is started with; levels in other forms than the driver's classes count, too. */
export interface TransactionOptionsLike {
  readConcern?: ReadConcernLike | ReadConcernSetting | null | undefined;
  writeConcern?: WriteConcernOptions['writeConcern'] | null | undefined;
  readPreference?: ReadPreferenceLike | ReadPreferenceSetting | null | undefined;
  /** Milliseconds that the server may take to commit. */
  maxCommitTimeMS?: number | null | undefined;
}

/** The options of a transaction as commands carry them. */
export interface TransactionSettings {
  readonly readConcern: ReadConcernSetting | undefined;
  readonly writeConcern: WriteConcernSetting | undefined;
  readonly readPreference: ReadPreferenceSetting | undefined;
  /** Milliseconds; undefined for no limit. */
  readonly maxTimeMS: number | undefined;
}

export class Transaction {
  /** Where it stands; {@link transition} changes it. */
  state: TxnState = TxnState.NO_TRANSACTION;
  /** @internal */
  readonly settings: TransactionSettings;
  /** What a router needs to end a transaction that another one ran, as it came. @internal */
  recoveryToken: Document | undefined;
  /** It runs through one router of a sharded cluster. */
  #pinned = false;

  /**
   * @throws MongoTransactionError for a write concern that asks for no acknowledgement
   * @internal
   */
  constructor(options: TransactionOptionsLike = {}) {
    const writeConcern = writeConcernSetting({ writeConcern: options.writeConcern ?? undefined });
    if (writeConcern?.w === 0) {
      throw new (driverErrors().MongoTransactionError)(
        'Transactions do not support unacknowledged write concern'
      );
    }
    this.settings = {
      readConcern: readConcernSetting(options.readConcern as ReadConcernLike),
      writeConcern,
      readPreference: readPreferenceSetting(options.readPreference),
      maxTimeMS: options.maxCommitTimeMS || undefined
    };
  }

  /** The options it was started with, those that were given, as the driver's classes. */
  get options(): TransactionOptions {
    const { readConcern, writeConcern, readPreference, maxTimeMS } = this.settings;
    return {
      ...(writeConcern && { writeConcern: toWriteConcern(writeConcern)! }),
      ...(readConcern && { readConcern: toReadConcern(readConcern)! }),
      ...(readPreference && { readPreference: toReadPreference(readPreference) }),
      ...(maxTimeMS !== undefined && { maxTimeMS })
    };
  }

  get isPinned(): boolean {
    return this.#pinned;
  }

  /** Its first command has not been answered. */
  get isStarting(): boolean {
    return this.state === TxnState.STARTING_TRANSACTION;
  }

  /** Commands of its session belong to it. */
  get isActive(): boolean {
    return this.isStarting || this.state === TxnState.TRANSACTION_IN_PROGRESS;
  }

  /** It has ended, one way or the other. */
  get isCommitted(): boolean {
    return (
      this.state === TxnState.TRANSACTION_COMMITTED ||
      this.state === TxnState.TRANSACTION_COMMITTED_EMPTY ||
      this.state === TxnState.TRANSACTION_ABORTED
    );
  }

  /** @throws MongoRuntimeError for a state that can't follow. @internal */
  transition(next: TxnState): void {
    if (!NEXT[this.state].includes(next)) {
      throw new (driverErrors().MongoRuntimeError)(
        `Attempted illegal state transition from [${this.state}] to [${next}]`
      );
    }
    this.state = next;
    if (UNPINNING.has(next)) this.unpin();
  }

  /** Notes that it runs through one router. @internal */
  pin(): void {
    if (this.isActive) this.#pinned = true;
  }

  /** @internal */
  unpin(): void {
    this.#pinned = false;
  }
}
