/**
 * A bulk write on one collection: its commands, sent one after the other, and what they make
 * together. How statements become batches is `bulk-batch.ts`'s business.
 */
import type { BulkWriteOptions } from 'mongodb';
import type { Document } from '../bson/options';
import { Deadline, timeoutOf } from '../deadline';
import { BatchType } from '../driver/constants';
import type { Content, Contents } from './bulk-batch';
import { BulkOutcome } from './bulk-outcome';
import { addComment, writeOperation, type CommandTraits } from './command';
import { executeCommand, type Executor } from './execute';
import type { Operation, Scope } from './operation';
import { recentDocuments } from './recent-documents';

/** What differs between the commands. */
interface Kind {
  readonly command: string;
  /** The statements' field. */
  readonly statements: string;
  /** A collation is each statement's own. */
  readonly collatesStatements?: boolean;
}

const KINDS: Readonly<Record<BatchType, Kind>> = {
  [BatchType.INSERT]: { command: 'insert', statements: 'documents' },
  [BatchType.UPDATE]: { command: 'update', statements: 'updates', collatesStatements: true },
  [BatchType.DELETE]: { command: 'delete', statements: 'deletes' }
};

/** What a bulk write came to, and whether the server was asked to say so. */
export interface BulkWritten {
  readonly outcome: BulkOutcome;
  readonly acknowledged: boolean;
}

/**
 * Runs a bulk write's commands. After a refusal those that are left run only when unordered; after
 * any other failure none does.
 * @throws MongoBulkWriteError for what was refused or failed, with what was written
 */
export async function writeBatches(
  on: Executor,
  scope: Scope,
  list: Contents,
  options: BulkWriteOptions | null | undefined
): Promise<BulkWritten> {
  const outcome = new BulkOutcome(list);
  const deadline = Deadline.of(timeoutOf(options, scope.timeoutMS));
  let acknowledged = true;
  for (const batch of list.batches) {
    const { op } = batch.statementAt(0);
    if (op !== undefined) recentDocuments.keep(op, batch.size);
    const operation = batchOperation(scope, batch, list.ordered, options);
    acknowledged = operation.acknowledged !== false;
    let reply: Document;
    try {
      const timeoutMS = deadline?.remaining();
      reply = await executeCommand(on, deadline ? { ...operation, timeoutMS } : operation);
    } catch (error) {
      throw outcome.failure(batch, error as Error);
    }
    outcome.merge(batch, reply);
    if (list.ordered) outcome.throwIfRefused();
  }
  outcome.throwIfRefused();
  return { outcome, acknowledged };
}

/** The command of a batch. As in the driver, it says of the bypass only when there is one. */
export function batchOperation(
  scope: Scope,
  batch: Content,
  ordered: boolean,
  options: BulkWriteOptions | null | undefined
): Operation {
  const { batchType } = batch;
  const { command: name, statements, collatesStatements = false } = KINDS[batchType];
  const command: Document = { [name]: scope.collection, ordered };
  if (options) {
    const validated = batchType !== BatchType.DELETE;
    const { bypassDocumentValidation } = options;
    if (validated && typeof bypassDocumentValidation === 'boolean') {
      command['bypassDocumentValidation'] = bypassDocumentValidation;
    }
    if (batchType !== BatchType.INSERT && options.let) command['let'] = options.let;
    addComment(command, options);
  }
  const traits: CommandTraits = { collatesStatements, retryable: !batch.changesMany };
  const operation = writeOperation(scope, command, options, traits);
  return { ...operation, sequence: batch.take(statements) };
}

/** True when documents without an `_id` get it from the server; `false` overrides nothing here. */
export function serverMakesBulkIds(
  scope: Scope,
  options: BulkWriteOptions | null | undefined
): boolean {
  return options?.forceServerObjectId === true || scope.forceServerObjectId === true;
}
