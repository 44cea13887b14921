/** Numbers of a wrapper's pools and of its databases, in the form that users of PolyMongo know. */
import type { ConnectionStats as PoolConnections, PolyPool } from 'polypool';
import type { Dedicated } from './dedicated';
import type { Primary } from './primary';
import type {
  PolyMongoConnectionStats,
  ConnectionSummary,
  DbStats,
  PolyMongoStatsApi,
  PoolSnapshot,
  ScaleOptions
} from './types';
import { withoutLogin } from './uri';

const MEGABYTE = 1024 * 1024;

/** The numbers of one pool. */
export function snapshotOf(
  sizes: Pick<PoolConnections, 'size' | 'available' | 'inUse'>,
  waiting: number,
  { options }: PolyPool
): PoolSnapshot {
  const { maxPoolSize, minPoolSize, maxIdleTimeMS } = options;
  return {
    totalConnections: sizes.size,
    availableConnections: sizes.available,
    inUseConnections: sizes.inUse,
    waitQueueSize: waiting,
    maxPoolSize: maxPoolSize ?? 0,
    minPoolSize: minPoolSize ?? 0,
    maxIdleTimeMS: maxIdleTimeMS || undefined
  };
}

export function statsApi(primary: Primary, dedicated: Dedicated): PolyMongoStatsApi {
  return Object.assign(() => summary(primary), {
    general: () => general(primary, dedicated),
    db: (name?: string) => databaseStats(primary, dedicated, name ?? primary.rules.home),
    listDatabases: () => listDatabases(primary)
  });
}

function primarySnapshot({ pool, begun }: Primary): PoolSnapshot | null {
  if (!begun) return null;
  const { total, waitQueue } = pool.stats();
  return snapshotOf(total, waitQueue.size, pool);
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
  const own = dedicated.list().find(({ dbName }) => dbName === name);
  const used = pool.tenants().find(tenant => tenant.name === name)?.lastUsedAt ?? new Date(0);
  await primary.ready();
  const db = pool.db(name);
  const found = await db.listCollections({ type: 'collection' }, { nameOnly: true }).toArray();
  const [{ dataSize }, collections] = await Promise.all([
    db.stats(),
    Promise.all(
      found.map(async ({ name: collection }) => {
        const stats = await db.command({ collStats: collection });
        return {
          name: collection,
          docCount: Number(stats['count'] ?? 0),
          sizeMb: Number(stats['size'] ?? 0) / MEGABYTE
        };
      })
    )
  ]);
  return {
    sizeMb: Number(dataSize) / MEGABYTE,
    numCollections: collections.length,
    collections,
    lastUsed: own ? new Date(own.lastAccessed) : used,
    mongoURI: withoutLogin(own?.mongoURI ?? uriOf(pool)),
    isInitialized: own?.isInitialized ?? primary.begun,
    config: withoutURI(dedicated.configOf(name)),
    poolStats: own ? own.poolStats : primarySnapshot(primary)
  };
}

function withoutURI({ mongoURI: _, ...config }: ReturnType<Dedicated['configOf']>): ScaleOptions {
  return config;
}

function uriOf(pool: PolyPool): string {
  return (pool as unknown as { s: { url: string } }).s.url;
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
