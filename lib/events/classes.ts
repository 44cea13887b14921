/**
 * The driver's own classes of events and descriptions, so that `instanceof` holds for those a user
 * imports from `mongodb`. They load with the first event that somebody listens for, or the first look
 * at the topology.
 */
import type * as Driver from 'mongodb';

type Command = Pick<
  typeof Driver,
  'CommandStartedEvent' | 'CommandSucceededEvent' | 'CommandFailedEvent'
> & {
  /** Commands whose contents no event shows. */
  SENSITIVE_COMMANDS: ReadonlySet<string>;
};

/** What `mongodb/lib/cmap/command_monitoring_events` exports. */
export function commandClasses(): Command {
  // eslint-disable-next-line @typescript-eslint/no-require-imports -- loaded late on purpose: most pools have no listeners
  return require('mongodb/lib/cmap/command_monitoring_events') as Command;
}

/** What `mongodb/lib/cmap/connection_pool_events` exports, by name. */
export function connectionClasses(): Record<string, EventClass> {
  // eslint-disable-next-line @typescript-eslint/no-require-imports -- as above
  return require('mongodb/lib/cmap/connection_pool_events') as Record<string, EventClass>;
}

/** What `mongodb/lib/sdam/events` exports, by name. */
export function deploymentClasses(): Record<string, EventClass> {
  // eslint-disable-next-line @typescript-eslint/no-require-imports -- as above
  return require('mongodb/lib/sdam/events') as Record<string, EventClass>;
}

/** What `mongodb/lib/sdam/server_selection_events` exports, by name. */
export function selectionClasses(): Record<string, EventClass> {
  // eslint-disable-next-line @typescript-eslint/no-require-imports -- as above
  return require('mongodb/lib/sdam/server_selection_events') as Record<string, EventClass>;
}

/** The constructor of a server's description, with its real parameters. */
export type ServerDescriptionClass = new (
  address: string,
  hello?: Driver.Document,
  options?: {
    error?: Error | undefined;
    roundTripTime?: number | undefined;
    loadBalanced?: boolean;
  }
) => Driver.ServerDescription;

/** The constructor of a topology's description, with its real parameters. */
export type TopologyDescriptionClass = new (
  type: string,
  servers: Map<string, Driver.ServerDescription>,
  setName: string | null,
  maxSetVersion: number | null,
  maxElectionId: Driver.ObjectId | null,
  commonWireVersion: number | null,
  options: { heartbeatFrequencyMS: number; localThresholdMS: number } | null
) => Driver.TopologyDescription;

export function serverDescriptionClass(): ServerDescriptionClass {
  // eslint-disable-next-line @typescript-eslint/no-require-imports -- as above
  const module = require('mongodb/lib/sdam/server_description') as {
    ServerDescription: ServerDescriptionClass;
  };
  return module.ServerDescription;
}

export function topologyDescriptionClass(): TopologyDescriptionClass {
  // eslint-disable-next-line @typescript-eslint/no-require-imports -- as above
  const module = require('mongodb/lib/sdam/topology_description') as {
    TopologyDescription: TopologyDescriptionClass;
  };
  return module.TopologyDescription;
}

/** A class of events. Its constructor takes the driver's connections and pools, so nobody calls it. */
export interface EventClass {
  readonly prototype: object;
}

/** An instance of a class of events with these fields. */
export function instance(type: EventClass, fields: object): object {
  return Object.assign(Object.create(type.prototype) as object, fields);
}
