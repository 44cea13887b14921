/**
 * A connection of Mongoose's that follows a pool, instead of opening one: it is open whenever the pool is
 * connected, which that is with its first operation. When the pool connects and is closed, others decide.
 */
import { createPool, type PolyPool, type PolyPoolOptions } from 'polypool';
import { driverOn, hasOwnDriver, nativeOf, withBSON } from './driver';
import { recogniseErrors } from './errors';
import { noteHeartbeat, opened, place } from './follow';
import { instanceOf } from './install';
import type { MongooseInstance } from './instance';
import { STATE, type Connection } from './mongoose';
import type { ModelConnection } from './tenants/model';
import { databaseConnection } from './tenants/wrap';

/** A connection, and what it follows. */
export interface LazyConnection {
  readonly pool: PolyPool;
  /** Mongoose's: models are made on it. */
  readonly connection: object;
  /** Opens the connection now, if the pool is connected. */
  open(): void;
  /** The same connection in another database, by its name. */
  in(database: string): object;
}

/**
 * A connection of a Mongoose's, whatever the driver of its other connections, and the pool that it follows.
 * Connects nothing.
 *
 * @param mongoose - the package's export, or an instance
 * @param options - of the pool; `dbName` is the connection's database, too
 */
export function createLazyConnection(
  mongoose: MongooseInstance,
  uri: string,
  options: PolyPoolOptions & { dbName: string }
): LazyConnection {
  const instance = instanceOf(mongoose, 'createLazyConnection()');
  const pool = createPool(uri, withBSON(options, instance)).setMaxListeners(0);
  if (hasOwnDriver(instance)) recogniseErrors(instance.mongo);
  const connection = new (driverOn(nativeOf(instance.__driver)).Connection)(instance);
  instance.connections.push(connection);
  instance.nextConnectionId += 1;
  instance.events.emit('createConnection', connection);
  connection.name = options.dbName;
  connection.$dbName = options.dbName;
  connection.client = pool;
  return {
    pool,
    connection,
    open: followPool(connection, pool, options.dbName),
    in: database => databaseConnection(pool, connection as ModelConnection, database)
  };
}

/** @returns what opens the connection, on a pool that is connected */
function followPool(connection: Connection, pool: PolyPool, database: string): () => void {
  const open = (): void => {
    if (connection.readyState === STATE.CONNECTED || !pool.isConnected()) return;
    // Mongoose notes at both that it has closed them, and leaves them alone then.
    Object.assign(pool, { _closeCalled: false, _destroyCalled: false });
    place(connection, pool, database);
    opened(connection);
  };
  pool.on('connected', open);
  pool.on('disconnected', () => {
    // Who closes the connection itself is told of it by Mongoose.
    if (connection.readyState !== STATE.DISCONNECTING) connection.readyState = STATE.DISCONNECTED;
  });
  pool.on('close', () => {
    if (connection.readyState !== STATE.DISCONNECTING) connection.onClose();
  });
  pool.on('serverHeartbeatSucceeded', () => {
    if (connection.readyState === STATE.CONNECTED) noteHeartbeat(connection);
  });
  return open;
}
