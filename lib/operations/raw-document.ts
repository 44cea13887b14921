/**
 * Documents that users hand over as BSON bytes, which `raw: true` allows. Nothing is sent before
 * the bytes have been found to be one well-formed document.
 */
import { isUint8Array } from 'node:util/types';
import { documentFault } from '../bridge/validate';
import type { ResolvedBSONOptions } from '../bson/options';
import { invalidArgument } from '../error';

/**
 * True for bytes where they are allowed.
 * @throws MongoInvalidArgumentError naming the path, for bytes that are not a BSON document
 */
export function isRawDocument(
  value: unknown,
  bson: ResolvedBSONOptions,
  path: string
): value is Uint8Array {
  if (!bson.raw || !isUint8Array(value)) return false;
  const fault = documentFault(value);
  if (fault !== null) throw invalidArgument(`${path} is not a BSON document: ${fault}`);
  return true;
}

/** True when the first element's name starts with a dollar: an update's operator. */
export function hasRawOperators(bytes: Uint8Array): boolean {
  const FIRST_NAME = 5;
  return bytes.length > FIRST_NAME && bytes[FIRST_NAME] === 0x24;
}
