/**
 * `client.topology`: what is known of the deployment, as plain data that is cheap to look at. Rust
 * counts its changes; the description is made anew only when one was counted. It finds out nothing
 * itself, and ends with the client's `close()`.
 */
import type { ClusterTime, ServerApi, TopologyDescription } from 'mongodb';
import { deserialize } from './bson/bson';
import type { Document } from './bson/options';
import { topologyDescription, type TopologyRecord } from './description';
import type { HostAddress } from './host-address';

/** Where the description comes from. */
export interface TopologySource {
  /** Counts its changes; 0 before the first and after the end. */
  topologyVersion(): number;
  /** It as BSON, or nothing after the end. */
  topology(): Uint8Array | null;
}

/** A description as it crosses, with the version it has at least. */
type Snapshot = TopologyRecord & {
  version: number;
  /** A server has been of a known type once. */
  found: boolean;
};

/** The innards of the driver's class that others are known to read. */
export interface TopologyState {
  readonly id: number;
  readonly options: Document;
  readonly seedlist: readonly HostAddress[];
  readonly state: 'connecting' | 'connected' | 'closed';
  readonly description: TopologyDescription;
  readonly serverSelectionTimeoutMS: number;
  readonly heartbeatFrequencyMS: number;
  readonly minHeartbeatFrequencyMS: number;
  readonly clusterTime: ClusterTime | undefined;
}

/** What the topology knows of its client. */
interface Owner {
  readonly options: object;
}

export class Topology {
  /** As in the driver, internal. @internal */
  readonly s: TopologyState;
  readonly client: Owner;
  readonly #id: number;
  #source: TopologySource | undefined;
  /** The client's options with every default in place. */
  readonly #resolved: Document;
  readonly #hosts: readonly HostAddress[];
  /** What the description was made from; 0 as long as it says no more than the options do. */
  #version = 0;
  #description: TopologyDescription | undefined;
  /** A server has been found. It stays so when all are lost, as in the driver. */
  #wasFound = false;

  /** @internal */
  constructor(
    client: Owner,
    id: number,
    source: TopologySource,
    resolved: Document,
    hosts: readonly HostAddress[]
  ) {
    this.client = client;
    this.#id = id;
    this.#source = source;
    this.#resolved = resolved;
    this.#hosts = hosts;
    this.s = this.#state();
  }

  get description(): TopologyDescription {
    this.#refresh();
    return (this.#description ??= topologyDescription(this.#initial(), this.#resolved));
  }

  get loadBalanced(): boolean {
    return this.#resolved['loadBalanced'] === true;
  }

  get serverApi(): ServerApi | undefined {
    return this.#resolved['serverApi'] as ServerApi | undefined;
  }

  get commonWireVersion(): number {
    return this.description.commonWireVersion;
  }

  get logicalSessionTimeoutMinutes(): number | null {
    return this.description.logicalSessionTimeoutMinutes;
  }

  /** The latest of those that the servers' monitors were told. */
  get clusterTime(): ClusterTime | undefined {
    let latest: ClusterTime | undefined;
    for (const { $clusterTime: time } of this.description.servers.values()) {
      if (time && !(latest && latest.clusterTime.greaterThan(time.clusterTime))) latest = time;
    }
    return latest;
  }

  /** The description of a server that has answered. */
  lastHello(): Document {
    const servers = [...this.description.servers.values()];
    if (servers.length === 0) return {};
    const known = servers.find(server => server.type !== 'Unknown');
    return known ?? { maxWireVersion: this.description.commonWireVersion };
  }

  isConnected(): boolean {
    if (this.#source === undefined) return false;
    this.#refresh();
    return this.#wasFound;
  }

  isDestroyed(): boolean {
    return this.#source === undefined;
  }

  /** Keeps the last description, if it was ever looked at. @internal */
  close(): void {
    if (this.#description !== undefined) this.#read();
    this.#source = undefined;
  }

  #refresh(): void {
    const version = this.#source?.topologyVersion() ?? 0;
    if (version !== 0 && version !== this.#version) this.#read();
  }

  #read(): void {
    const bytes = this.#source?.topology();
    if (!bytes) return;
    const snapshot = deserialize(bytes, { promoteBuffers: true }) as unknown as Snapshot;
    this.#version = snapshot.version;
    this.#wasFound = snapshot.found;
    this.#description = topologyDescription(snapshot, this.#resolved);
  }

  /** What the options alone say (mongodb 7.8, `topology.ts`). */
  #initial(): TopologyRecord {
    const { directConnection, replicaSet, loadBalanced } = this.#resolved;
    const servers = this.#hosts.map(
      host => ({ address: host.toString(), type: 'Unknown' }) as const
    );
    const setName = replicaSet as string | undefined;
    if (directConnection === true) return { type: 'Single', setName, servers };
    if (setName) return { type: 'ReplicaSetNoPrimary', setName, servers };
    return { type: loadBalanced === true ? 'LoadBalanced' : 'Unknown', servers };
  }

  #state(): TopologyState {
    const number = (name: string): number => this.#resolved[name] as number;
    const state = (): TopologyState['state'] => {
      if (this.isDestroyed()) return 'closed';
      return this.isConnected() ? 'connected' : 'connecting';
    };
    // Made when somebody looks, as they load classes of the driver's.
    const options = (): Document => this.client.options;
    const description = (): TopologyDescription => this.description;
    const clusterTime = (): ClusterTime | undefined => this.clusterTime;
    return {
      id: this.#id,
      get options() {
        return options();
      },
      seedlist: this.#hosts,
      get state() {
        return state();
      },
      get description() {
        return description();
      },
      get clusterTime() {
        return clusterTime();
      },
      serverSelectionTimeoutMS: number('serverSelectionTimeoutMS'),
      heartbeatFrequencyMS: number('heartbeatFrequencyMS'),
      minHeartbeatFrequencyMS: number('minHeartbeatFrequencyMS')
    };
  }
}
