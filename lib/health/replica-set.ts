/**
 * How a replica set is: its members, how far they are behind, how much its log holds. It reads what
 * the servers say of themselves, as far as they let the pool's user read it.
 */
import type { Timestamp } from '../bson/bson';
import type { Document } from '../bson/options';
import type { Subject } from './database';
import { messageOf, worst, type HealthStatus } from './status';

export interface ReplicaSetLimits {
  /** Milliseconds that a secondary may be behind the primary. @defaultValue 10,000 */
  maxLagMS?: number;
  /** Milliseconds that the log of operations has to span. @defaultValue none: a young set has a short one */
  minOplogWindowMS?: number;
}

export interface MemberHealth {
  /** `host:port` */
  readonly address: string;
  /** `PRIMARY`, `SECONDARY`, `ARBITER`, `(not reachable/healthy)`, and so on */
  readonly state: string;
  readonly healthy: boolean;
  /** Milliseconds behind the primary; undefined of others than secondaries, and without a primary. */
  readonly lagMS: number | undefined;
}

export interface ReplicaSetHealth {
  readonly status: HealthStatus;
  /** Its name; undefined of what is no replica set, or can't be asked. */
  readonly name: string | undefined;
  /** Where writes go; undefined during an election. */
  readonly primary: string | undefined;
  readonly members: readonly MemberHealth[];
  /** Milliseconds between the first and the last operation in the primary's log; undefined when it can't be read. */
  readonly oplogWindowMS: number | undefined;
  readonly message: string;
}

const MAX_LAG_MS = 10_000;

/** States in which a member does what it is for. */
const SOUND: ReadonlySet<string> = new Set(['PRIMARY', 'SECONDARY', 'ARBITER']);

/** The server's codes for "this is no replica set": without replication, and of a router. */
const NO_REPLICA_SET: ReadonlySet<unknown> = new Set([76, 59]);

/** A member as `replSetGetStatus` has it. */
interface MemberStatus {
  name: string;
  stateStr: string;
  health: number;
  optimeDate?: Date;
}

export async function replicaSetHealth(
  on: Subject,
  limits: ReplicaSetLimits,
  signal: AbortSignal
): Promise<ReplicaSetHealth> {
  try {
    const options = { signal, readPreference: 'primaryPreferred' } as const;
    const status = await on.db('admin').command({ replSetGetStatus: 1 }, options);
    const members = membersOf(status['members'] as MemberStatus[]);
    return judge(status['set'] as string, members, await oplogWindow(on, signal), limits);
  } catch (error) {
    return unknown(on, error);
  }
}

function membersOf(all: readonly MemberStatus[]): MemberHealth[] {
  const newest = all.find(({ stateStr }) => stateStr === 'PRIMARY')?.optimeDate;
  return all.map(({ name, stateStr, health, optimeDate }) => ({
    address: name,
    state: stateStr,
    healthy: health === 1 && SOUND.has(stateStr),
    lagMS:
      stateStr === 'SECONDARY' && newest && optimeDate
        ? Math.max(0, newest.getTime() - optimeDate.getTime())
        : undefined
  }));
}

/** Undefined when the user may not read it. */
async function oplogWindow(on: Subject, signal: AbortSignal): Promise<number | undefined> {
  try {
    const [first, last] = await Promise.all([oplogTime(on, 1, signal), oplogTime(on, -1, signal)]);
    return first === undefined || last === undefined ? undefined : (last - first) * 1_000;
  } catch {
    return undefined;
  }
}

/** Seconds since 1970 of the operation at one end of the log. */
async function oplogTime(
  on: Subject,
  end: 1 | -1,
  signal: AbortSignal
): Promise<number | undefined> {
  const command = { find: 'oplog.rs', sort: { $natural: end }, limit: 1, projection: { ts: 1 } };
  const options = { signal, readPreference: 'primaryPreferred' } as const;
  const reply = await on.db('local').command({ ...command, singleBatch: true }, options);
  const [entry] = (reply['cursor'] as { firstBatch: Document[] }).firstBatch;
  return (entry?.['ts'] as Timestamp | undefined)?.t;
}

function judge(
  name: string,
  members: readonly MemberHealth[],
  oplogWindowMS: number | undefined,
  { maxLagMS = MAX_LAG_MS, minOplogWindowMS = 0 }: ReplicaSetLimits
): ReplicaSetHealth {
  const primary = members.find(({ state }) => state === 'PRIMARY')?.address;
  const faults: string[] = [];
  if (primary === undefined) faults.push('there is no primary');
  for (const { address, state, healthy, lagMS } of members) {
    if (!healthy) faults.push(`${address} is ${state}`);
    else if (lagMS !== undefined && lagMS > maxLagMS) {
      faults.push(`${address} is ${lagMS} ms behind`);
    }
  }
  if (oplogWindowMS !== undefined && oplogWindowMS < minOplogWindowMS) {
    faults.push(`the log of operations spans ${oplogWindowMS} ms only`);
  }
  return {
    status: faults.length > 0 ? 'degraded' : 'healthy',
    name,
    primary,
    members,
    oplogWindowMS,
    message:
      faults.length > 0 ? `In ${name}, ${faults.join(', ')}` : `${name} has all of its members`
  };
}

/** What the pool knows by itself of a deployment that does not answer the question. */
function unknown(on: Subject, error: unknown): ReplicaSetHealth {
  const { topology, servers } = on.stats();
  const is = (type: string) => (server: { type: string | undefined }) => server.type === type;
  const isNone = NO_REPLICA_SET.has((error as { code?: unknown } | null)?.code);
  const members = servers.map(({ address, type = 'Unknown' }) => ({
    address,
    state: type,
    healthy: type !== 'Unknown',
    lagMS: undefined
  }));
  const hasPrimary = topology === 'ReplicaSetWithPrimary';
  const seen = hasPrimary && members.every(({ healthy }) => healthy) ? 'healthy' : 'degraded';
  return {
    status: isNone ? 'healthy' : worst(seen),
    name: undefined,
    primary: servers.find(is('RSPrimary'))?.address,
    members: isNone ? [] : members,
    oplogWindowMS: undefined,
    message: isNone
      ? `The deployment is no replica set that can be asked (${topology})`
      : `The replica set could not be asked: ${messageOf(error)}`
  };
}
