// Owns which operations each kind of entity has. Must not know what they do.

import { Fault } from '../../fault.ts';
import type { EntityKind } from '../entities.ts';
import { bucketVerbs } from './bucket.ts';
import { clientVerbs } from './client.ts';
import { collectionVerbs } from './collection.ts';
import { cursorVerbs } from './cursor.ts';
import { databaseVerbs } from './database.ts';
import type { Verb, Verbs } from './operation.ts';
import { sessionVerbs } from './session.ts';

const VERBS: { readonly [Kind in EntityKind]?: Verbs<Kind> } = {
  client: clientVerbs,
  database: databaseVerbs,
  collection: collectionVerbs,
  session: sessionVerbs,
  cursor: cursorVerbs,
  bucket: bucketVerbs
};

/** @throws Fault when the kind has no such operation */
export function findVerb(kind: EntityKind, name: string): Verb<unknown> {
  const verbs = VERBS[kind] as Readonly<Record<string, Verb<unknown>>> | undefined;
  const verb = verbs?.[name];
  if (verb === undefined) throw new Fault(`A ${kind} has no operation ${name}`);
  return verb;
}
