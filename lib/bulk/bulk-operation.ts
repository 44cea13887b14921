/**
 * A bulk write that is put together piece by piece (mongodb 7.8, `BulkOperationBase`). It gathers
 * statements; how they are cut into batches and sent is `operations/`' business.
 */
import type {
  AnyBulkWriteOperation,
  BulkOperationBase as DriverBulkOperation,
  BulkWriteOptions,
  BulkWriteResult,
  DeleteStatement,
  UpdateStatement,
  WriteConcern
} from 'mongodb';
import {
  resolveBSONOptions,
  type BSONSerializeOptions,
  type Document,
  type ResolvedBSONOptions
} from '../bson/options';
import { toWriteConcern, writeConcernSetting, type WriteConcernSetting } from '../concern';
import { driverErrors, invalidArgument } from '../error';
import { BatchType } from '../driver/constants';
import { BatchList, type Batch, type WriteLimits } from '../operations/bulk-batch';
import { insertedDocument, statementBytes, statementOf } from '../operations/bulk-statement';
import { serverMakesBulkIds, writeBatches } from '../operations/bulk-write';
import { ensureId, ensureRawId } from '../operations/document-id';
import type { Executor } from '../operations/execute';
import type { Scope } from '../operations/operation';
import { isRawDocument } from '../operations/raw-document';
import { FindOperators, type Pending } from './find-operators';

// eslint-disable-next-line @typescript-eslint/no-unsafe-declaration-merging, @typescript-eslint/no-empty-object-type -- to the compiler, too, it is the driver's; see PolyPool
export interface BulkOperationBase extends DriverBulkOperation {}

// eslint-disable-next-line @typescript-eslint/no-unsafe-declaration-merging -- see above
export abstract class BulkOperationBase {
  /** Whether statements run in their order, and none after one that is refused. */
  isOrdered: boolean;
  /** Never set, as in the driver. */
  declare operationId?: number;
  /** What `find` and its modifiers say of the statement to come. @internal */
  pending: Pending | undefined;
  readonly #executor: Executor;
  readonly #scope: Scope;
  readonly #options: BulkWriteOptions;
  /** How statements are written as they come in. @internal */
  readonly resolvedBSON: ResolvedBSONOptions;
  readonly #list: BatchList;
  /** Documents without an `_id` get it from the server. */
  readonly #serverMakesIds: boolean;
  /** Its own or {@link execute}'s, else the collection's. */
  #writeConcern: WriteConcernSetting | undefined;
  #executed = false;

