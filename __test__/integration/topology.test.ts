/** `client.topology`, and what it and the events say of servers that die, come back or are found. */
import assert from 'node:assert/strict';
import { after, afterEach, before, describe, it } from 'node:test';
import { MongoNetworkError } from 'mongodb';
import { PolyPool, type PolyPoolOptions } from 'polypool';
import { namesOf, next, note, SERVERS } from '../support/listening.ts';
import {
  sharedMongod,
  startMongod,
  uniqueDatabase,
  type Mongod,
  type SharedMongod
} from '../support/mongod.ts';

/** What others are known to read although it is not declared: the driver's `s`. */
function internals(of: object): any {
  return (of as { s: unknown }).s;
}

describe('client.topology', () => {
  const database = uniqueDatabase();
  const opened: PolyPool[] = [];
  let mongod: SharedMongod;

  before(async () => {
    mongod = await sharedMongod();
  });
  afterEach(async () => {
    await Promise.all(opened.splice(0).map(pool => pool.close()));
  });
  after(() => mongod.stop());

  function open(options?: PolyPoolOptions): PolyPool {
    const pool = new PolyPool(mongod.uri, options);
    opened.push(pool);
    return pool;
  }

  it('is undefined before the first operation and after the end', async () => {
    const pool = open();
    assert.equal(pool.topology, undefined);
    await pool.db(database).command({ ping: 1 });
    const topology = pool.topology!;
    assert.equal(topology.description.type, 'ReplicaSetWithPrimary');
    assert.equal(internals(topology).description.type, 'ReplicaSetWithPrimary');
    assert.equal(topology.isConnected(), true);
    assert.equal(topology.clusterTime?.clusterTime.constructor.name, 'Timestamp');
    assert.equal(pool.topology, topology);
    await pool.close();
    assert.equal(pool.topology, undefined);
    assert.equal(topology.isConnected(), false);
    assert.equal(topology.description.type, 'ReplicaSetWithPrimary');
  });

  it('is made anew only when something has changed', async () => {
    const pool = await open().connect();
    const topology = pool.topology!;
    const { description } = topology;
    for (let i = 0; i < 100_000; i++) assert.equal(internals(topology).description, description);
    assert.equal(topology.description, description);
  });

  it('tells limits of writes to operations that ran without connect()', async () => {
    const pool = open();
    await pool.db(database).command({ ping: 1 });
    const { limits } = pool as unknown as Record<'limits', Record<string, number>>;
    assert.deepEqual(
      [limits['maxBsonObjectSize'], limits['maxWriteBatchSize']],
      [16 * 2 ** 20, 100_000]
    );
  });

  it("has the connection string's hosts, text and database beside it", () => {
    const uri = mongod.uri.replace('/?', '/other?');
    const pool = new PolyPool(uri);
    opened.push(pool);
    const { host, port } = new URL(uri.replace('mongodb:', 'http:'));
    const [first] = internals(pool).options.hosts;
    assert.equal(`${first!.host}:${first!.port}`, host);
    assert.equal(first!.port, Number(port));
    assert.equal(String(pool.options.hosts[0]), host);
    assert.deepEqual([internals(pool).url, internals(pool).options.dbName], [uri, 'other']);
  });
});

describe('Events of a server that dies and comes back', () => {
  let mongod: Mongod;

  before(async () => {
    mongod = await startMongod();
  });
  after(() => mongod.stop());

  it('tell of the failure, of what it changes, and of the recovery', async () => {
    const pool = new PolyPool(mongod.uri, { heartbeatFrequencyMS: 500, minPoolSize: 1 });
    try {
      await pool.connect();
      const lost = Promise.all([
        next(pool, 'serverHeartbeatFailed'),
        next(pool, 'serverDescriptionChanged', event => event.newDescription.type === 'Unknown'),
        next(
          pool,
          'topologyDescriptionChanged',
          event => event.newDescription.type === 'ReplicaSetNoPrimary'
        ),
        next(pool, 'connectionPoolCleared'),
        next(pool, 'connectionClosed')
      ]);
      await mongod.kill(0);
      const [failed, server, topology, cleared] = await lost;
      assert.ok(failed.failure instanceof MongoNetworkError, failed.failure.name);
      assert.equal(server.previousDescription.type, 'RSPrimary');
      assert.ok(server.newDescription.error instanceof MongoNetworkError);
      assert.equal(topology.previousDescription.type, 'ReplicaSetWithPrimary');
      assert.equal(cleared.address, server.address);
      const { description } = pool.topology!;
      assert.equal(description.type, 'ReplicaSetNoPrimary');
      assert.equal(description.hasKnownServers, false);
      assert.equal(pool.topology!.isConnected(), true);
      const back = next(
        pool,
        'topologyDescriptionChanged',
        event => event.newDescription.type === 'ReplicaSetWithPrimary'
      );
      const ready = next(pool, 'connectionPoolReady');
      await mongod.restart(0);
      await Promise.all([back, ready]);
      assert.equal(pool.topology!.description.type, 'ReplicaSetWithPrimary');
    } finally {
      await pool.close();
    }
  });

  it('tell of the servers of a set that were found, before they tell of the set', async () => {
    const set = await startMongod({ nodes: 2 });
    const pool = new PolyPool(`mongodb://127.0.0.1:${set.ports[0]!}/?replicaSet=polypool`);
    try {
      const heard = note(pool, SERVERS);
      const both = next(
        pool,
        'topologyDescriptionChanged',
        ({ newDescription: { servers } }) =>
          servers.size === 2 && [...servers.values()].every(({ type }) => type !== 'Unknown')
      );
      await pool.connect();
      const { newDescription } = await both;
      assert.equal(newDescription.type, 'ReplicaSetWithPrimary');
      assert.deepEqual(namesOf(heard).slice(0, 6), [
        'topologyOpening',
        'topologyDescriptionChanged',
        'serverOpening',
        'serverDescriptionChanged',
        'serverOpening',
        'topologyDescriptionChanged'
      ]);
      assert.equal(heard.filter(([name]) => name === 'serverOpening').length, 2);
    } finally {
      await pool.close();
      await set.stop();
    }
  });
});
