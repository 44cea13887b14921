// Owns the comparison: one scenario, run with Mongoose on its own driver and with Mongoose on polypool,
// each in a database of its own, and what came of it: results, errors, stacks. Must not know what a
// scenario is about.

import assert from 'node:assert/strict';
import { MongoClient } from 'mongodb';
import type { Connection, ConnectOptions, Model, Mongoose, SchemaDefinition } from 'mongoose';
import { install } from 'polypool/mongoose';
import { differences, type Difference } from '../../compat/differences.ts';
import { Portraitist } from '../../compat/portrait.ts';
import { sharedMongod, uniqueDatabase, type SharedMongod } from '../../support/mongod.ts';
import { namesCaller, settle, type Settled } from '../../support/settle.ts';

/** The package: its instance, whose class makes others. */
export type Package = Mongoose & { Mongoose: new () => Mongoose };

/** What a scenario has to work with. */
export interface Context {
  /** Nobody else's, not connected. */
  readonly mongoose: Mongoose;
  readonly database: string;
  /** Of the server, with `database` in it. */
  readonly uri: string;
  /** Mongoose's major version. */
  readonly major: number;
  /** A name for a collection or a model that no other scenario has. */
  readonly name: string;
  /** Opens the default connection, to `uri` unless it says otherwise. */
  connect(options?: ConnectOptions): Promise<Connection>;
  /** A further connection, closed after the scenario. */
  open(options?: ConnectOptions, uri?: string): Connection;
  /** A model of the default connection, in a collection that is `name` or begins with it. */
  model(definition: SchemaDefinition, options?: object, suffix?: string): Model<any>;
  /** Runs a call that may fail. */
  settled(run: () => unknown): Promise<Settled>;
  /** The same for several calls, one after the other. */
  all(...runs: Array<() => unknown>): Promise<Settled[]>;
}

export type Scenario = (on: Context) => unknown;

/** Scenarios by their name, which is a sentence. */
export type Scenarios = Record<string, Scenario>;

/** What came of a scenario. */
interface Outcome {
  readonly settled: unknown;
  /** Stacks of errors that do not name the async function that made the call, by the call's number. */
  readonly anonymous: ReadonlyMap<number, unknown>;
}

/** Mongoose sends many frames between an error and its caller. */
Error.stackTraceLimit = 100;

class Side {
  readonly #uri: string;
  readonly #newMongoose: () => Mongoose;
  readonly #major: number;
  readonly database = uniqueDatabase();

  constructor(uri: string, from: Package, newMongoose: () => Mongoose) {
    this.#uri = uri;
    this.#newMongoose = newMongoose;
    this.#major = Number(from.version.split('.')[0]);
  }

