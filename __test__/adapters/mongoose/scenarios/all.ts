// Owns the list of scenarios by topic.

import type { Scenarios } from '../both.ts';
import { AGGREGATIONS } from './aggregations.ts';
import { CHANGE_STREAMS } from './change-streams.ts';
import { CLIENTS } from './clients.ts';
import { COLLECTIONS } from './collections.ts';
import { CONNECTIONS } from './connections.ts';
import { DOCUMENTS } from './documents.ts';
import { POPULATION } from './population.ts';
import { QUERIES } from './queries.ts';
import { TRANSACTIONS } from './transactions.ts';
import { WRITES } from './writes.ts';

export const SCENARIOS: Readonly<Record<string, Scenarios>> = {
  Documents: DOCUMENTS,
  Queries: QUERIES,
  Aggregations: AGGREGATIONS,
  Population: POPULATION,
  Writes: WRITES,
  Collections: COLLECTIONS,
  Transactions: TRANSACTIONS,
  'Change streams': CHANGE_STREAMS,
  Connections: CONNECTIONS,
  Clients: CLIENTS
};
