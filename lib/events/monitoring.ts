/**
 * A client's view of what happens on its hold: which kinds of event it asks Rust for, and who is told
 * of one, its listeners and its log. It knows names and records, not what the events mean.
 */
import type { EventEmitter } from 'node:events';
import type { Hold } from '../bridge/pool';
import type { ActiveStreams } from '../change-streams/active';
import { readEvent, type EventContext } from './event';
import { KIND_NAMES, maskOf, OWN_KIND, type KindName } from './kinds';
import type { Log } from './log';
import { levelOf, readOwnEvent } from './own';
import type { PoolLog } from '../logs/pool-log';

/** Who is told. */
interface Client extends EventEmitter {
  /** The kinds that have listeners, a bit each. */
  readonly wanted: number;
  /** Whether its listeners are told of commands. The log is in any case. */
  readonly monitorCommands: boolean;
  /** Its change streams, which are told of another deployment even if nobody else is. */
  readonly streams: ActiveStreams;
}

/** The name that log messages have among the events of polypool's own. */
const LOG_MESSAGE = 'log';

/** Those that say that another deployment is in use. */
const CHANGE_OVERS: readonly string[] = ['fallbackStarted', 'fallbackEnded'];

const isCommand = (name: KindName): boolean => name.startsWith('command');

export class Monitoring {
  readonly #client: Client;
  readonly #context: Omit<EventContext, 'topologyId'>;
  readonly #log: Log | undefined;
  /** Polypool's own, which gets its messages and its events this way. */
  readonly #poolLog: PoolLog | undefined;

  constructor(
    client: Client,
    context: Omit<EventContext, 'topologyId'>,
    log: Log | undefined,
    poolLog: PoolLog | undefined
  ) {
    this.#poolLog = poolLog;
    this.#client = client;
    this.#context = context;
    this.#log = log;
  }

  /** Asks for what is wanted now, of a hold whose topology has this number. */
  follow(hold: Hold, topologyId: number): void {
    const { wanted, monitorCommands } = this.#client;
    const listened = monitorCommands ? wanted : wanted & ~maskOf(isCommand);
    const context = { ...this.#context, topologyId };
    const isWanted = this.#poolLog !== undefined || this.#client.streams.deployments !== undefined;
    const own = isWanted ? 1 << OWN_KIND : 0;
    hold.listen(listened | own | (this.#log?.wanted ?? 0), (kind, record) => {
      guarded(() => {
        if (kind === OWN_KIND) this.#tellOwn(record);
        else this.#tell(KIND_NAMES[kind]!, record, context);
      });
    });
  }

  #tell(name: KindName, record: Buffer, context: EventContext): void {
    const event = readEvent(name, record, context);
    if (this.#client.monitorCommands || !isCommand(name)) this.#client.emit(name, event);
    this.#log?.write(name, event, context.topologyId);
  }

  #tellOwn(record: Buffer): void {
    const event = readOwnEvent(record);
    const { name, fields } = event;
    if (name === LOG_MESSAGE) {
      this.#poolLog?.pass(fields);
      return;
    }
    this.#poolLog?.write(levelOf(event), name, fields);
    if (CHANGE_OVERS.includes(name)) this.#client.streams.leave();
    this.#client.emit(name, fields);
  }
}

/** Runs while completions are read, so what a listener throws must wait: it ends as uncaught. */
function guarded(tell: () => void): void {
  try {
    tell();
  } catch (error) {
    queueMicrotask(() => {
      throw error;
    });
  }
}
