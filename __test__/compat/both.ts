// Owns the comparison: one scenario, run on the driver's MongoClient and on a PolyPool, each in a
// database of its own; and what came of it, as users see it (results, errors) and as the server
// does (the commands, from its profiler). Must not know what a scenario is about.

import assert from 'node:assert/strict';
import {
  GridFSBucket,
  MongoClient,
  type Collection,
  type Db,
  type Document,
  type GridFSBucketOptions,
  type MongoClientOptions
} from 'mongodb';
import * as polypool from 'polypool';
import { sharedMongod, uniqueDatabase, type SharedMongod } from '../support/mongod.ts';
import { namesCaller, settle, type Settled } from '../support/settle.ts';
import { differences, isDeliberate } from './differences.ts';
import { Portraitist } from './portrait.ts';

/** What a scenario has to work with. */
export interface Context {
  readonly client: MongoClient;
  readonly db: Db;
  /** Nobody else's, and not there yet. */
  readonly collection: Collection<any>;
  /** A further client with options of its own, closed after the scenario. */
  open(options: MongoClientOptions): MongoClient;
  /** A bucket, of the same package as the client; nobody else's unless it is given a name. */
  bucket(options?: GridFSBucketOptions, db?: Db): GridFSBucket;
  /** Runs a call that may fail. */
  settled(run: () => unknown): Promise<Settled>;
  /** The same for several calls, one after the other. */
  all(...runs: Array<() => unknown>): Promise<Settled[]>;
}

export type Scenario = (on: Context) => unknown;

/** Scenarios by the method they are about (`Class.method`) and their name. */
export type Scenarios = Record<string, Record<string, Scenario>>;

/** What came of a scenario. */
export interface Outcome {
  readonly settled: unknown;
  /** Commands in the order the server ran them. */
  readonly commands: unknown;
  /** Errors whose stack does not name the async function that made the call. */
  readonly anonymous: readonly unknown[];
}

/** The driver sends many more frames between an error and its caller than are kept by default. */
Error.stackTraceLimit = 100;

/** Elements of commands that differ from run to run, or that the profiler leaves out. */
const VOLATILE: ReadonlySet<string> = new Set(['lsid', '$clusterTime', 'documents']);
/** Elements, also of a read concern, of which only whether they are there is the same. */
const NUMBERED: ReadonlySet<string> = new Set(['txnNumber', 'afterClusterTime', 'atClusterTime']);

/** The classes that are exported and made by users. */
interface Package {
  readonly MongoClient: new (uri: string, options?: MongoClientOptions) => MongoClient;
  readonly GridFSBucket: new (db: Db, options?: GridFSBucketOptions) => GridFSBucket;
}

class Side {
  readonly #uri: string;
  readonly #package: Package;
  readonly #client: MongoClient;
  readonly #database = uniqueDatabase();
  readonly #observed: Db;
  /** Entries of the profile that belong to former scenarios. */
  #seen = 0;

  constructor(uri: string, from: Package, observer: MongoClient) {
    this.#uri = uri;
    this.#package = from;
    this.#client = new from.MongoClient(uri);
    this.#observed = observer.db(this.#database);
  }

  async open(): Promise<void> {
    await this.#client.connect();
    // As large as this it never forgets an entry of the run.
    await this.#observed.createCollection('system.profile', { capped: true, size: 64 * 2 ** 20 });
    await this.#observed.command({ profile: 2 });
    await this.#commands(new Portraitist(this.#database));
  }

  async close(): Promise<void> {
    await this.#client.close();
    await this.#observed.command({ profile: 0 });
    await this.#observed.dropDatabase();
  }

