/**
 * A bulk write in any order: statements are gathered by kind, and all of them run, whichever are
 * refused. All else it has in common with the ordered one.
 */
import type { BulkWriteOptions, UnorderedBulkOperation as DriverBulkOperation } from 'mongodb';
import type { WriteLimits } from '../operations/bulk-batch';
import type { Executor } from '../operations/execute';
import type { Scope } from '../operations/operation';
import { BulkOperationBase } from './bulk-operation';

// eslint-disable-next-line @typescript-eslint/no-unsafe-declaration-merging, @typescript-eslint/no-empty-object-type -- the driver declares an internal
export interface UnorderedBulkOperation extends Pick<DriverBulkOperation, 'handleWriteError'> {}

// eslint-disable-next-line @typescript-eslint/no-unsafe-declaration-merging -- see above
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
}
