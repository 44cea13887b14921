// Owns the arguments of an operation: which of them it takes by name, which are left as options, and
// how both become what the driver's methods want. Must not know any operation.

import {
  ReadPreference,
  type ReadPreferenceMode,
  type ClientSession,
  type Document,
  type TagSet
} from 'mongodb';
import { Fault } from '../../fault.ts';
import { copy } from '../copy.ts';
import type { EntityMap } from '../entities.ts';

export class Arguments {
  readonly #left: Map<string, unknown>;
  readonly #entities: EntityMap;

  constructor(given: Document | undefined, entities: EntityMap) {
    this.#left = new Map(Object.entries(given ?? {}));
    this.#entities = entities;
  }

  /** @throws Fault when it is missing */
  take<T>(name: string): T {
    if (!this.#left.has(name)) throw new Fault(`The argument ${name} is missing`);
    return this.takeOptional<T>(name)!;
  }

  takeOptional<T>(name: string): T | undefined {
    const value = this.#left.get(name);
    this.#left.delete(name);
    // Methods may change what they get, as insertOne does when it makes an _id.
    return copy(value) as T | undefined;
  }

  /** @throws Fault when it is missing, or names no session */
  takeSession(): ClientSession {
    return this.#entities.get('session', this.take('session'));
  }

  /** What has not been taken, as options of a method. */
  options(): Document {
    const options: Document = copy(Object.fromEntries(this.#left));
    this.#left.clear();
    return convertOptions(options, this.#entities);
  }
}

/** Options as the driver takes them: sessions, read preferences and cursor types are not JSON. */
export function convertOptions(options: Document, entities: EntityMap): Document {
  const converted = Object.entries(options).flatMap(([name, value]) =>
    convertOption(name, value, entities)
  );
  return Object.fromEntries(converted);
}

type Entries = Array<[name: string, value: unknown]>;

function convertOption(name: string, value: unknown, entities: EntityMap): Entries {
  switch (name) {
    case 'session':
      return [[name, entities.get('session', value)]];
    case 'readPreference':
      return [[name, toReadPreference(value as Document)]];
    case 'returnDocument':
      return [[name, toReturnDocument(value)]];
    case 'cursorType':
      return toCursorType(value);
    case 'defaultTransactionOptions':
      return [[name, convertOptions(value as Document, entities)]];
    case 'snapshotTime':
      return [[name, typeof value === 'string' ? entities.value(value) : value]];
    default:
      return [[name, value]];
  }
}

function toReadPreference(given: Document): ReadPreference {
  const { mode, tagSets, maxStalenessSeconds, hedge } = given as {
    mode: string;
    tagSets?: TagSet[];
    maxStalenessSeconds?: number;
    hedge?: { enabled: boolean };
  };
  // Some files have it with a capital.
  const name = `${mode.charAt(0).toLowerCase()}${mode.slice(1)}` as ReadPreferenceMode;
  return new ReadPreference(name, tagSets, {
    ...(maxStalenessSeconds !== undefined && { maxStalenessSeconds }),
    ...(hedge !== undefined && { hedge })
  });
}

function toReturnDocument(value: unknown): string {
  const text = String(value).toLowerCase();
  if (text !== 'before' && text !== 'after') throw new Fault(`No returnDocument: ${text}`);
  return text;
}

function toCursorType(value: unknown): Entries {
  switch (value) {
    case 'nonTailable':
      return [];
    case 'tailable':
      return [['tailable', true]];
    case 'tailableAwait':
      return [
        ['tailable', true],
        ['awaitData', true]
      ];
    default:
      throw new Fault(`No cursorType: ${String(value)}`);
  }
}
