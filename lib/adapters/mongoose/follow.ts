/**
 * Puts a Mongoose connection on a pool and keeps it up to date. What it derives from which event is
 * Mongoose's (9.12, `_setClient`); it knows neither how the pool came about nor its options.
 */
import type { PolyPool } from 'polypool';
import { STATE, type Connection } from './mongoose';

/** Reported commands, for connections that were asked to report them. */
const COMMANDS = ['commandStarted', 'commandSucceeded', 'commandFailed'] as const;

/** Taken now, so that the fake clocks of tests do not make connections look stale. */
const { now } = Date;

/**
 * Opens a connection on a pool that is connected.
 *
 * @param database the connection's; by default that of the pool's connection string
 */
export function follow(connection: Connection, pool: PolyPool, database: string | undefined): void {
  place(connection, pool, database);
  followServers(connection, pool);
  pool.on('serverHeartbeatSucceeded', () => noteHeartbeat(connection));
  opened(connection);
}

/** Puts a connection on a pool. */
export function place(connection: Connection, pool: PolyPool, database: string | undefined): void {
  const [host] = pool.options.hosts;
  const db = pool.db(database);
  connection.db = db;
  connection.client = pool;
  connection.host = host?.host;
  connection.port = host?.port;
  connection.name = database ?? db.databaseName;
  connection._closeCalled = (pool as { _closeCalled?: boolean })._closeCalled;
  connection._lastHeartbeatAt = null;
}

/** Runs what waits for a connection. */
export function opened(connection: Connection): void {
  connection.onOpen();
  openCollections(connection);
}

/** Has a connection emit the pool's command events. */
export function reportCommands(connection: Connection, pool: PolyPool): void {
  for (const name of COMMANDS) {
    pool.on(name, (event: object) => void connection.emit(name, event));
  }
}

/** Has `readyState` follow what is known of the servers. */
function followServers(connection: Connection, pool: PolyPool): void {
  const type = pool.topology?.description.type ?? '';
  if (type === 'Single') {
    pool.on('serverDescriptionChanged', ({ newDescription }) => {
      if (newDescription.type === 'Unknown') connection.readyState = STATE.DISCONNECTED;
      else reconnect(connection);
    });
  } else if (type.startsWith('ReplicaSet')) {
    pool.on('topologyDescriptionChanged', ({ newDescription }) => {
      const hasPrimary = newDescription.type === 'ReplicaSetWithPrimary';
      const state = connection.readyState;
      if (state === STATE.CONNECTED && !hasPrimary) connection.readyState = STATE.DISCONNECTED;
      else if (state === STATE.DISCONNECTED && hasPrimary) reconnect(connection);
    });
  }
}

function reconnect(connection: Connection): void {
  if (connection.readyState === STATE.CONNECTED) return;
  connection.readyState = STATE.CONNECTED;
  connection.emit('reconnect');
  connection.emit('reconnected');
  connection.onOpen();
}

/** Without heartbeats a connection counts as stale, and buffers; with the next one that ends. */
export function noteHeartbeat(connection: Connection): void {
  connection._lastHeartbeatAt = now();
  for (const other of connection.otherDbs) other._lastHeartbeatAt = connection._lastHeartbeatAt;
  // An older Mongoose leaves what waits to the next `open`.
  if (typeof connection._flushQueue !== 'function') return;
  for (const one of [connection, ...connection.otherDbs]) {
    if (one._queue.length > 0 && one.readyState === STATE.CONNECTED) one._flushQueue?.();
  }
  for (const collection of Object.values(connection.collections)) {
    if (collection.buffer) collection.onOpen();
  }
}

function openCollections({ collections }: Connection): void {
  for (const collection of Object.values(collections)) collection.onOpen();
}
