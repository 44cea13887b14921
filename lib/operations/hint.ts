/** Index hints: from any form the driver takes to the one that commands carry. */
import type { Hint } from 'mongodb';

/** A list of fields counts as an ascending index over them. */
export function normalizeHint(hint: Hint | null | undefined): Hint | undefined {
  if (typeof hint === 'string') return hint;
  if (hint === null || typeof hint !== 'object') return undefined;
  if (!Array.isArray(hint)) return { ...hint };
  return Object.fromEntries((hint as string[]).map(field => [field, 1]));
}
