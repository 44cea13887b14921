/**
 * Coalescing: reads of one document each by its `_id`, asked for in the same tick, as one `find`
 * with `$in`. It decides which reads can be put together and gives everybody what is theirs; what a
 * `find` is, and how a document is read, it leaves to others.
 */
import { kind, Reply } from '../bridge/completion';
import { decodeBatch, decodeDocument } from '../bson/decode';
import { resolveBSONOptions, type Document, type ResolvedBSONOptions } from '../bson/options';
import { executeMore, openReply, toError, type Executor } from './execute';
import { findOperation } from './find';
import type { Scope } from './operation';

/** What users say of it, for a pool, a database, a collection or a call. */
export interface CoalesceOptions {
  /**
   * Whether `findOne` by `_id` alone may be answered together with others of the same tick.
   * @defaultValue false
   */
  coalesce?: boolean;
}

/** The most reads in one command; of documents of 16 KB they fill a reply of the largest size. */
const MOST = 1_000;

/** A read that can be answered with others. */
export interface PointRead {
  /** Tells ids apart as the server does. */
  readonly key: string;
  readonly id: unknown;
  readonly projection: Document | undefined;
}

/** A document that was found. */
interface Found {
  /** For the first who takes it; the others read theirs from the bytes. */
  document: Document | undefined;
  readonly bytes: Buffer;
}

/** How one joint read ended. */
type Outcome =
  /** By the keys of their ids. */
  | { readonly found: ReadonlyMap<string, Found>; readonly error?: undefined }
  /** The reply that says why there are none. */
  | { readonly error: Reply };

/** The read that `findOne` was asked for, if it is one by `_id` and nothing else. */
export function pointRead(
  filter: unknown,
  options: Document | null | undefined
): PointRead | undefined {
  if (typeof filter !== 'object' || filter === null) return undefined;
  let id: unknown;
  for (const name in filter) {
    if (name !== '_id' || id !== undefined) return undefined;
    id = (filter as { _id: unknown })._id;
  }
  const key = keyOf(id);
  if (key === undefined || !isExact(id)) return undefined;
  let projection: Document | undefined;
  for (const name in options) {
    const value = options[name] as unknown;
    if (value === undefined || name === 'coalesce') continue;
    if (name !== 'projection' || !keepsId(value)) return undefined;
    projection = value;
  }
  return { key, id, projection };
}

/** Reads one document along with others; undefined where that can not tell whether there is one. */
export async function findTogether(
  on: Executor,
  scope: Scope,
  read: PointRead
): Promise<Document | null | undefined> {
  const outcome = await gather(on, scope, read);
  // Made here, in the async function that the caller awaits, an error's stack names the caller.
  if (outcome.error !== undefined) throw toError(outcome.error, scope.bson.library);
  const found = outcome.found.get(read.key);
  if (found !== undefined) return take(found, scope.bson);
  // By the collection's collation another text may be the same id.
  return typeof read.id === 'string' ? undefined : null;
}

/** Everybody gets a document of their own. */
function take(found: Found, bson: ResolvedBSONOptions): Document {
  const { document, bytes } = found;
  found.document = undefined;
  return document ?? decodeDocument(whole(bytes), bson);
}

/** Reads of one tick that ask the same of the same collection. */
class Gathering {
  /** By their keys: whoever asks for the same id, it is in the command once. */
  readonly ids = new Map<string, unknown>();
  readonly outcome: Promise<Outcome>;

  constructor(read: (ids: unknown[]) => Promise<Outcome>) {
    this.outcome = endOfTick().then(() => read([...this.ids.values()]));
  }
}

/** What is being gathered, by client and by what is asked. */
const gatherings = new WeakMap<Executor, Map<string, Gathering>>();
/** Numbers for settings that are compared by identity. */
const numbers = new WeakMap<object, number>();
let lastNumber = 0;

