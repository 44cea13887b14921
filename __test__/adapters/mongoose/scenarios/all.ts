// Owns the list of scenarios by topic.

import type { Scenarios } from '../both.ts';
import { CHANGE_STREAMS } from './change-streams.ts';
import { COLLECTIONS } from './collections.ts';
import { CONNECTIONS } from './connections.ts';
import { DOCUMENTS } from './documents.ts';
import { QUERIES } from './queries.ts';
import { TRANSACTIONS } from './transactions.ts';
import { WRITES } from './writes.ts';

export const SCENARIOS: Readonly<Record<string, Scenarios>> = {
  Documents: DOCUMENTS,
  Queries: QUERIES,
  Writes: WRITES,
  Collections: COLLECTIONS,
  Transactions: TRANSACTIONS,
  'Change streams': CHANGE_STREAMS,
  Connections: CONNECTIONS
};
