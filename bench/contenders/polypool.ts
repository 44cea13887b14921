// Owns how polypool takes part: a pool of its own, made as a MongoClient is.
// Must not know the suites; nothing here is there for the bench's sake.

import { PolyPool } from 'polypool';
import type { OpenContender } from './contender';
import { openDriver } from './driver';

export const openPolyPool: OpenContender = (uri, database) =>
  openDriver('polypool', new PolyPool(uri), database);
