/**
 * Bytes that are known beforehand as words of 32 bits, which generated code compares and stores: a
 * word costs as much as a byte. It does not know what the bytes mean.
 */

/** Four bytes as a little-endian word, zeros where there are none. */
export function wordAt(bytes: Uint8Array, at: number): number {
  return (
    bytes[at]! |
    ((bytes[at + 1] ?? 0) << 8) |
    ((bytes[at + 2] ?? 0) << 16) |
    ((bytes[at + 3] ?? 0) << 24)
  );
}
