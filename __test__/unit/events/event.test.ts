/** Events out of records: the driver's classes, with its fields, and without what is secret. */
import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
import { describe, it } from 'node:test';
import type * as BSON from 'bson';
import { Binary, EJSON, Long, ObjectId, serialize, type Document } from 'bson';
import * as mongodb from 'mongodb';
import { internal } from '../../support/internal.ts';

const { readEvent } = internal<typeof import('../../../lib/events/event.ts')>('events/event');
const { EVENT_NAMES } = internal<typeof import('../../../lib/events/kinds.ts')>('events/kinds');
const { resolveBSONOptions } =
  internal<typeof import('../../../lib/bson/options.ts')>('bson/options');

type Name = (typeof EVENT_NAMES)[number];

const OPTIONS = {
  maxConnecting: 2,
  maxPoolSize: 100,
  minPoolSize: 0,
  maxIdleTimeMS: 0,
  waitQueueTimeoutMS: 0,
  heartbeatFrequencyMS: 10_000,
  localThresholdMS: 15
};
const COMMAND = {
  address: 'a:1',
  connectionId: 3,
  serverConnectionId: Long.fromNumber(70),
  requestId: 9,
  databaseName: 'd',
  commandName: 'find'
};
const FAILURE = {
  class: 'MongoServerError',
  message: 'no',
  response: { ok: 0, errmsg: 'no', code: 13 }
};
const UNKNOWN = { address: 'a:1', type: 'Unknown' };
const HELLO = { ismaster: true, setName: 's', hosts: ['A:1'], maxWireVersion: 17, ok: 1 };
const PRIMARY = {
  address: 'a:1',
  type: 'RSPrimary',
  hello: HELLO,
  roundTripTime: 1.5,
  lastUpdateTime: new Date()
};

/** What command events show of documents. */
interface Shown {
  command: Document;
  reply: Document;
}

const require = createRequire(import.meta.url);

function read(name: Name, record: Document, ...behind: Document[]): any {
  const documents = [record, ...behind];
  const bytes = Buffer.concat(documents.map(one => serialize(one, { ignoreUndefined: true })));
  const bson = resolveBSONOptions({ promoteBuffers: true });
  return readEvent(name, bytes, { topologyId: 4, options: OPTIONS, bson });
}

/** The exported class of an event. */
function classOf(name: Name): new (...args: never[]) => object {
  const type = `${name[0]!.toUpperCase()}${name.slice(1)}Event`;
  return (mongodb as unknown as Record<string, new (...args: never[]) => object>)[type]!;
}

describe('A command event', () => {
  it('of a start has the command, with longs and binaries as they are', () => {
    const command = { find: 'c', batchSize: Long.fromNumber(5), b: new Binary(Buffer.from('x')) };
    const event = read('commandStarted', COMMAND, command);
    assert.ok(event instanceof mongodb.CommandStartedEvent);
    const { command: shown, ...fields } = Object.fromEntries<unknown>(Object.entries(event));
    assert.deepEqual(fields, {
      name: 'commandStarted',
      address: 'a:1',
      connectionId: 3,
      serviceId: undefined,
      requestId: 9,
      serverConnectionId: 70n,
      databaseName: 'd',
      commandName: 'find'
    });
    assert.equal(
      EJSON.stringify(shown, { relaxed: false }),
      EJSON.stringify(command, { relaxed: false })
    );
    assert.equal((event as any).hasServiceId, false);
  });

  it("has values of the client's bson, in its command as in its reply", () => {
    const theirs = createRequire(require.resolve('mongoose8'))('bson') as typeof BSON;
    const values = { id: new ObjectId(), n: Long.fromNumber(5) };
    const record = Buffer.concat([serialize(COMMAND), serialize(values)]);
    const bson = resolveBSONOptions({ promoteLongs: false }, undefined, theirs);
    const context = { topologyId: 4, options: OPTIONS, bson };
    const { command } = readEvent('commandStarted', record, context) as Shown;
    const { reply } = readEvent('commandSucceeded', record, context) as Shown;
    for (const { id, n } of [command, reply]) {
      assert.ok(id instanceof theirs.ObjectId && n instanceof theirs.Long);
      assert.ok(!(id instanceof ObjectId));
    }
  });

  it('of a success has the reply, as the client reads documents', () => {
    const record = { ...COMMAND, duration: 4, serviceId: new ObjectId() };
    const reply = { ok: 1, n: Long.fromNumber(5), b: new Binary(Buffer.from('x')) };
    const event = read('commandSucceeded', record, reply);
    assert.ok(event instanceof mongodb.CommandSucceededEvent);
    assert.deepEqual(event.reply, { ok: 1, n: 5, b: Buffer.from('x') });
    assert.equal(event.duration, 4);
    assert.equal((event as any).hasServiceId, true);
  });

  it('of a failure has the error that the operation ends with', () => {
    const old = { ...COMMAND, serverConnectionId: undefined };
    const event = read('commandFailed', { ...old, duration: 4, failure: FAILURE });
    assert.ok(event instanceof mongodb.CommandFailedEvent);
    assert.ok(event.failure instanceof mongodb.MongoServerError);
    assert.equal(event.failure.code, 13);
    assert.equal(event.serverConnectionId, null);
  });

  it('shows nothing of a sensitive command', () => {
    const record = { ...COMMAND, commandName: 'createUser', duration: 1, failure: FAILURE };
    const started = read('commandStarted', record, { createUser: 'u', pwd: 'secret' });
    assert.deepEqual([started.command, started.commandObj], [{}, { createUser: true }]);
    assert.deepEqual(read('commandSucceeded', record, { ok: 1, secret: 1 }).reply, {});
    assert.deepEqual(read('commandFailed', record).failure, {});
  });
});

