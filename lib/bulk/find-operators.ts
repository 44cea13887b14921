/**
 * What follows `find` in a bulk write that is put together piece by piece (mongodb 7.8,
 * `FindOperators`): modifiers, and the statement they are for. The bulk operation takes it in.
 */
import type { CollationOptions, Hint } from 'mongodb';
import type { Document } from '../bson/options';
import { BatchType } from '../driver/constants';
import { checkBulkOperators } from '../operations/bulk-statement';
import { deleteStatement } from '../operations/delete';
import { updateStatement, type UpdateKind } from '../operations/update';
import type { BulkOperationBase } from './bulk-operation';

/** What is known of a statement before its kind is. */
export interface Pending {
  selector?: Document;
  upsert?: boolean;
  collation?: CollationOptions;
  arrayFilters?: Document[];
  hint?: Hint;
}

export class FindOperators {
  bulkOperation: BulkOperationBase;

  /** @internal */
  constructor(bulkOperation: BulkOperationBase) {
    this.bulkOperation = bulkOperation;
  }

  /** Changes every document that matches. */
  update(updateDocument: Document | Document[]): BulkOperationBase {
    return this.#update({ multi: true }, updateDocument);
  }

  /**
   * Changes the first document that matches.
   * @throws MongoInvalidArgumentError for an update without operators
   */
  updateOne(updateDocument: Document | Document[]): BulkOperationBase {
    return this.#update({}, updateDocument);
  }

  /**
   * Replaces the first document that matches.
   * @throws MongoInvalidArgumentError for a replacement with operators
   */
  replaceOne(replacement: Document): BulkOperationBase {
    return this.#update({ replace: true }, replacement);
  }

  /** Deletes the first document that matches. */
  deleteOne(): BulkOperationBase {
    return this.#delete(1);
  }

  /** Deletes every document that matches. */
  delete(): BulkOperationBase {
    return this.#delete(0);
  }

  /** Has the update insert a document when none matches. */
  upsert(): this {
    return this.#set({ upsert: true });
  }

  collation(collation: CollationOptions): this {
    return this.#set({ collation });
  }

  /** Says which elements of arrays the update is about. */
  arrayFilters(arrayFilters: Document[]): this {
    return this.#set({ arrayFilters });
  }

  /** Names the index to use. */
  hint(hint: Hint): this {
    return this.#set({ hint });
  }

  #set(more: Pending): this {
    this.bulkOperation.pending = { ...this.bulkOperation.pending, ...more };
    return this;
  }

  /** What was said since `find`; the next statement begins anew. */
  #take(): Pending {
    const { pending = {} } = this.bulkOperation;
    this.bulkOperation.pending = undefined;
    return pending;
  }

  #update(kind: UpdateKind, update: Document | Document[]): BulkOperationBase {
    const { bulkOperation } = this;
    // Of an update of many the server says it, as in the driver.
    if (!kind.multi && update != null) {
      checkBulkOperators(update, kind, bulkOperation.resolvedBSON);
    }
    const { selector, ...options } = this.#take();
    const statement = updateStatement(kind, selector!, update, options);
    return bulkOperation.addToOperationsList(BatchType.UPDATE, statement);
  }

  #delete(limit: 0 | 1): BulkOperationBase {
    const { selector, ...options } = this.#take();
    const statement = deleteStatement(limit, selector!, options);
    return this.bulkOperation.addToOperationsList(BatchType.DELETE, statement);
  }
}
