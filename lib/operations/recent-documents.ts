/**
 * A few documents of the latest bulk writes, for a second at most. V8 compiles code for the hidden classes
 * of objects, and throws it away with the last object of one: if all documents of a batch are garbage before
 * the next comes, what writes them is compiled anew for each. It reads nothing of them.
 */
// Not the global one, which tests replace: what waits for their clock would stay.
import { setTimeout } from 'node:timers';
import type { Document } from '../bson/options';

/**
 * Documents of a command from which on one is kept: of fewer, nothing is compiled before the last is written.
 * The more there are, the smaller each is, for a command has 48 MB at most.
 */
const MANY = 256;
/** As many as collections that are written to in turn may have documents of different keys. */
const KEPT = 16;
const MOMENT_MS = 1_000;

export class RecentDocuments {
  /** The latest at the end. */
  readonly #documents: Document[] = [];
  /** Under way while there are some. */
  #timer: NodeJS.Timeout | undefined;

  /** @param among - how many there are in its command */
  keep(document: Document, among: number): void {
    if (among < MANY) return;
    if (this.#documents.push(document) > KEPT) this.#documents.shift();
    this.#timer ??= setTimeout(() => this.#drop(), MOMENT_MS).unref();
  }

  #drop(): void {
    this.#documents.length = 0;
    this.#timer = undefined;
  }
}

/** One for all: collections of many tenants have the same hidden classes. */
export const recentDocuments = new RecentDocuments();
