/**
 * The cursor of `runCursorCommand`. The command is the user's and says everything itself; only how
 * later batches are fetched is the cursor's to say.
 */
import type { RunCursorCommandOptions } from 'mongodb';
import type { Document } from '../bson/options';
import { driverErrors } from '../error';
import type { Executor } from '../operations/execute';
import { getMoreOptions } from '../operations/find';
import type { DatabaseScope, Operation } from '../operations/operation';
import { runCommandOperation } from '../operations/run-command';
import { AbstractCursor } from './abstract-cursor';

/** How batches after the first are fetched. */
interface GetMore {
  comment?: unknown;
  /** Milliseconds the server waits for new documents of a tailable cursor. */
  maxAwaitTimeMS?: number;
  /** Documents a batch. */
  batchSize?: number;
}

export class RunCommandCursor extends AbstractCursor {
  readonly command: Readonly<Record<string, unknown>>;
  /** What the setters were given. They count until the first batch is asked for. */
  readonly getMoreOptions: GetMore = {};

  /** @internal */
  constructor(
    executor: Executor,
    scope: DatabaseScope,
    command: Document,
    options?: RunCursorCommandOptions | null
  ) {
    super(executor, scope, undefined, { ...options });
    this.command = Object.freeze({ ...command });
  }

  /** @internal */
  protected override openOperation(): Operation {
    const { scope, command, cursorOptions, getMoreOptions: later } = this;
    const operation = runCommandOperation(
      scope.database,
      command,
      cursorOptions,
      scope.bson.library,
      scope.timeoutMS
    );
    const { tailable, awaitData } = command;
    const getMore = getMoreOptions({ ...later, tailable, awaitData });
    return { ...operation, options: { ...operation.options, ...getMore } };
  }

  /** Goes with every `getMore`. */
  setComment(comment: unknown): this {
    this.getMoreOptions.comment = comment;
    return this;
  }

  /** @param maxTimeMS - milliseconds the server waits for new documents of a tailable cursor */
  setMaxTimeMS(maxTimeMS: number): this {
    this.getMoreOptions.maxAwaitTimeMS = maxTimeMS;
    return this;
  }

  /** @param batchSize - documents in each batch after the first */
  setBatchSize(batchSize: number): this {
    this.getMoreOptions.batchSize = batchSize;
    return this;
  }

  /** @throws MongoAPIError always */
  clone(): never {
    throw refusal('Clone not supported, create a new cursor with db.runCursorCommand');
  }

  /** @throws MongoAPIError always */
  override withReadConcern(_readConcern: unknown): never {
    throw refusal(
      'RunCommandCursor does not support readConcern it must be attached to the command being run'
    );
  }

  /** @throws MongoAPIError always */
  override addCursorFlag(_flag: string, _value: boolean): never {
    throw refusal(
      'RunCommandCursor does not support cursor flags, they must be attached to the command being run'
    );
  }

  /** @throws MongoAPIError always */
  override maxTimeMS(_value: number): never {
    throw refusal(
      'maxTimeMS must be configured on the command document directly, to configure getMore.maxTimeMS use cursor.setMaxTimeMS()'
    );
  }

  /** @throws MongoAPIError always */
  override batchSize(_value: number): never {
    throw refusal(
      'batchSize must be configured on the command document directly, to configure getMore.batchSize use cursor.setBatchSize()'
    );
  }
}

function refusal(message: string): Error {
  return new (driverErrors().MongoAPIError)(message);
}
