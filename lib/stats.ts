/**
 * What a pool is doing, mostly as Rust counts it: the types of the figures, and their reading. Faces
 * `src/pool/stats/record.rs`. It measures nothing itself.
 */
import type { Hold } from './bridge/pool';
import { deserialize } from './bson/bson';
import type { CoalescingStats } from './operations/coalescing-counts';
import type { PoolState } from './presence';

/** Connections by what they are doing, and what became of those before. */
export interface ConnectionStats {
  /** Those that are not closed: available, in use and pending. */
  readonly size: number;
  /** Established, and nobody uses them. */
  readonly available: number;
  /** An operation has them. */
  readonly inUse: number;
  /** Being established. */
  readonly pending: number;
  /** `minPoolSize`, times the servers in a total. */
  readonly min: number;
  /** `maxPoolSize`, times the servers in a total; Infinity without a limit. */
  readonly max: number;
  /** Operations that have chosen the server and have no connection yet. */
  readonly checkingOut: number;
  /** Connections that were ever begun. */
  readonly created: number;
  /** Connections that are closed, by reason. */
  readonly closed: {
    /** Older than the last time that the server's pool was cleared. */
    readonly stale: number;
    /** Unused for `maxIdleTimeMS`. */
    readonly idle: number;
    /** Failed, or not to be established. */
    readonly error: number;
    /** Their operation was taken back while the server was at work. */
    readonly dropped: number;
    readonly poolClosed: number;
  };
  /** How often an operation got a connection. */
  readonly checkouts: number;
  /** How often one got none. */
  readonly checkoutsFailed: number;
  /** Milliseconds from asking for a place in the pool to having a connection; undefined when nobody asked lately. */
  readonly waitMS: WaitStats | undefined;
}

/** Times of the last one to two minutes, in milliseconds; percentiles are at most an eighth too high. */
export interface WaitStats {
  readonly count: number;
  readonly p50: number;
  readonly p90: number;
  readonly p95: number;
  readonly p99: number;
  readonly max: number;
}

/** How many of something took at most so long, since the pool began; made to be a Prometheus histogram. */
export interface WaitHistogram {
  /** Of each upper bound those that took at most that; the bounds are always the same. */
  readonly buckets: ReadonlyArray<{
    /** In milliseconds: 0.25, 0.5, 1, 2, … 65,536, Infinity. */
    readonly leMS: number;
    /** Those of the buckets before included. */
    readonly count: number;
  }>;
  /** All of them. */
  readonly count: number;
  /** How long all of them took together, in milliseconds. */
  readonly sumMS: number;
}

/** One server, and its connections. */
export interface ServerStats extends ConnectionStats {
  /** `host:port` */
  readonly address: string;
  /** `RSPrimary` and the like; undefined of a server that has left. */
  readonly type: string | undefined;
  /** The average of its heartbeats; undefined while it does not answer. */
  readonly roundTripTimeMS: number | undefined;
  /** How often its connections were given up together, after a failure. */
  readonly generation: number;
  /** Connections beside the pool that watch the server, which count for the server as any. */
  readonly monitors: {
    /** Those that heartbeats come on. */
    readonly heartbeat: number;
    /** Those that measure round trips: 0, or undefined when there may be one. The core does not say. */
    readonly roundTrip: number | undefined;
  };
}

/** Operations under way, and those that ever were. */
export interface OperationCounts {
  readonly inFlight: number;
  readonly total: number;
  /** Those of all that ended with an error, writes that the server refused among them. */
  readonly failed: number;
}

/** The operations on one database. */
export interface DatabaseOperations extends OperationCounts {
  /**
   * Those in flight that wait for a server, or for a place in the pool. Without those that stand in no
   * database's line: of open transactions, and of change streams and their like.
   */
  readonly waiting: number;
  /** Milliseconds that they took, waits for a place included; undefined when none has ended lately. */
  readonly timeMS: WaitStats | undefined;
}

/** Whether operations are let through, and what became of those that were not. */
export interface CircuitStats {
  readonly state: 'closed' | 'open' | 'halfOpen';
  /** Operations that were refused. */
  readonly refused: number;
  /** How often it has opened. */
  readonly opened: number;
}

/** What is open now, and how often one was opened. */
export interface OpenCounts {
  readonly open: number;
  readonly opened: number;
}

