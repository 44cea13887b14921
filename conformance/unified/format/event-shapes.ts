// Owns the shapes of expected events, as the format's JSON schema says them. Compares none.

import {
  anyObject,
  anything,
  exactlyOne,
  flag,
  listOf,
  oneOf,
  record,
  text,
  type Shape
} from './shape.ts';

const empty = record({});
const source = { hasServiceId: flag, hasServerConnectionId: flag };
const named = { commandName: text, databaseName: text, ...source };

const commandEvent = exactlyOne({
  commandStartedEvent: record({ optional: { command: anyObject, ...named } }),
  commandSucceededEvent: record({ optional: { reply: anyObject, ...named } }),
  commandFailedEvent: record({ optional: named })
});

const reason = record({ optional: { reason: text } });

const cmapEvent = exactlyOne({
  poolCreatedEvent: empty,
  poolReadyEvent: empty,
  poolClearedEvent: record({ optional: { hasServiceId: flag, interruptInUseConnections: flag } }),
  poolClosedEvent: empty,
  connectionCreatedEvent: empty,
  connectionReadyEvent: empty,
  connectionClosedEvent: reason,
  connectionCheckOutStartedEvent: empty,
  connectionCheckOutFailedEvent: reason,
  connectionCheckedOutEvent: empty,
  connectionCheckedInEvent: empty,
  connectionPendingResponseStarted: empty,
  connectionPendingResponseSucceeded: empty,
  connectionPendingResponseFailed: reason
});

const serverTypes = [
  ...['Standalone', 'Mongos', 'PossiblePrimary', 'RSPrimary', 'RSSecondary', 'RSOther'],
  ...['RSArbiter', 'RSGhost', 'LoadBalancer', 'Unknown']
];
const topologyTypes = [
  ...['Single', 'Unknown', 'ReplicaSetNoPrimary', 'ReplicaSetWithPrimary'],
  ...['Sharded', 'LoadBalanced']
];

/** A change from one description to another, of which the types can be expected. */
function change(types: readonly string[]): Shape {
  const description = record({ optional: { type: oneOf(...types) } });
  return record({ optional: { previousDescription: description, newDescription: description } });
}

const heartbeat = record({ optional: { awaited: flag } });

const sdamEvent = exactlyOne({
  serverDescriptionChangedEvent: change(serverTypes),
  topologyDescriptionChangedEvent: change(topologyTypes),
  serverHeartbeatStartedEvent: heartbeat,
  serverHeartbeatSucceededEvent: heartbeat,
  serverHeartbeatFailedEvent: heartbeat,
  topologyOpeningEvent: empty,
  topologyClosedEvent: empty
});

const eventShapes: Readonly<Record<string, Shape>> = {
  command: commandEvent,
  cmap: cmapEvent,
  sdam: sdamEvent
};

export const expectedEvents: Shape = (value, path) => {
  record({
    required: { client: text, events: anything },
    optional: { eventType: oneOf('command', 'cmap', 'sdam'), ignoreExtraEvents: flag }
  })(value, path);
  const { events, eventType = 'command' } = value as { events: unknown; eventType?: string };
  listOf(eventShapes[eventType]!)(events, `${path}.events`);
};
