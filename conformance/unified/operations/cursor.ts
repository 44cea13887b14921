// Owns the operations of cursors and change streams, and their opening: a cursor is an entity only
// once it is open on its server. Must not know what they are cursors of.

import type { ChangeStreamOptions, Document } from 'mongodb';
import type { Iterable } from '../entities.ts';
import type { Arguments } from './arguments.ts';
import { CursorResult, type Verbs } from './operation.ts';

export const cursorVerbs: Verbs<'cursor'> = {
  async close(on, given) {
    // Whether a failed killCursors shows is up to the driver.
    await on.close(given.options()).catch(() => undefined);
  },
  iterateOnce: on => on.tryNext(),
  iterateUntilDocumentOrError: on => on.next()
};

/**
 * What opens a cursor on its server and reads nothing: no public method does, since each goes on to
 * the next batch when the first one is empty.
 */
interface Openable {
  cursorInit(): Promise<void>;
}

/** Sends the command that opens a cursor, and no other. */
export async function openCursor(cursor: Iterable): Promise<CursorResult> {
  // A change stream has a cursor, which it replaces when it resumes.
  const { cursor: inner = cursor } = cursor as { cursor?: unknown };
  await (inner as Openable).cursorInit();
  return new CursorResult(cursor);
}

interface Watchable {
  watch(
    pipeline: Document[],
    options: ChangeStreamOptions
  ): Pick<Iterable, 'tryNext' | 'next' | 'close'>;
}

export function openChangeStream(on: Watchable, given: Arguments): Promise<CursorResult> {
  return openCursor(on.watch(given.take('pipeline'), given.options()));
}
