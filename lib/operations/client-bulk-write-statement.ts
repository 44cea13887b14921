/**
 * The statements of a bulk write on a client: from the models that it takes to what `bulkWrite`
 * carries (mongodb 7.8, `client_bulk_write/command_builder.ts`), element by element.
 */
import type {
  AnyClientBulkWriteModel,
  ClientDeleteManyModel,
  ClientDeleteOneModel,
  ClientReplaceOneModel,
  ClientUpdateManyModel,
  ClientUpdateOneModel
} from 'mongodb';
import type { Document, ResolvedBSONOptions } from '../bson/options';
import { driverErrors, invalidArgument } from '../error';
import { formatSort } from '../sort';
import { ensureId } from './document-id';
import type { DatabaseScope } from './operation';
import { hasOperators } from './update';

type Model = AnyClientBulkWriteModel<Document>;
type UpdateModel = ClientUpdateOneModel<Document> | ClientUpdateManyModel<Document>;
type DeleteModel = ClientDeleteOneModel<Document> | ClientDeleteManyModel<Document>;

/** True for a statement that can change many documents. */
export function changesMany({ name }: Model): boolean {
  return name === 'updateMany' || name === 'deleteMany';
}

/**
 * @param namespace - the index of the model's namespace in the command
 * @param path - names the model in errors
 * @throws MongoInvalidArgumentError, MongoAPIError for a model that can't be sent
 */
export function clientStatement(
  scope: DatabaseScope,
  model: Model,
  namespace: number,
  path: string
): Document {
  switch (model.name) {
    case 'insertOne':
      checkObject(model.document, `${path}.document`);
      ensureId(model.document, scope);
      return { insert: namespace, document: model.document };
    case 'updateOne':
    case 'updateMany':
      return updateStatement(model, namespace, scope.bson, path);
    case 'replaceOne':
      return replaceStatement(model, namespace, scope.bson, path);
    case 'deleteOne':
    case 'deleteMany':
      return deleteStatement(model, namespace);
    default:
      throw invalidArgument(`${path}.name is not the name of a model`);
  }
}

function checkObject(value: unknown, path: string): void {
  if (typeof value !== 'object' || value === null) {
    throw invalidArgument(`${path} must be an object`);
  }
}

function updateStatement(
  model: UpdateModel,
  namespace: number,
  bson: ResolvedBSONOptions,
  path: string
): Document {
  checkObject(model.update, `${path}.update`);
  if (!hasOperators(model.update, {}, bson)) {
    throw apiError(
      'Client bulk write update models must only contain atomic modifiers (start with $) and must not be empty.'
    );
  }
  const multi = model.name === 'updateMany';
  const { filter, update: updateMods, hint, upsert, arrayFilters, collation } = model;
  const statement: Document = { update: namespace, multi, filter, updateMods };
  if (hint) statement['hint'] = hint;
  if (upsert) statement['upsert'] = upsert;
  if (arrayFilters) statement['arrayFilters'] = arrayFilters;
  if (collation) statement['collation'] = collation;
  if (model.name === 'updateOne' && model.sort != null) statement['sort'] = formatSort(model.sort);
  return statement;
}

function replaceStatement(
  model: ClientReplaceOneModel<Document>,
  namespace: number,
  bson: ResolvedBSONOptions,
  path: string
): Document {
  checkObject(model.replacement, `${path}.replacement`);
  if (hasOperators(model.replacement, { replace: true }, bson)) {
    throw apiError(
      'Client bulk write replace models must not contain atomic modifiers (start with $) and must not be empty.'
    );
  }
  const { filter, replacement: updateMods, hint, upsert, collation, sort } = model;
  const statement: Document = { update: namespace, multi: false, filter, updateMods };
  if (hint) statement['hint'] = hint;
  if (upsert) statement['upsert'] = upsert;
  if (collation) statement['collation'] = collation;
  if (sort != null) statement['sort'] = formatSort(sort);
  return statement;
}

function deleteStatement({ name, filter, hint, collation }: DeleteModel, at: number): Document {
  const statement: Document = { delete: at, multi: name === 'deleteMany', filter };
  if (hint) statement['hint'] = hint;
  if (collation) statement['collation'] = collation;
  return statement;
}

function apiError(message: string): Error {
  return new (driverErrors().MongoAPIError)(message);
}
