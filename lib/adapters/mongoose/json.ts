/**
 * `toJSONBytes()` of Mongoose's queries and aggregations: their lean result as JSON that Rust makes.
 * Casting, middleware, discriminators and options stay Mongoose's, which runs the operation as ever and
 * is handed a stand-in for the result. It knows Mongoose's classes by shape alone.
 */
import type { JSONOptions } from 'polypool';
import type { Mongoose, SchemaPlugin } from './mongoose';

/** What a collection of the driver gives. */
interface Cursor {
  toArray(): Promise<unknown[]>;
  toJSONBytes?(options?: JSONOptions): Promise<Buffer>;
}

/** Mongoose's wrapper of a collection, which may wait for the connection to open. */
interface Reading {
  find(filter: object, options?: object): Cursor | Promise<Cursor>;
  aggregate(pipeline: object[], options?: object): Cursor | Promise<Cursor>;
}

/** Middleware, as kareem keeps it. */
interface Hooks {
  readonly _posts: ReadonlyMap<string, unknown[]>;
}

/** A query, with the members that its own methods use. */
interface Query {
  readonly op: string | undefined;
  readonly options: Record<string, unknown>;
  readonly _mongooseOptions: { lean?: unknown; populate?: object };
  readonly _queryMiddleware?: Hooks | null;
  mongooseCollection: Reading;
  lean(): unknown;
  exec(): Promise<unknown>;
}

/** An aggregation, with the members that its own methods use. */
interface Aggregate {
  readonly options: Record<string, unknown> | undefined;
  _model: { readonly collection: Reading; readonly hooks: Hooks } | undefined;
  exec(): Promise<unknown>;
}

/** Bytes of an array without elements. */
const NOTHING = 2;

const METHOD = 'toJSONBytes';

/** The classes whose methods these become. */
function classesOf(mongoose: Mongoose): ReadonlyArray<readonly [object, unknown]> {
  const { Query, Aggregate } = mongoose;
  return [
    [Query.prototype, queryToJSONBytes],
    [Aggregate.prototype, aggregateToJSONBytes]
  ];
}

/**
 * The lean result of a query or an aggregation as JSON; null for a `findOne` that found nothing. The
 * same as their method of this name, which Mongoose's types do not have.
 *
 * @param of - of a Mongoose that polypool is the driver of
 */
export async function toJSONBytes(
  of: { exec(): Promise<unknown> },
  options?: JSONOptions
): Promise<Buffer | null> {
  const method = 'op' in of ? queryToJSONBytes : aggregateToJSONBytes;
  return await (method as (this: unknown, given?: JSONOptions) => Promise<Buffer | null>).call(
    of,
    options
  );
}

/** Gives queries and aggregations of a Mongoose the method. */
export function addJSON(mongoose: Mongoose): void {
  for (const [prototype, value] of classesOf(mongoose)) {
    Object.defineProperty(prototype, METHOD, { value, configurable: true, writable: true });
  }
}

/** Takes it from them. */
export function removeJSON(mongoose: Mongoose): void {
  for (const [prototype, value] of classesOf(mongoose)) {
    if (Reflect.get(prototype, METHOD) === value) Reflect.deleteProperty(prototype, METHOD);
  }
}

/** The same as a plugin of schemas, for who sets the driver without `install`. */
export const jsonPlugin: SchemaPlugin = (schema: { readonly base?: Mongoose }) => {
  if (schema.base !== undefined) addJSON(schema.base);
};

/**
 * The lean result of a `find` as a JSON array, that of a `findOne` as an object or null.
 * @throws Error where it is asked for what only Mongoose could do to documents
 */
