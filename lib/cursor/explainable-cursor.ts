/** Cursors whose command can be explained instead of run. */
import type {
  ExplainableCursor as DriverCursor,
  ExplainCommandOptions,
  ExplainVerbosityLike
} from 'mongodb';
import type { Document } from '../bson/options';
import { explainArgument, type Explain } from '../explain';
import { executeCommand } from '../operations/execute';
import type { Operation } from '../operations/operation';
import { AbstractCursor } from './abstract-cursor';

/* eslint-disable @typescript-eslint/no-explicit-any -- the driver's default: untyped documents */
/** As in abstract-cursor.ts. */
export interface ExplainableCursor<TSchema = any> extends DriverCursor<TSchema> {
  clone(): ExplainableCursor<TSchema>;
  map<T = any>(transform: (document: TSchema) => T): ExplainableCursor<T>;
}

// eslint-disable-next-line @typescript-eslint/no-unsafe-declaration-merging -- see above
export abstract class ExplainableCursor<TSchema = any> extends AbstractCursor<TSchema> {
  /* eslint-enable @typescript-eslint/no-explicit-any */
  /** The command that explains the query. @internal */
  protected abstract explainOperation(explain: Explain): Operation;

  /**
   * The server's explanation of the query, which does not run for the cursor.
   * @param verbosity - `allPlansExecution` by default
   */
  async explain(
    verbosity?: ExplainVerbosityLike | ExplainCommandOptions | { timeoutMS?: number },
    _options?: { timeoutMS?: number }
  ): Promise<Document> {
    return await executeCommand(this.executor, this.explainOperation(explainArgument(verbosity)));
  }
}
