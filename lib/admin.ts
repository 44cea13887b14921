/** Commands on the `admin` database. */
import type { CommandOperationOptions, ListDatabasesOptions, ListDatabasesResult } from 'mongodb';
import type { RunCommandOptions } from 'mongodb';
import type { Document } from './bson/options';
import { executeCommand, type Executor } from './operations/execute';
import { listDatabasesOperation } from './operations/list-databases';
import type { Settings } from './operations/operation';
import { runCommandOperation } from './operations/run-command';

export class Admin {
  readonly #executor: Executor;
  readonly #settings: Settings;

  /** @internal */
  constructor(executor: Executor, settings: Settings) {
    this.#executor = executor;
    this.#settings = settings;
  }

  /** Runs a command as it is given. */
  async command(command: Document, options?: RunCommandOptions): Promise<Document> {
    const operation = runCommandOperation('admin', command, options);
    return await executeCommand(this.#executor, operation);
  }

  /** What the server is: version, build, limits. */
  async buildInfo(options?: CommandOperationOptions): Promise<Document> {
    return await this.command({ buildInfo: 1 }, options);
  }

  /** As {@link buildInfo}. */
  async serverInfo(options?: CommandOperationOptions): Promise<Document> {
    return await this.command({ buildInfo: 1 }, options);
  }

  /** What the server is doing. */
  async serverStatus(options?: CommandOperationOptions): Promise<Document> {
    return await this.command({ serverStatus: 1 }, options);
  }

  /** Whether the server answers. */
  async ping(options?: CommandOperationOptions): Promise<Document> {
    return await this.command({ ping: 1 }, options);
  }

  /** The server's databases. */
  async listDatabases(options?: ListDatabasesOptions): Promise<ListDatabasesResult> {
    const operation = listDatabasesOperation(this.#settings, options);
    return (await executeCommand(this.#executor, operation)) as ListDatabasesResult;
  }
}
