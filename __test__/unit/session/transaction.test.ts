/** The states of a transaction and the options it keeps. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { ReadConcern, ReadPreference, WriteConcern } from 'mongodb';
import type { TxnState } from '../../../lib/transaction.ts';
import { internal } from '../../support/internal.ts';

const { Transaction } = internal<typeof import('../../../lib/transaction.ts')>('transaction');

/** A transaction that has been through `states`. */
function through(...states: TxnState[]): InstanceType<typeof Transaction> {
  const transaction = new Transaction();
  for (const state of states) transaction.transition(state);
  return transaction;
}

const PATHS: Readonly<Record<TxnState, readonly TxnState[]>> = {
  NO_TRANSACTION: [],
  STARTING_TRANSACTION: ['STARTING_TRANSACTION'],
  TRANSACTION_IN_PROGRESS: ['STARTING_TRANSACTION', 'TRANSACTION_IN_PROGRESS'],
  TRANSACTION_COMMITTED: ['STARTING_TRANSACTION', 'TRANSACTION_COMMITTED'],
  TRANSACTION_COMMITTED_EMPTY: ['STARTING_TRANSACTION', 'TRANSACTION_COMMITTED_EMPTY'],
  TRANSACTION_ABORTED: ['STARTING_TRANSACTION', 'TRANSACTION_ABORTED']
};
const STATES = Object.keys(PATHS) as TxnState[];

/** What may follow, one letter a state in the order of `STATES`. */
const ALLOWED: Readonly<Record<TxnState, string>> = {
  NO_TRANSACTION: 'xx....',
  STARTING_TRANSACTION: '..xxxx',
  TRANSACTION_IN_PROGRESS: '..xx.x',
  TRANSACTION_COMMITTED: 'xx.xx.',
  TRANSACTION_COMMITTED_EMPTY: 'x...x.',
  TRANSACTION_ABORTED: 'xx....'
};

describe('A transaction', () => {
  for (const from of STATES) {
    it(`goes on from ${from} as the driver's does`, () => {
      const allowed = STATES.map(to => {
        const transaction = through(...PATHS[from]);
        try {
          transaction.transition(to);
        } catch (error) {
          assert.equal((error as Error).name, 'MongoRuntimeError');
          assert.equal(transaction.state, from);
          return '.';
        }
        assert.equal(transaction.state, to);
        return 'x';
      });
      assert.equal(allowed.join(''), ALLOWED[from]);
    });
  }

  it('is active from its start to its end, and committed after that', () => {
    const seen = STATES.map(state => {
      const { isStarting, isActive, isCommitted } = through(...PATHS[state]);
      return [isStarting, isActive, isCommitted].map(Number).join('');
    });
    assert.deepEqual(seen, ['000', '110', '010', '001', '001', '001']);
  });

  it('is bound to a router only while it is active, and while it may be committed again', () => {
    const transaction = through('STARTING_TRANSACTION');
    transaction.pin();
    transaction.transition('TRANSACTION_IN_PROGRESS');
    transaction.transition('TRANSACTION_COMMITTED');
    assert.equal(transaction.isPinned, true);
    transaction.transition('NO_TRANSACTION');
    assert.equal(transaction.isPinned, false);
    transaction.pin();
    assert.equal(transaction.isPinned, false);
  });

  it("gives its options as the driver's classes", () => {
    const { options } = new Transaction({
      readConcern: 'majority',
      writeConcern: { w: 1, wtimeoutMS: 5 },
      readPreference: 'primary',
      maxCommitTimeMS: 7
    });
    assert.deepEqual(options, {
      writeConcern: new WriteConcern(1, 5),
      readConcern: new ReadConcern('majority'),
      readPreference: ReadPreference.primary,
      maxTimeMS: 7
    });
    assert.deepEqual(new Transaction().options, {});
  });

  it('refuses a write concern that asks for no answer', () => {
    assert.throws(() => new Transaction({ writeConcern: { w: 0 } }), {
      name: 'MongoTransactionError',
      message: 'Transactions do not support unacknowledged write concern'
    });
  });
});
