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
  const like: Like = typeof value === 'string' ? { mode: value } : value;
  const mode = like.mode ?? like.preference;
  if (typeof value !== 'string' && typeof value !== 'object') {
    throw invalidArgument(`Invalid read preference: ${path} must be a string or an object`);
  }
  if (typeof mode !== 'string' || !MODES.has(mode)) {
    throw invalidArgument(`Invalid read preference mode ${JSON.stringify(mode)} in ${path}`);
  }
  return checked(settingOf(mode, like), path);
}

function settingOf(mode: string, like: Like): ReadPreferenceSetting {
  const setting: ReadPreferenceSetting = { mode };
  if (like.tags) setting.tags = like.tags;
  if (typeof like.maxStalenessSeconds === 'number') {
    setting.maxStalenessSeconds = like.maxStalenessSeconds;
  }
  if (like.hedge) setting.hedge = like.hedge;
  return setting;
}

function checked(setting: ReadPreferenceSetting, path: string): ReadPreferenceSetting {
  const { mode, tags, maxStalenessSeconds, hedge } = setting;
  if (tags !== undefined && !Array.isArray(tags)) {
    throw invalidArgument(`ReadPreference tags must be an array (${path}.tags)`);
  }
  if (maxStalenessSeconds !== undefined && maxStalenessSeconds <= 0) {
    throw invalidArgument(
      `maxStalenessSeconds must be a positive integer (${path}.maxStalenessSeconds)`
    );
  }
  if (mode !== PRIMARY) return setting;
  const refused =
    (tags?.length && 'tags') ||
    (maxStalenessSeconds && 'maxStalenessSeconds') ||
    (hedge && 'hedge');
  if (refused) {
    throw invalidArgument(`Primary read preference cannot be combined with ${refused} (${path})`);
  }
  return setting;
}

/** Options that say, beside the read preference, what belongs in it (mongodb 7.8). */
export interface ReadPreferenceOptions {
  readPreference?: ReadPreferenceLike | Like | null;
  readPreferenceTags?: TagSet[];
  maxStalenessSeconds?: number;
  hedge?: ReadPreferenceSetting['hedge'];
}

/** The plain form of the read preference that options hold. */
export function readPreferenceOf(
  options: ReadPreferenceOptions
): ReadPreferenceSetting | undefined {
  const { readPreference, readPreferenceTags: tags, maxStalenessSeconds, hedge } = options;
  return typeof readPreference === 'string'
    ? readPreferenceSetting({
        mode: readPreference,
        ...(tags && { tags }),
        ...(maxStalenessSeconds && { maxStalenessSeconds }),
        ...(hedge && { hedge })
      })
    : readPreferenceSetting(readPreference);
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
  const options = {
    ...(maxStalenessSeconds !== undefined && { maxStalenessSeconds }),
    ...(hedge && { hedge })
  };
  return new module.ReadPreference(mode as ReadPreference['mode'], tags, options);
}
