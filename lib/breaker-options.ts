/**
 * The circuit of a pool as users see it: its option and its events. When it opens and closes,
 * `src/resilience/breaker.rs` decides.
 */

/** When the circuit of a pool opens and closes. */
export interface BreakerOptions {
  /**
   * Failures to reach a server, within the window, that open it.
   * @defaultValue 5
   */
  failures?: number;
  /**
   * How long a failure counts, in milliseconds.
   * @defaultValue 10000
   */
  windowMS?: number;
  /**
   * How long it stays open before an operation may try it, in milliseconds.
   * @defaultValue 5000
   */
  openMS?: number;
  /**
   * How many operations may try it at a time, and have to succeed before it closes.
   * @defaultValue 1
   */
  halfOpen?: number;
}

/** The circuit has opened: operations are refused. */
export interface CircuitOpenedEvent {
  /** Failures within the window that open it. */
  readonly failures: number;
  /** Milliseconds until it is tried. */
  readonly retryAfterMS: number;
  /** Of whose own client it is; undefined of the pool's. */
  readonly database?: string;
}

/** The events of a circuit, and what their listeners get. */
export interface CircuitEvents {
  circuitOpened: (event: CircuitOpenedEvent) => void;
  /** Operations try whether servers can be reached again. */
  circuitHalfOpened: (event: object) => void;
  circuitClosed: (event: object) => void;
}

export const CIRCUIT_EVENT_NAMES: ReadonlyArray<keyof CircuitEvents> = [
  'circuitOpened',
  'circuitHalfOpened',
  'circuitClosed'
];
