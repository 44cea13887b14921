/** The cursor of `listSearchIndexes`: an aggregation with a stage of its own. */
import type { ListSearchIndexesOptions } from 'mongodb';
import type { Executor } from '../operations/execute';
import type { Scope } from '../operations/operation';
import { AggregationCursor } from './aggregation-cursor';

export class ListSearchIndexesCursor extends AggregationCursor<{ name: string }> {
  /**
   * @param name - one index's; null for all of them
   * @internal
   */
  constructor(
    executor: Executor,
    scope: Scope,
    name: string | null,
    options?: ListSearchIndexesOptions | null
  ) {
    const pipeline = [{ $listSearchIndexes: name === null ? {} : { name } }];
    super(executor, scope, scope.collection, pipeline, options);
  }
}
