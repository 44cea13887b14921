/**
 * What users hand over, by shape: whichever copy and version of Mongoose (8 or 9) they have, none is
 * imported. It describes, and does nothing.
 */

/** An instance of Mongoose: the package's export, or one of `new Mongoose()`. */
export interface MongooseInstance {
  readonly version: string;
  setDriver(driver: never): unknown;
  connect(uri: string, options?: never): Promise<unknown>;
}

/** How a model is to be had by tenants. */
export interface WrapModelOptions {
  /**
   * Whether a tenant's indexes are made when its view is first used: once by a pool, in the background. A
   * function decides for each tenant. By default what Mongoose would do decides: the schema's `autoIndex`, the
   * connection's, Mongoose's.
   */
  autoIndex?: boolean | ((tenant: string) => boolean);
}

/** A model with views: `db(name)` is the same model in another database, and otherwise its connection. */
export type Wrapped<M extends object> = M & { readonly db: (name: string) => M };

/** The options of `mongoose.connect()` that are Mongoose's own; their defaults are Mongoose's, too. */
export interface MongooseOptions {
  /** The database, instead of the connection string's. */
  dbName?: string;
  user?: string;
  pass?: string;
  autoIndex?: boolean;
  autoCreate?: boolean;
  autoSearchIndex?: boolean;
  bufferCommands?: boolean;
  /** Milliseconds. */
  bufferTimeoutMS?: number;
  sanitizeFilter?: boolean;
}
