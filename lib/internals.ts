/**
 * What the adapters of this package have of a pool, beside what every user has: one property, whose name is
 * a symbol that their bundles know, too. It describes, and holds nothing.
 */
import type { PolyPool } from './pool';

/** The name of that property. */
export const INTERNALS = Symbol.for('polypool.internals');

/** The log, the tenants, the reader of exports' lines; the connection string, and what hides its secrets; `scale`. */
export type Internals = Pick<
  PolyPool,
  'log' | 'readLines' | 'redacted' | 's' | 'scale' | 'tenancy'
>;
