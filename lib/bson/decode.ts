/**
 * Documents out of replies. Faces `src/codec/batch.rs`, which frames batches. It knows where in a
 * reply the documents lie, not what they are for.
 */
import type { Reply } from '../bridge/completion';
import type { KeptBatch } from '../bridge/kept-batch';
import { KeptDocuments } from './kept';
import { KeptText } from './kept-text';
import { unwrapped } from './library';
import { resolveBSONOptions, type Document, type ResolvedBSONOptions } from './options';
import type { Reader } from './reader';

/** Bytes before the documents of a batch. */
const BATCH_PREFIX = 8;
/** Bytes before what else is said of a batch that stays in Rust: those, its number, and bytes of its documents. */
const KEPT_PREFIX = 16;
/** Bytes before the text of a batch that is JSON: the first, and the length of the text. */
const TEXT_PREFIX = 12;
/** Bytes before the text of a piece of a batch: how much is left. */
const PIECE_PREFIX = 4;
/**
 * Documents that js-bson reads in a process before our own decoder is loaded. To load it takes 1.2 ms of
 * the 24 that the JavaScript thread is busy until a process has read its first document.
 */
const FEW = 64;

/** How the rest of a reply is read, whatever the documents are to be: it is for the driver. */
const META = resolveBSONOptions({});

/** Our own decoder, once it is loaded. */
let decoder: typeof import('./reader') | undefined;
/** Documents that js-bson is still to read. */
let few = FEW;

/** A cursor's batch: where to get the next one, and the documents of this one. */
export interface Batch<T = Document> {
  /** The cursor's handle; 0 when it is exhausted. */
  cursor: number;
  documents: T[];
  /** More documents, behind those, which are still bytes. */
  kept?: KeptDocuments;
  /** The reply without its documents, when the request asked for it. */
  meta?: Document;
}

/** A batch whose documents came as JSON. */
export interface TextBatch extends Batch<never> {
  /** How many documents there were in the server's batch. Text that is wanted whole comes with the last one. */
  count: number;
  /**
   * Documents as JSON, with commas between them, or a whole array: in memory of its own. Of a large batch,
   * what pieces of it can be asked for.
   */
  text: Buffer | KeptText;
}

/** The document that a reply consists of. With `raw`, the documents in it are buffers. */
export function decodeDocument(reply: Reply, options: ResolvedBSONOptions): Document {
  return decodeOne(reply, reply.start, options);
}

/** The documents of a batch, as objects or, with `raw`, as buffers. */
export function decodeBatch(reply: Reply, options: ResolvedBSONOptions): Batch {
  return wholeBatch(openBatch(reply, options));
}

/** A batch of which no document is left as bytes. */
export function wholeBatch<T extends Batch>(batch: T): T {
  const { kept, documents } = batch;
  while (kept !== undefined && kept.count > 0) {
    for (const document of kept.take()) documents.push(document);
  }
  return batch;
}

/** As {@link decodeBatch}; documents of a large batch are left as bytes. */
export function openBatch(reply: Reply, options: ResolvedBSONOptions): Batch {
  if (reply.kept !== undefined) return openKept(reply, reply.kept, options);
  const { buffer, start, end } = reply;
  const cursor = buffer.readUInt32LE(start);
  const count = buffer.readUInt32LE(start + 4);
  const first = start + BATCH_PREFIX;
  const documents = options.raw
    ? rawDocuments(reply, first, count)
    : decodeAll(reply, first, count, options);
  let at = first;
  for (let i = 0; i < count; i++) at += buffer.readInt32LE(at);
  if (at === end) return { cursor, documents };
  return { cursor, documents, meta: decodeOne(reply, at, META) };
}

function openKept(reply: Reply, batch: KeptBatch, options: ResolvedBSONOptions): Batch {
  const { buffer, start, end } = reply;
  const cursor = buffer.readUInt32LE(start);
  const count = buffer.readUInt32LE(start + 4);
  const kept = new KeptDocuments(batch, count, (chunk, some) =>
    options.raw ? rawDocuments(chunk, 0, some) : decodeAll(chunk, 0, some, options)
  );
  const meta = start + KEPT_PREFIX;
  if (meta === end) return { cursor, documents: [], kept };
  return { cursor, documents: [], kept, meta: decodeOne(reply, meta, META) };
}

function rawDocuments(reply: Memory, first: number, count: number): Buffer[] {
  const { buffer, start } = owned(reply);
  const documents = new Array<Buffer>(count);
  let at = first - reply.start + start;
  for (let i = 0; i < count; i++) {
    const next = at + buffer.readInt32LE(at);
    documents[i] = buffer.subarray(at, next);
    at = next;
  }
  return documents;
}

