/**
 * Descriptions of servers and topology: the driver's own classes, made from Rust's records
 * (`src/pool/events/view.rs`). It does not know whether an event or the topology shows them.
 */
import type * as Driver from 'mongodb';
import type { Document } from './bson/options';
import { fromRecord, type ErrorRecord } from './error';
import { serverDescriptionClass, topologyDescriptionClass } from './events/classes';

/** A server as Rust describes it. */
export interface ServerRecord {
  address: string;
  type: Driver.ServerType;
  /** Its last answer, while it is of a known type. */
  hello?: Document;
  error?: ErrorRecord;
  /** Milliseconds, on average. */
  roundTripTime?: number;
  lastUpdateTime?: Date;
}

/** A topology as Rust describes it. */
export interface TopologyRecord {
  type: Driver.TopologyType;
  setName?: string;
  maxSetVersion?: number;
  maxElectionId?: Driver.ObjectId;
  servers: ServerRecord[];
}

export function serverDescription(record: ServerRecord): Driver.ServerDescription {
  const ServerDescription = serverDescriptionClass();
  const description = new ServerDescription(
    record.address,
    record.hello && withWritablePrimary(record.hello),
    {
      error: record.error && fromRecord(record.error),
      roundTripTime: record.roundTripTime,
      loadBalanced: record.type === 'LoadBalancer'
    }
  );
  // The driver would read it out of the hello; Rust has, and by the same rules.
  description.type = record.type;
  if (record.lastUpdateTime !== undefined) {
    description.lastUpdateTime = processTime(record.lastUpdateTime);
  }
  return description;
}

/** @param options - of the client, with every default in place */
export function topologyDescription(
  record: TopologyRecord,
  options: Document
): Driver.TopologyDescription {
  const TopologyDescription = topologyDescriptionClass();
  const servers = record.servers.map(serverDescription);
  const known = servers.map(server => server.maxWireVersion).filter(version => version > 0);
  return new TopologyDescription(
    record.type,
    new Map(servers.map(server => [server.address, server])),
    record.setName ?? null,
    record.maxSetVersion ?? null,
    record.maxElectionId ?? null,
    known.length === 0 ? null : Math.min(...known),
    // The one before the first is nobody's yet.
    servers.length === 0 && record.type === 'Unknown'
      ? null
      : {
          heartbeatFrequencyMS: options['heartbeatFrequencyMS'] as number,
          localThresholdMS: options['localThresholdMS'] as number
        }
  );
}

/** The answer to the old command says by another name what `hello` says; the driver adds this one. */
export function withWritablePrimary(hello: Document): Document {
  if (!('isWritablePrimary' in hello)) {
    hello['isWritablePrimary'] = hello['ismaster'] as unknown;
  }
  return hello;
}

/** The driver measures from the start of the process, in whole milliseconds. */
function processTime(time: Date): number {
  return Math.floor(time.getTime() - performance.timeOrigin);
}
