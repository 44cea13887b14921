/**
 * What became of a bulk write on a client: the replies of its commands added up, and the driver's
 * error when some of it failed. It sends nothing.
 */
import type {
  ClientBulkWriteError,
  ClientBulkWriteOptions,
  ClientBulkWriteResult,
  ClientDeleteResult,
  ClientInsertOneResult,
  ClientUpdateResult,
  MongoClientBulkWriteError
} from 'mongodb';
import type { Document } from '../bson/options';
import { classified, driverErrors } from '../error';
import type { ClientBatch } from './client-bulk-write-batch';

/** What a write gives that asks for no answer. */
export function unacknowledged(): ClientBulkWriteResult {
  return new ClientBulkOutcome({}).result(false);
}

export class ClientBulkOutcome {
  readonly #ordered: boolean;
  /** Sums of what the replies say. */
  #inserted = 0;
  #upserted = 0;
  #matched = 0;
  #modified = 0;
  #deleted = 0;
  /** Results of single statements, by their models' places; none unless they were asked for. */
  readonly #inserts: Map<number, ClientInsertOneResult> | undefined;
  readonly #updates: Map<number, ClientUpdateResult> | undefined;
  readonly #deletes: Map<number, ClientDeleteResult> | undefined;
  /** Statements that the server refused, by their models' places. */
  readonly #refused = new Map<number, ClientBulkWriteError>();
  /** Commands that were not as durable as asked for. */
  readonly #writeConcernErrors: Document[] = [];

  constructor({ ordered, verboseResults }: ClientBulkWriteOptions) {
    this.#ordered = Boolean(ordered);
    if (!verboseResults) return;
    this.#inserts = new Map();
    this.#updates = new Map();
    this.#deletes = new Map();
  }

  /** Adds up what a command's reply says beside its cursor. */
  addReply(reply: Document): void {
    this.#inserted += Number(reply['nInserted'] ?? 0);
    this.#upserted += Number(reply['nUpserted'] ?? 0);
    this.#matched += Number(reply['nMatched'] ?? 0);
    this.#modified += Number(reply['nModified'] ?? 0);
    this.#deleted += Number(reply['nDeleted'] ?? 0);
    const error = reply['writeConcernError'] as { code: number; errmsg: string } | undefined;
    if (error) this.#writeConcernErrors.push({ code: error.code, message: error.errmsg });
  }

  /**
   * Takes in the result of a single statement.
   * @throws MongoClientBulkWriteError when it was refused, and with it those to come
   */
  addResult(batch: ClientBatch, document: Document): void {
    const { idx, ok, code, errmsg } = document as {
      idx: number;
      ok: number;
      code: number;
      errmsg: string;
    };
    if (ok === 1) {
      this.#succeeded(batch.statements[idx]!, idx + batch.first, document);
      return;
    }
    this.#refused.set(idx + batch.first, { code, message: errmsg });
    if (this.#ordered) {
      throw this.#error('Mongo client ordered bulk write encountered a write error.');
    }
  }

  #succeeded(statement: Document, index: number, { n, nModified, upserted }: Document): void {
    if ('insert' in statement) {
      const { _id: insertedId } = statement['document'] as { _id: unknown };
      this.#inserts?.set(index, { insertedId });
    } else if ('delete' in statement) {
      this.#deletes?.set(index, { deletedCount: n as number });
    } else {
      const didUpsert = upserted != null;
      this.#updates?.set(index, {
        matchedCount: n as number,
        modifiedCount: (nModified ?? 0) as number,
        didUpsert,
        ...(didUpsert && { upsertedId: (upserted as Document)['_id'] as unknown })
      });
    }
  }

  /** @throws MongoClientBulkWriteError when not everything went as it should have */
  throwIfRefused(): void {
    if (this.#writeConcernErrors.length === 0 && this.#refused.size === 0) return;
    throw this.#error('Mongo client bulk write encountered errors during execution.');
  }

  /** The error for a command that failed as a whole. One that is the client's own stays as it is. */
  failure(cause: Error): Error {
    const { MongoClientBulkWriteError, MongoServerError } = driverErrors();
    const refused = cause instanceof MongoServerError;
    if (!refused || cause instanceof MongoClientBulkWriteError) return cause;
    return this.#error('Mongo client bulk write encountered an error during execution', cause);
  }

  #error(message: string, cause?: Error): MongoClientBulkWriteError {
    const error = new (driverErrors().MongoClientBulkWriteError)({ message });
    if (cause !== undefined) error.cause = cause;
    error.writeConcernErrors = this.#writeConcernErrors;
    error.writeErrors = this.#refused;
    error.partialResult = this.result();
    return classified(error, cause);
  }

  /** What has been written so far. */
  result(acknowledged = true): ClientBulkWriteResult {
    return {
      acknowledged,
      insertedCount: this.#inserted,
      upsertedCount: this.#upserted,
      matchedCount: this.#matched,
      modifiedCount: this.#modified,
      deletedCount: this.#deleted,
      insertResults: this.#inserts!,
      updateResults: this.#updates!,
      deleteResults: this.#deletes!
    };
  }
}
