/** The cursor of `listIndexes`. */
import type { ListIndexesOptions } from 'mongodb';
import type { Collection } from '../collection';
import { listIndexesOperation } from '../operations/indexes';
import type { Operation, Scope } from '../operations/operation';
import { AbstractCursor } from './abstract-cursor';

export class ListIndexesCursor extends AbstractCursor {
  /** @internal */
  declare protected readonly scope: Scope;

  /** The collection that it lists the indexes of. */
  readonly parent: Collection;
  readonly options: ListIndexesOptions | undefined;

  /** @internal */
  constructor(parent: Collection, scope: Scope, options?: ListIndexesOptions | null) {
    super(parent.client, scope, scope.collection, { ...options });
    this.parent = parent;
    this.options = options ?? undefined;
  }

  clone(): ListIndexesCursor {
    return new ListIndexesCursor(this.parent, this.scope, this.cursorOptions);
  }

  /** @internal */
  protected override openOperation(): Operation {
    return listIndexesOperation(this.scope, this.cursorOptions);
  }
}