/** What a pool is doing. Of a shared pool, all that its holders do together. */
export interface PoolStats {
  readonly state: PoolState;
  /** How often the connections as a whole were made: 0 before the first operation, 1 after it. */
  readonly generation: number;
  /** The type of the deployment: `ReplicaSetWithPrimary` and the like; `Unknown` before it is known. */
  readonly topology: string;
  readonly servers: readonly ServerStats[];
  /** Of all servers, those that have left included. */
  readonly total: ConnectionStats;
  readonly waitQueue: {
    /** Operations without a connection: queued ones, and those that are checking out. */
    readonly size: number;
    /** Operations that wait for a server to be there, or for a place in the pool before one is chosen. */
    readonly queued: number;
    /** Operations that have waited for one since the pool began, instead of finding one at once. */
    readonly waited: number;
    /** How long the wait for a place was, of all since the pool began, at most an eighth too high; undefined before the first. */
    readonly waitMS: Omit<WaitStats, 'max'> | undefined;
    /** The same as counts, those that gave up waiting included; undefined before the first. */
    readonly histogram: WaitHistogram | undefined;
  };
  /** The breaker; undefined without the option `breaker`. */
  readonly circuit: CircuitStats | undefined;
  readonly operations: OperationCounts & {
    /** Commands that were sent again, each time. */
    readonly retries: number;
    /** The databases that were used last: 1,000 at most. One that comes again later counts from zero. */
    readonly byDatabase: ReadonlyMap<string, DatabaseOperations>;
    /** All others together; undefined while there are none. */
    readonly others: DatabaseOperations | undefined;
  };
  /** Cursors that the servers keep, change streams' included. */
  readonly cursors: OpenCounts;
  /** Those of them that are change streams'. */
  readonly watches: OpenCounts;
  /** Server sessions: in use by operations, cursors and `ClientSession`s, idle, or given up after a failure. */
  readonly sessions: { readonly inUse: number; readonly idle: number; readonly resting: number };
  /** What of it is this holder's: its cursors, and the server sessions of its `ClientSession`s. */
  readonly held: { readonly cursors: number; readonly sessions: number };
  /** Databases with a client of their own. What these do is in none of the figures above. */
  readonly dedicated: ReadonlyMap<string, DedicatedStats>;
  /** This holder's reads with the option `coalesce`, on databases with a client of their own, too. */
  readonly coalescing: CoalescingStats;
}

/** A database with a client of its own. */
export interface DedicatedStats {
  /** `disconnected` also while its client is closed: the next operation opens it. */
  readonly state: Exclude<PoolState, 'disconnecting'>;
  /** Of the deployment, `host:port`, as the connection string names them. */
  readonly hosts: readonly string[];
  /** To each server; Infinity without a limit. */
  readonly maxConnections: number;
  /** Milliseconds after which an idle client is closed; undefined without `autoClose`. */
  readonly ttlMS: number | undefined;
  /** How often its client was opened. */
  readonly opened: number;
  /** How often it was closed because nobody used it. */
  readonly closedIdle: number;
  /** Milliseconds since it was last used; undefined before that. */
  readonly idleMS: number | undefined;
  /** The figures of its client; undefined while that is closed. */
  readonly pool: Omit<PoolStats, 'state' | 'dedicated' | 'coalescing'> | undefined;
}

/** Sizes as they cross: what is not known is absent. */
type SizesRecord = Omit<ConnectionStats, 'max' | 'waitMS'> & { max?: number; waitMS?: WaitStats };

/** A server as it crosses. */
interface ServerRecord extends SizesRecord {
  address: string;
  type?: string;
  roundTripTimeMS?: number;
  cleared: number;
  monitors: { heartbeat: number; roundTrip?: number };
}

/** The operations on a database as they cross. */
type DatabaseRecord = OperationCounts & { waiting: number; timeMS?: WaitStats };

/** The wait queue as it crosses. */
interface QueueRecord {
  queued: number;
  waited: number;
  waitMS?: Omit<WaitStats, 'max'>;
  histogram: { leMS: number[]; counts: number[]; count: number; sumMS: number };
}

/** What Rust tells. */
interface StatsRecord {
  generation: number;
  topology: string;
  servers: ServerRecord[];
  total: SizesRecord;
  queue?: QueueRecord;
  circuit?: CircuitStats;
  operations: OperationCounts & {
    retries: number;
    byDatabase: Record<string, DatabaseRecord>;
    others?: DatabaseRecord;
  };
  cursors: OpenCounts;
  watches: OpenCounts;
  sessions: PoolStats['sessions'];
  held: PoolStats['held'];
  dedicated?: Record<string, DedicatedRecord>;
}

/** A database with a client of its own as it crosses. */
interface DedicatedRecord {
  opened: number;
  closedIdle: number;
  idleMS?: number;
  hosts: string[];
  maxConnections?: number;
  ttlMS?: number;
  /** See `Hold.presence`. */
  presence?: number;
  pool?: StatsRecord;
}

