/**
 * A bulk write in order: a new command whenever the kind of statement changes, and none after one
 * that is refused. All else it has in common with the unordered one.
 */
import type { BulkWriteOptions } from 'mongodb';
import type { WriteLimits } from '../operations/bulk-batch';
import type { Executor } from '../operations/execute';
import type { Scope } from '../operations/operation';
import { BulkOperationBase } from './bulk-operation';

export class OrderedBulkOperation extends BulkOperationBase {
  /** @internal */
  constructor(
    executor: Executor,
    scope: Scope,
    options: BulkWriteOptions | null | undefined,
    limits: WriteLimits
  ) {
    super(executor, scope, options, limits, true);
  }
}
