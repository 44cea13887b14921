// Owns the fail points that a test has set, so that they are off again afterwards. Must not know what
// they make fail.

import { ReadPreference, type ClientSession, type Document, type MongoClient } from 'mongodb';
import type { Deployment } from '../deployment.ts';
import { Mismatch } from '../fault.ts';

export class FailPoints {
  readonly #deployment: Deployment;
  readonly #names = new Set<string>();

  constructor(deployment: Deployment) {
    this.#deployment = deployment;
  }

  /** Sets a fail point through the tested client, on the primary as that client sees it. */
  async set(client: MongoClient, failPoint: Document): Promise<void> {
    this.#record(failPoint);
    await client.db('admin').command(failPoint, { readPreference: ReadPreference.primary });
  }

  /** Sets a fail point on the router that a session is pinned to. */
  async setOnPinned(session: ClientSession, failPoint: Document): Promise<void> {
    const address = pinnedAddress(session);
    if (address === undefined) throw new Mismatch('The session is not pinned');
    this.#record(failPoint);
    await this.#deployment.enableFailPointOn(address, failPoint);
  }

  async disable(): Promise<void> {
    for (const name of this.#names) await this.#deployment.disableFailPoint(name);
    this.#names.clear();
  }

  #record(failPoint: Document): void {
    this.#names.add(failPoint['configureFailPoint'] as string);
  }
}

/** As the driver keeps it, which has no public way to ask. */
function pinnedAddress(session: ClientSession): string | undefined {
  const { transaction } = session as unknown as {
    transaction?: { server?: { description?: { address?: string } } };
  };
  return transaction?.server?.description?.address;
}
