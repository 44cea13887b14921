/**
 * Coalescing: reads of one document each by its `_id`, asked for in the same tick, as one `find`
 * with `$in`. It decides which reads can be put together and gives everybody what is theirs; what a
 * `find` is, and how a document is read, it leaves to others.
 */
import { kind, Reply } from '../bridge/completion';
import { atEndOfTick } from '../bridge/tick';
import { decodeBatch, decodeDocument } from '../bson/decode';
import { resolveBSONOptions, type Document, type ResolvedBSONOptions } from '../bson/options';
import { coalescingCounts, type CoalescingCounts } from './coalescing-counts';
import { executeMore, openReply, toError, type Executor } from './execute';
import { findOneOperation, findOperation } from './find';
import type { Scope } from './operation';
import { keyOf, pointRead, type PointRead } from './point-read';

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

/** A document that was found. */
interface Found {
  /** For the first who takes it, if it was read; the others read theirs from the bytes. */
  document: Document | undefined;
  readonly bytes: Buffer;
}

/** How one joint read ended. */
type Outcome =
  /** By the keys of the ids, null where there is none. What is not certain is left out. */
  | { readonly answers: ReadonlyMap<string, Found | null>; readonly error?: undefined }
  /** The reply that says why there are none. */
  | { readonly error: Reply };

/** The read by `_id` that `findOne` was asked for, if others can be answered with it. */
export function coalescible(
  on: Executor,
  scope: Scope,
  filter: unknown,
  options: Document | null | undefined
): PointRead | undefined {
  const read = scope.bson.raw ? undefined : pointRead(filter, options);
  if (read === undefined) coalescingCounts(on).excluded += 1;
  return read;
}

/** Reads one document along with others; undefined where that does not tell for certain what it is. */
export async function findTogether(
  on: Executor,
  scope: Scope,
  read: PointRead
): Promise<Document | null | undefined> {
  const { outcome, counts } = gather(on, scope, read);
  const ended = await outcome;
  // Made here, in the async function that the caller awaits, an error's stack names the caller.
  if (ended.error !== undefined) throw toError(ended.error, scope.bson.library);
  const answer = ended.answers.get(read.key);
  if (answer === undefined) counts.repeated += 1;
  return answer && take(answer, scope.bson);
}

/** Everybody gets a document of their own. */
function take(found: Found, bson: ResolvedBSONOptions): Document {
  const { document, bytes } = found;
  found.document = undefined;
  return document ?? decodeDocument(whole(bytes), bson);
}

/** Ids by their keys. */
type Ids = ReadonlyMap<string, unknown>;

/** Reads of one tick that ask the same of the same collection. */
class Gathering {
  readonly counts: CoalescingCounts;
  readonly outcome: Promise<Outcome>;
  /** By their keys: whoever asks for the same id, it is in the command once. */
  readonly #ids = new Map<string, unknown>();

