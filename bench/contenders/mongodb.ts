// Owns how the official driver takes part, with its default options.
// Must not know the suites.

import { MongoClient } from 'mongodb';
import type { OpenContender } from './contender';
import { openDriver } from './driver';

export const openMongoDB: OpenContender = (uri, database) =>
  openDriver('mongodb', new MongoClient(uri), database);
