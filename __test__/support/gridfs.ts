// Owns how a test puts a file into a bucket: the driver's or polypool's. Must not know what the test
// is about.

import type { Writable } from 'node:stream';
import { finished } from 'node:stream/promises';

/** Writes a file's bytes in one piece and waits until it is stored. */
export async function upload<S extends Writable>(
  stream: S,
  bytes: Uint8Array | string
): Promise<S> {
  stream.end(bytes);
  await finished(stream);
  return stream;
}
