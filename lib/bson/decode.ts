/**
 * Documents out of replies. Faces `src/codec/batch.rs`, which frames batches. It knows where in a
 * reply the documents lie, not what they are for.
 */
import type { Reply } from '../bridge/completion';
import { readDocument } from './interpret';
import { OWN_LIBRARY } from './library';
import { resolveBSONOptions, type Document, type ResolvedBSONOptions } from './options';
import { Site } from './site';
import { Source } from './source';

/** Bytes before the documents of a batch. */
const BATCH_PREFIX = 8;
/** The smallest document: its length and its terminator. */
const SMALLEST = 5;
/** Bytes before the text of a batch that is JSON: those, and the length of the text. */
const TEXT_PREFIX = 12;

/** How the rest of a reply is read, whatever the documents are to be: it is for the driver. */
const META = resolveBSONOptions({});

/** What documents begin with that are not in other documents. */
const replies = new Site();
/** What documents are read from, with the options that are common. */
const common = new Source();

/** A cursor's batch: where to get the next one, and the documents of this one. */
export interface Batch<T = Document> {
  /** The cursor's handle; 0 when it is exhausted. */
  cursor: number;
  documents: T[];
  /** The reply without its documents, when the request asked for it. */
  meta?: Document;
}

/** A batch whose documents came as JSON. */
export interface TextBatch extends Batch<never> {
  /** How many documents there were in the server's batch. Their text may be part of a later one's. */
  count: number;
  /** Documents as JSON, with commas between them, or a whole array: in memory of its own. */
  text: Buffer;
}

/** The document that a reply consists of. With `raw`, the documents in it are buffers. */
export function decodeDocument(reply: Reply, options: ResolvedBSONOptions): Document {
  return decodeOne(reply, reply.start, options);
}

/** The documents of a batch, as objects or, with `raw`, as buffers. */
export function decodeBatch(reply: Reply, options: ResolvedBSONOptions): Batch {
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

function decodeOne(reply: Memory, start: number, options: ResolvedBSONOptions): Document {
  if (isCommon(options) && !common.isOpen) {
    common.open(reply.buffer, reply.end, options.deserialize.validation.utf8);
    try {
      const document = decode(start);
      if (document !== undefined) return document;
    } finally {
      common.close();
    }
  }
  return new Documents(reply, options).at(start);
}

/** A batch that was asked for as JSON. */
export function decodeText(reply: Reply): TextBatch {
  const { buffer, start, end } = reply;
  const cursor = buffer.readUInt32LE(start);
  const count = buffer.readUInt32LE(start + 4);
  const from = start + TEXT_PREFIX;
  const to = from + buffer.readUInt32LE(start + 8);
  const view = buffer.subarray(from, to);
  const text = reply.isAlone ? view : copyOf(view);
  if (to === end) return { cursor, count, text, documents: [] };
  return { cursor, count, text, documents: [], meta: decodeOne(reply, to, META) };
}

/** Documents one behind the other, read by our own decoder wherever it knows how. */
function decodeAll(
  reply: Memory,
  first: number,
  count: number,
  options: ResolvedBSONOptions
): Document[] {
  if (!isCommon(options) || common.isOpen) return new Documents(reply, options).all(first, count);
  const { buffer, end } = reply;
  const documents = new Array<Document>(count);
  let left: Documents | undefined;
  let at = first;
  common.open(buffer, end, options.deserialize.validation.utf8);
  try {
    for (let i = 0; i < count; i++) {
      documents[i] = decode(at) ?? (left ??= new Documents(reply, options)).at(at);
      at += buffer.readInt32LE(at);
    }
  } finally {
    common.close();
  }
  return documents;
}

/** The document at `start`; nothing if js-bson is to read it, or to say what is wrong. */
function decode(start: number): Document | undefined {
  try {
    const end = start + common.view.getInt32(start, true);
    if (end < start + SMALLEST || end > common.limit) return undefined;
    common.end = end;
    return readDocument(common, start, replies);
  } catch {
    return undefined;
  }
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

  all(first: number, count: number): Document[] {
    const { buffer } = this.#own;
    const documents = new Array<Document>(count);
    let at = first;
    for (let i = 0; i < count; i++) {
      documents[i] = this.at(at);
      at += buffer.readInt32LE(at + this.#offset);
    }
    return documents;
  }
}

/** The driver's defaults, which {@link readDocument} is for, and classes of polypool's own js-bson. */
function isCommon({ deserialize: options, library }: ResolvedBSONOptions): boolean {
  return (
    library === OWN_LIBRARY &&
    options.promoteValues &&
    options.promoteLongs &&
    !options.promoteBuffers &&
    !options.useBigInt64 &&
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
