/**
 * What users of PolyMongo give and get, as its versions 1.1 to 1.3 document it: each noun in a file of its
 * own. It describes, and does nothing.
 */
export type * from './types/events';
export type * from './types/options';
export type * from './types/stats';
export type * from './types/transfer';
export type * from './types/wrapper';
