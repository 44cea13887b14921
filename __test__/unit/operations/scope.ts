/** What builders of operations are given in tests: a collection `c` of the database `d`. */
import type { Scope } from '../../../lib/operations/operation.ts';
import { internal } from '../../support/internal.ts';

const { resolveBSONOptions } =
  internal<typeof import('../../../lib/bson/options.ts')>('bson/options');

export const BARE: Scope = { database: 'd', collection: 'c', bson: resolveBSONOptions({}) };

/** A collection that inherits one of everything. */
export const FULL: Scope = {
  ...BARE,
  readPreference: { mode: 'secondary' },
  readConcern: { level: 'majority' },
  writeConcern: { w: 2, wtimeout: 100 }
};

/** The names of a command's elements in their order, which the server may insist on. */
export function elements(command: object): string[] {
  return Object.keys(command);
}