/** The document that starts at `start`. */
export function decodeOne(reply: Memory, start: number, options: ResolvedBSONOptions): Document {
  return decodeAll(reply, start, 1, options)[0]!;
}

/** A batch that was asked for as JSON. */
export function decodeText(reply: Reply): TextBatch {
  const { buffer, start, end, kept } = reply;
  const cursor = buffer.readUInt32LE(start);
  const count = buffer.readUInt32LE(start + 4);
  const from = start + (kept ? KEPT_PREFIX : TEXT_PREFIX);
  const size = buffer.readUInt32LE(from - 4);
  const meta = kept ? from : from + size;
  const text = kept ? new KeptText(kept, size) : textOf(reply, from, meta);
  if (meta === end) return { cursor, count, text, documents: [] };
  return { cursor, count, text, documents: [], meta: decodeOne(reply, meta, META) };
}

/** A piece of a large batch's text, and how many bytes of documents are left. */
export function decodePiece(reply: Reply): { left: number; piece: Buffer } {
  const { buffer, start, end } = reply;
  return { left: buffer.readUInt32LE(start), piece: textOf(reply, start + PIECE_PREFIX, end) };
}

function textOf({ buffer, isAlone }: Reply, from: number, to: number): Buffer {
  const view = buffer.subarray(from, to);
  return isAlone ? view : copyOf(view);
}

/** Documents one behind the other, read by our own decoder wherever it knows how. */
function decodeAll(
  reply: Memory,
  first: number,
  count: number,
  options: ResolvedBSONOptions
): Document[] {
  const own = isCommon(options) ? readerFor(options, count) : undefined;
  const documents = new Array<Document>(count);
  let others: Documents | undefined;
  let at = first;
  own?.open(reply.buffer, reply.end, options.deserialize.validation.utf8);
  try {
    for (let i = 0; i < count; i++) {
      documents[i] = own?.read(at) ?? (others ??= new Documents(reply, options)).at(at);
      at += reply.buffer.readInt32LE(at);
    }
  } finally {
    own?.close();
  }
  return documents;
}

/** Our own decoder, unless only a few documents have been asked for so far. */
function readerFor(
  { library, deserialize: { useBigInt64, promoteLongs } }: ResolvedBSONOptions,
  count: number
): Reader | undefined {
  if (decoder === undefined) {
    few -= count;
    if (few >= 0) return undefined;
    // eslint-disable-next-line @typescript-eslint/no-require-imports -- loaded when it is worth it
    decoder = require('./reader') as typeof import('./reader');
  }
  const integers = useBigInt64 ? 'bigints' : promoteLongs ? 'numbers' : 'longs';
  return decoder.readerOf(unwrapped(library), integers);
}

/** The documents in a reply, read by js-bson. */
class Documents {
  readonly #options: ResolvedBSONOptions;
  readonly #own: Memory;
  /** How far the reply was moved. */
  readonly #offset: number;

  constructor(reply: Memory, options: ResolvedBSONOptions) {
    this.#options = options;
    this.#own = owned(reply);
    this.#offset = this.#own.start - reply.start;
  }

  /** The one that starts at `start` in the reply. */
  at(start: number): Document {
    // One options object for all documents; js-bson reads it before it returns.
    const { deserialize, library } = this.#options;
    deserialize.index = start + this.#offset;
    return library.deserialize(this.#own.buffer, deserialize);
  }
}

/** The driver's defaults, which our own decoder is for, and either of the options for integers. */
function isCommon({ deserialize: options }: ResolvedBSONOptions): boolean {
  return (
    options.promoteValues &&
    (options.promoteLongs || !options.useBigInt64) &&
    !options.promoteBuffers &&
    !options.bsonRegExp &&
    !options.raw &&
    options.fieldsAsRaw === undefined
  );
}

type Memory = Pick<Reply, 'buffer' | 'start' | 'end'>;

/**
 * Memory that results may refer to: raw documents and js-bson's `Binary` are views of it. In a slab
 * one kept view would keep other operations' replies alive, so they get a copy.
 */
function owned(reply: Memory): Memory {
  const { buffer, start, end } = reply;
  if (start === 0 && end === buffer.length) return reply;
  const copy = copyOf(buffer.subarray(start, end));
  return { buffer: copy, start: 0, end: copy.length };
}

function copyOf(view: Buffer): Buffer {
  const copy = Buffer.allocUnsafeSlow(view.length);
  copy.set(view);
  return copy;
}