  /**
   * @throws MongoNotConnectedError after `close()`
   * @internal
   */
  protected constructor(
    executor: Executor,
    scope: Scope,
    options: BulkWriteOptions | null | undefined,
    limits: WriteLimits,
    isOrdered: boolean
  ) {
    executor.hold();
    this.isOrdered = isOrdered;
    this.#executor = executor;
    this.#scope = scope;
    this.#options = options ?? {};
    this.resolvedBSON = resolveBSONOptions(this.#options, scope.bson);
    this.#list = new BatchList(isOrdered, limits, 'operations');
    this.#serverMakesIds = serverMakesBulkIds(scope, options);
    this.#writeConcern = writeConcernSetting(options) ?? scope.writeConcern;
  }

  /** How many statements there are. */
  get length(): number {
    return this.#list.length;
  }

  get bsonOptions(): BSONSerializeOptions {
    return this.resolvedBSON.given;
  }

  get writeConcern(): WriteConcern | undefined {
    return toWriteConcern(this.#writeConcern);
  }

  /** The statements by the commands they go in. */
  get batches(): Batch[] {
    return this.#list.batches;
  }

  /**
   * Adds a document. One without `_id` gets it here, and keeps it.
   * @throws MongoInvalidArgumentError for what is not a document
   */
  insert(document: Document): this {
    return this.#insert(document, this.#serverMakesIds);
  }

  /**
   * Begins an update, a replacement or a deletion of what matches.
   * @throws MongoInvalidArgumentError without a selector
   */
  find(selector: Document): FindOperators {
    if (!selector) throw invalidArgument('Bulk find operation must specify a selector');
    this.pending = { selector };
    return new FindOperators(this);
  }

  /**
   * Adds what a model of `bulkWrite`'s says.
   * @throws MongoInvalidArgumentError for what is none
   */
  raw(op: AnyBulkWriteOperation): this {
    if (op === undefined || op === null || typeof op !== 'object') {
      throw invalidArgument('Operation must be an object with an operation key');
    }
    const document = insertedDocument(op);
    if (document !== undefined) return this.#insert(document, this.#serverMakesIds);
    const { type, statement } = statementOf(op, this.resolvedBSON);
    return this.addToOperationsList(type, statement);
  }

  /** Adds a statement as the server takes it. */
  addToOperationsList(
    batchType: BatchType,
    document: Document | UpdateStatement | DeleteStatement
  ): this {
    if (batchType === BatchType.INSERT) return this.#insert(document, true);
    const statement = checked(document);
    const bytes = statementBytes(
      { type: batchType, statement },
      this.resolvedBSON,
      this.#list.next
    );
    this.#list.add(batchType, statement, bytes);
    return this;
  }

  /**
   * Runs the statements, in as few commands as the server's limits allow. Can be done once.
   * @param options - take precedence over those it was made with
   * @throws MongoBulkWriteError for what the server refused, with what it did not
   * @throws MongoBatchReExecutionError the second time
   */
  async execute(options: BulkWriteOptions = {}): Promise<BulkWriteResult> {
    if (this.#executed) throw new (driverErrors().MongoBatchReExecutionError)();
    // A closed pool says so itself, not by way of a bulk write's error.
    this.#executor.hold();
    this.#writeConcern = writeConcernSetting(options) ?? this.#writeConcern;
    if (this.#list.length === 0) {
      throw invalidArgument('Invalid BulkOperation, Batch cannot be empty');
    }
    this.#executed = true;
    const all = { ...this.#options, ...options };
    this.#rewrite(resolveBSONOptions(all, this.#scope.bson));
    const { outcome } = await writeBatches(this.#executor, this.#scope, this.#list, all);
    return outcome.result();
  }

  #insert(document: Document, leaveId: boolean): this {
    const list = this.#list;
    if (this.resolvedBSON.raw && isRawDocument(document, this.resolvedBSON, list.next)) {
      const { bytes, id } = ensureRawId(document, this.#scope, this.resolvedBSON, leaveId);
      list.addInsert(bytes, bytes, id);
      return this;
    }
    const statement = checked(document);
    if (!leaveId) ensureId(statement, this.#scope);
    const bytes = statementBytes(
      { type: BatchType.INSERT, statement },
      this.resolvedBSON,
      list.next
    );
    list.addInsert(statement, bytes, statement['_id']);
    return this;
  }

  /** Writes all statements anew if that is now to be done in another way. */
  #rewrite(bson: ResolvedBSONOptions): void {
    const [before, now] = [this.resolvedBSON.serialize, bson.serialize];
    if (
      before.ignoreUndefined === now.ignoreUndefined &&
      before.serializeFunctions === now.serializeFunctions &&
      before.checkKeys === now.checkKeys
    ) {
      return;
    }
    // What may be bytes was settled when it came in.
    const written = { ...bson, raw: this.resolvedBSON.raw };
    for (const batch of this.#list.batches) {
      const { batchType: type, originalIndexes } = batch;
      batch.serializedOperations = batch.operations.map((statement, i) =>
        statementBytes({ type, statement }, written, `operations[${originalIndexes[i]}]`)
      );
    }
  }
}

function checked(document: Document): Document {
  if (Array.isArray(document)) throw invalidArgument('Operation passed in cannot be an Array');
  if (document === undefined || document === null || typeof document !== 'object') {
    throw invalidArgument('Operation passed in must be an object');
  }
  return document;
}
