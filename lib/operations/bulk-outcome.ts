/**
 * What became of a bulk write: the replies of its commands added up, and the driver's result and
 * errors, whose module loads with the first of them. It sends nothing.
 */
import type { BulkWriteResult, MongoBulkWriteError, WriteConcernError, WriteError } from 'mongodb';
import type { Document } from '../bson/options';
import { BatchType } from '../driver/constants';
import { classified, driverErrors } from '../error';
import type { Content, Contents } from './bulk-batch';

/** What the driver's classes are made of. */
interface BulkResult {
  ok: number;
  writeErrors: WriteError[];
  writeConcernErrors: WriteConcernError[];
  insertedIds: Array<{ index: number; _id: unknown }>;
  nInserted: number;
  nUpserted: number;
  nMatched: number;
  nModified: number;
  nRemoved: number;
  upserted: Array<{ index: number; _id: unknown }>;
}

/** What `mongodb/lib/bulk/common` exports, with the constructors' real parameters. */
interface BulkClasses {
  WriteError: new (error: Document) => WriteError;
  WriteConcernError: new (error: Document) => WriteConcernError;
  BulkWriteResult: new (result: BulkResult, ordered: boolean) => BulkWriteResult;
  MongoBulkWriteError: new (error: object, result: BulkWriteResult) => MongoBulkWriteError;
}

function bulkClasses(): BulkClasses {
  // eslint-disable-next-line @typescript-eslint/no-require-imports -- loaded late: only results of `bulkWrite` and failures need it, and it loads some of the driver
  return require('mongodb/lib/bulk/common') as BulkClasses;
}

/** @throws MongoBulkWriteError for what a result says was refused, or was not durable */
export function throwFailures(result: BulkWriteResult): void {
  const { MongoBulkWriteError } = bulkClasses();
  const writeErrors = result.getWriteErrors();
  const [first] = writeErrors;
  if (first !== undefined) {
    const message = first.errmsg || 'write operation failed';
    throw classified(new MongoBulkWriteError({ message, code: first.code, writeErrors }, result));
  }
  const error = result.getWriteConcernError();
  if (error !== undefined) throw classified(new MongoBulkWriteError(error, result));
}

export class BulkOutcome {
  readonly #list: Contents;
  readonly #writeErrors: WriteError[] = [];
  readonly #writeConcernErrors: WriteConcernError[] = [];
  readonly #upserted: Array<{ index: number; _id: unknown }> = [];
  /** Documents that each kind of command says it wrote. */
  #inserted = 0;
  #matched = 0;
  #modified = 0;
  #removed = 0;

  constructor(list: Contents) {
    this.#list = list;
  }

  /** Documents that were inserted. */
  get inserted(): number {
    return this.#inserted;
  }

  /** Adds up a command's reply. */
  merge(batch: Content, reply: Document): void {
    const n = Number(reply['n'] ?? 0);
    const upserted = (reply['upserted'] ?? []) as Document[];
    for (const { index, _id } of upserted) {
      // As in the driver, counted on from the batch's first, also where others lie in between.
      this.#upserted.push({ index: Number(index) + batch.originalZeroIndex, _id: _id as unknown });
    }
    if (batch.batchType === BatchType.INSERT) this.#inserted += n;
    else if (batch.batchType === BatchType.DELETE) this.#removed += n;
    else {
      this.#matched += n - upserted.length;
      this.#modified += Number(reply['nModified'] ?? 0);
    }
    for (const error of (reply['writeErrors'] ?? []) as Document[]) this.#refused(batch, error);
    const writeConcernError = reply['writeConcernError'] as Document | undefined;
    if (writeConcernError === undefined) return;
    this.#writeConcernErrors.push(new (bulkClasses().WriteConcernError)(writeConcernError));
  }

  #refused(batch: Content, error: Document): void {
    const { code, errmsg, errInfo } = error as Record<string, unknown>;
    const { index, op } = batch.statementAt(Number(error['index']));
    this.#writeErrors.push(new (bulkClasses().WriteError)({ index, code, errmsg, errInfo, op }));
  }

  /** @throws MongoBulkWriteError when the server refused a statement */
  throwIfRefused(): void {
    if (this.#writeErrors.length > 0) throwFailures(this.result());
  }

  /** The error for a command that failed as a whole, or was not as durable as asked for. */
  failure(batch: Content, cause: Error): Error {
    const { MongoBulkWriteError } = bulkClasses();
    if (!(cause instanceof driverErrors().MongoWriteConcernError)) {
      return classified(new MongoBulkWriteError(cause, this.result()), cause);
    }
    this.merge(batch, cause.result);
    const { errmsg, code } = cause.result['writeConcernError'] as { errmsg: string; code: number };
    return classified(new MongoBulkWriteError({ message: errmsg, code }, this.result()), cause);
  }

  /** What has been written so far. */
  result(): BulkWriteResult {
    const { BulkWriteResult } = bulkClasses();
    const result: BulkResult = {
      ok: 1,
      writeErrors: this.#writeErrors,
      writeConcernErrors: this.#writeConcernErrors,
      insertedIds: this.#list.insertedIds,
      nInserted: this.#inserted,
      nUpserted: this.#upserted.length,
      nMatched: this.#matched,
      nModified: this.#modified,
      nRemoved: this.#removed,
      upserted: this.#upserted
    };
    return new BulkWriteResult(result, this.#list.ordered);
  }
}
