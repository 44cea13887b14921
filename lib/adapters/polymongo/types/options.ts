/**
 * What `createWrapper` takes. It describes, and does nothing.
 */
import type { PolyPoolOptions, ScaleOptions } from 'polypool';
import type { MongooseInstance } from '../../mongoose/instance';

/** A database with a pool of its own. */
export interface DBSpecificConfig {
  dbName: string;
  /** Its deployment, if that is another. The database that it names does not count. */
  mongoURI?: string;
  options: ScaleOptions;
}

/** What is logged, and where. */
export interface PolyMongoDebugOptions {
  /**
   * Whether everything is, or errors and what matters alone.
   * @defaultValue false
   */
  log?: boolean;
  /** A directory for files, see `logPath` of a pool. */
  logPath?: string;
  /** Gets each line. */
  logHandler?: (logMessage: string) => void | Promise<void>;
}

/** Attempts to connect, each after a longer pause than the one before. */
export interface RetrySchedule {
  /**
   * How many there are after the first.
   * @defaultValue 5
   */
  attempts?: number;
  /**
   * Milliseconds before the first of them, and how much longer each pause is.
   * @defaultValue 5000
   */
  stepMS?: number;
}

/** Sizes and times for a kind of environment, see docs/polymongo.md. */
export type Preset = 'production' | 'development' | 'serverless';

/** The options of `createWrapper`. */
export interface PolyMongoOptions {
  mongoURI: string;
  /**
   * The database of a model without `.db()`, unless `mongoURI` names one.
   * @defaultValue 'default'
   */
  defaultDB?: string;
  /**
   * Whether the database that `mongoURI` names is the only one: `.db()` then leads there, too, with a warning
   * of Node.js's when it names another one first. With false, `defaultDB` comes first.
   * @defaultValue true
   */
  preferURI?: boolean;
  /** Other defaults for sizes and times. */
  preset?: Preset;
  /** @defaultValue 10 */
  maxPoolSize?: number;
  /** @defaultValue 0 */
  minFreeConnections?: number;
  /** Milliseconds after which a connection that nobody uses is closed. Without it, none is. */
  idleTimeoutMS?: number;
  /**
   * Whether it connects with its first operation, or at once.
   * @defaultValue true
   */
  coldStart?: boolean;
  /** `true` is the console. */
  debug?: boolean | PolyMongoDebugOptions;
  /** That of `debug`. */
  logPath?: string;
  /**
   * What becomes of a connect that fails: milliseconds between attempts, of which there is no last, or a
   * schedule. Without it there is one attempt. Once connected, the pool reconnects by itself.
   */
  retry?: number | RetrySchedule;
  /** Databases with a pool of their own. */
  dbSpecific?: DBSpecificConfig[];
  /** The Mongoose of the models; by default the one that is installed beside polypool. */
  mongoose?: MongooseInstance;
  /** Further options of the pool. Those above come first. */
  poolOptions?: PolyPoolOptions;
}
