/**
 * What the servers said of the largest write that all of them take. It is read once out of the
 * topology: the limits have been the same in every version of the server that is supported.
 */
import { deserialize } from './bson/bson';
import type { Document } from './bson/options';
import type { TopologyRecord } from './description';
import type { TopologySource } from './topology';

/** The limits of write commands. */
export interface ServerLimits {
  /** Bytes of the largest document. */
  readonly maxBsonObjectSize: number;
  /** Statements of the largest write command. */
  readonly maxWriteBatchSize: number;
  /** Bytes of the largest message. */
  readonly maxMessageSizeBytes: number;
  /** What all servers speak; undefined before one has said so. */
  readonly maxWireVersion: number | undefined;
}

/** What of a `hello` reply are limits. */
const NAMES = [
  'maxBsonObjectSize',
  'maxWriteBatchSize',
  'maxMessageSizeBytes',
  'maxWireVersion'
] as const satisfies ReadonlyArray<keyof ServerLimits>;

export class Limits implements ServerLimits {
  /** Of every supported server. */
  maxBsonObjectSize = 16 * 1024 * 1024;
  maxWriteBatchSize = 100_000;
  maxMessageSizeBytes = 48_000_000;
  maxWireVersion: number | undefined;
  /** A server has said so. */
  #isKnown = false;
  /** Of the topology that was looked at last. */
  #version = 0;

  /** Looks again, if there is something new to see and it is still needed. */
  learn(source: TopologySource): void {
    if (this.#isKnown) return;
    const version = source.topologyVersion();
    if (version === this.#version) return;
    this.#version = version;
    const bytes = source.topology();
    if (!bytes) return;
    const { servers } = deserialize(bytes) as unknown as TopologyRecord;
    const hellos = servers.flatMap(({ hello }): Document[] => (hello ? [hello] : []));
    this.#isKnown = hellos.length > 0;
    for (const name of NAMES) {
      const said = hellos.map(hello => hello[name] as unknown).filter(Number.isInteger);
      if (said.length > 0) this[name] = Math.min(...(said as number[]));
    }
  }
}
