/**
 * What a document's own functions do is done as its tenant's: those of Mongoose's that run users' code, and
 * the schema's, also of documents inside of it. Whose a document is, it does not decide.
 */
import { TENANT, WRAPPING, type Method, type Model, type Part, type Tenant } from './model';
import { wrappingOf } from './wrapping';

/** A document's functions that run users' code, or others' models. */
const DOCUMENT_METHODS = ['save', 'validate', 'populate', 'deleteOne', 'updateOne', 'replaceOne'];

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

export function redirectMethods(model: Model): void {
  for (const name of DOCUMENT_METHODS) {
    const method = Reflect.get(model.prototype, name) as Method;
    const value = asOwners(method);
    Object.defineProperty(model.prototype, name, { configurable: true, writable: true, value });
  }
  redirectParts(model, new Set());
}

/** Those of a schema, and of the schemas in it. */
function redirectParts(part: Part, seen: Set<Part>): void {
  if (seen.has(part)) return;
  seen.add(part);
  const { prototype, schema } = part;
  for (const name of Object.keys(schema.methods)) redirectMethod(prototype, name);
  for (const { model } of schema.childSchemas) {
    for (const one of [model, ...Object.values(model.discriminators ?? {})]) {
      redirectParts(one, seen);
    }
  }
}

function redirectMethod(prototype: object, name: string): void {
  const found = Object.getOwnPropertyDescriptor(prototype, name);
  if (found === undefined) return;
  const { value, get } = found as { value: unknown; get?: () => Record<string, Method> };
  if (typeof value === 'function') {
    Object.defineProperty(prototype, name, { ...found, value: asOwners(value as Method) });
  } else if (get !== undefined && !redirected.has(get)) {
    // Methods in an object, which Mongoose makes anew for each document.
    const group = function (this: object): object {
      const entries = Object.entries(get.call(this));
      return Object.fromEntries(
        entries.map(([key, method]) => [
          key,
          (...args: unknown[]) => within(this, () => method.apply(this, args))
        ])
      );
    };
    redirected.add(group);
    Object.defineProperty(prototype, name, { ...found, get: group });
  }
}

function asOwners(method: Method): Method {
  if (redirected.has(method)) return method;
  const own = function (this: unknown, ...args: unknown[]): unknown {
    return within(this, () => method.apply(this, args));
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
