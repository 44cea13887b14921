/**
 * A database that is being read from: its collections as they are, and how each is to be made again. It
 * does not know what becomes of them.
 */
import type { Db } from 'polypool';

/** One collection, or a view. */
export interface SourceCollection {
  readonly name: string;
  /** Those of `createCollection`; none for an ordinary one. */
  readonly options: object;
  readonly isView: boolean;
}

/** All but the server's own. Views come last, when there is what they show. */
export async function collectionsOf(db: Db): Promise<SourceCollection[]> {
  const found = await db.listCollections({}, { nameOnly: false }).toArray();
  return found
    .filter(({ name }) => !name.startsWith('system.'))
    .map(({ name, options, type }) => ({ name, options: options ?? {}, isView: type === 'view' }))
    .sort((a, b) => Number(a.isView) - Number(b.isView));
}

/** The indexes of one, as `createIndexes` takes them. */
export async function indexesOf(
  db: Db,
  { name, isView }: SourceCollection
): Promise<Array<Record<string, unknown>>> {
  return isView ? [] : await db.collection(name).indexes();
}
