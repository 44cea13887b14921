// Owns the list of all scenarios.

import type { Scenarios } from '../both.ts';
import { ADMINISTRATION } from './administration.ts';
import { AGGREGATES } from './aggregate.ts';
import { BULK_OPERATIONS } from './bulk-operation.ts';
import { BULKS } from './bulk.ts';
import { CHANGE_STREAMS } from './change-stream.ts';
import { CLIENT_SESSIONS } from './client-session.ts';
import { CLIENTS } from './client.ts';
import { CONCERNS } from './concern.ts';
import { CURSORS } from './cursor.ts';
import { DATABASES } from './database.ts';
import { DELETES } from './delete.ts';
import { EVENTS } from './event.ts';
import { FIND_CURSORS } from './find-cursor.ts';
import { QUERIED } from './find.ts';
import { BUCKETS } from './gridfs.ts';
import { INSERTS } from './insert.ts';
import { LOGS } from './log.ts';
import { SESSIONS } from './session.ts';
import { TRANSACTIONS } from './transaction.ts';
import { RUN_CURSOR_COMMANDS } from './run-cursor-command.ts';
import { UPDATES } from './update.ts';

export const SCENARIOS: Scenarios = {
  ...INSERTS,
  ...BULKS,
  ...BULK_OPERATIONS,
  ...QUERIED,
  ...UPDATES,
  ...DELETES,
  ...AGGREGATES,
  ...CURSORS,
  ...FIND_CURSORS,
  ...DATABASES,
  ...CONCERNS,
  ...BUCKETS,
  ...SESSIONS,
  ...CLIENT_SESSIONS,
  ...TRANSACTIONS,
  ...CLIENTS,
  ...ADMINISTRATION,
  ...RUN_CURSOR_COMMANDS,
  ...EVENTS,
  ...LOGS,
  ...CHANGE_STREAMS
};
