/**
 * The options of a health check, as somebody gave them: what is none is told by its path. What they
 * mean, the checks beside this know.
 */
import { invalidArgument } from '../error';
import type { HealthLevel, HealthOptions } from './health';

/** What a field has to be, and how that is said. */
interface Rule {
  readonly fits: (value: unknown) => boolean;
  readonly must: string;
}

const isTime = (value: unknown): boolean => typeof value === 'number' && value >= 0;
const TIME: Rule = { fits: isTime, must: 'a number of milliseconds of at least 0' };
const TEXT: Rule = {
  fits: value => typeof value === 'string' && value !== '',
  must: 'a string that is not empty'
};
const SHARE: Rule = { fits: value => isTime(value) && (value as number) <= 1, must: 'from 0 to 1' };

const LEVELS: readonly HealthLevel[] = ['connection', 'ping', 'readwrite', 'replicaSet'];

const RULES: Readonly<Record<keyof HealthOptions, Rule>> = {
  level: {
    fits: value => LEVELS.includes(value as HealthLevel),
    must: `one of ${LEVELS.join(', ')}`
  },
  timeoutMS: TIME,
  degradedMS: TIME,
  unhealthyMS: TIME,
  maxDelayMS: TIME,
  maxLagMS: TIME,
  minOplogWindowMS: TIME,
  maxHeapUse: SHARE,
  database: TEXT,
  collection: TEXT,
  version: TEXT
};

/**
 * The options that were given. As in a pool's, `null` is as good as not given.
 * @throws MongoInvalidArgumentError naming the option at fault
 */
export function readHealthOptions(given: unknown): HealthOptions {
  if (given === undefined || given === null) return {};
  if (typeof given !== 'object') throw invalidArgument('options must be an object');
  const read: Record<string, unknown> = {};
  for (const [name, { fits, must }] of Object.entries(RULES)) {
    const value = (given as Record<string, unknown>)[name];
    if (value === undefined || value === null) continue;
    if (!fits(value)) throw invalidArgument(`options.${name} must be ${must}${quoted(value)}`);
    read[name] = value;
  }
  return read;
}

function quoted(value: unknown): string {
  if (typeof value === 'string') return `, got ${JSON.stringify(value.slice(0, 80))}`;
  return typeof value === 'number' ? `, got ${value}` : '';
}
