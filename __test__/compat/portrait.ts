// Owns what two outcomes are compared by: a plain picture of any value that keeps its types, the
// order of its keys and every own property, and that leaves out only what no two runs share.
// Must not know which client a value comes from, nor which scenario.

import { EJSON, type ObjectId } from 'bson';
import * as mongodb from 'mongodb';

/** Fields whose values differ from run to run. That they are there is still compared. */
const VOLATILE: ReadonlySet<string> = new Set([
  '$clusterTime',
  'operationTime',
  'opTime',
  'electionId',
  'uuid',
  'executionTimeMillis',
  'executionTimeMillisEstimate',
  'lastAppliedWriteDate',
  'localTime',
  'clusterTime',
  'wallTime',
  'collectionUUID',
  // A resume token.
  '_data'
]);

/** Seconds; an ObjectId as young as this was made by the run, an older one was given. */
const YOUNG = 3_600;
/** Numbers in messages that are as long as this are cursor ids. */
const CURSOR_ID = /\b\d{15,}\b/g;
/** Transactions are counted on server sessions, which both clients use for other things, too. */
const TXN_NUMBER = /\btxnNumber: \d+/g;
/** In messages these are points in the time of the cluster. */
const CLUSTER_TIME = /Timestamp\(\d+, \d+\)/g;
/** What a server was doing when it noticed that time was up is chance. */
const INTERRUPTED_IN = /\w+(?: \w+)* :: caused by :: (?=operation exceeded time limit)/g;
/** In messages these name builds and collections. */
const UUID = /\b[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\b/g;

/** The driver's error classes, by which users tell errors apart. */
const ERROR_CLASSES: ReadonlyArray<readonly [name: string, type: typeof Error]> = Object.entries(
  mongodb as unknown as Record<string, typeof Error>
).filter(([, type]) => typeof type === 'function' && type.prototype instanceof Error);

export class Portraitist {
  readonly #database: string;
  /** Names of the ObjectIds the run made, in the order of their first appearance. */
  readonly #generated = new Map<string, string>();
  /** What is being pictured, so that a cycle ends. */
  readonly #open = new Set<object>();

  /** @param database - replaced in every text, as each client has one of its own */
  constructor(database: string) {
    this.#database = database;
  }

  picture(value: unknown): unknown {
    if (typeof value === 'string') return this.#text(value);
    if (typeof value === 'function') return '<function>';
    if (typeof value !== 'object' || value === null) return value;
    if (this.#open.has(value)) return '<cycle>';
    this.#open.add(value);
    try {
      return this.#object(value);
    } finally {
      this.#open.delete(value);
    }
  }

  #text(text: string): string {
    return text
      .replaceAll(this.#database, '<database>')
      .replaceAll(CURSOR_ID, '<number>')
      .replaceAll(CLUSTER_TIME, '<time>')
      .replaceAll(TXN_NUMBER, 'txnNumber: <number>')
      .replaceAll(INTERRUPTED_IN, '')
      .replaceAll(UUID, '<uuid>');
  }

  #object(value: object): unknown {
    if (Array.isArray(value)) return value.map(item => this.picture(item));
    if (value instanceof Uint8Array) {
      const hex = Buffer.from(value).toString('hex');
      const database = Buffer.from(this.#database).toString('hex');
      return { '#class': value.constructor.name, hex: hex.replaceAll(database, '<database>') };
    }
    if (value instanceof Date) return `Date ${value.toISOString()}`;
    if (value instanceof RegExp) return `RegExp ${value}`;
    if (value instanceof Error) return this.#error(value);
    if (value instanceof Map) return { '#class': 'Map', entries: this.picture([...value]) };
    if (value instanceof Set) return { '#class': 'Set', entries: this.picture([...value]) };
    if ('_bsontype' in value) return this.#bson(value as { _bsontype: string });
    if ('fullNamespace' in value || 'databaseName' in value) return this.#place(value);
    return this.#properties(value);
  }

  #bson(value: { _bsontype: string }): unknown {
    const { _bsontype: type } = value;
    if (type !== 'ObjectId') {
      const json = this.picture(EJSON.serialize(value, { relaxed: false }));
      return { '#class': value.constructor.name, type, json };
    }
    const id = value as ObjectId;
    const hex = id.toHexString();
    if (Math.abs(Date.now() - id.getTimestamp().getTime()) > YOUNG * 1_000) return `<${hex}>`;
    const known = this.#generated.get(hex) ?? `<generated ${this.#generated.size}>`;
    this.#generated.set(hex, known);
    return known;
  }

  /** A database or a collection: where it is, not what hangs on it. */
  #place(value: object): unknown {
    const { namespace } = value as { namespace: string };
    return { '#class': value.constructor.name, namespace: this.#text(namespace) };
  }

  #error(error: Error): unknown {
    return {
      '#class': error.constructor.name,
      '#instanceof': ERROR_CLASSES.filter(([, type]) => error instanceof type).map(
        ([name]) => name
      ),
      '#labels': (error as { errorLabels?: string[] }).errorLabels,
      name: error.name,
      message: this.#text(error.message),
      cause: this.picture(error.cause),
      ...(this.#properties(error) as object)
    };
  }

  #properties(value: object): unknown {
    const prototype: unknown = Object.getPrototypeOf(value);
    const plain = prototype === Object.prototype || prototype === null;
    const keys = Object.keys(value);
    const pictured = Object.fromEntries(
      keys.map(key => [
        this.#text(key),
        VOLATILE.has(key) ? '<volatile>' : this.picture((value as Record<string, unknown>)[key])
      ])
    );
    if (!plain) return { '#class': value.constructor.name, ...pictured };
    // Objects are compared whatever the order of their keys; of a document it is a part.
    return { '#keys': this.#text(keys.join()), ...pictured };
  }
}
