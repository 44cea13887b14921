/**
 * Documents as bytes of their own, as js-bson's `serialize` makes them. Many share the memory that
 * they lie in, so they are for what is sent soon, and not for keeping.
 */
import { Encoder } from './encoder';
import type { Document, SerializeOptions } from './options';
import { Sink } from './sink';

/** Bytes of memory that documents share, if they are not larger themselves. */
const SLAB = 64 * 1024;
/**
 * Documents of the last one's size that memory is taken for at once, and the most bytes of that. More
 * is not kept for the next one.
 */
const AHEAD = 4;
const MOST = 4 * 1024 * 1024;

const NOTHING = Buffer.alloc(0);
const sink = new Sink(NOTHING);
const encoder = new Encoder(sink);
/** Bytes of the memory that are taken. */
let taken = 0;
/** Bytes of the last document. */
let last = 0;

/** @throws what js-bson throws, and what code of the user's throws */
export function serialize(document: Document, options: SerializeOptions): Uint8Array {
  // Code of the user's that a document called, and that writes another one.
  if (encoder.isBusy) return options.library.serialize(document, options);
  if (sink.bytes.length - taken < Math.max(last, 64)) {
    sink.replace(Buffer.allocUnsafeSlow(Math.max(SLAB, Math.min(last * AHEAD, MOST), last)));
    taken = 0;
  }
  const start = taken;
  sink.origin = start;
  const end = encoder.write(document, options, start);
  last = end - start;
  taken = end;
  // A tenth of what `subarray` takes.
  const { buffer, byteOffset } = sink.bytes;
  if (buffer.byteLength > MOST) sink.replace(NOTHING);
  return Buffer.from(buffer, byteOffset + start, last);
}
