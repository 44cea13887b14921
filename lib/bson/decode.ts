/**
 * Documents out of replies. Faces `src/codec/batch.rs`, which frames batches. It decodes with
 * js-bson and knows where in a reply the documents lie, not what they are for.
 */
import type { Reply } from '../bridge/completion';
import { deserialize } from './bson';
import { resolveBSONOptions, type Document, type ResolvedBSONOptions } from './options';

/** BSON's type byte of binary data. */
const BINARY = 0x05;
/** Bytes before the documents of a batch. */
const BATCH_PREFIX = 8;
/** Bytes before the text of a batch that is JSON: those, and the length of the text. */
const TEXT_PREFIX = 12;

/** How the rest of a reply is read, whatever the documents are to be: it is for the driver. */
const META = resolveBSONOptions({});

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
  const { buffer, start } = owned(reply, options);
  return decodeAt(buffer, start, options);
}

/** The documents of a batch, as objects or, with `raw`, as buffers. */
export function decodeBatch(reply: Reply, options: ResolvedBSONOptions): Batch {
  const { buffer, start, end } = owned(reply, options);
  const cursor = buffer.readUInt32LE(start);
  const count = buffer.readUInt32LE(start + 4);
  const documents = new Array<Document>(count);
  let at = start + BATCH_PREFIX;
  for (let i = 0; i < count; i++) {
    const next = at + buffer.readInt32LE(at);
    documents[i] = options.raw ? buffer.subarray(at, next) : decodeAt(buffer, at, options);
    at = next;
  }
  if (at === end) return { cursor, documents };
  return { cursor, documents, meta: decodeAt(buffer, at, META) };
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
  return { cursor, count, text, documents: [], meta: decodeAt(buffer, to, META) };
}

function decodeAt(buffer: Buffer, start: number, options: ResolvedBSONOptions): Document {
  // One options object for all documents; js-bson reads it before it returns.
  options.deserialize.index = start;
  return deserialize(buffer, options.deserialize);
}

/**
 * The memory that the results may refer to. js-bson's `Binary` and raw documents are views of it:
 * in a slab one kept view would keep other operations' replies alive, so they get a copy.
 */
function owned(
  reply: Reply,
  options: ResolvedBSONOptions
): Pick<Reply, 'buffer' | 'start' | 'end'> {
  if (reply.ownsBuffer) return reply;
  const view = reply.buffer.subarray(reply.start, reply.end);
  if (!options.raw && !view.includes(BINARY)) return reply;
  const copy = copyOf(view);
  return { buffer: copy, start: 0, end: copy.length };
}

function copyOf(view: Buffer): Buffer {
  const copy = Buffer.allocUnsafeSlow(view.length);
  copy.set(view);
  return copy;
}
