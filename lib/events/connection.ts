/** Connection pool events (CMAP). It knows the fields that each class has beside the record's. */
import { deserialize } from '../bson/bson';
import type { Document } from '../bson/options';
import { fromRecord, networkError, type ErrorRecord } from '../error';
import { connectionClasses, instance } from './classes';
import type { EventContext } from './event';
import type { EventName } from './kinds';

export type ConnectionEventName = Extract<EventName, `connection${string}`>;

/** The options that tell of a pool's creation. */
const POOL_OPTIONS = [
  'maxConnecting',
  'maxPoolSize',
  'minPoolSize',
  'maxIdleTimeMS',
  'waitQueueTimeoutMS'
] as const;

export function readConnectionEvent(
  name: ConnectionEventName,
  bytes: Buffer,
  context: EventContext
): object {
  const { time, address, ...rest } = deserialize(bytes) as Record<string, unknown>;
  const type = `${name[0]!.toUpperCase()}${name.slice(1)}Event`;
  return instance(connectionClasses()[type]!, {
    time,
    address,
    name,
    ...rest,
    ...beyond(name, address as string, rest, context)
  });
}

/** Fields that the driver's classes always have. */
function beyond(
  name: ConnectionEventName,
  address: string,
  record: Document,
  context: EventContext
): object {
  switch (name) {
    case 'connectionPoolCreated': {
      const { options } = context;
      return { options: Object.fromEntries(POOL_OPTIONS.map(one => [one, options[one]])) };
    }
    case 'connectionPoolCleared':
      return { serviceId: record['serviceId'] as unknown };
    case 'connectionClosed':
      return { serviceId: undefined, error: broken(record, address) };
    case 'connectionCheckOutFailed': {
      const error = record['error'] as ErrorRecord | undefined;
      return { error: error ? fromRecord(error) : networkError(`no connection to ${address}`) };
    }
    default:
      return {};
  }
}

/** Why a connection broke the crate does not say here: the error of what it was used for does. */
function broken({ reason, connectionId }: Document, address: string): Error | null {
  if (reason !== 'error') return null;
  return networkError(`connection ${connectionId} to ${address} closed`);
}