async function queryToJSONBytes(this: Query, options?: JSONOptions): Promise<Buffer | null> {
  refuse(queryObstacle(this));
  if (this._mongooseOptions.lean === undefined) this.lean();
  const { mongooseCollection, op } = this;
  const result = new Result(options);
  const one = op === 'findOne' && { limit: 1 };
  this.mongooseCollection = overlaid(mongooseCollection, {
    find: (filter: object, given: object) => result.of(mongooseCollection.find(filter, given)),
    findOne: async (filter: object, given: object) => {
      const cursor = await result.of(mongooseCollection.find(filter, { ...given, ...one }));
      return (await cursor.toArray())[0] ?? null;
    }
  });
  let given: unknown;
  try {
    given = await this.exec();
  } finally {
    this.mongooseCollection = mongooseCollection;
  }
  // `orFail()` is one as well, and only looks at it.
  refuse(!result.isStandIn(given) && 'transform()');
  const bytes = result.bytes();
  if (!one) return bytes;
  return bytes.length > NOTHING ? bytes.subarray(1, -1) : null;
}

/**
 * What a pipeline gives, as a JSON array.
 * @throws Error where it is asked for what only Mongoose could do to documents
 */
async function aggregateToJSONBytes(this: Aggregate, options?: JSONOptions): Promise<Buffer> {
  const { _model: model } = this;
  refuse(aggregateObstacle(this));
  const result = new Result(options);
  const { collection } = model!;
  this._model = overlaid(model!, {
    collection: overlaid(collection, {
      aggregate: (pipeline: object[], given: object) => {
        return result.of(collection.aggregate(pipeline, given));
      }
    })
  });
  try {
    await this.exec();
  } finally {
    this._model = model;
  }
  return result.bytes();
}

/** The bytes of an operation's result, once Mongoose has read it. */
class Result {
  readonly #options: JSONOptions | undefined;
  #bytes: Buffer | undefined;
  /** What Mongoose is handed for what was found. */
  readonly #standIn = {};

  constructor(options: JSONOptions | undefined) {
    this.#options = options;
  }

  /** A cursor for Mongoose that gives documents without content: as many as tell some from none. */
  async of(cursor: Cursor | Promise<Cursor>): Promise<Cursor> {
    const read = await cursor;
    return {
      toArray: async () => {
        refuse(read.toJSONBytes === undefined && 'a connection by another driver than polypool');
        this.#bytes = await read.toJSONBytes!(this.#options);
        return this.#bytes.length > NOTHING ? [this.#standIn] : [];
      }
    };
  }

  /** Whether what Mongoose gives is what it was handed. */
  isStandIn(given: unknown): boolean {
    if (!Array.isArray(given)) return given === null || given === this.#standIn;
    return given.every(one => one === this.#standIn);
  }

  bytes(): Buffer {
    refuse(this.#bytes === undefined && 'middleware that gives a result of its own');
    return this.#bytes!;
  }
}

/** An object with some members of its own over those of another. */
function overlaid<T extends object>(under: T, members: object): T {
  return Object.create(under, Object.getOwnPropertyDescriptors(members)) as T;
}

function queryObstacle(query: Query): string | false {
  const { op, options, _mongooseOptions: own } = query;
  if (op !== 'find' && op !== 'findOne') return `the operation ${op ?? 'undefined'}`;
  if (own.populate !== undefined && Object.keys(own.populate).length > 0) return 'populate()';
  if (typeof own.lean === 'object' && own.lean !== null) {
    const [name] = Object.entries(own.lean).find(([, value]) => value !== undefined) ?? [];
    if (name !== undefined) return `lean({ ${name} })`;
  }
  if (options['explain'] !== undefined) return 'explain()';
  return hasPosts(query._queryMiddleware, op) && `post('${op}') middleware`;
}

function aggregateObstacle({ _model: model, options }: Aggregate): string | false {
  if (model === undefined) return 'an aggregation of a connection';
  if (options?.['cursor'] !== undefined) return 'cursor()';
  if (options?.['explain'] !== undefined) return 'explain()';
  return hasPosts(model.hooks, 'aggregate') && "post('aggregate') middleware";
}

function hasPosts(hooks: Hooks | null | undefined, name: string): boolean {
  return (hooks?._posts.get(name)?.length ?? 0) > 0;
}

function refuse(obstacle: string | false): void {
  if (obstacle === false) return;
  throw new TypeError(`toJSONBytes() gives the lean result as it is stored, not with ${obstacle}`);
}