  async run(scenario: Scenario, name: string): Promise<Outcome> {
    const opened: MongoClient[] = [];
    const anonymous: unknown[] = [];
    const settled = async (run: () => unknown): Promise<Settled> => {
      const outcome = await settle(run);
      const error = 'rejected' in outcome ? outcome.rejected : undefined;
      if (error instanceof Error && !namesCaller(error)) {
        anonymous.push(error.stack);
      }
      return outcome;
    };
    const db = this.#client.db(this.#database);
    const context: Context = {
      client: this.#client,
      db,
      collection: db.collection(name),
      open: options => {
        opened.push(new this.#package.MongoClient(this.#uri, options));
        return opened.at(-1)!;
      },
      bucket: (options, on = db) =>
        new this.#package.GridFSBucket(on, { bucketName: name, ...options }),
      settled,
      all: async (...runs) => {
        const outcomes: Settled[] = [];
        for (const run of runs) outcomes.push(await settled(run));
        return outcomes;
      }
    };
    const painter = new Portraitist(this.#database);
    try {
      const outcome = painter.picture(await settled(() => scenario(context)));
      return { settled: outcome, commands: await this.#commands(painter), anonymous };
    } finally {
      await Promise.all(opened.map(client => client.close()));
    }
  }

  /** The commands since the last time, as the server got them. */
  async #commands(painter: Portraitist): Promise<unknown> {
    const entries = await this.#observed
      .collection('system.profile')
      .find({
        ns: { $ne: `${this.#database}.system.profile` },
        // Neither client waits for cursors to be killed, so these come when they come.
        'command.killCursors': { $exists: false },
        // How often it takes until there is something to tell is nobody's doing.
        'originatingCommand.pipeline.$changeStream': { $exists: false }
      })
      .project<{ op: string; ns: string; command: Document }>({ op: 1, ns: 1, command: 1 })
      .skip(this.#seen)
      .toArray();
    this.#seen += entries.length;
    return painter.picture(entries.map(({ op, ns, command }) => ({ op, ns, ...stable(command) })));
  }
}

/** A command without what no two runs share. */
function stable(command: Document): Document {
  if (command['$truncated'] !== undefined) return truncated(command['$truncated'] as string);
  const elements = Object.entries(command).filter(([name]) => !VOLATILE.has(name));
  // The order of a command's elements means nothing, but that of what they hold does.
  const stable = unnumbered(Object.fromEntries(elements.sort(byName)));
  if (stable['readConcern']) stable['readConcern'] = unnumbered(stable['readConcern'] as Document);
  if (!('getMore' in stable)) return stable;
  // The Rust crate adds a read preference; a getMore goes to the cursor's server, whatever it says.
  delete stable['$readPreference'];
  return { ...stable, getMore: '<cursor>' };
}

function unnumbered(elements: Document): Document {
  return Object.fromEntries(
    Object.entries(elements).map(([name, value]) => [name, NUMBERED.has(name) ? '<number>' : value])
  );
}

function byName([a]: [string, unknown], [b]: [string, unknown]): number {
  return a < b ? -1 : 1;
}

/** The profiler cuts large commands off, and only polypool's inserts have their documents inside. */
function truncated(text: string): Document {
  const [, insert, ordered] = /^\{ insert: "([^"]*)", ordered: (true|false),/.exec(text) ?? [];
  return { $db: '<database>', insert, ordered: ordered === 'true' };
}

/** Both clients, connected. */
export class Both {
  readonly #mongod: SharedMongod;
  readonly #observer: MongoClient;
  readonly #driver: Side;
  readonly #polypool: Side;
  #runs = 0;

  private constructor(mongod: SharedMongod) {
    this.#mongod = mongod;
    this.#observer = new MongoClient(mongod.uri);
    this.#driver = new Side(mongod.uri, { MongoClient, GridFSBucket }, this.#observer);
    this.#polypool = new Side(mongod.uri, polypool as unknown as Package, this.#observer);
  }

  static async open(): Promise<Both> {
    const both = new Both(await sharedMongod());
    await Promise.all([both.#driver.open(), both.#polypool.open()]);
    return both;
  }

  async run(scenario: Scenario): Promise<{ driver: Outcome; polypool: Outcome }> {
    const name = `c${this.#runs++}`;
    const [driver, polypool] = await Promise.all([
      this.#driver.run(scenario, name),
      this.#polypool.run(scenario, name)
    ]);
    return { driver, polypool };
  }

  async close(): Promise<void> {
    await Promise.all([this.#driver.close(), this.#polypool.close()]);
    await this.#observer.close();
    await this.#mongod.stop();
  }
}

/** Fails unless a scenario ends the same way on both clients, but for differences on purpose. */
export async function compare(both: Both, title: string, scenario: Scenario): Promise<void> {
  const { driver, polypool } = await both.run(scenario);
  const found = differences(
    { settled: polypool.settled, commands: polypool.commands },
    { settled: driver.settled, commands: driver.commands }
  );
  const unexpected = found.filter(difference => !isDeliberate(title, difference));
  assert.deepEqual(unexpected, [], 'polypool and the driver differ');
  // A stream reads on its own, so there is no caller to name.
  if (title.startsWith('AbstractCursor.stream')) return;
  assert.deepEqual(polypool.anonymous, [], 'stacks do not name the caller');
}
