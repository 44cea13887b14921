/** Which kinds of event a client asks for because they are logged, and when there is a log at all. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { KindName } from '../../../lib/events/kinds.ts';
import type { Log as LogType, LogOptions } from '../../../lib/events/log.ts';
import { internal } from '../../support/internal.ts';

const { KIND_NAMES } = internal<typeof import('../../../lib/events/kinds.ts')>('events/kinds');
const { Log } = internal<typeof import('../../../lib/events/log.ts')>('events/log');

function wanted(log: LogType | undefined): KindName[] {
  return KIND_NAMES.filter((_, number) => ((log?.wanted ?? 0) >> number) & 1);
}

function collector(): { messages: object[]; write(message: object): void } {
  const messages: object[] = [];
  return { messages, write: message => messages.push(message) };
}

const severities = (
  given: LogOptions['mongodbLogComponentSeverities']
): { mongodbLogComponentSeverities: LogOptions['mongodbLogComponentSeverities'] } => ({
  mongodbLogComponentSeverities: given
});

describe('Log', () => {
  it('is not there unless somebody asks for it', () => {
    assert.equal(Log.of({}, {}), undefined);
    assert.equal(Log.of({ mongodbLogPath: 'stdout' }, { MONGODB_LOG_PATH: 'stdout' }), undefined);
    assert.ok(Log.of({}, { MONGODB_LOG_ALL: 'off' }));
  });

  it('wants the events of the components that it has', () => {
    const commands = Log.of(severities({ command: 'debug' }), {});
    assert.deepEqual(wanted(commands), ['commandStarted', 'commandSucceeded', 'commandFailed']);
    const topology = wanted(Log.of({}, { MONGODB_LOG_TOPOLOGY: 'trace' }));
    assert.ok(topology.includes('serverHeartbeatFailed') && topology.includes('serverOpening'));
    assert.ok(!topology.includes('serverDescriptionChanged'), 'which the driver does not log');
    assert.equal(
      wanted(Log.of(severities({ default: 'debug' }), {})).length,
      KIND_NAMES.length - 1
    );
  });

  it('wants no events for messages that are less severe than asked for', () => {
    assert.deepEqual(wanted(Log.of(severities({ default: 'notice' }), {})), []);
    const selection = Log.of(severities({ default: 'info' }), {});
    assert.deepEqual(wanted(selection), ['waitingForSuitableServer']);
  });

  it('prefers options to the environment', () => {
    const log = Log.of(severities({ command: 'off' }), { MONGODB_LOG_COMMAND: 'debug' });
    assert.deepEqual(wanted(log), []);
  });

  it('says of a heartbeat which topology and which connection it is of', () => {
    const to = collector();
    const log = Log.of({ ...severities({ topology: 'debug' }), mongodbLogPath: to }, {})!;
    const event = { name: 'serverHeartbeatSucceeded', connectionId: 'a:1', awaited: false };
    log.write('serverHeartbeatSucceeded', { ...event, duration: 5, reply: { connectionId: 7 } }, 3);
    const { t, ...message } = to.messages[0] as { t: Date };
    assert.ok(t instanceof Date);
    assert.deepEqual(message, {
      c: 'topology',
      s: 'debug',
      message: 'Server heartbeat succeeded',
      topologyId: 3,
      awaited: false,
      driverConnectionId: 'a:1',
      serverHost: 'a',
      serverPort: 1,
      serverConnectionId: 7,
      durationMS: 5,
      reply: '{"connectionId":7}'
    });
  });

  it('warns of services that only speak like MongoDB', () => {
    const to = collector();
    const log = Log.of({ ...severities({ client: 'info' }), mongodbLogPath: to }, {})!;
    log.greet(['localhost', undefined]);
    assert.equal(to.messages.length, 0);
    log.greet(['a.mongo.COSMOS.azure.com']);
    log.greet(['a.docdb.amazonaws.com']);
    const texts = to.messages.map(message => (message as { message: string }).message);
    assert.match(texts[0]!, /CosmosDB/);
    assert.match(texts[1]!, /DocumentDB/);
  });
});
