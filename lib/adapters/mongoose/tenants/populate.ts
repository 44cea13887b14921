/**
 * `refDb`: a path's documents in another database than the tenant's. It adds to what `populate()` is given the
 * connection to look on, and leaves all else as it is. Documents of models that extend one another are
 * populated by what the schema of each says.
 */
import type { Model, Schema, SchemaTypeOptions } from './model';

/** What `populate()` takes for one path or several, separated by spaces. */
interface PathOptions {
  readonly path: string;
  readonly connection?: unknown;
  readonly model?: unknown;
}

/** What `populate()` is to be called with, and for which documents. */
export interface Population {
  readonly documents: unknown;
  readonly paths: unknown[];
}

/**
 * How documents are to be populated: mostly all of them at once.
 *
 * @param connectionOf - of the model's tenant, to a database
 */
export function populations(
  model: Model,
  documents: unknown,
  paths: readonly unknown[],
  connectionOf: (database: string) => unknown
): Population[] {
  const pathsBy = (schema: Schema): unknown[] => withConnections(schema, paths, connectionOf);
  const children = Object.values(model.discriminators ?? {}).map(({ schema }) => schema);
  const named = children.length === 0 ? [] : paths.flatMap(pathNames);
  const differ = named.some(path => {
    const database = databaseOf(model.schema, path);
    return children.some(child => databaseOf(child, path) !== database);
  });
  if (!differ) return [{ documents, paths: pathsBy(model.schema) }];
  if (!Array.isArray(documents)) {
    return [{ documents, paths: pathsBy(schemaOf(documents, model.schema, children)) }];
  }
  const bySchema = new Map<Schema, unknown[]>();
  for (const document of documents as unknown[]) {
    const schema = schemaOf(document, model.schema, children);
    const same = bySchema.get(schema);
    if (same === undefined) bySchema.set(schema, [document]);
    else same.push(document);
  }
  return [...bySchema].map(([schema, same]) => ({ documents: same, paths: pathsBy(schema) }));
}

/** That of the model that a document is of, which may be a plain object. */
function schemaOf(document: unknown, base: Schema, children: readonly Schema[]): Schema {
  const key = base.discriminatorMapping?.key;
  if (key === undefined || typeof document !== 'object' || document === null) return base;
  const value = (document as Record<string, unknown>)[key];
  return children.find(child => child.discriminatorMapping?.value === value) ?? base;
}

/** The paths in what `populate()` takes. */
function pathNames(given: unknown): string[] {
  if (typeof given === 'string') return given.split(/\s+/).filter(Boolean);
  if (Array.isArray(given)) return given.flatMap(pathNames);
  const { path } = (given ?? {}) as Partial<PathOptions>;
  return typeof path === 'string' ? [path] : [];
}

function withConnections(
  schema: Schema,
  given: readonly unknown[],
  connectionOf: (database: string) => unknown
): unknown[] {
  const [paths, ...rest] = given;
  if (typeof paths === 'string') {
    const names = paths.split(/\s+/).filter(Boolean);
    // The others are further arguments for each path, which only objects could carry.
    if (rest.length > 0 || !names.some(name => databaseOf(schema, name) !== undefined)) {
      return [...given];
    }
    return [names.map(path => withConnection(schema, { path }, connectionOf))];
  }
  if (Array.isArray(paths)) {
    return [paths.map(one => withConnections(schema, [one], connectionOf)[0]).flat(), ...rest];
  }
  if (typeof paths !== 'object' || paths === null) return [...given];
  return [withConnection(schema, paths as PathOptions, connectionOf), ...rest];
}

function withConnection(
  schema: Schema,
  options: PathOptions,
  connectionOf: (database: string) => unknown
): PathOptions {
  const isSettled = options.connection !== undefined || options.model !== undefined;
  const database = isSettled ? undefined : databaseOf(schema, options.path);
  if (database === undefined) return options;
  const copy = Object.create(Object.getPrototypeOf(options) as object) as PathOptions;
  return Object.assign(copy, options, { connection: connectionOf(database) });
}

function databaseOf(schema: Schema, path: unknown): string | undefined {
  if (typeof path !== 'string') return undefined;
  const options: SchemaTypeOptions | undefined =
    schema.path(path)?.options ?? schema.virtualpath(path)?.options;
  const [element] = (Array.isArray(options?.type) ? options.type : []) as SchemaTypeOptions[];
  return options?.refDb ?? element?.refDb;
}
