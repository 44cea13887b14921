/**
 * The events that the driver has not: their names and what listeners get. They share one kind on the
 * boundary, and their records say which they are. Faces `src/pool/events/own.rs`.
 */
import { deserialize } from '../bson/bson';
import type { MongoClientEvents } from 'mongodb';
import type { Document } from '../bson/options';
import { CIRCUIT_EVENT_NAMES, type CircuitEvents } from '../breaker-options';
import { CONNECT_EVENT_NAMES, type ConnectEvents } from '../connect-options';
import { fromRecord, type ErrorRecord } from '../error';

/** What listeners of a pool get beside the driver's `MongoClientEvents`. */
export interface PolyPoolEvents extends ConnectEvents, CircuitEvents {}

/** A method by which listeners of a pool come or go; `Pool` is what it returns. */
export interface Listen<Pool> {
  <Name extends keyof PolyPoolEvents>(event: Name, listener: PolyPoolEvents[Name]): Pool;
  <Name extends keyof MongoClientEvents>(event: Name, listener: MongoClientEvents[Name]): Pool;
  // eslint-disable-next-line @typescript-eslint/no-explicit-any -- the driver's, for names it does not know
  (event: string | symbol, listener: (...args: any[]) => void): Pool;
}

/** Those that come from Rust. */
export const OWN_NAMES: readonly string[] = [...CONNECT_EVENT_NAMES, ...CIRCUIT_EVENT_NAMES];

/** An event of polypool's own as it crosses. */
export interface OwnEvent {
  readonly name: string;
  readonly fields: Document;
}

/** The event that a record, `{ name, fields }`, describes. Its `error`, if it has one, is an error. */
export function readOwnEvent(record: Buffer): OwnEvent {
  const event = deserialize(record, { promoteBuffers: true }) as unknown as OwnEvent;
  const { error } = event.fields as { error?: ErrorRecord };
  if (error !== undefined) event.fields['error'] = fromRecord(error);
  return event;
}
