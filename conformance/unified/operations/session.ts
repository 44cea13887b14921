// Owns the operations of sessions. Must not know how results are compared.

import type { Operation } from '../format/file.ts';
import type { Verbs } from './operation.ts';

export const sessionVerbs: Verbs<'session'> = {
  abortTransaction: (on, given) => on.abortTransaction(given.options()),
  commitTransaction: (on, given) => on.commitTransaction(given.options()),
  endSession: on => on.endSession(),
  // The driver has the field and does not declare it.
  getSnapshotTime: on => (on as { snapshotTime?: unknown }).snapshotTime,
  startTransaction: (on, given) => {
    on.startTransaction(given.options());
  },
  withTransaction: async (on, given, run) => {
    const operations = given.take<Operation[]>('callback');
    await on.withTransaction(async () => {
      // Expected or not, an error must reach withTransaction, which may start over.
      for (const operation of operations) await run.execute(operation, { rethrow: true });
    }, given.options());
  }
};
