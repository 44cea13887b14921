/** What `client.topology` shows, and how seldom it asks. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { serialize, Timestamp, type Document } from 'bson';
import { internal } from '../support/internal.ts';

const { Topology } = internal<typeof import('../../lib/topology.ts')>('topology');
const { Limits } = internal<typeof import('../../lib/limits.ts')>('limits');
const { HostAddress } = internal<typeof import('../../lib/host-address.ts')>('host-address');

const CLIENT = { options: { appName: 'x' } };
const RESOLVED = { heartbeatFrequencyMS: 10_000, localThresholdMS: 15 };
const HOSTS = [new HostAddress({ host: 'a', port: 1 }), new HostAddress({ host: 'b', port: 2 })];

/** A source whose snapshots and reads are in sight. */
class Source {
  version = 0;
  reads = 0;
  found = false;
  record: Document = {};

  change(record: Document): void {
    this.record = record;
    this.found ||= record.servers.some((one: Document) => one.type !== 'Unknown');
    this.version += 1;
  }

  topologyVersion(): number {
    return this.version;
  }

  topology(): Uint8Array {
    this.reads += 1;
    return serialize({ ...this.record, version: this.version, found: this.found });
  }
}

function server(address: string, type: string, hello?: Document): Document {
  return { address, type, ...(hello && { hello: { ok: 1, setName: 's', ...hello } }) };
}

function primary(time?: number): Document {
  const set = { type: 'ReplicaSetWithPrimary', setName: 's' };
  const hello = {
    maxWireVersion: 17,
    logicalSessionTimeoutMinutes: 30,
    ...(time && { $clusterTime: { clusterTime: new Timestamp({ t: time, i: 1 }) } })
  };
  return { ...set, servers: [server('a:1', 'RSPrimary', hello), server('b:2', 'Unknown')] };
}

describe('Topology', () => {
  function open(resolved: Document = {}): [topology: InstanceType<typeof Topology>, Source] {
    const source = new Source();
    return [new Topology(CLIENT, 3, source, { ...RESOLVED, ...resolved }, HOSTS), source];
  }

  it('shows what the options say before anything is known', () => {
    const [topology, source] = open();
    const { description } = topology;
    assert.deepEqual([description.type, description.setName], ['Unknown', null]);
    assert.deepEqual([...description.servers.keys()], ['a:1', 'b:2']);
    assert.deepEqual([topology.isConnected(), topology.s.state], [false, 'connecting']);
    assert.equal(source.reads, 0);
    assert.equal(open({ replicaSet: 's' })[0].description.type, 'ReplicaSetNoPrimary');
    assert.equal(open({ directConnection: true })[0].description.type, 'Single');
    assert.equal(open({ loadBalanced: true })[0].description.type, 'LoadBalanced');
  });

  it('reads the description once a change, however often it is looked at', () => {
    const [topology, source] = open();
    source.change(primary());
    for (let i = 0; i < 1_000; i++) assert.equal(topology.s.description.setName, 's');
    assert.equal(source.reads, 1);
    assert.equal(topology.description, topology.s.description);
    source.change({ type: 'ReplicaSetNoPrimary', setName: 's', servers: [] });
    assert.equal(topology.description.type, 'ReplicaSetNoPrimary');
    assert.equal(source.reads, 2);
  });

  it('tells what the driver derives from the servers', () => {
    const [topology, source] = open({ serverSelectionTimeoutMS: 5 });
    source.change(primary(70));
    assert.equal(topology.constructor.name, 'Topology');
    assert.equal(topology.description.constructor.name, 'TopologyDescription');
    assert.equal(topology.commonWireVersion, 17);
    assert.equal(topology.logicalSessionTimeoutMinutes, 30);
    assert.equal(topology.lastHello().address, 'a:1');
    assert.equal(topology.clusterTime?.clusterTime.t, 70);
    assert.deepEqual(
      [topology.s.id, topology.s.heartbeatFrequencyMS, topology.s.serverSelectionTimeoutMS],
      [3, 10_000, 5]
    );
    assert.equal(topology.s.options, CLIENT.options);
  });

  it('is connected from the first server on, also when all are lost, until it is closed', () => {
    const [topology, source] = open();
    source.change(primary());
    assert.equal(topology.isConnected(), true);
    source.change({ type: 'ReplicaSetNoPrimary', servers: [server('a:1', 'Unknown')] });
    assert.deepEqual([topology.isConnected(), topology.s.state], [true, 'connected']);
    topology.close();
    assert.deepEqual([topology.isConnected(), topology.isDestroyed()], [false, true]);
    assert.equal(topology.s.state, 'closed');
    assert.equal(topology.description.type, 'ReplicaSetNoPrimary');
  });
});

describe('HostAddress', () => {
  it('is written as the driver writes it', () => {
    const forms = [
      { host: 'a', port: 1 },
      { host: '::1', port: 2, isIPv6: true },
      { socketPath: '/tmp/m.sock' }
    ];
    const written = forms.map(form => String(new HostAddress(form)));
    assert.deepEqual(written, ['a:1', '[::1]:2', '/tmp/m.sock']);
    assert.deepEqual(new HostAddress(forms[2]!).toHostPort(), { host: '/tmp/m.sock', port: 0 });
  });
});

describe('Limits', () => {
  it('are the smallest of the servers, looked for until they are known', () => {
    const source = new Source();
    const limits = new Limits();
    limits.learn(source);
    source.change({ servers: [server('a:1', 'Unknown')] });
    limits.learn(source);
    limits.learn(source);
    assert.deepEqual([limits.maxWriteBatchSize, source.reads], [100_000, 1]);
    const small = { maxBsonObjectSize: 1_000, maxWriteBatchSize: 10 };
    const large = { maxBsonObjectSize: 2_000, maxWriteBatchSize: 5 };
    source.change({
      servers: [server('a:1', 'RSPrimary', small), server('b:2', 'RSSecondary', large)]
    });
    limits.learn(source);
    assert.deepEqual([limits.maxBsonObjectSize, limits.maxWriteBatchSize], [1_000, 5]);
    source.change({ servers: [server('a:1', 'RSPrimary', large)] });
    limits.learn(source);
    assert.deepEqual([limits.maxBsonObjectSize, source.reads], [1_000, 2]);
  });
});
