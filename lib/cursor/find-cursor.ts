/** The cursor of `find`. Its setters change the command before it is sent; they send nothing. */
import type { CollationOptions, CountOptions, Hint, Sort, SortDirection } from 'mongodb';
import type { Document } from '../bson/options';
import { invalidArgument } from '../error';
import type { Explain } from '../explain';
import { countOperation, readCount } from '../operations/count';
import { executeCommand, type Executor } from '../operations/execute';
import { findOperation, type FindCommandOptions } from '../operations/find';
import type { Operation, Scope } from '../operations/operation';
import { formatSort } from '../sort';
import { tailableError } from './abstract-cursor';
import { ExplainableCursor } from './explainable-cursor';

// eslint-disable-next-line @typescript-eslint/no-explicit-any -- the driver's default: untyped documents
export class FindCursor<TSchema = any> extends ExplainableCursor<TSchema> {
  /** @internal */
  declare protected readonly scope: Scope;
  /** @internal */
  declare protected readonly cursorOptions: FindCommandOptions;
  #filter: Document;
  /** Tailable from the start; as in the driver, a flag added later rules nothing out. */
  readonly #tailable: boolean;
  /** What {@link maxAwaitTimeMS} was given. */
  #maxAwaitTimeMS: number | undefined;

  /** @internal */
  constructor(
    executor: Executor,
    scope: Scope,
    filter: Document,
    options?: FindCommandOptions | null
  ) {
    super(executor, scope, scope.collection, withSort(options));
    this.#filter = filter;
    this.#tailable = Boolean(options?.tailable);
  }

  override clone(): FindCursor<TSchema> {
    const clone = new FindCursor<TSchema>(
      this.executor,
      this.scope,
      this.#filter,
      this.cursorOptions
    );
    clone.#maxAwaitTimeMS = this.#maxAwaitTimeMS;
    return clone;
  }

  override map<T>(transform: (document: TSchema) => T): FindCursor<T> {
    return super.map(transform) as unknown as FindCursor<T>;
  }

  /** @internal */
  protected override openOperation(): Operation {
    const { cursorOptions: options } = this;
    // Only a cursor that awaits data may say how long: the server refuses it of others.
    const awaits = options.awaitData && this.#maxAwaitTimeMS !== undefined;
    const given = awaits ? { maxAwaitTimeMS: this.#maxAwaitTimeMS, ...options } : options;
    return findOperation(this.scope, this.#filter, given);
  }

  /** @internal */
  protected override readsAhead(): boolean {
    return true;
  }

  /** @internal */
  protected override explainOperation(explain: Explain): Operation {
    const options = { ...this.cursorOptions, explain };
    return findOperation(this.scope, this.#filter, options);
  }

  /** The server counts the limit only with the batch after it, which is not worth asking for. */
  protected override hasEnough(returned: number): boolean {
    return returned === this.cursorOptions.limit;
  }

  /** @deprecated use `collection.countDocuments` or `collection.estimatedDocumentCount` */
  async count(options?: CountOptions): Promise<number> {
    if (typeof options === 'boolean') throw invalidArgument('Invalid first parameter to count');
    const merged = { ...this.cursorOptions, ...options } as CountOptions;
    const operation = countOperation(this.scope, this.#filter, merged);
    return readCount(await executeCommand(this.executor, operation));
  }

  filter(filter: Document): this {
    this.throwIfInitialized();
    this.#filter = filter;
    return this;
  }

  hint(hint: Hint): this {
    return this.set({ hint });
  }

  /** The inclusive lower bound of an index; needs a {@link hint}. */
  min(min: Document): this {
    return this.set({ min });
  }

  /** The exclusive upper bound of an index; needs a {@link hint}. */
  max(max: Document): this {
    return this.set({ max });
  }

  /** Only the keys of the index that was used. */
  returnKey(value: boolean): this {
    return this.set({ returnKey: value });
  }

  /** Adds each document's `$recordId`. */
  showRecordId(value: boolean): this {
    return this.set({ showRecordId: value });
  }

  /**
   * Sets an option by its name in the old query language.
   * @throws MongoInvalidArgumentError for a name that is none of its
   */
  addQueryModifier(name: string, value: string | boolean | number | Document): this {
    this.throwIfInitialized();
    if (!name.startsWith('$')) throw invalidArgument(`${name} is not a valid query modifier`);
    if (name === '$query') return this.filter(value as Document);
    if (name === '$orderby') return this.set({ sort: formatSort(value as Sort) });
    const option = MODIFIERS.get(name);
    if (option === undefined) throw invalidArgument(`Invalid query modifier: ${name}`);
    return this.set({ [option]: value });
  }

  /** Shown in the server's logs and profiler, for this and the later batches. */
  comment(value: string): this {
    return this.set({ comment: value });
  }

  /** @param value - milliseconds the server waits for new documents of a tailable cursor */
  maxAwaitTimeMS(value: number): this {
    this.throwIfInitialized();
    if (typeof value !== 'number') {
      throw invalidArgument('Argument for maxAwaitTimeMS must be a number');
    }
    this.#maxAwaitTimeMS = value;
    return this;
  }

  project<T extends Document = Document>(value: Document): FindCursor<T> {
    return this.set({ projection: value }) as unknown as FindCursor<T>;
  }

  /** @param direction - when `sort` is one field's name */
  sort(sort: Sort | string, direction?: SortDirection): this {
    this.throwIfInitialized();
    this.#throwIfTailable('sorting');
    return this.set({ sort: formatSort(sort, direction) });
  }

  /** Lets a {@link sort} use the server's disk when it needs more memory than it may have. */
  allowDiskUse(allow = true): this {
    this.throwIfInitialized();
    if (!this.cursorOptions.sort) {
      throw invalidArgument('Option "allowDiskUse" requires a sort specification');
    }
    return this.set({ allowDiskUse: allow });
  }

  collation(value: CollationOptions): this {
    return this.set({ collation: value });
  }

  /** @param value - documents at most; below zero, in a single batch */
  limit(value: number): this {
    this.throwIfInitialized();
    this.#throwIfTailable('limit');
    return this.setNumber('limit', value, 'Operation "limit" requires an integer');
  }

  skip(value: number): this {
    this.throwIfInitialized();
    this.#throwIfTailable('skip');
    return this.setNumber('skip', value, 'Operation "skip" requires an integer');
  }

  #throwIfTailable(what: string): void {
    if (this.#tailable) throw tailableError(what);
  }
}

const MODIFIERS: ReadonlyMap<string, string> = new Map([
  ['$comment', 'comment'],
  ['$explain', 'explain'],
  ['$hint', 'hint'],
  ['$max', 'max'],
  ['$maxTimeMS', 'maxTimeMS'],
  ['$min', 'min'],
  ['$returnKey', 'returnKey'],
  ['$showDiskLoc', 'showRecordId']
]);

/** A copy that setters may change; a sort that is none shows now. */
function withSort(options: FindCommandOptions | null | undefined): FindCommandOptions {
  const copy = { ...options };
  if (copy.sort !== undefined && copy.sort !== null) {
    const sort = formatSort(copy.sort);
    if (sort) copy.sort = sort;
    else delete copy.sort;
  }
  return copy;
}
