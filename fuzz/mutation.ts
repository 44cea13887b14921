// Owns damage to bytes. Must not know what they were meant to be, save that BSON counts in 32 bits.

import type { Random } from './random.ts';

/** Bytes that say most in BSON: types, terminators, small lengths. */
const TELLING = [
  0x00, 0x01, 0x02, 0x03, 0x04, 0x05, 0x07, 0x08, 0x0a, 0x0b, 0x0f, 0x10, 0x12, 0x7f, 0x80, 0xff
];

/** A copy with one to three things wrong. */
export function mutated(bytes: Buffer, random: Random): Buffer {
  let result: Buffer = Buffer.from(bytes);
  for (let i = 1 + random.below(3); i > 0; i--) result = mutatedOnce(result, random);
  return result;
}

function mutatedOnce(bytes: Buffer, random: Random): Buffer {
  const at = random.below(bytes.length);
  switch (random.below(7)) {
    case 0:
      bytes[at] = random.below(256);
      return bytes;
    case 1:
      bytes[at] = random.pick(TELLING);
      return bytes;
    case 2:
      bytes[at] = bytes[at]! ^ (1 << random.below(8));
      return bytes;
    case 3:
      return withSize(Buffer.from(bytes.subarray(0, at)), random);
    case 4:
      return withSize(
        Buffer.concat([
          bytes.subarray(0, at),
          random.bytes(1 + random.below(4)),
          bytes.subarray(at)
        ]),
        random
      );
    case 5:
      return withSize(
        Buffer.concat([bytes.subarray(0, at), bytes.subarray(at + 1 + random.below(4))]),
        random
      );
    default:
      if (at + 4 > bytes.length) return bytes;
      bytes.writeInt32LE((bytes.readInt32LE(at) + random.pick([-4, -1, 1, 4, 2 ** 30])) | 0, at);
      return bytes;
  }
}

/** Mostly the outermost length is right again, or nothing behind it would be looked at. */
function withSize(bytes: Buffer, random: Random): Buffer {
  if (bytes.length < 5 || random.once(4)) return bytes;
  bytes.writeInt32LE(bytes.length, 0);
  if (!random.once(4)) bytes[bytes.length - 1] = 0;
  return bytes;
}
