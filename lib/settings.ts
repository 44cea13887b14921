/**
 * What the databases of a pool inherit, out of its options with their defaults. It knows no single
 * operation, and checks nothing: `src/config` has.
 */
import type { ReadConcernLevel, WriteConcernSettings } from 'mongodb';
import type { BSONLibrary } from './bson/library';
import { resolveBSONOptions } from './bson/options';
import { readConcernSetting, writeConcernSetting } from './concern';
import { timeoutOf } from './deadline';
import type { Settings } from './operations/operation';
import type { LocalOptions } from './options';
import { readPreferenceSetting } from './read-preference';

/** That part of the resolved options, as Rust gives them. */
interface ResolvedSettings {
  readPreference?: { mode: string };
  readConcern?: { level: ReadConcernLevel };
  writeConcern?: WriteConcernSettings;
  forceServerObjectId?: boolean;
  coalesce?: boolean;
  timeoutMS?: unknown;
  retryReads?: boolean;
  retryWrites?: boolean;
}

/** @param local - what stays in JS of them */
export function settingsOf(
  resolved: ResolvedSettings,
  local: LocalOptions,
  library: BSONLibrary
): Settings {
  return {
    bson: resolveBSONOptions(local, undefined, library),
    readPreference: readPreferenceSetting(resolved.readPreference),
    readConcern: readConcernSetting(resolved.readConcern),
    writeConcern: writeConcernSetting({ writeConcern: resolved.writeConcern }),
    pkFactory: local.pkFactory,
    forceServerObjectId: resolved.forceServerObjectId,
    coalesce: resolved.coalesce,
    timeoutMS: timeoutOf({ timeoutMS: Number(resolved.timeoutMS ?? 0) }, undefined),
    retryReads: resolved.retryReads,
    retryWrites: resolved.retryWrites
  };
}
