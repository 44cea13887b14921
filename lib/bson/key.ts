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

/**
 * The name in bytes `start` to `end`.
 * @param hash - of the bytes
 * @param bits - those that are set in any of the bytes
 */
export function name(
  source: Source,
  start: number,
  end: number,
  hash: number,
  bits: number
): string {
  if (bits > 0x7f || end - start > LONGEST) return source.unvalidated(start, end);
  const slot = hash & (KEPT - 1);
  if (hashes[slot] !== hash) {
    // Kept when it comes again: some names come once, such as those of maps from ids.
    hashes[slot] = hash;
    names[slot] = undefined;
    return source.cut(start, end);
  }
  const kept = names[slot];
  if (kept !== undefined) {
    return isAt(source.bytes, start, end, kept) ? kept : source.cut(start, end);
  }
  // As a property's name it is V8's one string of these characters: no other is as fast to set.
  const [unique] = Object.keys({ [source.unvalidated(start, end)]: 0 });
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
