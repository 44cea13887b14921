/**
 * Strings out of UTF-8 that is not ASCII. Node.js takes about 10 ns for each character of those;
 * code takes 2. It does not say what is wrong with bytes that are not UTF-8.
 */

declare global {
  // Node.js has these, and its types do not. They take no encoding apart.
  interface Buffer {
    latin1Slice(start: number, end: number): string;
    ucs2Slice(start: number, end: number): string;
    utf8Slice(start: number, end: number): string;
  }
}

/** Bytes of the longest string that is read here. */
const LONGEST = 4096;

/** Room for the characters of one string: as UTF-16, and as Latin-1. */
const wide = new Uint16Array(LONGEST);
const wideBytes = Buffer.from(wide.buffer);
const narrow = Buffer.alloc(LONGEST);

/** The string in bytes `start` to `end`; nothing if it is too long, or not UTF-8. */
export function decodeUTF8(bytes: Buffer, start: number, end: number): string | undefined {
  if (end - start > LONGEST) return undefined;
  let length = 0;
  let bits = 0;
  for (let at = start; at < end;) {
    let code = bytes[at++]!;
    if (code >= 0x80) {
      const size = code < 0xc2 ? 0 : code < 0xe0 ? 1 : code < 0xf0 ? 2 : code < 0xf5 ? 3 : 0;
      if (size === 0 || at + size > end) return undefined;
      code = codePoint(bytes, code, at, size);
      if (code < 0) return undefined;
      at += size;
      if (code > 0xffff) {
        wide[length++] = 0xd7c0 + (code >> 10);
        code = 0xdc00 | (code & 0x3ff);
      }
    }
    wide[length++] = code;
    bits |= code;
  }
  if (bits > 0xff) return wideBytes.ucs2Slice(0, 2 * length);
  // V8 would keep two bytes for each character, though one is enough for all.
  for (let i = 0; i < length; i++) narrow[i] = wide[i]!;
  return narrow.latin1Slice(0, length);
}

/**
 * The character that a first byte and those at `at` stand for; less than 0 if they are none.
 * @param size - how many bytes follow the first
 */
function codePoint(bytes: Buffer, first: number, at: number, size: number): number {
  const second = bytes[at]!;
  if ((second & 0xc0) !== 0x80) return -1;
  if (size === 1) return ((first & 0x1f) << 6) | (second & 0x3f);
  const third = bytes[at + 1]!;
  if ((third & 0xc0) !== 0x80) return -1;
  const code = ((first & 0x0f) << 12) | ((second & 0x3f) << 6) | (third & 0x3f);
  if (size === 2) return code < 0x800 || (code >= 0xd800 && code <= 0xdfff) ? -1 : code;
  const fourth = bytes[at + 2]!;
  if ((fourth & 0xc0) !== 0x80) return -1;
  const large = ((code & 0x7fff) << 6) | (fourth & 0x3f);
  return large < 0x10000 || large > 0x10ffff ? -1 : large;
}
