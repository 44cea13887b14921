/** The cursor of `listIndexes`. */
import type { ListIndexesOptions } from 'mongodb';
import type { Executor } from '../operations/execute';
import { listIndexesOperation } from '../operations/indexes';
import type { Operation, Scope } from '../operations/operation';
import { AbstractCursor } from './abstract-cursor';

export class ListIndexesCursor extends AbstractCursor {
  /** @internal */
  declare protected readonly scope: Scope;

  /** @internal */
  constructor(executor: Executor, scope: Scope, options?: ListIndexesOptions | null) {
    super(executor, scope, scope.collection, { ...options });
  }

  clone(): ListIndexesCursor {
    return new ListIndexesCursor(this.executor, this.scope, this.cursorOptions);
  }

  /** @internal */
  protected override openOperation(): Operation {
    return listIndexesOperation(this.scope, this.cursorOptions);
  }
}
