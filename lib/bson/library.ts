/**
 * Which copy of js-bson documents are written and read with. A copy of another major version refuses
 * values of this one's classes, and a user's `instanceof` does, so a pool can be given the user's: of
 * Mongoose 8, bson 6. What polypool itself reads stays with polypool's own.
 */
import { BSON, type Timestamp } from './bson';

/** What of a copy of js-bson is used: its functions, and the classes of values that are made here. */
export type BSONLibrary = Pick<
  typeof BSON,
  | 'serialize'
  | 'deserialize'
  | 'EJSON'
  | 'Binary'
  | 'Code'
  | 'DBRef'
  | 'Decimal128'
  | 'Long'
  | 'MaxKey'
  | 'MinKey'
  | 'ObjectId'
  | 'Timestamp'
  | 'UUID'
>;

/**
 * The copy that polypool depends on, as the others know it. It is loaded when something of it is used:
 * a process that connects does without it until it has a reply to read.
 */
export const OWN_LIBRARY: BSONLibrary = {
  get serialize() {
    return BSON.serialize;
  },
  get deserialize() {
    return BSON.deserialize;
  },
  get EJSON() {
    return BSON.EJSON;
  },
  get Binary() {
    return BSON.Binary;
  },
  get Code() {
    return BSON.Code;
  },
  get DBRef() {
    return BSON.DBRef;
  },
  get Decimal128() {
    return BSON.Decimal128;
  },
  get Long() {
    return BSON.Long;
  },
  get MaxKey() {
    return BSON.MaxKey;
  },
  get MinKey() {
    return BSON.MinKey;
  },
  get ObjectId() {
    return BSON.ObjectId;
  },
  get Timestamp() {
    return BSON.Timestamp;
  },
  get UUID() {
    return BSON.UUID;
  }
};

/** It by itself, loaded now. */
export function loadOwnLibrary(): BSONLibrary {
  return BSON;
}

/** A copy by itself, for what is to find its classes without a detour. */
export function unwrapped(library: BSONLibrary): BSONLibrary {
  return library === OWN_LIBRARY ? loadOwnLibrary() : library;
}

/** The option of a pool that gives it another copy. Not public: for adapters. */
export const LIBRARY_OPTION = Symbol.for('polypool.bson');

/** Where js-bson's classes say of which major version they are. */
export const VERSION = Symbol.for('@@mdb.bson.version');
/** The major versions whose ways of reading and writing polypool's own decoder and encoder have. */
const KNOWN: readonly unknown[] = [6, 7];

/** Which major version a copy is, if it is one that polypool knows the ways of. */
export function knownVersion(library: BSONLibrary): number | undefined {
  const version = (library.ObjectId.prototype as { readonly [VERSION]?: unknown })[VERSION];
  return KNOWN.includes(version) ? (version as number) : undefined;
}

/** Whether a copy's `Long` has its lower half before the upper one, which shows in JSON: bson 6's has. */
export function hasLowFirst({ Long }: BSONLibrary): boolean {
  const [first] = Object.keys(Long.ZERO);
  return first === 'low';
}

/** A time that polypool's own copy read, for a document that another copy writes. */
export function timestampIn(library: BSONLibrary, time: Timestamp): Timestamp {
  if (library === OWN_LIBRARY || (time as object) instanceof library.Timestamp) return time;
  return new library.Timestamp({ t: time.t, i: time.i });
}
