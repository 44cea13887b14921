/**
 * The log of a pool: where its messages go, those of Rust and those of JS alike. Files are written by
 * Rust, on a thread of their own (`src/telemetry`); a logger is called here. It does not know what
 * the messages are about.
 */
import type { Hold } from '../bridge/pool';
import type { Document } from '../bson/options';
import { LEVELS, tellerOf, type Logger, type LogLevel, type Tell } from './logger';
import { redactFields, redactText } from './redact';

/** The options of a pool that say what is logged, and where. */
export interface LogOptions {
  /** Takes the messages: pino, winston, the console or their like. Object only. */
  logger?: Logger;
  /**
   * A directory: `polypool.log` in it, lines of JSON, up to five files of 5 MB, and `error.log` with
   * the errors alone. Written off the JavaScript thread.
   */
  logPath?: string;
  /**
   * The least important messages.
   * @defaultValue 'info', with `debug` 'debug'
   */
  logLevel?: LogLevel;
  /**
   * Whether everything from the level `debug` on goes to the console.
   * @defaultValue false
   */
  debug?: boolean;
  /**
   * Milliseconds from which on an operation is logged as slow, while there is a log. 0: none is.
   * @defaultValue 0
   */
  slowMS?: number;
}

export class PoolLog {
  readonly #tell: Tell | undefined;
  readonly #isWritten: boolean;
  readonly #level: LogLevel;
  #hold: Hold | undefined;

  private constructor(tell: Tell | undefined, isWritten: boolean, level: LogLevel) {
    this.#tell = tell;
    this.#isWritten = isWritten;
    this.#level = level;
  }

  /** The log that options ask for, if they do. */
  static of({ logger, logPath, logLevel, debug }: LogOptions): PoolLog | undefined {
    const to = logger ?? (debug ? console : undefined);
    if (to === undefined && logPath === undefined) return undefined;
    const tell = to && tellerOf(to);
    return new PoolLog(tell, logPath !== undefined, logLevel ?? (debug ? 'debug' : 'info'));
  }

  /** From now on the messages of this hold are its own. */
  follow(hold: Hold): void {
    this.#hold = hold;
    if (this.#tell !== undefined) hold.logTo(this.#level);
  }

  /** A message from Rust. What is written to files, Rust has written. */
  pass({ time: _, level, msg, ...fields }: Document): void {
    this.#tell?.(level as LogLevel, msg as string, fields);
  }

  /** A message of JS's. */
  write(level: LogLevel, message: string, fields: object = {}): void {
    if (LEVELS.indexOf(level) > LEVELS.indexOf(this.#level)) return;
    const shown = redactFields(fields);
    const text = redactText(message);
    this.#tell?.(level, text, shown);
    if (this.#isWritten) {
      this.#hold?.writeLog({ time: new Date(), level, msg: text, ...shown });
    }
  }
}
