// Owns a throw-away replica set: its directory, ports, initiation, primary and end.
// Must not know where the mongod comes from (binary.mjs), nor what the set is used for.

import { mkdtemp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { Failure } from '../process/script.mjs';
import { workspace } from '../process/watchdog.mjs';
import { findMongod } from './binary.mjs';
import { ADMINISTRATOR, makeCertificate, makeCertificates, writeKeyFile } from './credentials.mjs';
import { MongodNode, PortInUse } from './node.mjs';
import { HOST, freePort } from './port.mjs';

const SET_NAME = 'polypool';
/** How long an election may take, in milliseconds. */
const PRIMARY_TIMEOUT_MS = 60_000;
/** How often the nodes are asked meanwhile, in milliseconds. */
const POLL_MS = 25;
/** How long a node may take to answer a command, in milliseconds. */
const COMMAND_TIMEOUT_MS = 30_000;
/** How often other ports are tried when some were taken in between. */
const PORT_ATTEMPTS = 5;

/** The organisation of clients: one of the servers' own would count as a server. */
const CLIENTS = 'polypool clients';

/** The same for every node: test commands, little memory, an immediate shutdown, no telemetry. */
const COMMON_ARGS = [
  ...['--replSet', SET_NAME, '--oplogSize', '64', '--wiredTigerCacheSizeGB', '0.25'],
  ...['--setParameter', 'enableTestCommands=1'],
  ...['--setParameter', 'diagnosticDataCollectionEnabled=false'],
  ...['--setParameter', 'shutdownTimeoutMillisForSignaledShutdown=0']
];

/**
 * @typedef {object} ReplicaSetOptions
 * @property {number} [nodes] how many; 1 by default
 * @property {boolean} [auth] require authentication, with a key file and an administrator
 * @property {boolean} [tls] require TLS, by certificates of an authority made for this set
 * @property {boolean} [clientCertificates] with TLS, refuse clients without a certificate of the authority
 * @property {number} [port] of the first node, the others follow; free ports by default
 * @property {readonly string[]} [args] further arguments to every mongod
 * @property {AbortSignal} [signal] ends the start
 */

/**
 * Starts a replica set and resolves when it has a primary and every node follows it.
 *
 * @param {ReplicaSetOptions} [options]
 * @returns {Promise<ReplicaSet>}
 */
export async function startReplicaSet(options = {}) {
  const binary = await findMongod(options);
  for (let attempt = 1; ; attempt += 1) {
    const directory = await mkdtemp(join(workspace(), 'mongod-'));
    const set = await ReplicaSet.create(binary, directory, options);
    try {
      await set.start(options.signal);
      return set;
    } catch (error) {
      await set.stop();
      const retry = error instanceof PortInUse && !options.port && attempt < PORT_ATTEMPTS;
      if (!retry) throw error;
    }
  }
}

/** A replica set on this machine, whose nodes can be made to fail. */
export class ReplicaSet {
  /** The nodes, in the order of their indices. @type {readonly MongodNode[]} @readonly */
  nodes;
  /** Holds the data, logs, key file and certificates. */
  #directory;
  /** Whether an administrator is to be created and used. */
  #auth;
  /** The certificate authority's file; undefined without TLS. */
  #authority;
  /** The file of a certificate and its key, where clients need one. */
  #certificate;

  /**
   * @param {{ nodes: MongodNode[], directory: string, auth: boolean, authority?: string,
   *   certificate?: string }} parts
   */
  constructor({ nodes, directory, auth, authority, certificate }) {
    this.nodes = nodes;
    this.#directory = directory;
    this.#auth = auth;
    this.#authority = authority;
    this.#certificate = certificate;
  }

  /**
   * Prepares a set that is not started yet.
   *
   * @param {string} binary
   * @param {string} directory
   * @param {ReplicaSetOptions} options
   */
  static async create(binary, directory, options) {
    const { nodes: count = 1, auth = false, tls, clientCertificates = false, ...rest } = options;
    const args = [...COMMON_ARGS, ...(rest.args ?? [])];
    if (auth) args.push('--auth', '--keyFile', await writeKeyFile(directory));
    const certificates = tls ? await makeCertificates(directory, rest.signal) : undefined;
    if (certificates) {
      args.push('--tlsMode', 'requireTLS');
      if (!clientCertificates) args.push('--tlsAllowConnectionsWithoutCertificates');
      args.push('--tlsCAFile', certificates.authority);
      args.push('--tlsCertificateKeyFile', certificates.server);
    }
    const nodes = [];
    for (let index = 0; index < count; index += 1) {
      const port = rest.port ? rest.port + index : await freePort();
      nodes.push(
        new MongodNode({ binary, directory: join(directory, `node-${index}`), port, args })
      );
    }
    const certificate = clientCertificates ? certificates?.server : undefined;
    return new ReplicaSet({
      ...{ nodes, directory, auth, authority: certificates?.authority },
      ...(certificate && { certificate })
    });
  }

  /** The ports of the nodes. */
  get ports() {
    return this.nodes.map(node => node.port);
  }

  /** The connection string of the set, with the administrator's credentials where there are some. */
  get uri() {
    return this.#uri(this.nodes, { replicaSet: SET_NAME });
  }

  /** The connection string of one node alone, whatever its state. @param {number} index */
  nodeUri(index) {
    return this.#uri([this.#node(index)], { directConnection: 'true' });
  }

  /**
   * Makes a client's certificate that the set's authority vouches for.
   *
   * @param {string} name of whom it is
   * @returns {Promise<{ path: string, user: string }>} the path of the certificate with its key, and
   *   the name that the server knows its owner by
   */
  async makeClientCertificate(name) {
    const path = await makeCertificate(this.#directory, name, `/O=${CLIENTS}/CN=${name}`);
    return { path, user: `CN=${name},O=${CLIENTS}` };
  }

  /** @param {AbortSignal} [signal] */
  async start(signal) {
    const starts = await Promise.allSettled(this.nodes.map(node => node.start(signal)));
    for (const start of starts) if (start.status === 'rejected') throw start.reason;
    await this.#initiate();
    await this.waitForPrimary({ everyNode: true, signal });
    if (this.#auth) await this.#createAdministrator();
  }

  /** Shuts down every node and removes the directory. */
  async stop() {
    await Promise.all(this.nodes.map(node => node.stop()));
    await rm(this.#directory, { recursive: true, force: true });
  }

  /** Crashes a node (SIGKILL). @param {number} index */
  kill(index) {
    return this.#node(index).kill();
  }

  /** Freezes a node: it keeps its connections and answers nothing. @param {number} index */
  pause(index) {
    this.#node(index).pause();
  }

  /** Undoes {@link pause}. @param {number} index */
  resume(index) {
    this.#node(index).resume();
  }

  /**
   * Stops a node if it runs, and starts it on the same port and data. Resolves when it listens; the
   * set may still be electing ({@link waitForPrimary}).
   *
   * @param {number} index
   */
  async restart(index) {
    await this.#node(index).stop();
    await this.#node(index).start();
  }

  /**
   * Resolves to the index of the primary, once there is one.
   *
   * @param {object} [options]
   * @param {boolean} [options.everyNode] wait until each running node is primary or secondary too
   * @param {number} [options.except] a node that is not asked: it can't answer, or is on its way out
   * @param {number} [options.timeoutMS]
   * @param {AbortSignal} [options.signal]
   * @returns {Promise<number>}
   */
  async waitForPrimary({ everyNode = false, except, timeoutMS = PRIMARY_TIMEOUT_MS, signal } = {}) {
    const deadline = performance.now() + timeoutMS;
    for (;;) {
      const states = await Promise.all(
        this.nodes.map((node, index) => (index === except ? undefined : this.#state(index)))
      );
      const settled = states.every((state, index) => state || !this.nodes[index]?.running);
      const primary = states.indexOf('primary');
      if (primary !== -1 && (settled || !everyNode)) return primary;
      if (performance.now() > deadline) {
        throw new Failure(`No primary after ${timeoutMS} ms; states: ${states.join(', ')}`);
      }
      await delay(POLL_MS, undefined, { signal });
    }
  }

  /**
   * Resolves to the index of the primary that another election than that of `before` has made. That may be
   * the same node again, once it is back, which is asked by itself: while it is not, it takes long to say so.
   *
   * @param {{ node: number, election: string | undefined }} before what {@link reign} said
   * @returns {Promise<number>}
   */
  async waitForNextPrimary({ node, election }) {
    const found = new AbortController();
    const { signal } = found;
    const again = async () => {
      for (;;) {
        const now = await this.#election(node);
        if (now !== undefined && now !== election) return node;
        await delay(POLL_MS, undefined, { signal });
      }
    };
    try {
      return await Promise.race([this.waitForPrimary({ except: node, signal }), again()]);
    } finally {
      found.abort();
    }
  }

  /** The primary, and the election that made it. */
  async reign() {
    const node = await this.waitForPrimary({ everyNode: true });
    return { node, election: await this.#election(node) };
  }

  /** Resolves when any node ends. */
  async anyNodeEnded() {
    await Promise.race(this.nodes.map(node => node.ended()));
  }

  async #initiate() {
    const config = {
      _id: SET_NAME,
      members: this.nodes.map((node, index) => ({ _id: index, host: `${HOST}:${node.port}` })),
      // The server's defaults suit wide networks: 10 s to notice a lost primary, 2 s a heartbeat.
      settings: { electionTimeoutMillis: 2_000, heartbeatIntervalMillis: 500 }
    };
    await this.#withNode(0, admin => admin.command({ replSetInitiate: config }));
  }

  /** Uses the exception for localhost, which ends with the first user. */
  async #createAdministrator() {
    const { user, password } = ADMINISTRATOR;
    const createUser = { createUser: user, pwd: password, roles: ['root'] };
    const primary = await this.waitForPrimary();
    await this.#withNode(primary, admin => admin.command(createUser));
  }

  /**
   * @param {number} index
   * @returns {Promise<'primary' | 'secondary' | undefined>} undefined: another state, or no answer
   */
  async #state(index) {
    const hello = await this.#hello(index);
    if (hello?.isWritablePrimary) return 'primary';
    return hello?.secondary ? 'secondary' : undefined;
  }

  /**
   * @param {number} index
   * @returns {Promise<string | undefined>} the election that made a node the primary; undefined: it is none
   */
  async #election(index) {
    const hello = await this.#hello(index);
    return hello?.isWritablePrimary ? String(hello.electionId) : undefined;
  }

  /** What a node says of itself, if it does. @param {number} index */
  async #hello(index) {
    if (!this.#node(index).running) return undefined;
    try {
      return await this.#withNode(index, admin => admin.command({ hello: 1 }), 1_000);
    } catch {
      return undefined;
    }
  }

  /**
   * Talks to one node, without credentials: all that is asked here needs none.
   *
   * @template T
   * @param {number} index
   * @param {(admin: import('mongodb').Db) => Promise<T>} work
   * @param {number} [timeoutMS]
   * @returns {Promise<T>}
   */
  async #withNode(index, work, timeoutMS = COMMAND_TIMEOUT_MS) {
    // Loaded here, since this module must load before the dependencies are installed.
    const { MongoClient } = await import('mongodb');
    const uri = this.#uri([this.#node(index)], { directConnection: 'true' }, false);
    const timeouts = { serverSelectionTimeoutMS: timeoutMS, socketTimeoutMS: timeoutMS };
    const client = new MongoClient(uri, timeouts);
    try {
      return await work(client.db('admin'));
    } finally {
      await client.close();
    }
  }

  /**
   * @param {readonly MongodNode[]} nodes
   * @param {Record<string, string>} options
   * @param {boolean} [authenticate]
   */
  #uri(nodes, options, authenticate = this.#auth) {
    const { user, password } = ADMINISTRATOR;
    const userInfo = authenticate ? `${user}:${encodeURIComponent(password)}@` : '';
    const hosts = nodes.map(node => `${HOST}:${node.port}`).join(',');
    const query = new URLSearchParams(options);
    if (authenticate) query.set('authSource', 'admin');
    if (this.#authority) {
      query.set('tls', 'true');
      query.set('tlsCAFile', this.#authority);
    }
    if (this.#certificate) query.set('tlsCertificateKeyFile', this.#certificate);
    return `mongodb://${userInfo}${hosts}/?${query}`;
  }

  /** @param {number} index */
  #node(index) {
    const node = this.nodes[index];
    if (!node) throw new RangeError(`There is no node ${index}, only ${this.nodes.length}`);
    return node;
  }
}
