// Owns the MongoDB that tests run against: what kind it is, and the changes made to it behind the
// tested client's back. It uses the official driver, so that faults of the tested client stay with
// that client. Must not know a test's format.

import { MongoClient, MongoServerError, ReadPreference, type Document } from 'mongodb';
import { ConnectionURI } from './connection-uri.ts';
import { parseVersion, type Version } from './version.ts';

/** The names that the unified test format has for topologies. */
export type TopologyKind = 'single' | 'replicaset' | 'sharded' | 'load-balanced';

/** What the server is, as far as tests ask. */
export interface ServerFacts {
  readonly version: Version;
  readonly topology: TopologyKind;
  /** How many servers hold data, or route. */
  readonly nodes: number;
  /** Whether clients log in. */
  readonly auth: boolean;
  readonly parameters: Document;
}

/** Failures of `killAllSessions` that harm nothing: interrupted itself, not allowed, not known. */
const HARMLESS_KILL_ERRORS: ReadonlySet<unknown> = new Set([11601, 13, 59]);

const TIMEOUT_MS = 10_000;

export class Deployment {
  readonly uri: ConnectionURI;
  readonly facts: ServerFacts;
  /** Sees the whole deployment. */
  readonly client: MongoClient;
  /** One for every server that holds data, or for every router. */
  readonly #nodes: readonly MongoClient[];

  private constructor(
    uri: ConnectionURI,
    facts: ServerFacts,
    client: MongoClient,
    nodes: MongoClient[]
  ) {
    this.uri = uri;
    this.facts = facts;
    this.client = client;
    this.#nodes = nodes;
  }

  static async connect(text: string): Promise<Deployment> {
    const uri = new ConnectionURI(text);
    const client = open(uri);
    await client.connect();
    const admin = client.db('admin');
    const hello = await admin.command({ hello: 1 });
    const { version } = await admin.command({ buildInfo: 1 });
    const topology = topologyOf(uri, hello);
    const hosts = (hello['hosts'] as string[] | undefined) ?? uri.hosts;
    const facts: ServerFacts = {
      version: parseVersion(version as string),
      topology,
      nodes: hosts.length,
      auth: uri.authenticates,
      parameters: await admin.command({ getParameter: '*' })
    };
    const direct = uri.without('replicaSet').with({ directConnection: true });
    const nodes =
      topology === 'load-balanced' ? [client] : hosts.map(host => open(direct.toSingle(host)));
    return new Deployment(uri, facts, client, nodes);
  }

  async close(): Promise<void> {
    await Promise.all([this.client, ...this.#nodes].map(client => client.close()));
  }

  /** Ends transactions that a test has left open, which would block the next one. */
  async killAllSessions(): Promise<void> {
    const { topology } = this.facts;
    const clients = topology === 'sharded' ? this.#nodes : [this.client];
    for (const client of clients) {
      try {
        await client.db('admin').command({ killAllSessions: [] });
      } catch (error) {
        if (!(error instanceof MongoServerError) || !HARMLESS_KILL_ERRORS.has(error.code)) {
          throw error;
        }
      }
    }
  }

  /** Turns a fail point off on every server: its server may not be the primary any more. */
  async disableFailPoint(name: string): Promise<void> {
    await Promise.all(
      this.#nodes.map(node => node.db('admin').command({ configureFailPoint: name, mode: 'off' }))
    );
  }

  /** Sets a fail point on one server, by its address. */
  async enableFailPointOn(address: string, failPoint: Document): Promise<void> {
    const client = open(
      this.uri.without('replicaSet').with({ directConnection: true }).toSingle(address)
    );
    try {
      await client.db('admin').command(failPoint);
    } finally {
      await client.close();
    }
  }

  /**
   * Makes a collection anew, on a majority.
   * @returns the cluster time afterwards, which sessions of sharded clusters have to know of
   */
  async fill(data: {
    readonly databaseName: string;
    readonly collectionName: string;
    readonly createOptions?: Document;
    readonly documents: readonly Document[];
  }): Promise<void> {
    const writeConcern = { w: 'majority' } as const;
    const db = this.client.db(data.databaseName);
    await dropIfThere(() => db.dropCollection(data.collectionName, { writeConcern }));
    if (data.createOptions !== undefined || data.documents.length === 0) {
      await db.createCollection(data.collectionName, { ...data.createOptions, writeConcern });
    }
    if (data.documents.length > 0) {
      await db.collection(data.collectionName).insertMany([...data.documents], { writeConcern });
    }
  }

  /** What a collection holds on the primary, by `_id`. Numbers keep their types. */
  contents(database: string, collection: string): Promise<Document[]> {
    return this.client
      .db(database)
      .collection(collection, {
        readConcern: { level: 'local' },
        readPreference: ReadPreference.primary
      })
      .find({}, { sort: { _id: 1 }, promoteValues: false })
      .toArray();
  }

  async clusterTime(): Promise<Document | undefined> {
    const ping = await this.client.db('admin').command({ ping: 1 });
    return ping['$clusterTime'] as Document | undefined;
  }
}

function open(uri: ConnectionURI): MongoClient {
  return new MongoClient(uri.toString(), {
    appName: 'conformance runner',
    serverSelectionTimeoutMS: TIMEOUT_MS
  });
}

function topologyOf(uri: ConnectionURI, hello: Document): TopologyKind {
  if (uri.options.some(([name, value]) => /^loadBalanced$/i.test(name) && value === 'true')) {
    return 'load-balanced';
  }
  if (hello['msg'] === 'isdbgrid') return 'sharded';
  return hello['setName'] === undefined ? 'single' : 'replicaset';
}

async function dropIfThere(drop: () => Promise<unknown>): Promise<void> {
  const NAMESPACE_NOT_FOUND = 26;
  try {
    await drop();
  } catch (error) {
    if (!(error instanceof MongoServerError) || error.code !== NAMESPACE_NOT_FOUND) throw error;
  }
}
