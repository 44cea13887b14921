import type { Operation, Scope } from './operation';
import type { Document } from '../bson/options';
export function findOneOperation(scope: Scope, filter: Document): Operation {
  return { database: scope.database, bson: scope.bson, command: { find: scope.collection, filter, limit: 1, singleBatch: true } };
}
