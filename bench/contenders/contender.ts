// Owns what a contender is: the operations that every client offers the suites, under one shape.
// Must not know any client's package.

import type { ObjectId } from 'mongodb';
import type { Item, NewItem } from '../documents';

/** A connected client under the name its rows carry. */
export interface Contender {
  readonly name: string;
  /** The operations on one collection. */
  collection(name: string): ContenderCollection;
  close(): Promise<void>;
}

export interface ContenderCollection {
  findOne(id: ObjectId): Promise<Pick<Item, 'sequence'> | null>;
  /** All documents, in natural order. */
  findAll(): Promise<ReadonlyArray<Pick<Item, 'sequence'>>>;
  /** Inserts in one call; resolves to how many were inserted. */
  insertMany(items: NewItem[]): Promise<number>;
}

/** Connects a contender to one database, with its package's default options. */
export type OpenContender = (uri: string, database: string) => Promise<Contender>;
