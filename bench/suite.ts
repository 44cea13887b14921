// Owns the shape of a benchmark: suites of cases, each raced by contenders in rounds.
// Must not know any one case, nor how rounds are scheduled or reported.

import type { ThreadClock } from './clock';
import type { Database } from './database';

/** One figure of a case, as the rows name it. */
export interface Metric {
  readonly name: string;
  readonly unit: string;
  /** Which way is good. */
  readonly better: 'higher' | 'lower';
  /** The figure of a round this metric is made of; metrics may share one. */
  readonly figure: string;
  /** The lane whose median is taken off everyone else's, such as a process that does nothing. */
  readonly lessLane?: string;
}

/** What one round of one lane came to: value by figure, in the metric's unit. */
export type Round = Readonly<Record<string, number>>;

/** One contender's way through a case. */
export interface Lane {
  /** `polypool`, a peer's name, or a baseline that no row names. */
  readonly contender: string;
  /** Compiles hot code and fills the pool; never counted. */
  warmUp?(): Promise<void>;
  /**
   * A short stretch of the same work before each round, never counted: the other contenders' turns
   * have pushed this one's code and data out of the caches, and let its compiled code age.
   */
  leadIn?(): Promise<void>;
  /** One counted round. */
  round(): Promise<Round>;
}

export interface Case {
  readonly name: string;
  readonly metrics: readonly Metric[];
  /** Its lanes in the order they take turns. */
  readonly lanes: readonly Lane[];
  /** How many rounds it takes for each one asked for, when its rounds are short; 1 by default. */
  readonly roundsPerRound?: number;
}

/** Where and how long to measure. */
export interface Setting {
  /** The connection string of the one mongod all contenders share. */
  readonly uri: string;
  /** The database the bench fills and drops. */
  readonly database: Database;
  /** How long a round lasts at least, in seconds, if it is one of many operations. */
  readonly seconds: number;
  /** Main-thread CPU, where the platform tells it. */
  readonly clock: ThreadClock | undefined;
}

/** A suite whose clients are connected and whose documents are in place. */
export interface OpenSuite {
  readonly cases: readonly Case[];
  close(): Promise<void>;
}

export interface Suite {
  readonly name: string;
  /** The names of its cases, known without a server. */
  readonly caseNames: readonly string[];
  /** Connects and fills; a suite that fails to open has closed what it opened. */
  open(setting: Setting): Promise<OpenSuite>;
}

/** The contender every peer is compared with. */
export const SUBJECT = 'polypool';
