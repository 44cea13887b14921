/**
 * What every operation is made of: the command, where it runs, how its documents are written and
 * read. Each file beside this one builds one verb's; `execute.ts` runs them.
 */
import type { RequestOptions } from '../bridge/request';
import type { Document, ResolvedBSONOptions } from '../bson/options';
import type { ReadConcernSetting, WriteConcernSetting } from '../concern';
import type { ReadPreferenceSetting } from '../read-preference';

/** What a level hands down to the next: the client to its databases, they to their collections. */
export interface Settings {
  readonly bson: ResolvedBSONOptions;
  readonly readPreference?: ReadPreferenceSetting | undefined;
  readonly readConcern?: ReadConcernSetting | undefined;
  readonly writeConcern?: WriteConcernSetting | undefined;
}

/** A collection's place, and what it inherits from its database and client. */
export interface Scope extends Settings {
  readonly database: string;
  readonly collection: string;
}

/** One command to run. */
export interface Operation {
  readonly database: string;
  readonly command: Document;
  readonly bson: ResolvedBSONOptions;
  /** Only what differs from the defaults: a primary's operation without a cursor has none. */
  readonly options?: RequestOptions | undefined;
}
