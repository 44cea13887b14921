/**
 * How the database is: whether the pool is connected, how quickly a ping is answered, whether a
 * document can be written and removed. It runs commands as any user of the pool does.
 */
import { ObjectId } from '../bson/bson';
import type { Document } from '../bson/options';
import type { PoolState } from '../presence';
import type { PoolStats } from '../stats';
import { PlaceWatch } from './place';
import { round } from './process';
import { messageOf, worst, type HealthStatus } from './status';

/** What a check runs commands on, which a pool is. */
export interface Subject {
  readonly state: PoolState;
  isConnected(): boolean;
  /** It was connected, and says by itself when it is again. */
  readonly isLost: boolean;
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
  /** Milliseconds from which on an answer is degraded, the wait for a place in the pool included. @defaultValue 100 */
  degradedMS?: number;
  /** Milliseconds from which on an answer is unhealthy, without that wait. @defaultValue 500 */
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
  /** Milliseconds until a ping was answered, `waitMS` not included; undefined when none was. */
  readonly latencyMS: number | undefined;
  /**
   * Milliseconds that it waited before, for a place in the pool, as far as that was noticed: at most a
   * fifth too low. 0 when it was answered in half of `degradedMS`, undefined when it was not answered.
   */
  readonly waitMS?: number | undefined;
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
  let waitMS: number | undefined;
  let readWriteMS: number | undefined;
  if (isWorthTrying(on)) {
    if (trials.ping) {
      ({ latencyMS, waitMS } = await tryPing(on, limits, signal, findings));
    }
    if (trials.write && latencyMS !== undefined) {
      readWriteMS = await tryWrite(on, limits, signal, findings);
    }
  }
  const stats = on.stats();
  findings.push(connectedness(on, stats.topology));
  return {
    status: worst(...findings.map(({ status }) => status)),
    connection: on.state,
    latencyMS,
    ...(trials.ping && { waitMS }),
    ...(trials.write && { readWriteMS }),
    pool: poolHealth(stats),
    message:
      findings.flatMap(({ message }) => message ?? []).join('; ') ||
      'The database answers as it should'
  };
}

/** The answer where the checks themselves failed. */
export function uncheckedDatabase(on: Subject, error: unknown): DatabaseHealth {
  return {
    status: 'unhealthy',
    connection: on.state,
    latencyMS: undefined,
    pool: poolHealth(on.stats()),
    message: messageOf(error)
  };
}

function poolHealth({ total, waitQueue }: PoolStats): PoolHealth {
  const { size, available, inUse, pending, max } = total;
  return { size, available, inUse, pending, waitQueue: waitQueue.size, max };
}

/** A pool whose servers are gone would make a command wait for them. */
function isWorthTrying(on: Subject): boolean {
  if (on.state === 'disconnecting') return on.isConnected();
  return !on.isLost;
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

/** How long a ping took: in the pool, and then. */
interface PingTimes {
  readonly latencyMS: number | undefined;
  readonly waitMS: number | undefined;
}

/** While there is no primary, secondaries answer. */
async function tryPing(
  on: Subject,
  limits: DatabaseLimits,
  signal: AbortSignal,
  findings: Finding[]
): Promise<PingTimes> {
  const { degradedMS = DEGRADED_MS, unhealthyMS = UNHEALTHY_MS } = limits;
  const lateMS = Math.min(degradedMS, unhealthyMS);
  const place = new PlaceWatch(on, 'admin', lateMS);
  try {
    await on.db('admin').command({ ping: 1 }, { signal, readPreference: 'primaryPreferred' });
    const elapsedMS = place.elapsedMS;
    const waitMS = place.atLeastMS;
    if (elapsedMS >= lateMS) {
      // Where it is not known whether the pool or the database took the time, it was the pool.
      const isTooLate = elapsedMS - place.atMostMS(elapsedMS) >= unhealthyMS;
      const waited =
        waitMS > 0 ? `, ${Math.round(waitMS)} ms of which it waited for a place in the pool` : '';
      findings.push({
        status: isTooLate ? 'unhealthy' : 'degraded',
        message: `The ping took ${Math.round(elapsedMS)} ms${waited}`
      });
    }
    return { latencyMS: round(elapsedMS - waitMS), waitMS: round(waitMS) };
  } catch (error) {
    const waited = place.isWaiting ? ', while it waited for a place in the pool' : '';
    findings.push({
      status: 'unhealthy',
      message: `The ping failed${waited}: ${messageOf(error)}`
    });
    return { latencyMS: undefined, waitMS: undefined };
  } finally {
    place.stop();
  }
}

/** Milliseconds that it took, waits included; undefined when it failed. */
async function tryWrite(
  on: Subject,
  limits: DatabaseLimits,
  signal: AbortSignal,
  findings: Finding[]
): Promise<number | undefined> {
  try {
    const start = performance.now();
    await writeAndRemove(on, limits, signal);
    return round(performance.now() - start);
  } catch (error) {
    const message = `A document could not be written and removed: ${messageOf(error)}`;
    findings.push({ status: 'unhealthy', message });
    return undefined;
  }
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
