/** Events of servers and topology (SDAM). */
import { deserialize } from '../bson/bson';
import type { Document } from '../bson/options';
import { serverDescription, topologyDescription, withWritablePrimary } from '../description';
import type { ServerRecord, TopologyRecord } from '../description';
import { fromRecord, type ErrorRecord } from '../error';
import { deploymentClasses, instance } from './classes';
import type { EventContext } from './event';
import type { EventName } from './kinds';

export type DeploymentEventName = Extract<EventName, `server${string}` | `topology${string}`>;

/** What Rust writes, as far as the kind has it; see `src/pool/events/deployment.rs`. */
interface DeploymentRecord {
  address: string;
  previous: ServerRecord & TopologyRecord;
  new: ServerRecord & TopologyRecord;
  awaited: boolean;
  duration: number;
  reply: Document;
  failure: ErrorRecord;
}

export function readDeploymentEvent(
  name: DeploymentEventName,
  bytes: Buffer,
  context: EventContext
): object {
  // As the driver's monitors read hello replies, whatever the client's options.
  const record = deserialize(bytes, { promoteBuffers: true }) as unknown as DeploymentRecord;
  const type = `${name[0]!.toUpperCase()}${name.slice(1)}Event`;
  return instance(deploymentClasses()[type]!, { name, ...fields(name, record, context) });
}

function fields(
  name: DeploymentEventName,
  record: DeploymentRecord,
  { topologyId, options }: EventContext
): object {
  const { address, awaited, duration } = record;
  const heartbeat = { connectionId: address, awaited };
  switch (name) {
    case 'topologyOpening':
    case 'topologyClosed':
      return { topologyId };
    case 'serverOpening':
    case 'serverClosed':
      return { topologyId, address };
    case 'serverDescriptionChanged':
      return {
        topologyId,
        address,
        previousDescription: serverDescription(record.previous),
        newDescription: serverDescription(record.new)
      };
    case 'topologyDescriptionChanged':
      return {
        topologyId,
        previousDescription: topologyDescription(record.previous, options),
        newDescription: topologyDescription(record.new, options)
      };
    case 'serverHeartbeatStarted':
      return heartbeat;
    case 'serverHeartbeatSucceeded':
      return { ...heartbeat, duration, reply: withWritablePrimary(record.reply) };
    case 'serverHeartbeatFailed':
      return { ...heartbeat, duration, failure: fromRecord(record.failure) };
  }
}
