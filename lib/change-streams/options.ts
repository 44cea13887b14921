/** What streams can be told beyond the driver's options. */
import type { ChangeStreamOptions } from 'mongodb';
import { invalidArgument } from '../error';

/** The driver's options, and polypool's own. */
export interface WatchOptions extends ChangeStreamOptions {
  /**
   * What becomes of a stream whose place in the oplog is gone (the server's code 286), or is on another
   * deployment than the one in use (`fallbackURIs`): it ends with the error, or goes on from now and
   * emits `historyLost` with the token that was of no use.
   * @defaultValue 'error'
   */
  onHistoryLost?: 'error' | 'restart';
  /**
   * Has one stream of the server feed everybody who watches the same with the same options through
   * the same pool. Events are shared, too: don't change them.
   * @defaultValue false
   */
  shared?: boolean;
  /**
   * Events that wait for a reader of a shared stream. One that is further behind ends with a
   * `SlowListenerError`.
   * @defaultValue 1000
   */
  maxBuffered?: number;
}

/** Where a stream begins, when that is not now. */
const BEGINNINGS = ['resumeAfter', 'startAfter', 'startAtOperationTime', 'session'] as const;

/** @throws MongoInvalidArgumentError naming the option at fault */
export function checkWatchOptions(options: WatchOptions): void {
  const { onHistoryLost, shared, maxBuffered } = options;
  if (onHistoryLost !== undefined && !['error', 'restart'].includes(onHistoryLost)) {
    throw invalidArgument("options.onHistoryLost must be 'error' or 'restart'");
  }
  if (maxBuffered !== undefined && !(Number.isInteger(maxBuffered) && maxBuffered > 0)) {
    throw invalidArgument('options.maxBuffered must be a whole number of at least one');
  }
  if (!shared) return;
  for (const name of BEGINNINGS) {
    if (options[name] === undefined || options[name] === null) continue;
    throw invalidArgument(`options.shared cannot be combined with options.${name}`);
  }
}
