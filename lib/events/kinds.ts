/**
 * The kinds of event that come from Rust. Faces `src/pool/events/mod.rs`, which has them in the same
 * order: the place of a name is its number on the boundary, and its bit in a mask.
 */
import type { MongoClientEvents } from 'mongodb';

/** The driver's names (mongodb 7.8, `constants.ts`). */
export const EVENT_NAMES = [
  'commandStarted',
  'commandSucceeded',
  'commandFailed',
  'connectionPoolCreated',
  'connectionPoolReady',
  'connectionPoolCleared',
  'connectionPoolClosed',
  'connectionCreated',
  'connectionReady',
  'connectionClosed',
  'connectionCheckOutStarted',
  'connectionCheckOutFailed',
  'connectionCheckedOut',
  'connectionCheckedIn',
  'serverOpening',
  'serverClosed',
  'serverDescriptionChanged',
  'topologyOpening',
  'topologyClosed',
  'topologyDescriptionChanged',
  'serverHeartbeatStarted',
  'serverHeartbeatSucceeded',
  'serverHeartbeatFailed'
] as const satisfies ReadonlyArray<keyof MongoClientEvents>;

export type EventName = (typeof EVENT_NAMES)[number];

/** The bit that stands for a kind in a mask, by its name. */
export const EVENT_BITS: ReadonlyMap<string | symbol, number> = new Map(
  EVENT_NAMES.map((name, number) => [name, 1 << number])
);
