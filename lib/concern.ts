/**
 * Read and write concerns: from any form a user gives one in to the plain one that commands carry,
 * and back to the driver's classes for getters. The classes load only when somebody asks for them.
 */
import type {
  ReadConcern,
  ReadConcernLevel,
  ReadConcernLike,
  W,
  WriteConcern,
  WriteConcernOptions
} from 'mongodb';

/** A read concern as commands carry it. */
export interface ReadConcernSetting {
  level: string;
}

/** A write concern as commands carry it. */
export interface WriteConcernSetting {
  w?: W;
  /** Milliseconds. */
  wtimeout?: number;
  j?: boolean;
}

/** A write concern in any of the forms the driver takes, with its older names. */
interface WriteConcernLike {
  w?: W | null;
  wtimeout?: number | null;
  wtimeoutMS?: number | null;
  j?: boolean | null;
  journal?: boolean | null;
  fsync?: boolean | 1 | null;
}

/** The plain form of a level's name or an object that has one. */
export function readConcernSetting(
  value: ReadConcernLike | ReadConcernLevel | null | undefined
): ReadConcernSetting | undefined {
  if (value === undefined || value === null) return undefined;
  const level = typeof value === 'string' ? value : value.level;
  return level ? { level } : undefined;
}

/**
 * The plain form of options that hold a write concern under `writeConcern`. As in mongodb 7.8, `w`,
 * `j` and `wtimeout` beside it have no effect.
 */
export function writeConcernSetting(
  options: Readonly<WriteConcernOptions> | null | undefined
): WriteConcernSetting | undefined {
  const value = options?.writeConcern as WriteConcernLike | W | null | undefined;
  if (value === undefined || value === null) return undefined;
  const like: WriteConcernLike = typeof value === 'object' ? value : { w: value };
  const setting: WriteConcernSetting = {};
  if (like.w !== undefined && like.w !== null) setting.w = asW(like.w);
  const wtimeout = like.wtimeoutMS ?? like.wtimeout;
  if (wtimeout !== undefined && wtimeout !== null) setting.wtimeout = wtimeout;
  const journal = like.journal ?? like.j ?? (like.fsync === undefined ? undefined : !!like.fsync);
  if (journal !== undefined && journal !== null) setting.j = journal;
  return Object.keys(setting).length > 0 ? setting : undefined;
}

/** A number given as a string counts as one (connection strings have nothing else). */
function asW(w: number | string): W {
  return typeof w === 'string' && w !== '' && !Number.isNaN(Number(w)) ? Number(w) : (w as W);
}

/** True when the server is asked to answer. */
export function isAcknowledged(setting: WriteConcernSetting | undefined): boolean {
  return setting?.w !== 0;
}

/** The driver's class for it. */
export function toReadConcern(setting: ReadConcernSetting | undefined): ReadConcern | undefined {
  if (setting === undefined) return undefined;
  // eslint-disable-next-line @typescript-eslint/no-require-imports -- loaded when a getter is read
  const module = require('mongodb/lib/read_concern') as { ReadConcern: typeof ReadConcern };
  return new module.ReadConcern(setting.level as ReadConcernLevel);
}

/** The driver's class for it. */
export function toWriteConcern(setting: WriteConcernSetting | undefined): WriteConcern | undefined {
  if (setting === undefined) return undefined;
  // eslint-disable-next-line @typescript-eslint/no-require-imports -- loaded when a getter is read
  const module = require('mongodb/lib/write_concern') as { WriteConcern: typeof WriteConcern };
  return new module.WriteConcern(setting.w, setting.wtimeout, setting.j);
}
