/**
 * Which of the driver's BSON options decoding and encoding honour, and how a level (client,
 * database, collection, operation) inherits from the one above. It encodes and decodes nothing.
 */
import type { BSONSerializeOptions, Document } from 'mongodb';
import { OWN_LIBRARY, type BSONLibrary } from './library';

export type { BSONSerializeOptions, Document };

/** What js-bson takes when it writes. */
export interface SerializeOptions {
  /** Functions are written as code instead of being left out. */
  serializeFunctions: boolean;
  /** `undefined` properties are left out instead of being written as null. */
  ignoreUndefined: boolean;
  /** Keys with dots or dollars are refused. */
  checkKeys: boolean;
  /** The copy of js-bson that writes. */
  library: BSONLibrary;
}

/** How polypool's own options are written: those that are undefined were not given. */
export const GIVEN_ONLY: SerializeOptions = {
  serializeFunctions: false,
  ignoreUndefined: true,
  checkKeys: false,
  library: OWN_LIBRARY
};

/** What js-bson takes when it reads. */
export interface DeserializeOptions {
  promoteLongs: boolean;
  promoteBuffers: boolean;
  promoteValues: boolean;
  useBigInt64: boolean;
  bsonRegExp: boolean;
  /** Documents in the document are left as bytes. */
  raw: boolean;
  fieldsAsRaw?: Document;
  validation: { utf8: boolean };
  /** Where in the buffer the document starts, in bytes. */
  index: number;
  allowObjectSmallerThanBufferSize: true;
}

/** The BSON options of one level with every default in place (mongodb 7.8, `bson.ts`). */
export interface ResolvedBSONOptions {
  /** For writing commands. */
  readonly serialize: SerializeOptions;
  /** For reading replies. `index` is set anew for every document. */
  readonly deserialize: DeserializeOptions;
  /** The copy of js-bson that writes and reads, whose classes documents are made of. */
  readonly library: BSONLibrary;
  /** Replies are handed over as BSON bytes. */
  readonly raw: boolean;
  /** As given, for levels below and for the driver's `bsonOptions` getters. */
  readonly given: Readonly<BSONSerializeOptions>;
}

const NAMES = [
  'fieldsAsRaw',
  'useBigInt64',
  'promoteLongs',
  'promoteValues',
  'promoteBuffers',
  'ignoreUndefined',
  'bsonRegExp',
  'serializeFunctions',
  'raw',
  'enableUtf8Validation',
  'checkKeys'
] as const satisfies ReadonlyArray<keyof BSONSerializeOptions>;

/** The names of the driver's BSON options, which stay in JS. */
export const BSON_OPTION_NAMES: ReadonlySet<string> = new Set(NAMES);

/** True when an operation's options change how its documents are written or read. */
function overrides(options: Readonly<BSONSerializeOptions>): boolean {
  for (const name of NAMES) {
    if (options[name] !== undefined) return true;
  }
  return false;
}

/** Whether options ask for 64-bit integers in two ways at once, as the driver tells it. */
export function contradicts(options: Readonly<BSONSerializeOptions> | undefined): boolean {
  const { useBigInt64, promoteLongs, promoteValues } = options ?? {};
  return Boolean(useBigInt64) && (promoteLongs === false || promoteValues === false);
}

/**
 * The options of a level: its own where given, the level's above elsewhere. Levels that change
 * nothing share the object of the one above.
 *
 * @param library - the top level's; the others have that of the level above
 */
export function resolveBSONOptions(
  options: Readonly<BSONSerializeOptions> | undefined,
  parent?: ResolvedBSONOptions,
  library: BSONLibrary = parent?.library ?? OWN_LIBRARY
): ResolvedBSONOptions {
  if (parent && (options === undefined || !overrides(options))) return parent;
  const given: Record<string, unknown> = { ...parent?.given };
  for (const name of NAMES) {
    if (options?.[name] !== undefined) given[name] = options[name];
  }
  const from = given as BSONSerializeOptions;
  return {
    given: from,
    library,
    raw: from.raw ?? false,
    serialize: {
      serializeFunctions: from.serializeFunctions ?? false,
      ignoreUndefined: from.ignoreUndefined ?? false,
      checkKeys: from.checkKeys ?? false,
      library
    },
    deserialize: {
      promoteLongs: from.promoteLongs ?? true,
      promoteBuffers: from.promoteBuffers ?? false,
      promoteValues: from.promoteValues ?? true,
      useBigInt64: from.useBigInt64 ?? false,
      bsonRegExp: from.bsonRegExp ?? false,
      raw: from.raw ?? false,
      ...(from.fieldsAsRaw && { fieldsAsRaw: from.fieldsAsRaw }),
      validation: { utf8: from.enableUtf8Validation ?? true },
      index: 0,
      allowObjectSmallerThanBufferSize: true
    }
  };
}
