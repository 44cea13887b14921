/**
 * Loggers of users', and what they are called with: pino takes the fields first, winston and the
 * console the message. It knows their shapes, not what is logged.
 */
import { invalidArgument } from '../error';

/** How much a message matters. */
export type LogLevel = 'error' | 'warn' | 'info' | 'debug' | 'trace';

/** What a logger has at the least: those of its methods that are missing fall back to the one before. */
export interface Logger {
  error(...given: unknown[]): unknown;
  warn?(...given: unknown[]): unknown;
  info?(...given: unknown[]): unknown;
  debug?(...given: unknown[]): unknown;
  trace?(...given: unknown[]): unknown;
}

/** From the most important on. */
export const LEVELS: readonly LogLevel[] = ['error', 'warn', 'info', 'debug', 'trace'];

/** Takes a message. */
export type Tell = (level: LogLevel, message: string, fields: object) => void;

/** @throws MongoInvalidArgumentError for what has not even a method `error` */
export function checkLogger(logger: unknown): Logger {
  if (typeof (logger as Partial<Logger> | null | undefined)?.error !== 'function') {
    throw invalidArgument('options.logger must be a logger: pino, winston, console or their like');
  }
  return logger as Logger;
}

/**
 * Calls a logger as its kind wants to be called. What it throws, at once or by a promise, is not the
 * pool's business: a log that can't be written must not fail what it is about, nor end the process.
 */
export function tellerOf(logger: Logger): Tell {
  const isFieldsFirst = isPino(logger);
  return (level, message, fields) => {
    try {
      const name = nearest(logger, level);
      const given = isFieldsFirst ? [fields, message] : [message, fields];
      const told = logger[name]!(...given);
      if (isThenable(told)) told.then(undefined, () => undefined);
    } catch {
      // See above.
    }
  };
}

/** Also of what is no real promise: loggers bring libraries of their own. */
function isThenable(value: unknown): value is PromiseLike<unknown> {
  return typeof (value as PromiseLike<unknown> | null | undefined)?.then === 'function';
}

/** Only pino's loggers have both; `child` alone, winston's have, too. */
function isPino(logger: object): boolean {
  const { bindings, child } = logger as { bindings?: unknown; child?: unknown };
  return typeof bindings === 'function' && typeof child === 'function';
}

/** The console's `trace` prints a stack, and winston has none: what is least important is `debug`. */
function nearest(logger: Logger, level: LogLevel): LogLevel {
  const wanted = level === 'trace' && !isPino(logger) ? 'debug' : level;
  for (let at = LEVELS.indexOf(wanted); at > 0; at--) {
    const name = LEVELS[at]!;
    if (typeof logger[name] === 'function') return name;
  }
  return 'error';
}
