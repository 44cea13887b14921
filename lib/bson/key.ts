/**
 * Names of fields out of bytes: the same few names come in every document, so they are kept. It
 * does not know what document a name is from.
 */
import type { Source } from './source';

/** Names that are kept, at most: a power of two. */
const KEPT = 2048;
/** Bytes of the longest name that is kept. */
const LONGEST = 64;

/** What a hash starts with, and what it is multiplied by (FNV-1a). */
export const SEED = 0x811c9dc5 | 0;
export const PRIME = 0x01000193;

/** Hashes of the names, each at its lowest bits. */
const hashes = new Int32Array(KEPT);
const names = new Array<string | undefined>(KEPT).fill(undefined);

/** The name in bytes `start` to `end`, of which `hash` is the hash. */
export function name(source: Source, start: number, end: number, hash: number): string {
  const slot = hash & (KEPT - 1);
  const kept = names[slot];
  if (kept !== undefined && hashes[slot] === hash && isAt(source.bytes, start, end, kept)) {
    return kept;
  }
  const text = source.unvalidated(start, end);
  if (text.length !== end - start || text.length > LONGEST) return text;
  for (let i = 0; i < text.length; i++) {
    if (text.charCodeAt(i) > 0x7f) return text;
  }
  // As a property's name it is V8's one string of these characters: no other is as fast to set.
  const [unique] = Object.keys({ [text]: 0 });
  hashes[slot] = hash;
  names[slot] = unique;
  return unique!;
}

function isAt(bytes: Buffer, start: number, end: number, text: string): boolean {
  const length = end - start;
  if (text.length !== length) return false;
  for (let i = 0; i < length; i++) {
    if (bytes[start + i] !== text.charCodeAt(i)) return false;
  }
  return true;
}
