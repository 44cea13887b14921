// Owns how entities come into being from their descriptions, and how they are ended. Must not know
// what operations there are.

import type { Document } from 'mongodb';
import type { Deployment } from '../deployment.ts';
import { Fault } from '../fault.ts';
import type { Subject } from '../subject.ts';
import { ClientEntity } from './client-entity.ts';
import type { EntityMap } from './entities.ts';
import type { EntityDescription } from './format/file.ts';
import { convertOptions } from './operations/arguments.ts';
import { Thread } from './thread.ts';

/** What entities are made with. */
export interface Workshop {
  readonly subject: Subject;
  readonly deployment: Deployment;
  readonly entities: EntityMap;
  /** Whether the test asks how many connections are checked out. */
  readonly countsConnections: boolean;
  /** What sessions have to know of on sharded clusters. */
  readonly clusterTime?: Document;
}

/** Makes the entities in their order. @throws Fault for references to what is not there */
export async function createEntities(
  descriptions: readonly EntityDescription[],
  workshop: Workshop
): Promise<void> {
  for (const description of descriptions) await createEntity(description, workshop);
}

async function createEntity(description: EntityDescription, workshop: Workshop): Promise<void> {
  const { entities, subject } = workshop;
  const { database, collection, bucket, thread } = description;
  if (description.client) return createClient(description.client, workshop);
  if (description.session) {
    createSession(description.session, workshop);
    return;
  }
  if (database) {
    const { client } = entities.get('client', database.client);
    const options = convertOptions(database.databaseOptions ?? {}, entities);
    entities.add('database', database.id, client.db(database.databaseName, options));
  } else if (collection) {
    const db = entities.get('database', collection.database);
    const options = convertOptions(collection.collectionOptions ?? {}, entities);
    entities.add('collection', collection.id, db.collection(collection.collectionName, options));
  } else if (bucket) {
    const db = entities.get('database', bucket.database);
    const options = convertOptions(bucket.bucketOptions ?? {}, entities);
    entities.add('bucket', bucket.id, subject.bucket(db, options));
  } else if (thread) {
    entities.add('thread', thread.id, new Thread(thread.id));
  } else {
    throw new Fault(`This runner makes no ${Object.keys(description).join()}`);
  }
}

async function createClient(
  description: NonNullable<EntityDescription['client']>,
  { entities, subject, deployment, countsConnections }: Workshop
): Promise<void> {
  const entity = new ClientEntity(subject, deployment, description, countsConnections);
  // First, so that it is closed whatever happens next.
  entities.add('client', description.id, entity);
  for (const { id, events } of description.storeEventsAsEntities ?? []) {
    const stored: Document[] = [];
    entities.add('value', id, stored);
    for (const name of events) {
      entity.on(name.charAt(0).toLowerCase() + name.slice(1), event => {
        stored.push({ ...event, name, observedAt: Date.now() / 1000 });
      });
    }
  }
  await entity.connect();
}

function createSession(
  { id, client, sessionOptions = {} }: NonNullable<EntityDescription['session']>,
  { entities, clusterTime }: Workshop
): void {
  const owner = entities.get('client', client).client;
  const session = owner.startSession(convertOptions(sessionOptions, entities));
  entities.add('session', id, session);
  if (clusterTime !== undefined) {
    session.advanceClusterTime(clusterTime as Parameters<typeof session.advanceClusterTime>[0]);
  }
}

/** Ends what a test has made, dependents first. @returns what went wrong, which stops nothing */
export async function endEntities(entities: EntityMap): Promise<unknown[]> {
  const faults: unknown[] = [];
  const attempt = async (end: () => Promise<unknown>): Promise<void> => {
    try {
      await end();
    } catch (error) {
      faults.push(error);
    }
  };
  for (const cursor of entities.all('cursor')) {
    // Drivers differ in whether a failed killCursors shows, so that nothing is made of it.
    await cursor.close().catch(() => undefined);
  }
  for (const session of entities.all('session')) await attempt(() => session.endSession());
  for (const client of entities.all('client')) await attempt(() => client.close());
  return faults;
}
