/** The cursor of `listCollections`. */
import type { CollectionInfo, ListCollectionsOptions } from 'mongodb';
import type { Abortable } from '../abort';
import type { Document } from '../bson/options';
import type { Db } from '../db';
import { listCollectionsOperation } from '../operations/list-collections';
import type { Operation } from '../operations/operation';
import { AbstractCursor, type CursorOptions } from './abstract-cursor';

export class ListCollectionsCursor<
  T extends Pick<CollectionInfo, 'name' | 'type'> | CollectionInfo =
    Pick<CollectionInfo, 'name' | 'type'> | CollectionInfo
> extends AbstractCursor<T> {
  /** The database that it lists the collections of. */
  readonly parent: Db;
  readonly filter: Document;
  readonly options: (ListCollectionsOptions & Abortable) | undefined;
  /** @internal */
  declare protected readonly cursorOptions: CursorOptions & ListCollectionsOptions;

  /** As `db.listCollections(filter, options)`. */
  constructor(db: Db, filter: Document, options?: (ListCollectionsOptions & Abortable) | null) {
    super(db.client, db.scope, undefined, { ...options });
    this.parent = db;
    this.filter = filter;
    this.options = options ?? undefined;
  }

  clone(): ListCollectionsCursor<T> {
    return new ListCollectionsCursor(this.parent, this.filter, this.cursorOptions);
  }

  /** @internal */
  protected override openOperation(): Operation {
    return listCollectionsOperation(this.scope, this.filter, this.cursorOptions);
  }
}
