/**
 * What is logged of a client: which kinds of event make messages, and of what. The driver's own
 * logger words and writes them; it is loaded when somebody asks for messages. It does not know where
 * events come from.
 */
import type { LogComponentSeveritiesClientOptions, MongoDBLogWritable } from 'mongodb';
import { maskOf, type KindName } from './kinds';

/** The driver's options for it (mongodb 7.8, `mongo_logger.ts`). */
export interface LogOptions {
  mongodbLogPath?: 'stderr' | 'stdout' | MongoDBLogWritable;
  mongodbLogComponentSeverities?: LogComponentSeveritiesClientOptions;
  mongodbLogMaxDocumentLength?: number;
}

type Component = Exclude<keyof LogComponentSeveritiesClientOptions, 'default'>;

/** What is used of the driver's class. */
interface MongoLogger {
  willLog(component: Component, severity: 'debug' | 'info'): boolean;
  debug(component: Component, message: object | string): void;
  info(component: Component, message: object | string): void;
}

/** What `mongodb/lib/mongo_logger` exports, with its real parameters. */
interface LoggerModule {
  MongoLogger: {
    new (options: object): MongoLogger;
    resolveOptions(environment: NodeJS.ProcessEnv, options: LogOptions): object;
  };
}

/** What `mongodb/lib/utils` knows of services that are not MongoDB. */
interface ServiceModule {
  DOCUMENT_DB_CHECK: RegExp;
  DOCUMENT_DB_MSG: string;
  COSMOS_DB_CHECK: RegExp;
  COSMOS_DB_MSG: string;
}

/** Variables that ask for messages, as options do. */
const VARIABLES = ['ALL', 'COMMAND', 'TOPOLOGY', 'SERVER_SELECTION', 'CONNECTION', 'CLIENT'];

export class Log {
  readonly #logger: MongoLogger;
  /** The kinds of event that make messages, a bit each. */
  readonly wanted: number;

  private constructor(logger: MongoLogger) {
    this.#logger = logger;
    this.wanted = maskOf(name => {
      const component = componentOf(name);
      return component !== undefined && logger.willLog(component, severityOf(name));
    });
  }

  /**
   * The log that options or the environment ask for, if they do.
   * @param options - already validated
   */
  static of(options: LogOptions, environment = process.env): Log | undefined {
    const asked =
      options.mongodbLogComponentSeverities !== undefined ||
      VARIABLES.some(name => environment[`MONGODB_LOG_${name}`] !== undefined);
    if (!asked) return undefined;
    // eslint-disable-next-line @typescript-eslint/no-require-imports -- loaded late on purpose: most pools log nothing
    const { MongoLogger } = require('mongodb/lib/mongo_logger') as LoggerModule;
    return new Log(new MongoLogger(MongoLogger.resolveOptions(environment, options)));
  }

  /** Writes the message of an event, if it is wanted. */
  write(name: KindName, event: object, topologyId: number): void {
    const component = componentOf(name);
    if (component === undefined) return;
    const shown = name.startsWith('serverHeartbeat') ? heartbeat(event, topologyId) : event;
    this.#logger[severityOf(name)](component, shown);
  }

  /** Says so when hosts are of a service that only speaks like MongoDB. */
  greet(hosts: ReadonlyArray<string | undefined>): void {
    if (!this.#logger.willLog('client', 'info')) return;
    // eslint-disable-next-line @typescript-eslint/no-require-imports -- as above
    const services = require('mongodb/lib/utils') as ServiceModule;
    const some = (pattern: RegExp): boolean => {
      return hosts.some(host => host !== undefined && pattern.test(host.toLowerCase()));
    };
    if (some(services.DOCUMENT_DB_CHECK)) this.#logger.info('client', services.DOCUMENT_DB_MSG);
    else if (some(services.COSMOS_DB_CHECK)) this.#logger.info('client', services.COSMOS_DB_MSG);
  }
}

function componentOf(name: KindName): Component | undefined {
  if (name.startsWith('command')) return 'command';
  if (name.startsWith('connection')) return 'connection';
  if (name.startsWith('serverSelection') || name === 'waitingForSuitableServer') {
    return 'serverSelection';
  }
  // What this tells, the change of the topology's description says, too.
  return name === 'serverDescriptionChanged' ? undefined : 'topology';
}

function severityOf(name: KindName): 'debug' | 'info' {
  return name === 'waitingForSuitableServer' ? 'info' : 'debug';
}

/** A heartbeat's message says more than its event. */
function heartbeat(event: { reply?: { connectionId?: number } }, topologyId: number): object {
  return { topologyId, serverConnectionId: event.reply?.connectionId ?? null, ...event };
}
