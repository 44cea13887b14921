// Owns how a test makes a server of its own fail commands of one client, known by its `appName`.
// Must not know which commands, nor what is expected of the client.

import { MongoClient, type Document } from 'mongodb';

/** How often it strikes; then it is off by itself. */
type Mode = { times: number } | { skip: number };

export class FailPoints {
  /** Not polypool's, so that it can't agree by mistake. */
  readonly #driver: MongoClient;
  readonly #appName: string;
  /** Those that may still be on. */
  readonly #set = new Set<string>();

  /** @param appName the client that is to suffer */
  constructor(uri: string, appName: string) {
    this.#driver = new MongoClient(uri);
    this.#appName = appName;
  }

  /** Fails commands before they run, see the server's `failCommand`. */
  async failCommand(data: Document, mode: Mode = { times: 1 }): Promise<void> {
    await this.#configure('failCommand', mode, { appName: this.#appName, ...data });
  }

  /** Closes the connection after a numbered write has been done, and before it is answered. */
  async closeAfterNumberedWrite(mode: Mode = { times: 1 }): Promise<void> {
    await this.#configure('onPrimaryTransactionalWrite', mode, { closeConnection: true });
  }

  async clear(): Promise<void> {
    for (const name of this.#set) {
      await this.#driver.db('admin').command({ configureFailPoint: name, mode: 'off' });
    }
    this.#set.clear();
  }

  async close(): Promise<void> {
    await this.clear();
    await this.#driver.close();
  }

  async #configure(name: string, mode: Mode, data: Document): Promise<void> {
    this.#set.add(name);
    await this.#driver.db('admin').command({ configureFailPoint: name, mode, data });
  }
}
