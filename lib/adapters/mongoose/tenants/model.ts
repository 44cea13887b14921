/**
 * What of Mongoose's models the views use, by shape, and the marks that views leave. It describes, and
 * does nothing.
 */
import type { Connection, ConnectionCollection } from '../mongoose';

export type { Tenant, Tenants as Tenancy } from '../../../tenants';

/** On a view and on a document: whose it is. On a document that is nobody's, null. */
export const TENANT = Symbol.for('polypool.tenant');
/** On a model: how it was wrapped. */
export const WRAPPING = Symbol.for('polypool.wrapping');

/** A function of a model's. */
export type Method = (this: unknown, ...args: unknown[]) => unknown;

/** A connection that models are made on, with what views use of it. */
export interface ModelConnection extends Connection {
  readonly models: Record<string, Model & { init(): Promise<unknown> }>;
  /** Made by `useDb()` from this one. */
  readonly _parent?: ModelConnection;
  model(name: string, ...rest: unknown[]): Model;
  collection(name: string, options: object): Model['collection'];
  asPromise(): Promise<unknown>;
  _waitForConnect(...args: unknown[]): Promise<void>;
}

/** A compiled model. */
export interface Model {
  (...args: unknown[]): object;
  new (...args: unknown[]): object;
  readonly modelName: string;
  /** Of the model that this one extends. */
  readonly baseModelName?: string;
  readonly prototype: object;
  readonly schema: Schema;
  readonly Query: { readonly prototype: object };
  db: ModelConnection;
  collection: ConnectionCollection & { readonly name: string; readonly opts: object };
  /** What a base model has of those that extend it, by name. */
  readonly discriminators?: Record<string, Model>;
  /** The making of its collection and indexes. */
  $init?: Promise<unknown> | undefined;
  init(): Promise<unknown>;
  createCollection(): Promise<unknown>;
  ensureIndexes(options: object): Promise<unknown>;
}

/** What documents are made by: a model, or the constructor of those inside of a document. */
export interface Part {
  readonly prototype: object;
  readonly schema: Schema;
  readonly discriminators?: Record<string, Part>;
}

/** A schema, as far as views look at it. */
export interface Schema {
  readonly options: Record<string, unknown>;
  readonly statics: Record<string, unknown>;
  readonly methods: Record<string, unknown>;
  /** Query helpers. */
  readonly query: Record<string, unknown>;
  readonly virtuals: Record<string, object>;
  readonly paths: Record<string, object>;
  /** Those of documents in documents. */
  readonly childSchemas: ReadonlyArray<{ readonly model: Part }>;
  /** How documents of it are told from those of the model that it extends. */
  readonly discriminatorMapping?: { readonly key: string; readonly value?: unknown };
  indexes(): unknown[];
  path(name: string): { readonly options: SchemaTypeOptions } | undefined;
  virtualpath(name: string): { readonly options: SchemaTypeOptions } | null;
}

/** The options of a path, as far as views look at them. */
export interface SchemaTypeOptions {
  /** The database in which documents that a path refers to are, instead of the tenant's. */
  readonly refDb?: string;
  /** Of an array's elements. */
  readonly type?: unknown;
}
