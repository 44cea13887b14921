/**
 * A bulk write in any order: statements are gathered by kind, and all of them run, whichever are
 * refused. All else it has in common with the ordered one.
 */
import type { BulkWriteOptions, BulkWriteResult } from 'mongodb';
import type { WriteLimits } from '../operations/bulk-batch';
import { throwFailures } from '../operations/bulk-outcome';
import type { Executor } from '../operations/execute';
import type { Scope } from '../operations/operation';
import { BulkOperationBase } from './bulk-operation';

export class UnorderedBulkOperation extends BulkOperationBase {
  /** @internal */
  constructor(
    executor: Executor,
    scope: Scope,
    options: BulkWriteOptions | null | undefined,
    limits: WriteLimits
  ) {
    super(executor, scope, options, limits, false);
  }

  /** @throws MongoBulkWriteError for what a result says was refused, or was not durable */
  handleWriteError(writeResult: BulkWriteResult): void {
    throwFailures(writeResult);
  }
}
