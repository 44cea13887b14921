/**
 * Cluster times as servers sign and clients pass them on: which one is later, and what is none.
 * It keeps none.
 */
import type { ClusterTime } from 'mongodb';
import { invalidArgument } from './error';

/** Whether `time` is later than what is `known`, if anything is. */
export function isLater(time: ClusterTime, known: ClusterTime | undefined): boolean {
  return known === undefined || time.clusterTime.greaterThan(known.clusterTime);
}

/** The types of a key's number, as js-bson reads and writes them. */
const KEY_ID_TYPES: ReadonlySet<string> = new Set(['bigint', 'number']);

/** @throws MongoInvalidArgumentError for what is no signed cluster time */
export function checkClusterTime(value: ClusterTime | null | undefined): void {
  if (!value || typeof value !== 'object') {
    throw invalidArgument('input cluster time must be an object');
  }
  if (value.clusterTime?._bsontype !== 'Timestamp') {
    throw invalidArgument(
      'input cluster time "clusterTime" property must be a valid BSON Timestamp'
    );
  }
  const { hash, keyId } = value.signature ?? {};
  const isKeyId = KEY_ID_TYPES.has(typeof keyId) || keyId?._bsontype === 'Long';
  if (hash?._bsontype !== 'Binary' || !isKeyId) {
    throw invalidArgument(
      'input cluster time must have a valid "signature" property with BSON Binary hash and BSON Long keyId'
    );
  }
}
