/**
 * The events that the driver has not: their names and what listeners get. They share one kind on the
 * boundary, and their records say which they are. Faces `src/pool/events/own.rs`.
 */
import type { EventEmitter } from 'node:events';
import { deserialize } from '../bson/bson';
import type { MongoClientEvents } from 'mongodb';
import type { Document } from '../bson/options';
import { CIRCUIT_EVENT_NAMES, type CircuitEvents } from '../breaker-options';
import { CONNECT_EVENT_NAMES, type ConnectEvents } from '../connect-options';
import { fromRecord, type ErrorRecord } from '../error';
import type { Health } from '../health/health';
import type { HealthStatus } from '../health/status';
import { DEDICATED_EVENT_NAMES, type DedicatedEvents } from '../dedicated/options';
import type { Leak } from '../leaks/leak';
import type { LogLevel } from '../logs/logger';
import type { TenantIndexesEvent } from '../tenants';

/** What listeners of a pool get beside the driver's `MongoClientEvents`. */
export interface PolyPoolEvents extends ConnectEvents, CircuitEvents, DedicatedEvents {
  /** The pool has become connected, for the first time or again. */
  connected: () => void;
  /** No server that holds data answers any more, or the pool was closed. */
  disconnected: (event: DisconnectedEvent) => void;
  /** A server answers again after `downMS` milliseconds. `connected` comes before it. */
  reconnected: (event: ReconnectedEvent) => void;
  /** With `healthIntervalMS`: the status differs from the `previous` one, which is undefined at first. */
  health: (health: Health, previous: HealthStatus | undefined) => void;
  /** A tenant's indexes were made in the background, see docs/tenants.md. */
  tenantIndexes: (event: TenantIndexesEvent) => void;
  /** With `leakMS`: something was left open, or takes too long. */
  leak: (leak: Leak) => void;
}

/** Why a pool is no longer connected. */
export interface DisconnectedEvent {
  /** `close()` ended it. */
  readonly closed: boolean;
  /** What each server last answered. */
  readonly servers: ReadonlyArray<{ readonly address: string; readonly message?: string }>;
}

/** A pool is connected again. */
export interface ReconnectedEvent {
  readonly downMS: number;
}

/** A method by which listeners of a pool come or go; `Pool` is what it returns. */
export interface Listen<Pool> {
  <Name extends keyof PolyPoolEvents>(event: Name, listener: PolyPoolEvents[Name]): Pool;
  <Name extends keyof MongoClientEvents>(event: Name, listener: MongoClientEvents[Name]): Pool;
  // eslint-disable-next-line @typescript-eslint/no-explicit-any -- the driver's, for names it does not know
  (event: string | symbol, listener: (...args: any[]) => void): Pool;
}

/** Tells the listeners of a pool of what it has found out itself. */
export function emitOwn<Name extends keyof PolyPoolEvents>(
  on: object,
  name: Name,
  ...event: Parameters<PolyPoolEvents[Name]>
): void {
  (on as EventEmitter).emit(name, ...event);
}

/** Those that somebody should see to. */
const FAILURES: ReadonlySet<string> = new Set<keyof PolyPoolEvents>([
  'circuitOpened',
  'refreshFailed'
]);

/** How much an event that comes from Rust matters to a log. */
export function levelOf({ name, fields }: OwnEvent): LogLevel {
  if (FAILURES.has(name)) return 'error';
  return 'error' in fields || name === 'disconnected' ? 'warn' : 'info';
}

/** Those that come from Rust. */
export const OWN_NAMES: readonly string[] = [
  ...CONNECT_EVENT_NAMES,
  ...CIRCUIT_EVENT_NAMES,
  ...DEDICATED_EVENT_NAMES,
  'connected',
  'disconnected',
  'reconnected'
];

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
