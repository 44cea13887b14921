/** What the log says of server selection. The driver has no events of it, only classes for its log. */
import { deserialize } from '../bson/bson';
import type { Document } from '../bson/options';
import { topologyDescription as readTopology, type TopologyRecord } from '../description';
import { fromRecord, type ErrorRecord } from '../error';
import { instance, selectionClasses } from './classes';
import type { EventContext } from './event';
import type { LoggedName } from './kinds';

/** What Rust writes, as far as the kind has it; see `src/pool/events/selection.rs`. */
interface SelectionRecord {
  operation: string;
  selector: Document;
  topology: TopologyRecord;
  remainingTimeMS?: number;
  address?: string;
  failure?: ErrorRecord;
}

/** The driver's classes by kind, and their words. */
const MESSAGES: Readonly<Record<LoggedName, readonly [type: string, message: string]>> = {
  serverSelectionStarted: ['ServerSelectionStartedEvent', 'Server selection started'],
  serverSelectionSucceeded: ['ServerSelectionSucceededEvent', 'Server selection succeeded'],
  serverSelectionFailed: ['ServerSelectionFailedEvent', 'Server selection failed'],
  waitingForSuitableServer: [
    'WaitingForSuitableServerEvent',
    'Waiting for suitable server to become available'
  ]
};

export function readSelectionEvent(
  name: LoggedName,
  bytes: Buffer,
  { options }: EventContext
): object {
  const record = deserialize(bytes, { promoteBuffers: true }) as unknown as SelectionRecord;
  const { operation, selector, topology, remainingTimeMS, address, failure } = record;
  const topologyDescription = readTopology(topology, options);
  const server = address === undefined ? undefined : topologyDescription.servers.get(address);
  const [type, message] = MESSAGES[name];
  return instance(selectionClasses()[type]!, {
    name,
    selector,
    operation,
    topologyDescription,
    message,
    ...(remainingTimeMS !== undefined && { remainingTimeMS }),
    ...(server && { serverHost: server.host, serverPort: server.port }),
    ...(failure !== undefined && { failure: fromRecord(failure) })
  });
}
