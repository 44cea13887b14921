/** Numbers of a wrapper's pools and of its databases, in the form that users of PolyMongo know. */
import type { Db } from 'polypool';
import { internalsOf } from '../internals';
import { Turns } from '../turns';
import type { Dedicated } from './dedicated';
import type { Primary } from './primary';
import { snapshotOf } from './snapshot';
import type {
  PolyMongoConnectionStats,
  ConnectionSummary,
  DbStats,
  PolyMongoStatsApi,
  PoolSnapshot
} from './types';

const MEGABYTE = 1024 * 1024;

/** Collections whose numbers are asked for at a time. */
const ASKED_AT_ONCE = 8;

export function statsApi(primary: Primary, dedicated: Dedicated): PolyMongoStatsApi {
  return Object.assign(() => summary(primary), {
    general: () => general(primary, dedicated),
    db: (name?: string) => databaseStats(primary, dedicated, name ?? primary.rules.home),
    listDatabases: () => listDatabases(primary)
  });
}

function primarySnapshot({ pool, begun }: Primary): PoolSnapshot | null {
  if (!begun) return null;
  return snapshotOf(pool.stats(), pool.options);
}

function summary(primary: Primary): ConnectionSummary {
  const { databases } = primary;
  const snapshot = primarySnapshot(primary);
  return {
    activeConnections: databases.length,
    databases,
    poolStats: snapshot && {
      totalConnections: snapshot.totalConnections,
      maxPoolSize: snapshot.maxPoolSize,
      minFreeConnections: snapshot.minPoolSize,
      idleTimeoutMS: snapshot.maxIdleTimeMS
    }
  };
}

function general(primary: Primary, dedicated: Dedicated): PolyMongoConnectionStats {
  const poolStats = primarySnapshot(primary);
  const separateDB = dedicated.list();
  const own = new Set(separateDB.map(({ dbName }) => dbName));
  const connections = [poolStats, ...separateDB.map(one => one.poolStats)].map(
    stats => stats?.totalConnections ?? 0
  );
  return {
    totalActivePools: Number(primary.begun) + separateDB.length,
    totalConnectionsAcrossPools: connections.reduce((sum, count) => sum + count, 0),
    primary: primary.begun
      ? {
          readyState: primary.connection.readyState,
          poolStats,
          sharedDatabases: primary.databases.filter(name => !own.has(name))
        }
      : null,
    separateDB
  };
}

async function databaseStats(
  primary: Primary,
  dedicated: Dedicated,
  name: string
): Promise<DbStats> {
  const { pool } = primary;
  const inside = internalsOf(pool);
  const own = dedicated.list().find(({ dbName }) => dbName === name);
  const used = pool.tenants().find(tenant => tenant.name === name)?.lastUsedAt ?? new Date(0);
  await primary.ready();
  const db = pool.db(name);
  const found = await db.listCollections({ type: 'collection' }, { nameOnly: true }).toArray();
  const turns = new Turns(ASKED_AT_ONCE);
  const [{ dataSize }, collections] = await Promise.all([
    db.stats(),
    Promise.all(found.map(({ name }) => turns.take(() => collectionStats(db, name))))
  ]);
  return {
    sizeMb: Number(dataSize) / MEGABYTE,
    numCollections: collections.length,
    collections,
    lastUsed: own ? new Date(own.lastAccessed) : used,
    mongoURI: own?.mongoURI ?? inside.redacted(inside.s.url),
    isInitialized: own?.isInitialized ?? primary.begun,
    config: dedicated.configOf(name),
    poolStats: own ? own.poolStats : primarySnapshot(primary)
  };
}

async function collectionStats(db: Db, name: string): Promise<DbStats['collections'][number]> {
  const { count = 0, size = 0 } = await db.command({ collStats: name });
  return { name, docCount: Number(count), sizeMb: Number(size) / MEGABYTE };
}

async function listDatabases(
  primary: Primary
): Promise<Array<{ dbName: string; sizeInMB: number }>> {
  await primary.ready();
  const { databases } = await primary.pool.db('admin').admin().listDatabases();
  return databases.map(({ name, sizeOnDisk = 0 }) => ({
    dbName: name,
    sizeInMB: Number((sizeOnDisk / MEGABYTE).toFixed(2))
  }));
}
