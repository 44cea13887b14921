/**
 * What a wrapper logs, and where that goes: by the pool's log, so that files and redaction are its. It
 * knows the options, not what happens.
 */
import type { Logger, LogLevel, PolyPool, PolyPoolOptions } from 'polypool';
import { internalsOf } from '../internals';
import type { PolyMongoOptions } from './types';

/** The part of a pool's options that is about its log. */
type LogOptions = Pick<PolyPoolOptions, 'logger' | 'logPath' | 'logLevel' | 'debug'>;

/** Those that a wrapper's options stand for. */
export function logOptions({ debug, logPath }: PolyMongoOptions): LogOptions {
  const { log = false, logHandler, ...rest } = typeof debug === 'object' ? debug : { log: debug };
  const path = rest.logPath ?? logPath;
  const options: LogOptions = path === undefined ? {} : { logPath: path };
  if (debug === true) return { ...options, debug: true };
  if (log) options.logLevel = 'debug';
  if (logHandler !== undefined) options.logger = handing(logHandler);
  // Without it, only what went wrong is anybody's business.
  if (!log && options.logger !== undefined) options.logLevel = 'error';
  return options;
}

/** A logger that gives lines away. What becomes of them is not the wrapper's business. */
function handing(handler: (line: string) => void | Promise<void>): Logger {
  const at = (level: LogLevel) => (message: string, fields?: object) => {
    const told = fields && Object.keys(fields).length > 0 ? ` ${JSON.stringify(fields)}` : '';
    const line = `[${new Date().toISOString()}] [${level.toUpperCase()}] ${message}${told}`;
    void Promise.resolve(handler(line)).catch(() => undefined);
  };
  return {
    error: at('error'),
    warn: at('warn'),
    info: at('info'),
    debug: at('debug')
  };
}

export function logTo(
  pool: PolyPool,
  message: string,
  fields?: object,
  level: LogLevel = 'debug'
): void {
  internalsOf(pool).log?.write(level, `PolyMongo: ${message}`, fields);
}
