// Generated from lib/ by `npm run build`. Do not edit: change lib/ and build.

import { JSONOptions, PolyPool } from 'polypool';

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
interface WrapModelOptions {
  /**
   * Whether a tenant's indexes are made when its view is first used: once by a pool, in the background. A
   * function decides for each tenant. By default what Mongoose would do decides: the schema's `autoIndex`, the
   * connection's, Mongoose's.
   */
  autoIndex?: boolean | ((tenant: string) => boolean);
}
type Wrapped<M extends object> = M & {
  readonly db: (name: string) => M;
};
/**
 * Has a Mongoose connect by polypool from now on: the instance given, and every `new Mongoose()` of
 * the same package after it. Call it before the first `connect()`; models may exist already.
 * Installing twice is installing once.
 *
 * @param mongoose - the package's export, or an instance
 * @returns what gives Mongoose its own driver back; it, too, wants every connection closed
 * @throws MongooseError while one of the instance's connections is open
 */
export declare function install(mongoose: MongooseInstance): () => void;
/**
 * The lean result of a query or an aggregation as JSON; null for a `findOne` that found nothing. The
 * same as their method of this name, which Mongoose's types do not have.
 *
 * @param of - of a Mongoose that polypool is the driver of
 */
export declare function toJSONBytes(
  of: {
    exec(): Promise<unknown>;
  },
  options?: JSONOptions
): Promise<Buffer | null>;
/**
 * Gives a model `db(name)`. Wrapping it again, or by another pool, only changes the pool and the options.
 *
 * @param given - a model; of a view, its model is meant
 * @returns the same
 * @throws TypeError for what is no model
 */
export declare function wrapModel<M extends object>(
  pool: PolyPool,
  given: M,
  options?: WrapModelOptions
): Wrapped<M>;
/** For `mongoose.setDriver()`, which `install` calls: Mongoose's connection on a pool of polypool's. */
export declare const Connection: new (mongoose?: unknown) => object;
/** Mongoose's collection. */
export declare const Collection: new (name: string, connection: object, options: object) => object;
/** That of Mongoose's driver. */
export declare const BulkWriteResult: unknown;
/** Throws MongoCompatibilityError when it is constructed. */
export declare const ClientEncryption: unknown;
/** Plugins that every schema gets. */
export declare const plugins: unknown[];

export {};
