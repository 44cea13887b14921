/**
 * Read preferences: from any form a user gives one in to the plain one that requests carry, and
 * back to the driver's class for getters. The class loads only when somebody asks for it.
 */
import type { ReadPreference, ReadPreferenceLike, TagSet } from 'mongodb';
import type { RequestOptions } from './bridge/request';
import { invalidArgument } from './error';

/** A read preference as plain data; what is not set is left out. */
export type ReadPreferenceSetting = NonNullable<RequestOptions['readPreference']>;

const MODES: ReadonlySet<string> = new Set([
  'primary',
  'primaryPreferred',
  'secondary',
  'secondaryPreferred',
  'nearest'
]);

/** Reads of the primary need no read preference at all. */
export const PRIMARY = 'primary';

interface Like {
  mode?: string;
  preference?: string;
  tags?: TagSet[];
  maxStalenessSeconds?: number;
  hedge?: ReadPreferenceSetting['hedge'];
}

/**
 * The plain form of a mode's name, an instance of the driver's class or an object of its shape.
 * @throws MongoInvalidArgumentError for what is none of them, naming the path
 */
export function readPreferenceSetting(
  value: ReadPreferenceLike | Like | null | undefined,
  path = 'readPreference'
): ReadPreferenceSetting | undefined {
  if (value === undefined || value === null) return undefined;
  const like: Like = typeof value === 'string' ? { mode: value } : (value as Like);
  const mode = like.mode ?? like.preference;
  if (typeof value !== 'string' && typeof value !== 'object') {
    throw invalidArgument(`Invalid read preference: ${path} must be a string or an object`);
  }
  if (typeof mode !== 'string' || !MODES.has(mode)) {
    throw invalidArgument(`Invalid read preference mode ${JSON.stringify(mode)} in ${path}`);
  }
  const setting: ReadPreferenceSetting = { mode };
  if (like.tags !== undefined) setting.tags = like.tags;
  if (like.maxStalenessSeconds !== undefined) setting.maxStalenessSeconds = like.maxStalenessSeconds;
  if (like.hedge !== undefined) setting.hedge = like.hedge;
  return setting;
}

/** What a request carries: nothing for the primary, which is where requests go anyway. */
export function requestReadPreference(
  setting: ReadPreferenceSetting | undefined
): ReadPreferenceSetting | undefined {
  return setting === undefined || setting.mode === PRIMARY ? undefined : setting;
}

/** The driver's class for it. */
export function toReadPreference(setting: ReadPreferenceSetting | undefined): ReadPreference {
  // eslint-disable-next-line @typescript-eslint/no-require-imports -- loaded when a getter is read
  const module = require('mongodb/lib/read_preference') as {
    ReadPreference: typeof ReadPreference;
  };
  const { mode, tags, maxStalenessSeconds, hedge } = setting ?? { mode: PRIMARY };
  const options = { ...(maxStalenessSeconds !== undefined && { maxStalenessSeconds }), ...(hedge && { hedge }) };
  return new module.ReadPreference(mode as ReadPreference['mode'], tags as TagSet[] | undefined, options);
}
