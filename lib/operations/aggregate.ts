/** `aggregate` on a collection or a database: its command. It does not read replies. */
import type { AggregateOptions } from 'mongodb';
import type { Abortable } from '../abort';
import type { Document } from '../bson/options';
import { writeConcernSetting } from '../concern';
import { invalidArgument } from '../error';
import { addComment, readOperation, type CommandTraits } from './command';
import { getMoreOptions } from './find';
import type { DatabaseScope, Operation } from './operation';
import { sessionOf } from './session';

/** Options of `aggregate`. */
export type AggregateCommandOptions = AggregateOptions & Abortable;

/** Stands for a collection's name when the pipeline runs on the database. */
export const DATABASE = 1;

/** A pipeline that writes is not sent again. */
const WRITE_TRAITS: CommandTraits = { explainable: true };
const TRAITS: CommandTraits = { ...WRITE_TRAITS, retryable: true };

/** Opens a cursor over what a pipeline gives. */
export function aggregateOperation(
  scope: DatabaseScope,
  target: string | typeof DATABASE,
  pipeline: readonly Document[],
  options: AggregateCommandOptions
): Operation {
  const command = aggregateCommand(scope, target, pipeline, options);
  const traits = isWriteStage((command['pipeline'] as Document[]).at(-1)) ? WRITE_TRAITS : TRAITS;
  const operation = readOperation(scope, command, options, traits);
  const getMore = getMoreOptions(options);
  return getMore === undefined
    ? operation
    : { ...operation, options: { ...operation.options, ...getMore } };
}

function aggregateCommand(
  scope: DatabaseScope,
  target: string | typeof DATABASE,
  pipeline: readonly Document[],
  options: AggregateCommandOptions
): Document {
  const { cursor } = options;
  if (cursor !== undefined && cursor !== null && typeof cursor !== 'object') {
    throw invalidArgument('Cursor options must be an object');
  }
  const stages = typeof options.out === 'string' ? [...pipeline, { $out: options.out }] : pipeline;
  const writes = isWriteStage(stages[stages.length - 1]);
  const command: Document = { aggregate: target, pipeline: stages };
  const inherited = sessionOf(options)?.inTransaction() ? undefined : scope.writeConcern;
  const writeConcern = writes ? (writeConcernSetting(options) ?? inherited) : undefined;
  if (writeConcern !== undefined) command['writeConcern'] = writeConcern;
  const { bypassDocumentValidation } = options;
  if (typeof bypassDocumentValidation === 'boolean') {
    command['bypassDocumentValidation'] = bypassDocumentValidation;
  }
  if (typeof options.allowDiskUse === 'boolean') command['allowDiskUse'] = options.allowDiskUse;
  if (options.hint) command['hint'] = options.hint;
  if (options.let) command['let'] = options.let;
  addComment(command, options);
  const sized = options.batchSize && !writes;
  command['cursor'] = { ...cursor, ...(sized && { batchSize: options.batchSize }) };
  return command;
}

function isWriteStage(stage: Document | undefined): boolean {
  return Boolean(stage?.['$out'] || stage?.['$merge']);
}