  async run(scenario: Scenario, name: string): Promise<Outcome> {
    const mongoose = this.#newMongoose();
    const anonymous = new Map<number, unknown>();
    let calls = 0;
    const settled = async (run: () => unknown): Promise<Settled> => {
      const call = calls++;
      const outcome = await settle(run);
      const error = 'rejected' in outcome ? outcome.rejected : undefined;
      if (error instanceof Error && !namesCaller(error)) {
        anonymous.set(call, error.stack);
      }
      return outcome;
    };
    const { database } = this;
    const uri = Object.assign(new URL(this.#uri), { pathname: `/${database}` }).href;
    const context: Context = {
      mongoose,
      database,
      uri,
      major: this.#major,
      name,
      connect: async options => (await mongoose.connect(uri, options)).connection,
      open: (options, to = uri) => mongoose.createConnection(to, options),
      model: (definition, options = {}, suffix = '') => {
        const collection = `${name}${suffix}`;
        const schema: any = new mongoose.Schema(definition, options);
        return mongoose.model(collection, schema, collection) as Model<any>;
      },
      settled,
      all: async (...runs) => {
        const outcomes: Settled[] = [];
        for (const run of runs) outcomes.push(await settled(run));
        return outcomes;
      }
    };
    const painter = new MongoosePortraitist(database, mongoose);
    try {
      const ended = await settled(() => scenario(context));
      // A scenario says itself which of its calls may fail.
      if (!('value' in ended)) throw Object.values(ended)[0];
      const outcome = painter.picture(ended);
      return { settled: withoutIds(outcome), anonymous };
    } finally {
      await mongoose.disconnect();
    }
  }
}

/** ObjectIds in texts. */
const HEX_ID = /\b[0-9a-f]{24}\b/g;
/** Seconds; an ObjectId as young as this was made by the run. */
const YOUNG = 3_600;

/**
 * Documents of Mongoose's as what is in them, without the machinery that they carry; BSON values as the
 * `bson` of that Mongoose has them.
 */
class MongoosePortraitist extends Portraitist {
  readonly #mongoose: Mongoose;

  constructor(database: string, mongoose: Mongoose) {
    super(database);
    this.#mongoose = mongoose;
  }

  override picture(value: unknown): unknown {
    if (typeof value !== 'object' || value === null) return super.picture(value);
    const type = (value as { _bsontype?: string })._bsontype;
    if (type !== undefined && type !== 'ObjectId') {
      const { EJSON } = this.#mongoose.mongo.BSON;
      const json = super.picture(EJSON.serialize(value, { relaxed: false }));
      return { '#class': value.constructor.name, '#own': this.#isOwn(value), type, json };
    }
    if (value instanceof Error) return this.#error(value);
    const document = value as { $__?: unknown; isNew?: boolean; toObject?(): object };
    if (document.$__ === undefined || !document.toObject) return super.picture(value);
    const fields = super.picture(document.toObject());
    return { '#class': value.constructor.name, '#isNew': document.isNew, fields };
  }

  /** An error, with the classes of this Mongoose's driver that it is an instance of. */
  #error(error: Error): unknown {
    const classes = Object.entries(this.#mongoose.mongo as unknown as Record<string, unknown>);
    const isErrors = ([, type]: [string, unknown]): boolean =>
      typeof type === 'function' && type.prototype instanceof Error && error instanceof type;
    const names = classes.filter(isErrors).map(([name]) => name);
    return { ...(super.picture(error) as object), '#instanceof': names.sort() };
  }

  /** Whether a value is of a class that this Mongoose knows by `instanceof`. */
  #isOwn(value: object): boolean {
    const classes = this.#mongoose.mongo.BSON as unknown as Record<string, new () => object>;
    const type = classes[value.constructor.name];
    return type !== undefined && value instanceof type;
  }
}

/** A picture in whose texts the ObjectIds that the run made are one. */
function withoutIds(picture: unknown): unknown {
  if (typeof picture === 'string') return picture.replaceAll(HEX_ID, withoutId);
  if (Array.isArray(picture)) return picture.map(withoutIds);
  if (typeof picture !== 'object' || picture === null) return picture;
  return Object.fromEntries(Object.entries(picture).map(([key, one]) => [key, withoutIds(one)]));
}

function withoutId(hex: string): string {
  const isYoung = Math.abs(Date.now() / 1_000 - Number.parseInt(hex.slice(0, 8), 16)) < YOUNG;
  return isYoung ? '<id>' : hex;
}

/** Mongoose on both drivers. */
export class Both {
  readonly #mongod: SharedMongod;
  readonly #stock: Side;
  readonly #polypool: Side;
  #runs = 0;

  private constructor(mongod: SharedMongod, from: Package) {
    this.#mongod = mongod;
    const native = driverOf(from);
    this.#stock = new Side(mongod.uri, from, () => new from.Mongoose().setDriver(native));
    this.#polypool = new Side(mongod.uri, from, () => {
      const mongoose = new from.Mongoose();
      install(mongoose);
      return mongoose;
    });
  }

  static async open(from: Package): Promise<Both> {
    return new Both(await sharedMongod(), from);
  }

  async run(scenario: Scenario): Promise<{ stock: Outcome; polypool: Outcome }> {
    const name = `c${this.#runs++}`;
    const [stock, polypool] = await Promise.all([
      this.#stock.run(scenario, name),
      this.#polypool.run(scenario, name)
    ]);
    return { stock, polypool };
  }

  async close(): Promise<void> {
    const client = new MongoClient(this.#mongod.uri);
    for (const { database } of [this.#stock, this.#polypool]) {
      await client.db(database).dropDatabase();
    }
    await client.close();
    await this.#mongod.stop();
  }
}

/** The driver that new instances of Mongoose have. */
function driverOf(mongoose: Mongoose): any {
  return (mongoose as unknown as { driver: { get(): unknown } }).driver.get();
}

/** What is different on purpose in polypool itself, whoever uses it. */
function isDeliberate({ path, polypool, driver }: Difference): boolean {
  const key = path.slice(path.lastIndexOf('.') + 1);
  // The errors of a closed pool have a code.
  if (key === 'code') return polypool === 'POLYPOOL_CLOSED' && driver === undefined;
  // What is wrong with an option or a connection string, and which server was not reached, is said in
  // other words.
  return key === 'message' && WORDED.some(words => words.test(String(polypool)));
}

const WORDED = [
  /^options\.\w+ must/,
  /^Invalid scheme: /,
  /^The connection string has no host/,
  /^Server selection timed out after \d+ ms waiting for/
];

/** Fails unless a scenario ends the same way on both drivers. */
export async function compare(both: Both, scenario: Scenario): Promise<void> {
  const { stock, polypool } = await both.run(scenario);
  const found = differences(polypool.settled, stock.settled);
  const unexpected = found.filter(difference => !isDeliberate(difference));
  assert.deepEqual(unexpected, [], 'the drivers differ');
  const anonymous = [...polypool.anonymous].filter(([call]) => !stock.anonymous.has(call));
  assert.deepEqual(anonymous, [], 'stacks do not name the caller');
}
