/**
 * What a pool tells its listeners of commands, connections and servers, and what it keeps to itself.
 * How that compares with the driver, `compat` shows.
 */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { after, afterEach, before, describe, it } from 'node:test';
import {
  type CommandFailedEvent,
  type CommandStartedEvent,
  type CommandSucceededEvent,
  MongoServerError
} from 'mongodb';
import { createPool, PolyPool, type PolyPoolOptions } from 'polypool';
import {
  COMMANDS,
  DEADLINE_MS,
  namesOf,
  next,
  note,
  SERVERS,
  type Name
} from '../support/listening.ts';
import { sharedMongod, uniqueDatabase, type SharedMongod } from '../support/mongod.ts';

describe('Events', () => {
  const database = uniqueDatabase();
  const opened: PolyPool[] = [];
  let mongod: SharedMongod;

  before(async () => {
    mongod = await sharedMongod();
  });
  afterEach(async () => {
    await Promise.all(opened.splice(0).map(pool => pool.close()));
  });
  after(async () => {
    const pool = await PolyPool.connect(mongod.uri);
    await pool.db(database).dropDatabase();
    await pool.close();
    await mongod.stop();
  });

  function open(options?: PolyPoolOptions): PolyPool {
    const pool = new PolyPool(mongod.uri, options);
    opened.push(pool);
    return pool;
  }

  describe('of commands', () => {
    it('come in pairs, before the promise of their operation is settled', async () => {
      const pool = await open({ monitorCommands: true }).connect();
      const heard = note(pool, COMMANDS);
      const documents = pool.db(database).collection('commands');
      await documents.insertOne({ a: 1 });
      assert.deepEqual(namesOf(heard), ['commandStarted', 'commandSucceeded']);
      const [started, succeeded] = heard.map(([, event]) => event) as [
        CommandStartedEvent,
        CommandSucceededEvent
      ];
      assert.equal(started.requestId, succeeded.requestId);
      assert.equal(started.commandName, 'insert');
      assert.equal(started.command.documents[0].a, 1);
      assert.equal(started.databaseName, database);
      assert.equal(succeeded.databaseName, database);
      assert.equal((succeeded.reply as { n: number }).n, 1);
      assert.equal(typeof started.serverConnectionId, 'bigint');
      assert.equal(started.address, succeeded.address);
    });

    it('of a failure carry the very kind of error that the operation ends with', async () => {
      const pool = open({ monitorCommands: true });
      const heard = note(pool, COMMANDS);
      const error: unknown = await pool
        .db(database)
        .command({ nonsense: 1 })
        .catch((reason: unknown) => reason);
      assert.deepEqual(namesOf(heard), ['commandStarted', 'commandFailed']);
      const { failure } = heard[1]![1] as CommandFailedEvent;
      assert.ok(failure instanceof MongoServerError && error instanceof MongoServerError);
      assert.deepEqual([failure.code, failure.message], [error.code, error.message]);
    });

    it('come for every batch of a cursor', async () => {
      const pool = open({ monitorCommands: true });
      const documents = pool.db(database).collection<{ _id: number }>('batches');
      await documents.insertMany(Array.from({ length: 5 }, (_, _id) => ({ _id })));
      const heard = note(pool, COMMANDS);
      await documents.find({}, { batchSize: 2 }).toArray();
      const started = heard.filter(([name]) => name === 'commandStarted');
      assert.deepEqual(
        started.map(([, event]) => (event as CommandStartedEvent).commandName),
        ['find', 'getMore', 'getMore']
      );
      assert.equal(heard.length, 2 * started.length);
      assert.equal(heard[1]![1].reply.cursor.firstBatch.length, 2);
    });

    it('come as a failure when an operation is given up', async () => {
      const pool = await open({ monitorCommands: true }).connect();
      const documents = pool.db(database).collection('given-up');
      await documents.insertOne({});
      const heard = note(pool, COMMANDS);
      const slow = documents.findOne({ $where: 'sleep(60000) || true' });
      const outcome = slow.catch((reason: unknown) => reason);
      await next(pool, 'commandStarted');
      await pool.close();
      assert.equal(((await outcome) as Error).name, 'MongoClientClosedError');
      const failed = heard.filter(([name]) => name === 'commandFailed');
      assert.equal(failed.length, 1);
      const [[, event]] = failed as [[Name, CommandFailedEvent]];
      assert.deepEqual([event.commandName, event.failure.name], ['find', 'MongoClientClosedError']);
      assert.equal(event.requestId, heard[0]![1].requestId);
    });

    it('come as a failure when the server takes longer than socketTimeoutMS', async () => {
      const options = { monitorCommands: true, socketTimeoutMS: 100, retryReads: false };
      const pool = await open(options).connect();
      const documents = pool.db(database).collection('slow');
      // By a pool that has time, as making a collection may take more than this one allows.
      await open({}).db(database).collection('slow').insertOne({});
      const heard = note(pool, COMMANDS);
      await assert.rejects(documents.findOne({ $where: 'sleep(2000) || true' }), {
        name: 'MongoNetworkTimeoutError'
      });
      assert.deepEqual(namesOf(heard), ['commandStarted', 'commandFailed']);
      assert.equal(heard[1]![1].failure.name, 'MongoNetworkTimeoutError');
      assert.ok(heard[1]![1].duration >= 100);
    });

    it('show nothing of what is sensitive', async () => {
      const pool = open({ monitorCommands: true });
      const heard = note(pool, COMMANDS);
      const user = { createUser: 'u', pwd: 'secret', roles: [] };
      await pool.db(database).command(user);
      await pool.db(database).command({ dropUser: 'u' });
      assert.deepEqual(heard[0]![1].command, {});
      assert.deepEqual(heard[0]![1].commandObj, { createUser: true });
      assert.deepEqual(heard[1]![1].reply, {});
      assert.equal(heard[2]![1].command.dropUser, 'u');
    });

    it('do not come without monitorCommands, nor of connecting', async () => {
      const silent = open();
      const heard = note(silent, COMMANDS);
      await silent.db(database).command({ ping: 1 });
      const loud = open({ monitorCommands: true });
      heard.push(...note(loud, COMMANDS));
      await loud.connect();
      assert.deepEqual(heard, []);
    });

    it('come as well when monitorCommands is set before the first operation', async () => {
      const pool = open();
      pool.monitorCommands = true;
      assert.equal(pool.options.monitorCommands, true);
      const heard = note(pool, COMMANDS);
      await pool.db(database).command({ ping: 1 });
      assert.deepEqual(namesOf(heard), ['commandStarted', 'commandSucceeded']);
    });

    it('with a reply of more than a mebibyte come whole', async () => {
      const pool = open({ monitorCommands: true });
      const documents = pool.db(database).collection('large');
      const text = 'x'.repeat(3 * 2 ** 20);
      const heard = note(pool, COMMANDS);
      await documents.insertOne({ text });
      await documents.findOne({}, { projection: { _id: 0 } });
      assert.equal(heard[0]![1].command.documents[0].text, text);
      assert.deepEqual(heard[3]![1].reply.cursor.firstBatch, [{ text }]);
    });
  });

  describe('of connections', () => {
    it('tell of a pool from its creation to its end', async () => {
      const pool = open();
      const heard = note(pool, [
        'connectionPoolCreated',
        'connectionPoolReady',
        'connectionCheckOutStarted',
        'connectionCreated',
        'connectionReady',
        'connectionCheckedOut',
        'connectionCheckedIn',
        'connectionClosed',
        'connectionPoolClosed'
      ]);
      const checkedIn = next(pool, 'connectionCheckedIn');
      await pool.connect();
      await checkedIn;
      await pool.close();
      const names = namesOf(heard);
      assert.deepEqual(names.slice(0, 7), [
        'connectionPoolCreated',
        'connectionPoolReady',
        'connectionCheckOutStarted',
        'connectionCreated',
        'connectionReady',
        'connectionCheckedOut',
        'connectionCheckedIn'
      ]);
      assert.deepEqual(names.slice(-2), ['connectionClosed', 'connectionPoolClosed']);
      assert.equal(heard.at(-2)![1].reason, 'poolClosed');
      assert.deepEqual(heard[0]![1].options.maxPoolSize, 100);
    });

    it('tell of an operation that waited too long for one', async () => {
      const pool = await open({ maxPoolSize: 1, waitQueueTimeoutMS: 50 }).connect();
      const documents = pool.db(database).collection('queue');
      await documents.insertOne({});
      const slow = documents.findOne({ $where: 'sleep(500) || true' });
      const heard = note(pool, ['connectionCheckOutFailed']);
      const error: unknown = await documents.findOne({}).catch((reason: unknown) => reason);
      const [[, failed]] = heard as [[Name, any]];
      assert.deepEqual([failed.reason, failed.durationMS], ['timeout', 50]);
      assert.equal(failed.error.name, 'MongoWaitQueueTimeoutError');
      assert.equal((error as Error).message, failed.error.message);
      assert.ok(pool.topology!.description.servers.has(failed.address));
      await slow;
    });

    it('tell of a login that is refused', async () => {
      const pool = open({ auth: { username: 'nobody', password: 'wrong' } });
      const heard = note(pool, ['connectionCheckOutFailed', 'connectionPoolCleared']);
      await assert.rejects(pool.connect(), MongoServerError);
      assert.deepEqual(namesOf(heard).sort(), [
        'connectionCheckOutFailed',
        'connectionPoolCleared'
      ]);
      const failed = heard.find(([name]) => name === 'connectionCheckOutFailed');
      assert.equal(failed?.[1].reason, 'connectionError');
    });
  });

  describe('of servers', () => {
    it('that were listened for before connecting come from the first one on', async () => {
      const pool = open();
      const heard = note(pool, SERVERS);
      await pool.connect();
      assert.deepEqual(namesOf(heard), [
        'topologyOpening',
        'topologyDescriptionChanged',
        'serverOpening',
        'serverDescriptionChanged',
        'topologyDescriptionChanged'
      ]);
      const [, , , server, topology] = heard.map(([, event]) => event);
      assert.deepEqual(
        [server.previousDescription.type, server.newDescription.type],
        ['Unknown', 'RSPrimary']
      );
      assert.equal(topology.newDescription.type, 'ReplicaSetWithPrimary');
      assert.ok(topology.newDescription.hasServer(server.address));
      assert.ok(server.newDescription.equals(topology.newDescription.servers.get(server.address)));
      heard.length = 0;
      await pool.close();
      assert.deepEqual(namesOf(heard), ['serverClosed', 'topologyClosed']);
    });

    it('come again after close() and connect(), of another topology', async () => {
      const pool = open();
      const heard = note(pool, ['topologyOpening', 'topologyClosed']);
      await pool.connect();
      await pool.close();
      await pool.connect();
      assert.deepEqual(namesOf(heard), ['topologyOpening', 'topologyClosed', 'topologyOpening']);
      const [first, closed, second] = heard.map(([, event]) => event.topologyId as number);
      assert.equal(first, closed);
      assert.notEqual(first, second);
    });

    it('tell of heartbeats as long as the pool is open', async () => {
      const pool = open({ heartbeatFrequencyMS: 500, serverMonitoringMode: 'poll' });
      await pool.connect();
      await next(pool, 'serverHeartbeatStarted');
      const { reply, connectionId, duration } = await next(pool, 'serverHeartbeatSucceeded');
      assert.ok(reply.isWritablePrimary);
      assert.ok(pool.topology!.description.servers.has(connectionId));
      assert.ok(duration >= 0);
      const { lastUpdateTime } = [...pool.topology!.description.servers.values()][0]!;
      await next(pool, 'serverHeartbeatSucceeded');
      const { description } = pool.topology!;
      assert.ok([...description.servers.values()][0]!.lastUpdateTime > lastUpdateTime);
      const heard = note(pool, ['serverHeartbeatStarted', 'serverHeartbeatFailed']);
      await pool.close();
      assert.ok(!namesOf(heard).includes('serverHeartbeatFailed'));
    });
  });

  describe('and listeners', () => {
    it('of every sharer of a pool hear of it, whenever they came', async () => {
      const uri = `${mongod.uri}&appName=${uniqueDatabase()}`;
      const [early, late] = [createPool(uri), createPool(uri)];
      opened.push(early, late);
      const first = note(early, SERVERS);
      await early.connect();
      const second = note(late, SERVERS);
      await late.connect();
      const checkedOut = Promise.all([
        next(early, 'connectionCheckedOut'),
        next(late, 'connectionCheckedOut')
      ]);
      await late.db(database).command({ ping: 1 });
      const [theirs, ours] = await checkedOut;
      assert.deepEqual(theirs, ours);
      await late.close();
      assert.deepEqual(namesOf(second).slice(-2), ['serverClosed', 'topologyClosed']);
      assert.ok(!namesOf(first).includes('topologyClosed'));
      await early.close();
      assert.deepEqual(namesOf(first).slice(-2), ['serverClosed', 'topologyClosed']);
    });

    it('who came to a pool that was open hear how it began when they connect', async () => {
      const uri = `${mongod.uri}&appName=${uniqueDatabase()}`;
      const early = createPool(uri);
      opened.push(early);
      await early.connect();
      const late = createPool(uri);
      opened.push(late);
      const heard = note(late, SERVERS);
      await late.connect();
      assert.deepEqual(namesOf(heard), [
        'topologyOpening',
        'serverOpening',
        'topologyDescriptionChanged'
      ]);
      assert.equal(heard[2]![1].newDescription.type, 'ReplicaSetWithPrimary');
    });

    it('that throw harm no operation and no other event; the error is uncaught', async () => {
      const script = `
        const { PolyPool } = require('polypool');
        (async () => {
          const pool = new PolyPool(process.argv[1], { monitorCommands: true });
          let succeeded = 0;
          const uncaught = [];
          process.on('uncaughtException', error => uncaught.push(error.message));
          pool.on('commandStarted', () => { throw new Error('on purpose'); });
          pool.on('commandSucceeded', () => succeeded++);
          const ping = () => pool.db('admin').command({ ping: 1 });
          const replies = await Promise.all([ping(), ping(), ping()]);
          await new Promise(setImmediate);
          console.log(JSON.stringify({ ok: replies.map(({ ok }) => ok), succeeded, uncaught }));
        })();`;
      assert.deepEqual(JSON.parse(await runScript(script, mongod.uri)), {
        ok: [1, 1, 1],
        succeeded: 3,
        uncaught: ['on purpose', 'on purpose', 'on purpose']
      });
    });

    it('do not keep the process alive', async () => {
      const script = `
        const { PolyPool } = require('polypool');
        (async () => {
          const pool = new PolyPool(process.argv[1], { heartbeatFrequencyMS: 500 });
          pool.on('serverHeartbeatSucceeded', () => undefined);
          await pool.connect();
          console.log('"done"');
        })();`;
      assert.equal(JSON.parse(await runScript(script, mongod.uri)), 'done');
    });

    it('that have gone hear nothing more', async () => {
      const pool = await open().connect();
      let heard = 0;
      const listener = (): number => (heard += 1);
      pool.on('connectionCheckedOut', listener);
      await pool.db(database).command({ ping: 1 });
      pool.off('connectionCheckedOut', listener);
      await pool.db(database).command({ ping: 1 });
      assert.equal(heard, 1);
    });
  });
});

/** Runs a script with an argument; gives what it printed when it ended by itself. */
async function runScript(script: string, argument: string): Promise<string> {
  const child = spawn(process.execPath, ['-e', script, argument], {
    cwd: import.meta.dirname,
    timeout: DEADLINE_MS
  });
  let output = '';
  child.stdout.on('data', chunk => (output += String(chunk)));
  child.stderr.pipe(process.stderr);
  const [code] = (await once(child, 'close')) as [number | null];
  assert.equal(code, 0, output);
  return output;
}
