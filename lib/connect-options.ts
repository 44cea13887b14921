/** What can be said of how a pool connects. What it means, `src/config` and `src/pool` know. */

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
}

/** The options of a pool that say how it connects. */
export interface ConnectionOptions {
  /**
   * Has `connect()` try again when servers can't be reached; not when they refuse the login, or can't
   * be the ones that were meant. `true` stands for the defaults.
   * @defaultValue true for the function `connect`, else false
   */
  connectRetry?: ConnectRetryOptions | boolean;
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

/** The events of a pool that say how it connects. They are told while `connectRetry` is on. */
export interface ConnectEvents {
  connectAttemptStarted(event: ConnectAttemptStartedEvent): void;
  connectAttemptSucceeded(event: ConnectAttemptSucceededEvent): void;
  connectAttemptFailed(event: ConnectAttemptFailedEvent): void;
}

/** Their names. */
export const CONNECT_EVENT_NAMES = [
  'connectAttemptStarted',
  'connectAttemptSucceeded',
  'connectAttemptFailed'
] as const satisfies ReadonlyArray<keyof ConnectEvents>;
