/**
 * Lines of EJSON, or an object, into a database. Rust reads the lines; documents come back as BSON and are
 * written as that. What is written where, `target.ts` says.
 */
import type { PolyPool } from 'polypool';
import type { Primary } from './primary';
import { Target } from './target';
import type { ImportOptions, PolyMongoImportSummary } from './types';

/** Bytes of lines that are read at a time, or one line, if that is longer. */
const CHUNK = 512 * 1024;
const NEWLINE = 0x0a;

/** What a line says, or several together. */
type Entry =
  | { type: 'meta'; format: unknown; version: unknown }
  | { type: 'collection'; collection: string; options?: object }
  | { type: 'index'; collection: string; index: Record<string, unknown> }
  | { type: 'documents'; collection: string; count: number }
  | { type: 'collectionEnd'; collection: string };

/** What of a pool is hidden from its users. */
interface LineReader {
  readLines(lines: Buffer, first: number): Promise<Buffer>;
}

/** @throws the first failure, with `stopOnError`; what is no export */
export async function importLines(
  primary: Primary,
  database: string,
  source: AsyncIterable<Buffer | string> | Iterable<Buffer | string>,
  options?: ImportOptions
): Promise<PolyMongoImportSummary> {
  const importedAt = new Date().toISOString();
  await primary.ready();
  const target = new Target(primary.pool, database, options);
  const lines = new LineFeed(primary, target);
  for await (const piece of source) await lines.add(piece);
  await lines.end();
  await target.end();
  const { collections, failures, insertedDocuments, createdIndexes } = target;
  return { database, importedAt, collections, failures, insertedDocuments, createdIndexes };
}

/** Takes text as it comes, and gives a target what whole lines of it say. */
class LineFeed {
  readonly #pool: PolyPool;
  readonly #bson: Primary['bson'];
  readonly #target: Target;
  /** Text that has not been read. */
  #pieces: Buffer[] = [];
  /** Bytes in those. */
  #size = 0;
  /** The number of the line that comes next. */
  #line = 1;

  constructor(primary: Primary, target: Target) {
    this.#pool = primary.pool;
    this.#bson = primary.bson;
    this.#target = target;
  }

  async add(piece: Buffer | string): Promise<void> {
    const bytes = typeof piece === 'string' ? Buffer.from(piece) : piece;
    this.#pieces.push(bytes);
    this.#size += bytes.length;
    if (this.#size < CHUNK || !bytes.includes(NEWLINE)) return;
    const all = Buffer.concat(this.#pieces);
    const end = all.lastIndexOf(NEWLINE) + 1;
    this.#pieces = [all.subarray(end)];
    this.#size = all.length - end;
    await this.#read(all.subarray(0, end));
  }

  async end(): Promise<void> {
    const rest = Buffer.concat(this.#pieces);
    this.#pieces = [];
    await this.#read(rest);
  }

  async #read(lines: Buffer): Promise<void> {
    if (lines.length === 0) return;
    const reader = this.#pool as unknown as LineReader;
    const records = new Records(await reader.readLines(lines, this.#line));
    const { deserialize } = this.#bson;
    this.#line += (deserialize(records.next()!) as { lines: number }).lines;
    for (let next = records.next(); next !== undefined; next = records.next()) {
      await this.#take(deserialize(next) as Entry, records);
    }
  }

  async #take(entry: Entry, records: Records): Promise<void> {
    const target = this.#target;
    switch (entry.type) {
      case 'meta':
        if (entry.format !== 'polymongo.ndjson' || entry.version !== 1) {
          throw new Error('Unsupported stream format');
        }
        return;
      case 'collection':
        await target.begin(entry.collection, entry.options);
        return;
      case 'index':
        target.index(entry.collection, entry.index);
        return;
      case 'documents':
        await target.add(entry.collection, records.take(entry.count));
        return;
      case 'collectionEnd':
        await target.end();
    }
  }
}

/** Documents of BSON behind each other. */
class Records {
  readonly #bytes: Buffer;
  #at = 0;

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
  }

  next(): Buffer | undefined {
    if (this.#at === this.#bytes.length) return undefined;
    const start = this.#at;
    this.#at += this.#bytes.readInt32LE(start);
    return this.#bytes.subarray(start, this.#at);
  }

  take(count: number): Buffer[] {
    return Array.from({ length: count }, () => this.next()!);
  }
}

/** One collection of an object to be imported. */
interface CollectionData {
  options?: object;
  indexes?: unknown;
  documents?: unknown;
}

/** The lines that an object stands for, whether its values are of bson's classes or what JSON has of them. */
export function* linesOf(primary: Primary, data: unknown): Generator<string> {
  const { collections } = (data ?? {}) as { collections?: Record<string, CollectionData> };
  if (!collections || typeof collections !== 'object') {
    throw new Error('Invalid import data format');
  }
  const { EJSON } = primary.bson;
  const line = (record: object): string => `${EJSON.stringify(record, { relaxed: false })}\n`;
  for (const [collection, { options, indexes, documents }] of Object.entries(collections)) {
    yield line({ type: 'collection', collection, ...(options && { options }) });
    for (const index of arrayOf(indexes)) yield line({ type: 'index', collection, index });
    for (const document of arrayOf(documents)) {
      yield line({ type: 'document', collection, document });
    }
    yield line({ type: 'collectionEnd', collection });
  }
}

function arrayOf(value: unknown): unknown[] {
  return Array.isArray(value) ? value : [];
}
