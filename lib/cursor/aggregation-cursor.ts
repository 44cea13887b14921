/** The cursor of `aggregate`. Its methods add stages to the pipeline; they send nothing. */
import type { Sort } from 'mongodb';
import type { Document } from '../bson/options';
import type { Explain } from '../explain';
import {
  aggregateOperation,
  DATABASE,
  type AggregateCommandOptions
} from '../operations/aggregate';
import type { Executor } from '../operations/execute';
import type { DatabaseScope, Operation } from '../operations/operation';
import { ExplainableCursor } from './explainable-cursor';

// eslint-disable-next-line @typescript-eslint/no-explicit-any -- the driver's default: untyped documents
export class AggregationCursor<TSchema = any> extends ExplainableCursor<TSchema> {
  /** The stages; the very array that was given, as in the driver. */
  readonly pipeline: Document[];
  /** @internal */
  declare protected readonly cursorOptions: AggregateCommandOptions;
  /** A collection's name, or the database as a whole. */
  readonly #target: string | typeof DATABASE;

  /** @internal */
  constructor(
    executor: Executor,
    scope: DatabaseScope,
    target: string | typeof DATABASE,
    pipeline: Document[],
    options?: AggregateCommandOptions | null
  ) {
    super(executor, scope, target === DATABASE ? undefined : target, { ...options });
    this.pipeline = pipeline;
    this.#target = target;
  }

  override clone(): AggregationCursor<TSchema> {
    const { executor, scope, pipeline, cursorOptions } = this;
    return new AggregationCursor(executor, scope, this.#target, pipeline, cursorOptions);
  }

  override map<T>(transform: (document: TSchema) => T): AggregationCursor<T> {
    return super.map(transform) as unknown as AggregationCursor<T>;
  }

  /** @internal */
  protected override openOperation(): Operation {
    return aggregateOperation(this.scope, this.#target, this.pipeline, this.cursorOptions);
  }

  /** A change stream would wait for what may never come. @internal */
  protected override readsAhead(): boolean {
    return this.pipeline[0]?.['$changeStream'] === undefined;
  }

  /** @internal */
  protected override explainOperation(explain: Explain): Operation {
    const options = { ...this.cursorOptions, explain };
    return aggregateOperation(this.scope, this.#target, this.pipeline, options);
  }

  /** Adds a stage of any kind. */
  addStage(stage: Document): this;
  addStage<T = Document>(stage: Document): AggregationCursor<T>;
  addStage<T = Document>(stage: Document): AggregationCursor<T> {
    this.throwIfInitialized();
    this.pipeline.push(stage);
    return this as unknown as AggregationCursor<T>;
  }

  group<T = TSchema>($group: Document): AggregationCursor<T> {
    return this.addStage<T>({ $group });
  }

  limit($limit: number): this {
    return this.addStage({ $limit });
  }

  match($match: Document): this {
    return this.addStage({ $match });
  }

  out($out: { db: string; coll: string } | string): this {
    return this.addStage({ $out });
  }

  project<T extends Document = Document>($project: Document): AggregationCursor<T> {
    return this.addStage<T>({ $project });
  }

  lookup($lookup: Document): this {
    return this.addStage({ $lookup });
  }

  redact($redact: Document): this {
    return this.addStage({ $redact });
  }

  skip($skip: number): this {
    return this.addStage({ $skip });
  }

  sort($sort: Sort): this {
    return this.addStage({ $sort });
  }

  unwind($unwind: Document | string): this {
    return this.addStage({ $unwind });
  }

  geoNear($geoNear: Document): this {
    return this.addStage({ $geoNear });
  }
}