  constructor(counts: CoalescingCounts, read: (ids: Ids) => Promise<Outcome>) {
    this.counts = counts;
    this.outcome = new Promise<void>(atEndOfTick).then(() => read(this.#ids));
  }

  get isFull(): boolean {
    return this.#ids.size >= MOST;
  }

  add({ key, id }: PointRead): void {
    this.counts.reads += 1;
    if (this.#ids.has(key)) this.counts.shared += 1;
    else this.#ids.set(key, id);
  }
}

/** What is being gathered, by client and by what is asked. */
const gatherings = new WeakMap<Executor, Map<string, Gathering>>();
/** Numbers for settings that are compared by identity. */
const numbers = new WeakMap<object, number>();
let lastNumber = 0;

function gather(on: Executor, scope: Scope, read: PointRead): Gathering {
  let open = gatherings.get(on);
  if (open === undefined) gatherings.set(on, (open = new Map<string, Gathering>()));
  const { database, collection, bson, readPreference, readConcern } = scope;
  const asked = [bson, readPreference, readConcern].map(numberOf).join();
  const projection = read.projection === undefined ? '' : JSON.stringify(read.projection);
  const name = `${database}\0${collection}\0${asked}\0${projection}`;
  let gathering = open.get(name);
  if (gathering === undefined || gathering.isFull) {
    const counts = coalescingCounts(on);
    const begun = new Gathering(counts, ids => {
      if (open.get(name) === begun) open.delete(name);
      counts.commands += 1;
      return ids.size === 1 ? readOne(on, scope, ids, read) : readAll(on, scope, ids, read);
    });
    open.set(name, (gathering = begun));
  }
  gathering.add(read);
  return gathering;
}

/** The same for the same settings, which handles share that were given no options of their own. */
function numberOf(settings: object | undefined): number {
  if (settings === undefined) return 0;
  const known = numbers.get(settings);
  if (known !== undefined) return known;
  numbers.set(settings, ++lastNumber);
  return lastNumber;
}

/** Reads what all ask for as if one did. */
async function readOne(
  on: Executor,
  scope: Scope,
  ids: Ids,
  { projection }: PointRead
): Promise<Outcome> {
  const [[key, _id]] = [...ids] as [[string, unknown]];
  const operation = findOneOperation(scope, { _id }, projection && { projection });
  const reply = await openReply(on, operation);
  if (reply.kind === kind.ERROR) return { error: reply };
  const [bytes] = rawDocuments(reply, scope).documents;
  return { answers: new Map([[key, bytes === undefined ? null : { document: undefined, bytes }]]) };
}

/**
 * Reads all ids at once, and one document more than there can be where ids are unique. Views and time series
 * have documents with the same, of which a read alone gives another one, maybe.
 */
async function readAll(
  on: Executor,
  scope: Scope,
  ids: Ids,
  { projection }: PointRead
): Promise<Outcome> {
  const most = ids.size + 1;
  const filter = { _id: { $in: [...ids.values()] } };
  const limits = { limit: most, batchSize: most };
  const answers = new Answers(ids);
  const operation = findOperation(scope, filter, { ...(projection && { projection }), ...limits });
  let reply = await openReply(on, operation);
  for (;;) {
    if (reply.kind === kind.ERROR) return { error: reply };
    const { cursor, documents } = rawDocuments(reply, scope);
    for (const bytes of documents) {
      answers.add({ document: decodeDocument(whole(bytes), scope.bson), bytes });
    }
    if (cursor === 0) return { answers: answers.certain() };
    reply = await executeMore(on, cursor);
  }
}

/** What was found for ids that were asked for together. */
class Answers {
  readonly #ids: Ids;
  readonly #found = new Map<string, Found>();
  /** Keys of which there is more than one document. */
  readonly #ambiguous = new Set<string>();
  /** All documents. */
  #count = 0;
  /** One has an `_id` that nobody asked for: by a collation, or in an array, it is the same as one that is. */
  #hasStray = false;

  constructor(ids: Ids) {
    this.#ids = ids;
  }

  add(found: Found & { document: Document }): void {
    this.#count += 1;
    const key = keyOf(found.document['_id']);
    if (key === undefined || !this.#ids.has(key)) this.#hasStray = true;
    else if (this.#found.has(key)) this.#ambiguous.add(key);
    else this.#found.set(key, found);
  }

  /** Those that a read alone would give, too. */
  certain(): Map<string, Found | null> {
    const answers = new Map<string, Found | null>();
    // More documents than ids: there may be further ones, of any.
    if (this.#hasStray || this.#count > this.#ids.size) return answers;
    for (const [key, id] of this.#ids) {
      const found = this.#found.get(key);
      if (found === undefined) {
        // By the collection's collation another text may be the same id.
        if (typeof id !== 'string') answers.set(key, null);
      } else if (!this.#ambiguous.has(key)) answers.set(key, found);
    }
    return answers;
  }
}

/** The documents of a batch, in memory of their own, and where to get the next one. */
function rawDocuments(reply: Reply, { bson }: Scope): { cursor: number; documents: Buffer[] } {
  const { cursor, documents } = decodeBatch(reply, resolveBSONOptions({ raw: true }, bson));
  return { cursor, documents: documents as unknown as Buffer[] };
}

/** A document's bytes as a reply that consists of it. */
function whole(bytes: Buffer): Reply {
  return new Reply(kind.DOCUMENT, bytes, 0, bytes.length);
}
