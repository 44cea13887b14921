/**
 * The statements of a bulk write: from the models that `bulkWrite` takes (mongodb 7.8,
 * `BulkOperationBase.raw`) to what commands carry, and that to bytes. It cuts no batches.
 */
import type { AnyBulkWriteOperation, DeleteOptions, UpdateStatement } from 'mongodb';
import type { Document, ResolvedBSONOptions } from '../bson/options';
import { serialize } from '../bson/serialize';
import { invalidArgument } from '../error';
import { BatchType } from '../driver/constants';
import type { Statement } from './bulk-batch';
import { deleteStatement } from './delete';
import { isRawDocument } from './raw-document';
import {
  isOperators,
  rawUpdateStatement,
  updateStatement,
  type UpdateCommandOptions,
  type UpdateKind
} from './update';

/** A statement and the kind of command it goes in. */
export interface TypedStatement {
  readonly type: BatchType;
  readonly statement: Statement;
}

/** What a model of any kind may hold under its name. */
type ModelBody = UpdateCommandOptions &
  DeleteOptions & {
    document?: Document | null;
    filter: Document;
    update: Document;
    replacement: Document;
  };

const UPDATES = Object.entries({
  replaceOne: { replace: true },
  updateOne: {},
  updateMany: { multi: true }
} satisfies Record<string, UpdateKind>) as ReadonlyArray<[name: string, kind: UpdateKind]>;

const DELETES: ReadonlyArray<[name: string, limit: 0 | 1]> = [
  ['deleteOne', 1],
  ['deleteMany', 0]
];

/**
 * The document that a model inserts; undefined for a model of another kind. One without a
 * `document` is the document itself, as in the driver.
 * @throws MongoInvalidArgumentError for a model that holds none
 */
export function insertedDocument(model: AnyBulkWriteOperation): Document | undefined {
  if (!('insertOne' in model)) return undefined;
  const body = bodyOf(model, 'insertOne');
  return body.document ?? body;
}

/**
 * The statement of a model that does not insert.
 * @throws MongoInvalidArgumentError for a model of no known kind, or one that can't be sent
 */
export function statementOf(
  model: AnyBulkWriteOperation,
  bson: ResolvedBSONOptions
): TypedStatement {
  for (const [name, kind] of UPDATES) {
    if (!(name in model)) continue;
    const body = bodyOf(model, name);
    refuseRaw(body);
    const update = kind.replace ? body.replacement : body.update;
    const statement = updateStatement(kind, body.filter, update, body);
    checkBulkOperators(update, kind, bson);
    return { type: BatchType.UPDATE, statement };
  }
  for (const [name, limit] of DELETES) {
    if (!(name in model)) continue;
    const body = bodyOf(model, name);
    refuseRaw(body);
    return { type: BatchType.DELETE, statement: deleteStatement(limit, body.filter, body) };
  }
  throw invalidArgument(
    'bulkWrite only supports insertOne, updateOne, updateMany, deleteOne, deleteMany'
  );
}

function bodyOf(model: Document, name: string): ModelBody {
  const body = model[name] as ModelBody | null | undefined;
  if (typeof body !== 'object' || body === null) {
    throw invalidArgument(`Operation "${name}" must be an object`);
  }
  return body;
}

/** Statements as commands carry them are not models. */
function refuseRaw(body: ModelBody): void {
  if ('q' in body) throw invalidArgument('Raw operations are not allowed');
}

/** @throws MongoInvalidArgumentError for operators where none may be, and the other way round */
export function checkBulkOperators(
  update: Document | Document[] | Uint8Array,
  kind: UpdateKind,
  bson: ResolvedBSONOptions
): void {
  const operators = isOperators(update, kind, bson);
  if (operators && kind.replace) {
    throw invalidArgument('Replacement document must not use atomic operators');
  }
  if (!operators && !kind.replace) {
    throw invalidArgument('Update document requires atomic operators');
  }
}

/**
 * A statement as it is sent. With `raw`, documents and updates may be bytes already.
 * @param path - names the statement in errors
 * @throws BSONError for what can't be serialised
 */
export function statementBytes(
  { type, statement }: TypedStatement,
  bson: ResolvedBSONOptions,
  path: string
): Uint8Array {
  if (bson.raw && type === BatchType.INSERT && isRawDocument(statement, bson, path)) {
    return statement;
  }
  if (bson.raw && type === BatchType.UPDATE) {
    const bytes = rawUpdateStatement(statement as UpdateStatement, bson, path);
    if (bytes !== undefined) return bytes;
  }
  return serialize(statement, bson.serialize);
}
