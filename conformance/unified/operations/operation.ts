// Owns what an operation of an entity is: a verb, given its target and arguments. Must not know any.

import type { Collection } from 'mongodb';
import type { EntityKind, EntityKinds, Iterable } from '../entities.ts';
import type { Arguments } from './arguments.ts';
import type { TestRun } from '../test-run.ts';

/** Does it, and resolves to what came of it: a value, {@link Documents} or a {@link CursorResult}. */
export type Verb<Target> = (
  target: Target,
  given: Arguments,
  run: TestRun,
  entity: string
) => unknown;

/** The operations of one kind of entity, by name. */
export type Verbs<Kind extends EntityKind> = Readonly<Record<string, Verb<EntityKinds[Kind]>>>;

/** Documents that came one by one: each is compared as a whole one. */
export class Documents {
  readonly list: readonly unknown[];

  constructor(list: readonly unknown[]) {
    this.list = list;
  }
}

/** A cursor or change stream, open on its server. */
export class CursorResult {
  readonly cursor: Iterable;

  constructor(cursor: Iterable) {
    this.cursor = cursor;
  }
}

/** A collection that was made, which operations can be about afterwards. */
export class CollectionResult {
  readonly collection: Collection;

  constructor(collection: Collection) {
    this.collection = collection;
  }
}

/** Everything that a cursor has. */
export async function drain(cursor: { toArray(): Promise<unknown[]> }): Promise<Documents> {
  return new Documents(await cursor.toArray());
}
