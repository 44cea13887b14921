/**
 * The flags of cursors, which are exported: a value, and so apart from the classes, which load late. It
 * does not know what they do.
 */
import type { CursorFlag } from 'mongodb';

/** Those that `addCursorFlag` takes. */
export const CURSOR_FLAGS = [
  'tailable',
  'oplogReplay',
  'noCursorTimeout',
  'awaitData',
  'exhaust',
  'partial'
] as const satisfies readonly CursorFlag[];
