// Owns what an application keeps per tenant, by contender: a handle on a database through one client,
// or a client of the tenant's own. Each loads its own package alone, since memory is what is measured.
// Must not know how many there will be.

import type { MongoClient } from 'mongodb';

/** What is kept, once it was used: reading one document that is not there. */
export interface Handle {
  read(): Promise<void>;
}

/** Something that hands out handles, numbered from 0. */
export interface Source {
  handle(number: number): Promise<Handle>;
  close(): Promise<void>;
}

/** A handle per database, on one client. */
export const DATABASES = ['polypool', 'mongodb', 'mongoose'] as const;
/** A client per tenant; `polypool` shares the process's pool, as `createPool` does by default. */
export const CLIENTS = ['polypool', 'polypool, own pools', 'mongodb', 'mongoose'] as const;

export type Kind = 'databases' | 'clients';
export type Contender = (typeof CLIENTS)[number];

/** The collection that is read; no database has it. */
const COLLECTION = 'items';
export function openSource(kind: Kind, contender: Contender, uri: string): Promise<Source> {
  return kind === 'databases' ? databases(contender, uri) : clients(contender, uri);
}

/** A tenant's database, which does not exist: what it costs the server is not what is measured. */
function databaseName(number: number): string {
  return `bench_tenant_${number}`;
}

async function databases(contender: Contender, uri: string): Promise<Source> {
  if (contender === 'mongoose') {
    const { connect, itemSchema } = await mongoose();
    const connection = await connect(uri);
    return {
      handle: number => {
        const tenant = connection.useDb(databaseName(number), { useCache: true });
        const model = tenant.model('Item', itemSchema, COLLECTION);
        return Promise.resolve({
          read: async () => {
            await model.findOne().lean();
          }
        });
      },
      close: () => connection.close()
    };
  }
  const client = (await clientFactory(contender, uri))();
  await client.connect();
  return {
    handle: number => Promise.resolve(clientHandle(client, number)),
    close: () => client.close()
  };
}

async function clients(contender: Contender, uri: string): Promise<Source> {
  const opened: { close(): Promise<void> }[] = [];
  const close = async (): Promise<void> => {
    await Promise.all(opened.map(each => each.close()));
  };
  if (contender === 'mongoose') {
    const { connect, itemSchema } = await mongoose();
    const handle = async (number: number): Promise<Handle> => {
      const connection = await connect(uri, databaseName(number));
      opened.push(connection);
      const model = connection.model('Item', itemSchema, COLLECTION);
      return {
        read: async () => {
          await model.findOne().lean();
        }
      };
    };
    return { handle, close };
  }
  const newClient = await clientFactory(contender, uri);
  const handle = (number: number): Promise<Handle> => {
    const client = newClient();
    opened.push(client);
    return Promise.resolve(clientHandle(client, number));
  };
  return { handle, close };
}

/** Makes clients; `polypool` shares the process's pool where there are several. */
async function clientFactory(contender: Contender, uri: string): Promise<() => MongoClient> {
  if (contender === 'mongodb') {
    const { MongoClient: Client } = await import('mongodb');
    return () => new Client(uri);
  }
  const { PolyPool, createPool } = await import('polypool');
  return contender === 'polypool' ? () => createPool(uri) : () => new PolyPool(uri);
}

async function mongoose() {
  const { createConnection } = await import('mongoose');
  const { itemSchema } = await import('../contenders/mongoose');
  // Nothing is created behind the reader's back.
  const options = { autoIndex: false, autoCreate: false };
  return {
    itemSchema,
    connect: (uri: string, dbName?: string) =>
      createConnection(uri, { ...options, ...(dbName !== undefined && { dbName }) }).asPromise()
  };
}

function clientHandle(client: MongoClient, number: number): Handle {
  const collection = client.db(databaseName(number)).collection(COLLECTION);
  return {
    read: async () => {
      await collection.findOne({});
    }
  };
}
