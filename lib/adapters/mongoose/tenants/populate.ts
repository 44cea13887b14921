/**
 * `refDb`: a path's documents in another database than the tenant's. It adds to what `populate()` is given the
 * connection to look on, and leaves all else as it is.
 */
import type { Schema, SchemaTypeOptions } from './model';

/** What `populate()` takes for one path or several, separated by spaces. */
interface PathOptions {
  readonly path: string;
  readonly connection?: unknown;
  readonly model?: unknown;
}

/** @param connectionOf - of the schema's tenant, to a database */
export function withConnections(
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
