/**
 * What users call to give databases a client of their own. Where an operation goes, and when such a
 * client is opened and closed, is Rust's business (`src/pool/dedicated`). It keeps what was asked for, so
 * that a pool that is opened again has it.
 */
import { resolveBSONOptions, type Document } from '../bson/options';
import type { DedicatedDatabase, ScaleDatabaseOptions } from './options';
import { invalidArgument } from '../error';
import { executeConnect, type Executor } from '../operations/execute';

/** What it needs of its pool. */
export interface ScaleHome extends Executor {
  /** What the hold was opened with. */
  readonly source: { readonly uri: string; readonly native: Document };
  /** A database is on another deployment than before. */
  readonly onMoved: (name: string) => void;
}

export class Scale {
  readonly #home: ScaleHome;
  /** As they were asked for, by name. */
  readonly #databases = new Map<string, DedicatedDatabase>();

  /** @internal */
  constructor(home: ScaleHome) {
    this.#home = home;
    const given = home.source.native['dbSpecific'] as DedicatedDatabase[] | undefined;
    for (const entry of given ?? []) this.#databases.set(entry.dbName, entry);
  }

  /**
   * Gives databases a client of their own each, or other settings: what has begun ends on the client
   * that it began on. Connects nothing, unless `coldStart` is false.
   * @throws MongoInvalidArgumentError, MongoParseError naming the option at fault
   */
  setDB(names: readonly string[], options: ScaleDatabaseOptions = {}): void {
    this.#set(names, () => options);
  }

  /**
   * Gives databases a client of their own each, and connects those that are not. Options that were
   * set before stay, but for those that are given.
   * @throws what keeps one of them from connecting
   */
  async connectDB(names: readonly string[], options: ScaleDatabaseOptions = {}): Promise<void> {
    this.#set(names, name => ({ ...this.optionsOf(name), ...given(options) }));
    await Promise.all(names.map(name => this.connect(name)));
  }

  /** Whether a database has a client of its own. @internal */
  has(name: string): boolean {
    return this.#databases.has(name);
  }

  /** What was asked for a database; nothing, if it has no client of its own. @internal */
  optionsOf(name: string): ScaleDatabaseOptions {
    const { mongoURI, options } = this.#databases.get(name) ?? {};
    return { ...(mongoURI !== undefined && { mongoURI }), ...options };
  }

  /** Connects the client of a database. @internal */
  async connect(database: string): Promise<void> {
    const command = { hello: 1 };
    await executeConnect(this.#home, { database, command, bson: resolveBSONOptions({}) });
  }

  /** The options of a hold that is to do what was asked of those before. @internal */
  get native(): Document {
    const { native } = this.#home.source;
    const dbSpecific = [...this.#databases.values()];
    return dbSpecific.length === 0 ? native : { ...native, dbSpecific };
  }

  #set(names: readonly string[], options: (name: string) => ScaleDatabaseOptions): void {
    if (!isArray(names)) throw invalidArgument('The databases must be an array of names');
    const entries = names.map(dbName => {
      const { mongoURI, ...rest } = given(options(dbName));
      return { dbName, ...(mongoURI !== undefined && { mongoURI }), options: rest };
    });
    const { uri, native } = this.#home.source;
    this.#home.hold().dedicate(uri, { ...native, dbSpecific: entries });
    for (const entry of entries) {
      const isMoved = entry.mongoURI !== this.#databases.get(entry.dbName)?.mongoURI;
      this.#databases.set(entry.dbName, entry);
      if (isMoved) this.#home.onMoved(entry.dbName);
    }
  }
}

/** `Array.isArray` for those that may not be written to. */
function isArray(value: readonly string[]): boolean {
  return Array.isArray(value);
}

/** What is not undefined. Callers in JavaScript may give nothing at all. */
function given(options: ScaleDatabaseOptions | null): ScaleDatabaseOptions {
  const entries = Object.entries(options ?? {}) as Array<[string, unknown]>;
  return Object.fromEntries(entries.filter(([, value]) => value !== undefined && value !== null));
}
