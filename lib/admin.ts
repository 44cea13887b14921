/** Commands on the `admin` database. */
import type {
  CommandOperationOptions,
  ListDatabasesOptions,
  ListDatabasesResult,
  RemoveUserOptions,
  RunCommandOptions,
  ValidateCollectionOptions
} from 'mongodb';
import type { Document } from './bson/options';
import { executeCommand, type Executor } from './operations/execute';
import { listDatabasesOperation } from './operations/list-databases';
import { NO_SETTINGS, type DatabaseScope } from './operations/operation';
import { removeUserOperation } from './operations/remove-user';
import { runCommandOperation } from './operations/run-command';
import {
  readValidateCollection,
  validateCollectionOperation
} from './operations/validate-collection';

export class Admin {
  readonly #executor: Executor;
  /** The database that gave it. */
  readonly #scope: DatabaseScope;

  /** @internal */
  constructor(executor: Executor, scope: DatabaseScope) {
    this.#executor = executor;
    this.#scope = scope;
  }

  /** Runs a command as it is given. */
  async command(command: Document, options?: RunCommandOptions): Promise<Document> {
    const { bson, timeoutMS } = this.#scope;
    const operation = runCommandOperation('admin', command, options, bson.library, timeoutMS);
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

  /** The server's databases. Inherits nothing but its client's retries, as in the driver. */
  async listDatabases(options?: ListDatabasesOptions): Promise<ListDatabasesResult> {
    const { retryReads } = this.#scope;
    const operation = listDatabasesOperation({ ...NO_SETTINGS, retryReads }, options);
    return (await executeCommand(this.#executor, operation)) as ListDatabasesResult;
  }

  /** The state of the replica set, as this member sees it. */
  async replSetGetStatus(options?: CommandOperationOptions): Promise<Document> {
    return await this.command({ replSetGetStatus: 1 }, options);
  }

  /** Removes a user of the `admin` database. */
  async removeUser(username: string, options?: RemoveUserOptions): Promise<boolean> {
    const scope = { ...NO_SETTINGS, database: 'admin' };
    await executeCommand(this.#executor, removeUserOperation(scope, username, options));
    return true;
  }

  /**
   * Checks a collection of the database that {@link Admin} came from.
   * @throws MongoUnexpectedServerResponseError when it is damaged
   */
  async validateCollection(
    collectionName: string,
    options: ValidateCollectionOptions = {}
  ): Promise<Document> {
    const scope = { ...NO_SETTINGS, database: this.#scope.database };
    const operation = validateCollectionOperation(scope, collectionName, options);
    return readValidateCollection(collectionName, await executeCommand(this.#executor, operation));
  }
}
