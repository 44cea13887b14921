/**
 * How a copy of js-bson makes an ObjectId out of bytes: from 7.3 on it reads them where they are, before
 * it keeps what it is given. It does not know where they stand.
 */
import type { ObjectId } from './bson';
import type { BSONLibrary } from './library';
import type { Source } from './source';

/** Reads the twelve bytes at `at`. */
export type ReadObjectId = (source: Source, at: number) => ObjectId;

/** js-bson's own way since 7.3, which its types do not show. */
type ObjectIdAt = new (bytes: Uint8Array, at: number) => ObjectId;

const SIZE = 12;

export function objectIdReader({ ObjectId }: BSONLibrary): ReadObjectId {
  if (!readsInPlace(ObjectId)) {
    return (source, at) => new ObjectId(source.copy(at, at + SIZE));
  }
  const InPlace = ObjectId as unknown as ObjectIdAt;
  return (source, at) => new InPlace(source.bytes, at);
}

/** Whether the class takes bytes of others, and where its own are in them. */
function readsInPlace(ObjectId: BSONLibrary['ObjectId']): boolean {
  const bytes = Uint8Array.from({ length: SIZE + 2 }, (_, i) => i);
  try {
    const made = new (ObjectId as unknown as ObjectIdAt)(bytes, 1);
    return made.toHexString() === '0102030405060708090a0b0c';
  } catch {
    return false;
  }
}
