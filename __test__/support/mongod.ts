// Owns how a test gets a real MongoDB: the run's shared one, or a set of its own that it may break.
// Must not know how a mongod is found or started (scripts/mongod), nor load polypool.

import { randomBytes } from 'node:crypto';

type ReplicaSetModule = typeof import('../../scripts/mongod/replica-set.mjs');

/** Nodes, authentication, TLS and further arguments of a replica set; one plain node by default. */
export type MongodOptions = NonNullable<Parameters<ReplicaSetModule['startReplicaSet']>[0]>;

/**
 * A replica set of the test's own: `uri`, `nodeUri(index)`, `ports`, `kill(index)`, `pause(index)`,
 * `resume(index)`, `restart(index)`, `waitForPrimary()`, `stop()`.
 */
export type Mongod = Awaited<ReturnType<ReplicaSetModule['startReplicaSet']>>;

/** A MongoDB that other tests use at the same time: take a database of one's own, break nothing. */
export interface SharedMongod {
  /** The connection string of a single-node replica set without authentication. */
  readonly uri: string;
  /** Stops it if it was started for this file alone; otherwise the run does. */
  stop(): Promise<void>;
}

/**
 * Starts a replica set on ports and in a directory of its own. The caller stops it; should the test's
 * process die first, it is killed.
 */
export async function startMongod(options: MongodOptions = {}): Promise<Mongod> {
  const { startReplicaSet } = await import('../../scripts/mongod/replica-set.mjs');
  return startReplicaSet(options);
}

/** The MongoDB of the whole run, from `POLYPOOL_TEST_URI`; without that, one for this file. */
export async function sharedMongod(): Promise<SharedMongod> {
  const uri = process.env.POLYPOOL_TEST_URI;
  if (uri !== undefined) return { uri, stop: async () => {} };
  return startMongod();
}

/** A database name that no other test uses. */
export function uniqueDatabase(): string {
  return `test_${randomBytes(6).toString('hex')}`;
}
