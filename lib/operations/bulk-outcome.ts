/**
 * What became of a bulk write: the replies of its commands added up, and the driver's error when
 * some of it failed. The driver's module loads with the first such error. It sends nothing.
 */
import type { BulkWriteResult, MongoBulkWriteError, WriteConcernError, WriteError } from 'mongodb';
import type { Document } from '../bson/options';
import { driverErrors } from '../error';

/** Statements that went in one command. */
export interface BulkBatch {
  /** Where among all statements the command's first one is. */
  readonly first: number;
  /** All statements, for the errors that name theirs. */
  readonly statements: readonly Document[];
}

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
  upserted: Document[];
}

/** What `mongodb/lib/bulk/common` exports, with the constructors' real parameters. */
interface BulkClasses {
  WriteError: new (error: Document) => WriteError;
  BulkWriteResult: new (result: BulkResult, ordered: boolean) => BulkWriteResult;
  MongoBulkWriteError: new (error: object, result: BulkWriteResult) => MongoBulkWriteError;
}

function bulkClasses(): BulkClasses {
  // eslint-disable-next-line @typescript-eslint/no-require-imports -- loaded late: only failures need it, and it loads much of the driver
  return require('mongodb/lib/bulk/common') as BulkClasses;
}

export class BulkOutcome {
  readonly #ordered: boolean;
  /** The `_id`s of all documents, in order. */
  readonly #ids: readonly unknown[];
  /** The server's write errors, their indexes those of all statements. */
  readonly #refused: Document[] = [];
  /** Documents that were inserted. */
  #inserted = 0;

  constructor(ordered: boolean, ids: readonly unknown[]) {
    this.#ordered = ordered;
    this.#ids = ids;
  }

  get inserted(): number {
    return this.#inserted;
  }

  /** Adds up a command's reply. */
  merge(batch: BulkBatch, reply: Document): void {
    this.#inserted += Number(reply['n'] ?? 0);
    for (const error of (reply['writeErrors'] ?? []) as Document[]) {
      const index = batch.first + Number(error['index']);
      const { code, errmsg, errInfo } = error as Record<string, unknown>;
      this.#refused.push({ index, code, errmsg, errInfo, op: batch.statements[index] });
    }
  }

  /** @throws MongoBulkWriteError when the server refused a statement */
  throwIfRefused(): void {
    const [first] = this.#refused;
    if (first === undefined) return;
    const { MongoBulkWriteError } = bulkClasses();
    const writeErrors = this.#writeErrors();
    const message = (first['errmsg'] || 'write operation failed') as string;
    const error = { message, code: first['code'] as number, writeErrors };
    throw new MongoBulkWriteError(error, this.#result(writeErrors));
  }

  /** The error for a command that failed as a whole, or was not as durable as asked for. */
  failure(batch: BulkBatch, cause: Error): Error {
    const { MongoBulkWriteError } = bulkClasses();
    if (!(cause instanceof driverErrors().MongoWriteConcernError)) {
      return new MongoBulkWriteError(cause, this.#result(this.#writeErrors()));
    }
    this.merge(batch, cause.result);
    const { errmsg, code } = cause.result['writeConcernError'] as { errmsg: string; code: number };
    return new MongoBulkWriteError({ message: errmsg, code }, this.#result(this.#writeErrors()));
  }

  #writeErrors(): WriteError[] {
    const { WriteError } = bulkClasses();
    return this.#refused.map(error => new WriteError(error));
  }

  #result(writeErrors: WriteError[]): BulkWriteResult {
    const { BulkWriteResult } = bulkClasses();
    const result: BulkResult = {
      ok: 1,
      writeErrors,
      writeConcernErrors: [],
      insertedIds: this.#ids.map((_id, index) => ({ index, _id })),
      nInserted: this.#inserted,
      nUpserted: 0,
      nMatched: 0,
      nModified: 0,
      nRemoved: 0,
      upserted: []
    };
    return new BulkWriteResult(result, this.#ordered);
  }
}
