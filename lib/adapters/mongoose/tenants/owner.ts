/**
 * Whose a document is, also one inside of another, and functions that are to run as their document's tenant's.
 * It does not know which functions these are.
 */
import { isGeneratorFunction, stepwise } from './generator';
import { TENANT, WRAPPING, type Method, type Model, type Tenant } from './model';
import { wrappingOf } from './wrapping';

/** How many documents may be inside of one another: the server's limit. */
const DEEPEST = 100;

/** What has been redirected: documents inside of others are those of all models with their schema. */
const redirected = new WeakSet<object>();

/** A document, or one inside of it. */
interface AnyDocument {
  readonly [WRAPPING]?: Model;
  /** Mongoose's state, which prototypes don't have. */
  readonly $__?: object;
  readonly [TENANT]?: Tenant | null;
  $parent?(): AnyDocument | undefined;
}

/** A function that runs as the tenant of what it is called on; for what is nobody's, as it is. */
export function asOwners(method: Method): Method {
  if (redirected.has(method)) return method;
  const isGenerator = isGeneratorFunction(method);
  const own = function (this: unknown, ...args: unknown[]): unknown {
    const result = within(this, () => method.apply(this, args));
    return isGenerator ? stepwise(result, work => within(this, work)) : result;
  };
  redirected.add(own);
  return own;
}

/** Runs what is done with a document as its tenant's, or its owner's. */
function within<T>(document: unknown, work: () => T): T {
  const owner = ownerOf(document);
  const model = owner?.[WRAPPING];
  const wrapping = model && wrappingOf(model);
  return wrapping ? wrapping.views.within(owner, work) : work();
}

/** The document that is some tenant's. Mongoose's `ownerDocument()` remembers what it finds, and may be asked too early. */
function ownerOf(document: unknown): AnyDocument | undefined {
  let at = document as AnyDocument | undefined;
  for (let depth = 0; depth < DEEPEST && at?.$__ !== undefined; depth++) {
    if (at[TENANT] !== undefined) return at;
    at = at.$parent?.();
  }
  return undefined;
}
