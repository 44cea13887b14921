/**
 * The `_id` of documents to insert: the one they have, or the one they get here, as in the driver,
 * which adds it to the caller's own object.
 */
import { onDemand } from '../bson/bson';
import { documentOf, prepend } from '../bson/encode';
import type { Document, ResolvedBSONOptions } from '../bson/options';
import type { Scope, Settings } from './operation';

/** Which side makes the `_id` of a document without one. */
export interface IdOptions {
  forceServerObjectId?: boolean | null | undefined;
}

/** True when documents without an `_id` get it from the server. */
export function serverMakesIds(scope: Scope, options: IdOptions | null | undefined): boolean {
  return options?.forceServerObjectId ?? scope.forceServerObjectId ?? false;
}

function createId({ pkFactory, bson }: Settings): unknown {
  return pkFactory === undefined ? new bson.library.ObjectId() : pkFactory.createPk();
}

/** Gives a document its `_id`, unless it has one. */
export function ensureId(document: Document, settings: Settings): void {
  if (document['_id'] === undefined || document['_id'] === null) {
    document['_id'] = createId(settings);
  }
}

/** A document that is bytes, and its `_id`. */
export interface RawDocument {
  bytes: Uint8Array;
  id: unknown;
}

/** As {@link ensureId}, for bytes, which stay as they are: a document without `_id` is copied. */
export function ensureRawId(
  bytes: Uint8Array,
  scope: Scope,
  bson: ResolvedBSONOptions,
  leave: boolean
): RawDocument {
  const id = rawId(bytes, bson);
  if (id !== undefined || leave) return { bytes, id };
  const created = createId(scope);
  return { bytes: prepend(bson.library.serialize({ _id: created }), bytes), id: created };
}

/** `_id` in BSON's bytes. */
const NAME = [0x5f, 0x69, 0x64];

function rawId(bytes: Uint8Array, bson: ResolvedBSONOptions): unknown {
  for (const [, name, length, value, size] of onDemand.parseToElements(bytes)) {
    if (length !== NAME.length || NAME.some((byte, i) => bytes[name + i] !== byte)) continue;
    const document = documentOf(bytes.subarray(name - 1, value + size));
    const options = { ...bson.deserialize, index: 0, raw: false };
    return bson.library.deserialize(document, options)['_id'];
  }
  return undefined;
}
