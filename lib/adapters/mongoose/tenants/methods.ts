/**
 * What a document's own functions do is done as its tenant's: those of Mongoose's that run users' code, and
 * the schema's, also of documents inside of it. Whose a document is, `owner.ts` says.
 */
import { redirectAccessors } from './accessors';
import type { Method, Model, Part } from './model';
import { asOwners } from './owner';

/** A document's functions that run users' code, or others' models. */
const DOCUMENT_METHODS = [
  'save',
  '$save',
  'validate',
  '$validate',
  'validateSync',
  'populate',
  'deleteOne',
  'updateOne',
  'replaceOne',
  'toObject',
  'toJSON'
];

/** What gives methods in an object, and has been redirected. */
const groups = new WeakSet<object>();

export function redirectMethods(model: Model): void {
  for (const name of DOCUMENT_METHODS) {
    const value = asOwners(Reflect.get(model.prototype, name) as Method);
    Object.defineProperty(model.prototype, name, { configurable: true, writable: true, value });
  }
  redirectParts(model, new Set());
}

/** Those of a schema, and of the schemas in it. */
function redirectParts(part: Part, seen: Set<Part>): void {
  if (seen.has(part)) return;
  seen.add(part);
  const { prototype, schema } = part;
  redirectAccessors(schema);
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
  } else if (get !== undefined && !groups.has(get)) {
    // Methods in an object, which Mongoose makes anew for each document.
    const group = function (this: object): object {
      const entries = Object.entries(get.call(this));
      return Object.fromEntries(entries.map(([key, method]) => [key, asOwners(method).bind(this)]));
    };
    groups.add(group);
    Object.defineProperty(prototype, name, { ...found, get: group });
  }
}
