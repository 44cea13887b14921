// Owns a client entity: the tested client, what it is opened with, and what is observed of it. Must
// not know what a test does with it.

import { EventEmitter } from 'node:events';
import type { Document, MongoClient } from 'mongodb';
import type { Deployment } from '../deployment.ts';
import type { ConnectionURI } from '../connection-uri.ts';
import type { Subject } from '../subject.ts';
import { until } from '../time-limit.ts';
import { copy } from './copy.ts';
import { EVENTS, type ObservedEvent } from './events.ts';
import type { ClientDescription, EventType } from './format/file.ts';
import { LogCollector, logSeverities } from './logs.ts';

/** Commands whose events have no content, since that is secret. */
const SENSITIVE: ReadonlySet<string> = new Set([
  'authenticate',
  'copydb',
  'copydbgetnonce',
  'copydbsaslstart',
  'createuser',
  'getnonce',
  'saslcontinue',
  'saslstart',
  'updateuser'
]);

/** Handshakes are secret when they carry the start of a login, and then they have no content. */
const HANDSHAKES: ReadonlySet<string> = new Set(['hello', 'ismaster']);

/** What the runner sends itself. */
const FAIL_POINT = 'configurefailpoint';

type Listener = (event: ObservedEvent['event']) => void;

export class ClientEntity {
  readonly client: MongoClient;
  readonly description: ClientDescription;
  /** In the order in which they came. */
  readonly observed: ObservedEvent[] = [];
  readonly logs = new LogCollector();
  /** Emits `event` after each observed event. */
  readonly announcements = new EventEmitter();
  /** Connections that operations have at the moment, by the client's events. */
  checkedOut = 0;
  /** Connections that are ready, likewise. */
  #ready = 0;
  readonly #listeners: Array<readonly [name: string, listener: Listener]> = [];

  constructor(
    subject: Subject,
    deployment: Deployment,
    description: ClientDescription,
    counts: boolean
  ) {
    this.description = description;
    const uri = clientURI(deployment, description);
    this.client = new subject.Client(uri.toString(), this.#options());
    this.client.setMaxListeners(0);
    for (const name of description.observeEvents ?? []) this.#observe(name);
    if (counts) this.#countConnections();
  }

  /**
   * Connects now if the test observes that, or waits for connections; else the first operation does.
   * What happens while it waits for connections is not observed.
   */
  async connect(): Promise<void> {
    const { awaitMinPoolSizeMS: limit, uriOptions, observeEvents = [] } = this.description;
    const wanted = Number(uriOptions?.['minPoolSize'] ?? 0);
    if (limit !== undefined && wanted > 0) {
      this.#listen('connectionReady', () => (this.#ready += 1));
      await this.client.connect();
      await until(limit, `there are not ${wanted} connections`, () => this.#ready >= wanted);
      this.observed.length = 0;
      return;
    }
    const observesConnecting =
      observeEvents.some(name => EVENTS[name]!.type !== 'command') ||
      this.description.observeLogMessages !== undefined;
    if (observesConnecting || wanted > 0) await this.client.connect();
  }

  events(type: EventType): ObservedEvent[] {
    return this.observed.filter(event => event.type === type);
  }

  /** Observes nothing from now on. */
  stopObserving(): void {
    for (const [name, listener] of this.#listeners.splice(0)) this.#emitter.off(name, listener);
  }

  async close(): Promise<void> {
    this.stopObserving();
    await this.client.close();
  }

  /** Hears events by the format's name. Without such an event in the driver, none ever comes. */
  on(name: string, listener: Listener): void {
    const emitted = EVENTS[name]?.emitted;
    if (emitted !== undefined) this.#listen(emitted, listener);
  }

  #options(): Document {
    const {
      observeEvents = [],
      storeEventsAsEntities = [],
      observeLogMessages,
      serverApi
    } = this.description;
    const names = [...observeEvents, ...storeEventsAsEntities.flatMap(({ events }) => events)];
    return {
      // The driver checks a connection out to see whether it can, and tests count check-outs.
      __skipPingOnConnect: true,
      ...(names.some(name => /^command/i.test(name)) && { monitorCommands: true }),
      ...(serverApi && { serverApi }),
      ...(observeLogMessages && {
        mongodbLogPath: this.logs,
        mongodbLogComponentSeverities: logSeverities(observeLogMessages),
        mongodbLogMaxDocumentLength: 0
      })
    };
  }

  #observe(name: string): void {
    const type = EVENTS[name]!.type;
    this.on(name, event => {
      if (type === 'command' && this.#isIgnored(event)) return;
      this.observed.push({ name, type, event, command: copy(event['command'] as Document) });
      this.announcements.emit('event');
    });
  }

  #isIgnored(event: ObservedEvent['event']): boolean {
    const { ignoreCommandMonitoringEvents = [], observeSensitiveCommands = false } =
      this.description;
    const name = event['commandName'] as string;
    const key = name.toLowerCase();
    if (key === FAIL_POINT || ignoreCommandMonitoringEvents.includes(name)) return true;
    if (observeSensitiveCommands) return false;
    return SENSITIVE.has(key) || (HANDSHAKES.has(key) && hasNoContent(event));
  }

  #countConnections(): void {
    this.#listen('connectionCheckedOut', () => (this.checkedOut += 1));
    this.#listen('connectionCheckedIn', () => (this.checkedOut -= 1));
  }

  #listen(name: string, listener: Listener): void {
    this.#listeners.push([name, listener]);
    this.#emitter.on(name, listener);
  }

  /** The client, as an emitter of whatever name. */
  get #emitter(): EventEmitter {
    return this.client;
  }
}

function hasNoContent({ command, reply }: ObservedEvent['event']): boolean {
  const content = command ?? reply;
  return content != null && Object.keys(content).length === 0;
}

/** The deployment's connection string with the test's options over it. */
function clientURI({ uri, facts }: Deployment, description: ClientDescription): ConnectionURI {
  const { useMultipleMongoses } = description;
  // A server that a test made useless is looked at again soon, not after the default of 10 s.
  const uriOptions: Document = { heartbeatFrequencyMS: 500, ...description.uriOptions };
  const options = Object.fromEntries(
    // Both spellings mean the same, and the driver refuses the second of two.
    Object.entries(uriOptions).map(([name, value]) => [
      name === 'appName' ? 'appname' : name,
      value
    ])
  );
  const changed = uri.with(options);
  if (options['directConnection'] === true) return changed.toSingle().without('replicaSet');
  const single = facts.topology === 'sharded' && useMultipleMongoses === false;
  return single ? changed.toSingle() : changed;
}
