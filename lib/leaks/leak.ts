/** What was found to be left behind: its types. It finds nothing itself. */

/** Something that was opened and not given back, or that goes on for longer than it should. */
export interface Leak {
  readonly kind: 'session' | 'cursor' | 'changeStream' | 'operation' | 'connection';
  /**
   * `garbage`: nobody can end it any more, so polypool has. `idle`: open, and unused for `leakMS`.
   * `overdue`: under way for longer than `leakMS`.
   */
  readonly reason: 'garbage' | 'idle' | 'overdue';
  /** Milliseconds since it was opened, or began. */
  readonly ageMS: number;
  /** Milliseconds since it was used, of what is `idle`. */
  readonly idleMS?: number;
  /** Database and collection of a cursor or change stream, the database of an operation. */
  readonly namespace?: string;
  /** Of an operation, its command's name. */
  readonly command?: string;
  /** Of a connection, its server. */
  readonly address?: string;
  /** Of a connection, its number in the events of the pool. */
  readonly connectionId?: number;
  /** Where it was made, of what JavaScript made: the frames of the application. */
  readonly stack?: string;
}

/** What can be left open. */
export interface Leakable {
  /** When it was last used, by `performance.now()`; now while it is in use. */
  readonly lastUse: number;
}
