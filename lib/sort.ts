/**
 * Sort specifications: from any form the driver takes to the ordered one that commands carry.
 * It knows nothing of the commands. Forms and their meaning are mongodb 7.8's.
 */
import type { Sort, SortDirection, SortDirectionForCmd, SortForCmd } from 'mongodb';
import { invalidArgument } from './error';

const DIRECTIONS: ReadonlyMap<string, 1 | -1> = new Map([
  ['1', 1],
  ['asc', 1],
  ['ascending', 1],
  ['-1', -1],
  ['desc', -1],
  ['descending', -1]
]);

/**
 * The order of a sort's keys is part of its meaning, hence a map.
 * @param direction - for a sort that is one field's name; ascending when left out
 * @throws MongoInvalidArgumentError for a direction or a form that is none
 */
export function formatSort(
  sort: Sort | null | undefined,
  direction?: SortDirection
): SortForCmd | undefined {
  if (sort === null || sort === undefined) return undefined;
  if (typeof sort === 'string') return new Map([[sort, toDirection(direction)]]);
  if (typeof sort !== 'object') {
    throw invalidArgument(
      `Invalid sort format: ${JSON.stringify(sort)} Sort must be a valid object`
    );
  }
  const entries = entriesOf(sort);
  if (entries.length === 0) return undefined;
  return new Map(entries.map(([field, value]) => [String(field), toDirection(value)]));
}

type Entry = readonly [field: unknown, direction: unknown];

function entriesOf(sort: Exclude<Sort, string | number>): readonly Entry[] {
  if (sort instanceof Map) return [...(sort as ReadonlyMap<string, SortDirection>)];
  if (!Array.isArray(sort)) return Object.entries(sort as Record<string, SortDirection>);
  if (Array.isArray(sort[0])) return sort as Entry[];
  if (sort.length === 2 && isDirection(sort[1])) return [sort as unknown as Entry];
  return (sort as string[]).map(field => [field, 1]);
}

function isDirection(value: unknown): boolean {
  return isMeta(value) || DIRECTIONS.has(String(value).toLowerCase());
}

function isMeta(value: unknown): value is { $meta: string } {
  return (
    typeof value === 'object' && value !== null && typeof Reflect.get(value, '$meta') === 'string'
  );
}

function toDirection(value: unknown = 1): SortDirectionForCmd {
  if (isMeta(value)) return value;
  const direction = DIRECTIONS.get(String(value).toLowerCase());
  if (direction === undefined) {
    throw invalidArgument(`Invalid sort direction: ${JSON.stringify(value)}`);
  }
  return direction;
}