/** The figures of a hold's pool now; those of no pool after its `close()`. */
export function statsOf(hold: Hold | undefined, state: PoolState): Omit<PoolStats, 'coalescing'> {
  const bytes = hold?.stats();
  if (!bytes) return { ...NONE, state };
  const record = deserialize(bytes) as unknown as StatsRecord;
  const dedicated = Object.entries(record.dedicated ?? {});
  return {
    state,
    ...read(record),
    dedicated: new Map(dedicated.map(([name, one]) => [name, dedicatedStats(one)]))
  };
}

/** What a dedicated pool's presence means. */
const DEDICATED_STATES = ['disconnected', 'connecting', 'connected', 'disconnected'] as const;

function dedicatedStats(record: DedicatedRecord): DedicatedStats {
  const { opened, closedIdle, idleMS, hosts, maxConnections = Infinity, ttlMS } = record;
  const { presence, pool } = record;
  const state = presence === undefined ? 'disconnected' : DEDICATED_STATES[presence]!;
  return {
    state,
    hosts,
    maxConnections,
    ttlMS,
    opened,
    closedIdle,
    idleMS,
    pool: pool && read(pool)
  };
}

function read(record: StatsRecord): NonNullable<DedicatedStats['pool']> {
  const { generation, topology, operations, cursors, watches, sessions, held } = record;
  const total = sizes(record.total);
  return {
    generation,
    topology,
    servers: record.servers.map(server),
    total,
    waitQueue: waitQueue(record.queue, total.checkingOut),
    circuit: record.circuit,
    operations: {
      inFlight: operations.inFlight,
      total: operations.total,
      failed: operations.failed,
      retries: operations.retries,
      byDatabase: new Map(
        Object.entries(operations.byDatabase).map(([name, one]) => [name, timed(one)])
      ),
      others: operations.others && timed(operations.others)
    },
    cursors,
    watches,
    sessions,
    held
  };
}

function waitQueue(record: QueueRecord | undefined, checkingOut: number): PoolStats['waitQueue'] {
  const { queued = 0, waited = 0, waitMS, histogram } = record ?? {};
  return {
    size: queued + checkingOut,
    queued,
    waited,
    waitMS,
    histogram: waitMS && histogram && waitHistogram(histogram)
  };
}

function waitHistogram(record: QueueRecord['histogram']): WaitHistogram {
  const { leMS, counts, count, sumMS } = record;
  const buckets = leMS.map((bound, at) => ({ leMS: bound, count: counts[at]! }));
  return { buckets: [...buckets, { leMS: Infinity, count }], count, sumMS };
}

function timed({ inFlight, waiting, total, failed, timeMS }: DatabaseRecord): DatabaseOperations {
  return { inFlight, waiting, total, failed, timeMS };
}

function server(record: ServerRecord): ServerStats {
  const { address, type, roundTripTimeMS, cleared, monitors } = record;
  return {
    address,
    type,
    roundTripTimeMS,
    generation: cleared,
    ...sizes(record),
    monitors: { heartbeat: monitors.heartbeat, roundTrip: monitors.roundTrip }
  };
}

function sizes(record: SizesRecord): ConnectionStats {
  const { size, available, inUse, pending, min, max, checkingOut } = record;
  const { created, closed, checkouts, checkoutsFailed, waitMS } = record;
  return {
    size,
    available,
    inUse,
    pending,
    min,
    max: max ?? Infinity,
    checkingOut,
    created,
    closed,
    checkouts,
    checkoutsFailed,
    waitMS
  };
}

/** What a closed pool does. */
const NONE = {
  generation: 0,
  topology: 'Unknown',
  servers: [],
  total: sizes({
    size: 0,
    available: 0,
    inUse: 0,
    pending: 0,
    min: 0,
    max: 0,
    checkingOut: 0,
    created: 0,
    closed: { stale: 0, idle: 0, error: 0, dropped: 0, poolClosed: 0 },
    checkouts: 0,
    checkoutsFailed: 0
  }),
  waitQueue: waitQueue(undefined, 0),
  circuit: undefined,
  operations: {
    inFlight: 0,
    total: 0,
    failed: 0,
    retries: 0,
    byDatabase: new Map<string, DatabaseOperations>(),
    others: undefined
  },
  cursors: { open: 0, opened: 0 },
  watches: { open: 0, opened: 0 },
  sessions: { inUse: 0, idle: 0, resting: 0 },
  held: { cursors: 0, sessions: 0 },
  dedicated: new Map<string, DedicatedStats>()
} as const satisfies Omit<PoolStats, 'state' | 'coalescing'>;
