/**
 * What listeners of a wrapper are told. It describes, and does nothing.
 */
import type { Connection } from 'mongoose';

/** The names that `on()` takes. The last two are the first two by other names. */
export type PolyMongoEventName =
  'connect' | 'disconnect' | 'error' | 'onDbConnect' | 'onDbDisconnect';

/** What every event tells of. */
export interface PolyMongoBaseEvent {
  name: PolyMongoEventName;
  /** The database. */
  dbName: string;
  /** That of the connection. */
  readyState: number;
  state: 'disconnected' | 'connected' | 'connecting' | 'disconnecting' | 'unknown';
  connection: Connection;
  /** ISO 8601. */
  timestamp: string;
}

/** A database can be used. */
export interface PolyMongoConnectEvent extends PolyMongoBaseEvent {
  name: 'connect' | 'onDbConnect';
}

/** A database can't be used any more. */
export interface PolyMongoDisconnectEvent extends PolyMongoBaseEvent {
  name: 'disconnect' | 'onDbDisconnect';
}

/** An attempt to connect has failed. */
export interface PolyMongoErrorEvent extends PolyMongoBaseEvent {
  name: 'error';
  error: Error;
}

/** The events, by their names. */
export interface PolyMongoEventMap {
  connect: PolyMongoConnectEvent;
  disconnect: PolyMongoDisconnectEvent;
  error: PolyMongoErrorEvent;
  onDbConnect: PolyMongoConnectEvent;
  onDbDisconnect: PolyMongoDisconnectEvent;
}
