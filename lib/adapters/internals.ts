/** The way of adapters into a pool. What is there, `lib/internals.ts` says. */
import type { PolyPool } from 'polypool';
import { INTERNALS, type Internals } from '../internals';

export function internalsOf(pool: PolyPool): Internals {
  // The published types, which adapters are compiled with, have nothing internal.
  return (pool as unknown as { readonly [INTERNALS]: Internals })[INTERNALS];
}
