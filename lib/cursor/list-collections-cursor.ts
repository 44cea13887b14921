/** The cursor of `listCollections`. */
import type { CollectionInfo, ListCollectionsOptions } from 'mongodb';
import type { Document } from '../bson/options';
import type { Executor } from '../operations/execute';
import { listCollectionsOperation } from '../operations/list-collections';
import type { DatabaseScope, Operation } from '../operations/operation';
import { AbstractCursor, type CursorOptions } from './abstract-cursor';

export class ListCollectionsCursor<
  T extends Pick<CollectionInfo, 'name' | 'type'> | CollectionInfo =
    Pick<CollectionInfo, 'name' | 'type'> | CollectionInfo
> extends AbstractCursor<T> {
  readonly filter: Document;
  /** @internal */
  declare protected readonly cursorOptions: CursorOptions & ListCollectionsOptions;

  /** @internal */
  constructor(
    executor: Executor,
    scope: DatabaseScope,
    filter: Document,
    options?: ListCollectionsOptions | null
  ) {
    super(executor, scope, undefined, { ...options });
    this.filter = filter;
  }

  clone(): ListCollectionsCursor<T> {
    return new ListCollectionsCursor(this.executor, this.scope, this.filter, this.cursorOptions);
  }

  /** @internal */
  protected override openOperation(): Operation {
    return listCollectionsOperation(this.scope, this.filter, this.cursorOptions);
  }
}
