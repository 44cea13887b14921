/**
 * The kinds of event that come from Rust. Faces `src/pool/events/mod.rs`, which has them in the same
 * order: the place of a name is its number on the boundary, and its bit in a mask.
 */
import type { MongoClientEvents } from 'mongodb';
import { OWN_NAMES } from './own';

/** The driver's names (mongodb 7.8, `constants.ts`) of what listeners are told. */
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

/** Of what is logged and, as in the driver, emitted to nobody. */
export const LOGGED_NAMES = [
  'serverSelectionStarted',
  'serverSelectionSucceeded',
  'serverSelectionFailed',
  'waitingForSuitableServer'
] as const;

/** Every name, by its number. */
export const KIND_NAMES = [...EVENT_NAMES, ...LOGGED_NAMES] as const;

export type EventName = (typeof EVENT_NAMES)[number];
export type LoggedName = (typeof LOGGED_NAMES)[number];
export type KindName = (typeof KIND_NAMES)[number];

/** The number of the one kind that events of polypool's own share. */
export const OWN_KIND = KIND_NAMES.length;

/** The bit that stands in a mask for what can be listened for by this name; 0 for any other name. */
export function bitOf(name: string | symbol): number {
  const number = (EVENT_NAMES as ReadonlyArray<string | symbol>).indexOf(name);
  if (number >= 0) return 1 << number;
  return (OWN_NAMES as ReadonlyArray<string | symbol>).includes(name) ? 1 << OWN_KIND : 0;
}

/** The kinds whose names `chosen` likes, a bit each. */
export function maskOf(chosen: (name: KindName) => boolean): number {
  return KIND_NAMES.reduce((mask, name, number) => mask | (chosen(name) ? 1 << number : 0), 0);
}