function gather(on: Executor, scope: Scope, read: PointRead): Promise<Outcome> {
  let open = gatherings.get(on);
  if (open === undefined) gatherings.set(on, (open = new Map<string, Gathering>()));
  const { database, collection, bson, readPreference, readConcern } = scope;
  const asked = [bson, readPreference, readConcern].map(numberOf).join();
  const projection = read.projection === undefined ? '' : JSON.stringify(read.projection);
  const name = `${database}\0${collection}\0${asked}\0${projection}`;
  const known = open.get(name);
  if (known !== undefined && known.ids.size < MOST) {
    known.ids.set(read.key, read.id);
    return known.outcome;
  }
  const begun = new Gathering(ids => {
    if (open.get(name) === begun) open.delete(name);
    return readAll(on, scope, ids, read.projection);
  });
  begun.ids.set(read.key, read.id);
  open.set(name, begun);
  return begun.outcome;
}

/** The same for the same settings, which handles share that were given no options of their own. */
function numberOf(settings: object | undefined): number {
  if (settings === undefined) return 0;
  const known = numbers.get(settings);
  if (known !== undefined) return known;
  numbers.set(settings, ++lastNumber);
  return lastNumber;
}

/** Resolves when whatever this tick does has had its turn. */
function endOfTick(): Promise<void> {
  return new Promise(resolve => process.nextTick(resolve));
}

async function readAll(
  on: Executor,
  scope: Scope,
  ids: unknown[],
  projection: Document | undefined
): Promise<Outcome> {
  const filter = { _id: ids.length === 1 ? ids[0] : { $in: ids } };
  const options = { ...(projection && { projection }), batchSize: ids.length + 1 };
  const found = new Map<string, Found>();
  const raw = resolveBSONOptions({ raw: true }, scope.bson);
  let reply = await openReply(on, findOperation(scope, filter, options));
  for (;;) {
    if (reply.kind === kind.ERROR) return { error: reply };
    const { cursor, documents } = decodeBatch(reply, raw);
    for (const bytes of documents as unknown as Buffer[]) {
      const document = decodeDocument(whole(bytes), scope.bson);
      const key = keyOf(document['_id']);
      if (key !== undefined) found.set(key, { document, bytes });
    }
    if (cursor === 0) return { found };
    reply = await executeMore(on, cursor);
  }
}

/** A document's bytes as a reply that consists of it. */
function whole(bytes: Buffer): Reply {
  return new Reply(kind.DOCUMENT, bytes, 0, bytes.length);
}

/** An id as text, the same for the ids that the server takes for the same; undefined for rare kinds. */
function keyOf(id: unknown): string | undefined {
  switch (typeof id) {
    case 'string':
      return `s${id}`;
    case 'number':
    case 'bigint':
      // Both zeros are one.
      return `n${id === 0 ? 0 : id}`;
    case 'object':
      return keyOfClass(id);
    default:
      return undefined;
  }
}

/** By its class's name: it may be of another copy of the package. */
function keyOfClass(id: { _bsontype?: string; toString(): string } | null): string | undefined {
  switch (id?._bsontype) {
    case 'ObjectId':
      return `o${id.toString()}`;
    case 'Int32':
    case 'Double':
    case 'Long':
    case 'Decimal128':
      return keyOf(Number(id.toString()));
    default:
      return undefined;
  }
}

/** Ids that are asked for together: those that no other kind of number could be mistaken for. */
function isExact(id: unknown): boolean {
  if (typeof id === 'number') return Number.isSafeInteger(id);
  return typeof id === 'string' || (id as { _bsontype?: string })._bsontype === 'ObjectId';
}

/** Whether a projection is fields to have or to leave out, the `_id` not among the latter. */
function keepsId(projection: unknown): projection is Document {
  if (typeof projection !== 'object' || projection === null || Array.isArray(projection)) {
    return false;
  }
  return Object.entries(projection).every(([name, value]: [string, unknown]) => {
    if (name === '_id') return value === 1 || value === true;
    return value === 1 || value === true || value === 0 || value === false;
  });
}
