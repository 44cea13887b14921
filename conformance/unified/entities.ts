// Owns the entity map of one test: what exists under which name, and of which kind. Must not know
// how an entity is made or used.

import type { ClientSession, Collection, Db, Document, GridFSBucket } from 'mongodb';
import { Fault } from '../fault.ts';
import type { ClientEntity } from './client-entity.ts';
import type { References } from './matcher.ts';
import type { Thread } from './thread.ts';

/** As much of a cursor or a change stream as tests use. */
export interface Iterable {
  next(): Promise<Document | null>;
  tryNext(): Promise<Document | null>;
  close(options?: Document): Promise<void>;
}

/** As much of a topology's description as tests use. */
export interface TopologyDescription {
  readonly type: string;
  readonly servers: ReadonlyMap<string, { readonly type: string; readonly address: string }>;
}

/** What there can be, by kind. */
export interface EntityKinds {
  client: ClientEntity;
  database: Db;
  collection: Collection;
  session: ClientSession;
  bucket: GridFSBucket;
  thread: Thread;
  cursor: Iterable;
  topologyDescription: TopologyDescription;
  /** Values of BSON's types, and lists of events. */
  value: unknown;
}

export type EntityKind = keyof EntityKinds;

type Entity = { [Kind in EntityKind]: { kind: Kind; value: EntityKinds[Kind] } }[EntityKind];

export class EntityMap implements References {
  readonly #entities = new Map<string, Entity>();
  /** By session: ids are gone when a session has ended, and events are compared after that. */
  readonly #lsids = new Map<string, unknown>();

  /** @throws Fault when the name is taken */
  add<Kind extends EntityKind>(kind: Kind, name: string, value: EntityKinds[Kind]): void {
    if (this.#entities.has(name)) throw new Fault(`There is an entity ${name} already`);
    this.#entities.set(name, { kind, value } as Entity);
    if (kind === 'session') this.#lsids.set(name, (value as ClientSession).id);
  }

  /** Replaces a value, such as a loop's count. */
  setValue(name: string, value: unknown): void {
    this.#entities.set(name, { kind: 'value', value });
  }

  has(name: string): boolean {
    return this.#entities.has(name);
  }

  /** @throws Fault when there is none of this name and kind */
  get<Kind extends EntityKind>(kind: Kind, name: unknown): EntityKinds[Kind] {
    const entity = this.entity(name);
    if (entity.kind !== kind) throw new Fault(`Entity ${String(name)} is no ${kind}`);
    return entity.value as EntityKinds[Kind];
  }

  /** @throws Fault when there is none */
  entity(name: unknown): Entity {
    const entity = this.#entities.get(name as string);
    if (entity === undefined) throw new Fault(`There is no entity ${String(name)}`);
    return entity;
  }

  all<Kind extends EntityKind>(kind: Kind): Array<EntityKinds[Kind]> {
    return [...this.#entities.values()]
      .filter(entity => entity.kind === kind)
      .map(entity => entity.value as EntityKinds[Kind]);
  }

  value(name: string): unknown {
    return this.get('value', name);
  }

  lsid(session: string): unknown {
    const live = this.get('session', session).id;
    return live ?? this.#lsids.get(session);
  }
}
