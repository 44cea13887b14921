/**
 * Getters and setters of a schema's virtuals and paths: they run as the tenant of the document that they are of.
 * A schema may be that of models that are not wrapped, too; for their documents nothing changes.
 */
import type { Method, Schema } from './model';
import { asOwners } from './owner';

/** What documents' values go through, in a virtual or in a path. */
interface Accessors {
  readonly getters?: Method[];
  readonly setters?: Method[];
  /** The path of an array's elements. */
  readonly embeddedSchemaType?: Accessors | null;
  /** The same by the name that it has in Mongoose 8. */
  readonly caster?: Accessors | null;
}

/** The getter that Mongoose gives every schema, which has nothing to do with anybody's tenant. */
const ID_GETTER = 'idGetter';

export function redirectAccessors({ virtuals, paths }: Schema): void {
  for (const one of [...Object.values(virtuals), ...Object.values(paths)] as Accessors[]) {
    redirect(one);
    redirect(one.embeddedSchemaType ?? one.caster);
  }
}

function redirect(accessors: Accessors | null | undefined): void {
  for (const list of [accessors?.getters, accessors?.setters]) {
    for (const [index, accessor] of list?.entries() ?? []) {
      if (accessor.name !== ID_GETTER) list![index] = asOwners(accessor);
    }
  }
}
