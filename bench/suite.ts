// Owns the shape of a benchmark: suites of cases, each raced by contenders in rounds.
// Must not know any one case, nor how rounds are scheduled or reported.

import type { ThreadClock } from './clock';
import type { BenchmarkData } from './data';
import type { Database } from './database';
import type { Rounds } from './schedule';

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

/** What a case's figures mean, however they came about. */
export interface Figures {
  readonly name: string;
  readonly metrics: readonly Metric[];
}

export interface Case extends Figures {
  /** Its lanes in the order they take turns. */
  readonly lanes: readonly Lane[];
  /** How many rounds it takes for each one asked for, when its rounds are short; 1 by default. */
  readonly roundsPerRound?: number;
  /** It takes no more rounds than this, when its rounds are long. */
  readonly mostRounds?: number;
  /** Decides in place of a number of rounds, where a specification says how many there are to be. */
  enough?(rounds: Rounds): boolean;
  /** Prepares what its lanes share, before the first warm-up; never counted. */
  setUp?(): Promise<void>;
  /** Undoes `setUp`, also after a failure. */
  tearDown?(): Promise<void>;
}

/** A case that can't be had here, and why. */
export interface Skip {
  readonly name: string;
  readonly reason: string;
}

/** A case that nobody ran: it is made of what others came to. */
export interface Composition extends Figures {
  readonly rounds: Rounds;
  /** What a reader has to know, such as parts that are missing. */
  readonly note?: string | undefined;
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
  /** The data sets of MongoDB's driver benchmark, or why there are none. */
  readonly data: BenchmarkData;
  /** Whether MongoDB's driver benchmark is to run as long as its specification asks for. */
  readonly full: boolean;
  /** Whether the run only proves that everything runs. */
  readonly quick: boolean;
  /** Which cases are asked for, by name. */
  readonly casePattern: RegExp;
}

/** A suite whose clients are connected and whose documents are in place. */
export interface OpenSuite {
  readonly cases: readonly Case[];
  /** Cases that this server, this build or this machine can't run. */
  readonly skips?: readonly Skip[];
  /** Makes more cases of those that ran, by name. */
  compose?(results: ReadonlyMap<string, Rounds>): readonly Composition[];
  close(): Promise<void>;
}

export interface Suite {
  readonly name: string;
  /** The names of its cases, known without a server. */
  readonly caseNames: readonly string[];
  /** Whether it runs only when it is named, or all suites are asked for, to keep a run short. */
  readonly isExtra?: boolean;
  /** Connects and fills; a suite that fails to open has closed what it opened. */
  open(setting: Setting): Promise<OpenSuite>;
}

/** The contender every peer is compared with. */
export const SUBJECT = 'polypool';
