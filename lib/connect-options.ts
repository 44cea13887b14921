/** What can be said of how a pool connects. What it means, `src/config` and `src/pool` know. */

import type { Document } from './bson/options';
import { invalidArgument } from './error';

/** When a connect that failed is tried again. */
export interface ConnectRetryOptions {
  /**
   * How many attempts there are, the first included; `Infinity` for as many as it takes. Each may
   * take `serverSelectionTimeoutMS`.
   * @defaultValue 5
   */
  attempts?: number;
  /**
   * The longest delay after the first attempt, in milliseconds. It doubles with each.
   * @defaultValue 1000
   */
  baseMS?: number;
  /**
   * The longest delay of all, in milliseconds.
   * @defaultValue 30000
   */
  maxMS?: number;
  /**
   * The part of each delay that is left to chance, from 0 to 1.
   * @defaultValue 0.5
   */
  jitter?: number;
  /**
   * Called with each attempt that fails, for callers who have no pool yet to listen to: it gets what
   * listeners of `connectAttemptFailed` get. A pool that `connect()` finds made already calls it, too,
   * until this call has its answer.
   */
  onAttemptFailed?: AttemptListener;
}

/** Who is told of attempts that fail. */
export type AttemptListener = (event: ConnectAttemptFailedEvent) => void;

/** The options of a pool that say how it connects. */
export interface ConnectionOptions {
  /**
   * Has `connect()` try again when servers can't be reached; not when they refuse the login, or can't
   * be the ones that were meant. `true` stands for the defaults.
   * @defaultValue true for the function `connect`, else false
   */
  connectRetry?: ConnectRetryOptions | boolean;
  /**
   * Has `connect()` wait until each server has `minPoolSize` connections, for `connectTimeoutMS` at
   * most.
   * @defaultValue false
   */
  warm?: boolean;
  /**
   * How often the connections are replaced by new ones, see `refresh()`, in milliseconds, at least
   * 1,000; 0: never.
   * @defaultValue 0
   */
  refreshIntervalMS?: number;
  /**
   * Connection strings of deployments that stand in, in this order, while the pool's own can't be
   * selected within `serverSelectionTimeoutMS`. The other options count for them, too, except
   * `replicaSet` and `directConnection`.
   */
  fallbackURIs?: readonly string[];
}

/** What one call of `connect()` takes. */
export interface ConnectCallOptions {
  /** Ends the wait; the connect too, when nobody else waits for it. */
  signal?: AbortSignal | undefined;
}

/** An attempt of a `connect()` begins. */
export interface ConnectAttemptStartedEvent {
  /** Which one; the first is 1. */
  readonly attempt: number;
  /** How many there may be; `Infinity` without end. */
  readonly attempts: number;
}

/** An attempt has connected. */
export interface ConnectAttemptSucceededEvent extends ConnectAttemptStartedEvent {
  /** How long the attempt took. */
  readonly durationMS: number;
}

/** An attempt has failed. */
export interface ConnectAttemptFailedEvent extends ConnectAttemptStartedEvent {
  readonly error: Error;
  /** No attempt would mend it, so there is none. */
  readonly fatal: boolean;
  /** How long until the next attempt; absent when there is none. It may come sooner. */
  readonly delayMS?: number;
  /** When that is. */
  readonly nextAttemptAt?: Date;
}

/** Why connections were replaced: somebody asked for it, it was time, or none could be had. */
export type RefreshReason = 'request' | 'interval' | 'stalled';

/** A pool's connections have been replaced. */
export interface RefreshedEvent {
  readonly reason: RefreshReason;
}

/** A pool's connections were to be replaced, and the new ones could not be made. */
export interface RefreshFailedEvent extends RefreshedEvent {
  readonly error: Error;
}

/** Another deployment stands in from now on. */
export interface FallbackStartedEvent {
  /** Its hosts; none where an SRV record names them. */
  readonly hosts: readonly string[];
  /** Why the one before was of no use. */
  readonly error: Error;
}

/**
 * The events of a pool that say what becomes of its connections as a whole. Those of attempts are told
 * while `connectRetry` is on.
 */
export interface ConnectEvents {
  refreshed(event: RefreshedEvent): void;
  refreshFailed(event: RefreshFailedEvent): void;
  fallbackStarted(event: FallbackStartedEvent): void;
  /** The pool's own deployment answers again, and is used. */
  fallbackEnded(event: object): void;
  connectAttemptStarted(event: ConnectAttemptStartedEvent): void;
  connectAttemptSucceeded(event: ConnectAttemptSucceededEvent): void;
  connectAttemptFailed(event: ConnectAttemptFailedEvent): void;
}

/** Their names. */
export const CONNECT_EVENT_NAMES = [
  'connectAttemptStarted',
  'connectAttemptSucceeded',
  'connectAttemptFailed',
  'refreshed',
  'refreshFailed',
  'fallbackStarted',
  'fallbackEnded'
] as const satisfies ReadonlyArray<keyof ConnectEvents>;

/** `connectRetry` without the function in it, which stays in JS. */
export interface SplitConnectRetry {
  readonly connectRetry: unknown;
  readonly onAttemptFailed: AttemptListener | undefined;
}

/**
 * Takes the function out of `connectRetry`. What else is in it, `src/config` validates.
 * @throws MongoInvalidArgumentError when it is no function
 */
export function splitConnectRetry(given: unknown): SplitConnectRetry {
  if (typeof given !== 'object' || given === null || !('onAttemptFailed' in given)) {
    return { connectRetry: given, onAttemptFailed: undefined };
  }
  const { onAttemptFailed, ...connectRetry } = given as ConnectRetryOptions;
  if (onAttemptFailed !== undefined && typeof onAttemptFailed !== 'function') {
    throw invalidArgument('options.connectRetry.onAttemptFailed must be a function');
  }
  return { connectRetry, onAttemptFailed };
}

/** Resolved options come as JSON, which knows no infinity: attempts without end are null there. */
export function restoreAttempts(resolved: Document): void {
  const retry = resolved['connectRetry'] as { attempts: number | null } | undefined;
  if (retry) retry.attempts ??= Infinity;
}