describe('A connection event', () => {
  const record = { time: new Date(5), address: 'a:1', connectionId: 2 };

  it("of a pool's creation has the pool's options", () => {
    const { maxConnecting, maxPoolSize, minPoolSize, maxIdleTimeMS, waitQueueTimeoutMS } = OPTIONS;
    const event = read('connectionPoolCreated', { time: new Date(5), address: 'a:1' });
    assert.deepEqual(event.options, {
      maxConnecting,
      maxPoolSize,
      minPoolSize,
      maxIdleTimeMS,
      waitQueueTimeoutMS
    });
  });

  for (const name of EVENT_NAMES.filter(one => one.startsWith('connection'))) {
    it(`is an instance of the driver's class: ${name}`, () => {
      const event = read(name, record);
      assert.equal(event.constructor, classOf(name));
      assert.deepEqual([event.name, event.address, event.time], [name, 'a:1', new Date(5)]);
    });
  }
});

describe('An event of the deployment', () => {
  const topology = (type: string, ...servers: object[]): object => ({ type, servers });
  const records: Record<string, Document> = {
    serverOpening: { address: 'a:1' },
    serverClosed: { address: 'a:1' },
    serverDescriptionChanged: { address: 'a:1', previous: UNKNOWN, new: PRIMARY },
    topologyOpening: {},
    topologyClosed: {},
    topologyDescriptionChanged: {
      previous: topology('Unknown'),
      new: topology('ReplicaSetNoPrimary', UNKNOWN)
    },
    serverHeartbeatStarted: { address: 'a:1', awaited: true },
    serverHeartbeatSucceeded: { address: 'a:1', awaited: true, duration: 3, reply: HELLO },
    serverHeartbeatFailed: { address: 'a:1', awaited: false, duration: 3, failure: FAILURE }
  };

  for (const [name, record] of Object.entries(records)) {
    it(`is an instance of the driver's class: ${name}`, () => {
      const event = read(name as Name, record);
      assert.equal(event.constructor, classOf(name as Name));
      assert.equal(event.name, name);
      if (name.startsWith('serverHeartbeat')) assert.equal(event.connectionId, 'a:1');
      else assert.equal(event.topologyId, 4);
    });
  }

  it('shows a server before and after', () => {
    const event = read('serverDescriptionChanged', records.serverDescriptionChanged!);
    assert.equal(event.previousDescription.type, 'Unknown');
    assert.equal(event.previousDescription.roundTripTime, -1);
    const now = event.newDescription;
    assert.equal(now.constructor.name, 'ServerDescription');
    assert.deepEqual(
      [now.type, now.hosts, now.setName, now.maxWireVersion, now.roundTripTime],
      ['RSPrimary', ['a:1'], 's', 17, 1.5]
    );
    assert.deepEqual([now.host, now.port, now.isWritable], ['a', 1, true]);
    assert.ok(Math.abs(now.lastUpdateTime - performance.now()) < 60_000);
    assert.ok(!now.equals(event.previousDescription));
  });

  it('shows why a server is of no use', () => {
    const failed = { ...UNKNOWN, error: { class: 'MongoNetworkError', message: 'gone' } };
    const record = { previous: topology('Unknown'), new: topology('Unknown', failed) };
    const { newDescription } = read('topologyDescriptionChanged', record);
    const server = newDescription.servers.get('a:1');
    assert.ok(server.error instanceof mongodb.MongoNetworkError);
    assert.equal(newDescription.error, server.error);
    assert.equal(newDescription.hasKnownServers, false);
  });

  it('says of a heartbeat by hello and by the old command alike who takes writes', () => {
    const event = read('serverHeartbeatSucceeded', records.serverHeartbeatSucceeded!);
    assert.equal(event.reply.isWritablePrimary, true);
    assert.equal(event.duration, 3);
  });
});
