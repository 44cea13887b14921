/**
 * How the database is: whether the pool is connected, how quickly a ping is answered, whether a
 * document can be written and removed. It runs commands as any user of the pool does.
 */
import { ObjectId } from '../bson/bson';
import type { Document } from '../bson/options';
import type { PoolState } from '../presence';
import type { PoolStats } from '../stats';
import { round } from './process';
import { messageOf, worst, type HealthStatus } from './status';

/** What a check runs commands on, which a pool is. */
export interface Subject {
  readonly state: PoolState;
  isConnected(): boolean;
  /** Another deployment stands in. */
  readonly degraded: boolean;
  stats(): PoolStats;
  db(name?: string): {
    command(
      command: Document,
      options: { signal: AbortSignal; readPreference?: 'primaryPreferred' }
    ): Promise<Document>;
  };
}

/** When an answer is late, and where a document is written. */
export interface DatabaseLimits {
  /** Milliseconds from which on an answer is degraded. @defaultValue 100 */
  degradedMS?: number;
  /** Milliseconds from which on an answer is unhealthy. @defaultValue 500 */
  unhealthyMS?: number;
  /** Where the document of `readwrite` is written. @defaultValue the pool's database */
  database?: string;
  /** @defaultValue `'polypool_health'` */
  collection?: string;
}

/** The connections, in short; `pool.stats()` has all of it. */
export interface PoolHealth {
  readonly size: number;
  readonly available: number;
  readonly inUse: number;
  readonly pending: number;
  readonly waitQueue: number;
  /** Infinity without a limit. */
  readonly max: number;
}

export interface DatabaseHealth {
  readonly status: HealthStatus;
  readonly connection: PoolState;
  /** Milliseconds until a ping was answered; undefined when none was. */
  readonly latencyMS: number | undefined;
  /** Milliseconds until a document was written, read and removed; undefined when it was not tried or failed. */
  readonly readWriteMS?: number | undefined;
  readonly pool: PoolHealth;
  readonly message: string;
}

/** Milliseconds that a ping may take. */
const DEGRADED_MS = 100;
const UNHEALTHY_MS = 500;
const COLLECTION = 'polypool_health';

/** One thing that was found, if anything. */
interface Finding {
  readonly status: HealthStatus;
  readonly message?: string | undefined;
}

/** What commands are to be tried. */
export interface Trials {
  readonly ping: boolean;
  readonly write: boolean;
}

export async function databaseHealth(
  on: Subject,
  trials: Trials,
  limits: DatabaseLimits,
  signal: AbortSignal
): Promise<DatabaseHealth> {
  const findings: Finding[] = [];
  let latencyMS: number | undefined;
  let readWriteMS: number | undefined;
  const attempt = async (what: string, run: () => Promise<number>): Promise<number | undefined> => {
    try {
      return await run();
    } catch (error) {
      findings.push({ status: 'unhealthy', message: `${what}: ${messageOf(error)}` });
      return undefined;
    }
  };
  if (isWorthTrying(on)) {
    if (trials.ping) {
      latencyMS = await attempt('The ping failed', () => timed(() => ping(on, signal)));
      findings.push(lateness('The ping', latencyMS, limits));
    }
    if (trials.write && latencyMS !== undefined) {
      readWriteMS = await attempt('A document could not be written and removed', () =>
        timed(() => writeAndRemove(on, limits, signal))
      );
    }
  }
  const { topology, total, waitQueue } = on.stats();
  findings.push(connectedness(on, topology));
  return {
    status: worst(...findings.map(({ status }) => status)),
    connection: on.state,
    latencyMS,
    ...(trials.write && { readWriteMS }),
    pool: {
      size: total.size,
      available: total.available,
      inUse: total.inUse,
      pending: total.pending,
      waitQueue: waitQueue.size,
      max: total.max
    },
    message:
      findings.flatMap(({ message }) => message ?? []).join('; ') ||
      'The database answers as it should'
  };
}

/** A pool whose servers are gone would make a command wait for them. */
function isWorthTrying(on: Subject): boolean {
  if (on.state === 'disconnecting') return on.isConnected();
  return on.state !== 'disconnected' || on.stats().generation === 0;
}

function connectedness(on: Subject, topology: string): Finding {
  const { state, degraded } = on;
  if (state === 'disconnecting' && on.isConnected()) {
    return { status: 'degraded', message: 'The pool is being closed, and lets operations end' };
  }
  if (state !== 'connected') return { status: 'unhealthy', message: `The pool is ${state}` };
  if (topology === 'ReplicaSetNoPrimary') {
    return {
      status: 'degraded',
      message: 'The replica set has no primary, so that nothing can be written'
    };
  }
  if (degraded) {
    return { status: 'degraded', message: 'Another deployment (fallbackURIs) stands in' };
  }
  return { status: 'healthy' };
}

function lateness(what: string, latencyMS: number | undefined, limits: DatabaseLimits): Finding {
  const { degradedMS = DEGRADED_MS, unhealthyMS = UNHEALTHY_MS } = limits;
  if (latencyMS === undefined || latencyMS < Math.min(degradedMS, unhealthyMS)) {
    return { status: 'healthy' };
  }
  const status = latencyMS < unhealthyMS ? 'degraded' : 'unhealthy';
  return { status, message: `${what} took ${Math.round(latencyMS)} ms` };
}

async function timed(run: () => Promise<unknown>): Promise<number> {
  const start = performance.now();
  await run();
  return round(performance.now() - start);
}

/** While there is no primary, secondaries answer. */
async function ping(on: Subject, signal: AbortSignal): Promise<void> {
  await on.db('admin').command({ ping: 1 }, { signal, readPreference: 'primaryPreferred' });
}

async function writeAndRemove(
  on: Subject,
  { database, collection = COLLECTION }: DatabaseLimits,
  signal: AbortSignal
): Promise<void> {
  const db = on.db(database);
  const _id = new ObjectId();
  const remove = { delete: collection, deletes: [{ q: { _id }, limit: 1 }] };
  const documents = [{ _id, at: new Date() }];
  let removed = false;
  try {
    expectOne(await db.command({ insert: collection, documents }, { signal }), 'written');
    expectOne(await db.command(remove, { signal }), 'removed');
    removed = true;
  } finally {
    // What the deadline cut off may have been written.
    if (!removed) db.command(remove, { signal: AbortSignal.timeout(1_000) }).catch(() => undefined);
  }
}

function expectOne(reply: Document, what: string): void {
  const [error] = (reply['writeErrors'] ?? []) as Array<{ errmsg?: string }>;
  if (reply['n'] !== 1) throw new Error(error?.errmsg ?? `No document was ${what}`);
}
