// Owns the events that tests can observe: how the format names them, how the driver does, and how an
// observed one is compared with an expected one. Must not know who emits them.

import type { Document, ObjectId } from 'mongodb';
import { Fault, Mismatch } from '../fault.ts';
import { fieldNames, fieldOf, isDocument } from './bson-type.ts';
import type { EventType, ExpectedEvent, ExpectedEvents } from './format/file.ts';
import type { Matcher } from './matcher.ts';

/** An event of a client, under the format's name. */
export interface ObservedEvent {
  readonly name: string;
  readonly type: EventType;
  readonly event: Readonly<Record<string, unknown>>;
  /** The command as it was sent: clients may change its parts afterwards. */
  readonly command: Document | undefined;
}

interface EventName {
  readonly type: EventType;
  /** What listeners name it; undefined: the driver has no such event. */
  readonly emitted: string | undefined;
}

/** By the format's name. */
export const EVENTS: Readonly<Record<string, EventName>> = {
  commandStartedEvent: { type: 'command', emitted: 'commandStarted' },
  commandSucceededEvent: { type: 'command', emitted: 'commandSucceeded' },
  commandFailedEvent: { type: 'command', emitted: 'commandFailed' },
  poolCreatedEvent: { type: 'cmap', emitted: 'connectionPoolCreated' },
  poolReadyEvent: { type: 'cmap', emitted: 'connectionPoolReady' },
  poolClearedEvent: { type: 'cmap', emitted: 'connectionPoolCleared' },
  poolClosedEvent: { type: 'cmap', emitted: 'connectionPoolClosed' },
  connectionCreatedEvent: { type: 'cmap', emitted: 'connectionCreated' },
  connectionReadyEvent: { type: 'cmap', emitted: 'connectionReady' },
  connectionClosedEvent: { type: 'cmap', emitted: 'connectionClosed' },
  connectionCheckOutStartedEvent: { type: 'cmap', emitted: 'connectionCheckOutStarted' },
  connectionCheckOutFailedEvent: { type: 'cmap', emitted: 'connectionCheckOutFailed' },
  connectionCheckedOutEvent: { type: 'cmap', emitted: 'connectionCheckedOut' },
  connectionCheckedInEvent: { type: 'cmap', emitted: 'connectionCheckedIn' },
  connectionPendingResponseStarted: { type: 'cmap', emitted: undefined },
  connectionPendingResponseSucceeded: { type: 'cmap', emitted: undefined },
  connectionPendingResponseFailed: { type: 'cmap', emitted: undefined },
  serverDescriptionChangedEvent: { type: 'sdam', emitted: 'serverDescriptionChanged' },
  serverHeartbeatStartedEvent: { type: 'sdam', emitted: 'serverHeartbeatStarted' },
  serverHeartbeatSucceededEvent: { type: 'sdam', emitted: 'serverHeartbeatSucceeded' },
  serverHeartbeatFailedEvent: { type: 'sdam', emitted: 'serverHeartbeatFailed' },
  topologyOpeningEvent: { type: 'sdam', emitted: 'topologyOpening' },
  topologyClosedEvent: { type: 'sdam', emitted: 'topologyClosed' },
  topologyDescriptionChangedEvent: { type: 'sdam', emitted: 'topologyDescriptionChanged' }
};

/** The events of an expectation's type that a client has observed. @throws Mismatch */
export function matchEvents(
  { eventType = 'command', events, ignoreExtraEvents = false }: ExpectedEvents,
  observed: readonly ObservedEvent[],
  matcher: Matcher
): void {
  const found = observed.filter(({ type }) => type === eventType);
  for (const [index, expected] of events.entries()) {
    const one = found[index];
    if (one === undefined) {
      throw new Mismatch(`events end before ${list(events, index)}${seen(found)}`);
    }
    matchEvent(expected, one, matcher, `events[${index}]`);
  }
  if (found.length > events.length && !ignoreExtraEvents) {
    throw new Mismatch(`there are ${found.length - events.length} more events${seen(found)}`);
  }
}

/** How many events are as expected. */
export function countEvents(
  expected: ExpectedEvent,
  observed: readonly ObservedEvent[],
  matcher: Matcher
): number {
  return observed.filter(one => {
    try {
      matchEvent(expected, one, matcher, '');
      return true;
    } catch (error) {
      if (error instanceof Mismatch) return false;
      throw error;
    }
  }).length;
}

function matchEvent(
  expected: ExpectedEvent,
  observed: ObservedEvent,
  matcher: Matcher,
  path: string
): void {
  const { name, event, command } = observed;
  const [[wanted, fields] = []] = Object.entries(expected);
  if (wanted === undefined || fields === undefined) throw new Fault('An event without a name');
  if (name !== wanted) {
    throw new Mismatch(`${path} is ${name} ${label(event)}, not ${wanted} ${label(fields)}`);
  }
  for (const [field, value] of Object.entries(fields) as Array<[string, unknown]>) {
    const place = `${path} ${name}.${field}`;
    if (field === 'command') {
      matcher.match(withPlainFilter(command), withPlainFilter(value), place);
    } else if (field === 'hasServiceId') {
      check(place, isServiceId(event['serviceId']), value);
    } else if (field === 'hasServerConnectionId') {
      check(place, isConnectionId(event['serverConnectionId']), value);
    } else {
      matcher.match(event[field], value, place);
    }
  }
}

/**
 * A command whose filter says `{ name: value }` for `{ name: { $eq: value } }`. They are one query,
 * and versions of the specifications' tests differ in how GridFS writes it.
 */
function withPlainFilter(command: unknown): unknown {
  const filter = isDocument(command) ? fieldOf(command, 'filter') : undefined;
  if (!isDocument(filter)) return command;
  const fields = Object.entries(filter).map(([name, condition]: [string, unknown]) => {
    const isEquality = isDocument(condition) && fieldNames(condition).join() === '$eq';
    return [name, isEquality ? fieldOf(condition, '$eq') : condition];
  });
  return { ...(command as object), filter: Object.fromEntries(fields) as Document };
}

function check(path: string, found: boolean, expected: unknown): void {
  if (found !== expected) throw new Mismatch(`${path} is ${found}`);
}

function isServiceId(value: unknown): boolean {
  return value != null && !/^0*$/.test((value as ObjectId).toString());
}

function isConnectionId(value: unknown): boolean {
  return (typeof value === 'bigint' || typeof value === 'number') && value > 0;
}

function list(events: readonly ExpectedEvent[], from: number): string {
  return events
    .slice(from)
    .map(event => Object.entries(event).map(([name, fields]) => `${name} ${label(fields)}`.trim()))
    .join(', ');
}

function seen(observed: readonly ObservedEvent[]): string {
  const names = observed.map(({ name, event }) => `${name} ${label(event)}`.trim());
  return `; observed: ${names.join(', ') || 'none'}`;
}

/** What tells one event from another in a message. */
function label(fields: Readonly<Record<string, unknown>>): string {
  const { commandName, command } = fields as { commandName?: string; command?: object };
  return commandName ?? Object.keys(command ?? {})[0] ?? '';
}
